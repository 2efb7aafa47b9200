"""`spool doctor`: what is set up wrongly, and what to do about it. It changes nothing."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bots import logs
from bots.checks import Check, examine
from bots.cli import env_file
from core import settings
from core.errors import ConfigError
from core.settings.misspelt import misspelt

ENV = Path(".env")


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor",
        help="check settings, tokens, permissions and data, and say how to put right what is wrong",
        description="Check all that can be set up wrongly. Nothing is changed; the bot may run meanwhile. "
        "What each check means is in docs/operate.md.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(options: argparse.Namespace) -> int:
    """The exit status: 1 exactly when a check fails, else 0. Raises nothing for whatever is wrong."""
    found, secrets = _found()
    failed = any(check.state == "fail" for check in found)
    if options.json:
        checks = [dataclasses.asdict(check) for check in found]
        text = json.dumps({"ok": not failed, "checks": checks}, ensure_ascii=False, indent=2)
    else:
        text = _told(found)
    sys.stdout.write(logs.Redact(secrets).clean(text) + "\n")
    return 1 if failed else 0


def _found() -> tuple[list[Check], Sequence[str]]:
    problems: list[str] = []
    try:
        file, remarks = env_file.read(ENV)
    except ConfigError as error:
        problems += error.problems
        file, remarks = {}, []
    config, wrong = settings.examine({**file, **os.environ})
    logs.set_up("ERROR", config.secrets())
    remarks += map(str, [*misspelt(file), *misspelt(os.environ, shared=True)])
    checking = examine(config, env_file=ENV, problems=[*problems, *wrong], remarks=dict.fromkeys(remarks))
    placeholders = ("…", "...")  # our own sentences name those
    secrets = [one for one in config.secrets() if not any(dots in one for dots in placeholders)]
    return asyncio.run(checking), secrets


def _told(found: Sequence[Check]) -> str:
    """One line a check, its cure below it."""
    wide = max(len(check.id) for check in found)
    lines = []
    for check in found:
        lines.append(f"{check.state:<4}  {check.id:<{wide}}  {check.what}")
        lines += [f"{'':{wide + 8}}{check.cure}"] if check.cure else []
    return "\n".join(lines)
