"""`spool tools`: what function tools there are; `tools add NAME` copies one of the examples."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bots.cli.table import put_rows
from core import tools
from core.errors import ConfigError
from core.settings import Settings
from core.store.data_dir import data_directory
from core.tools import Tool, Toolbox

EXAMPLES = Path(tools.__file__).parent / "examples"


def add(subparsers: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "tools",
        help="list the function tools that were found, or copy an example",
        description="List the function tools of TOOLS_DIR and of installed packages. See docs/tools.md.",
    )
    parser.set_defaults(spool=spool)
    parser.add_argument("--json", action="store_true", help="the list as JSON")
    actions = parser.add_subparsers(dest="action", metavar="add")
    copy = actions.add_parser("add", help="copy examples into TOOLS_DIR")
    copy.add_argument("names", nargs="+", choices=examples(), metavar="NAME", help=", ".join(examples()))


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status: 0, or 1 when something has a problem, which is then on stderr. Raises ConfigError."""
    if options.action == "add":
        return _copy(options.names, settings)
    return _list(settings, options.spool, as_json=options.json)


def examples() -> list[str]:
    """The names of the examples."""
    return sorted(path.stem for path in EXAMPLES.glob("[a-z]*.py"))


def _list(settings: Settings, spool: str, *, as_json: bool) -> int:
    folder = settings.tools_directory
    with contextlib.redirect_stdout(sys.stderr):  # what a tool's file prints is no part of the list
        toolbox = tools.load(folder, seconds=settings.tool_seconds)
    if as_json:
        sys.stdout.write(json.dumps(_described(toolbox), ensure_ascii=False, indent=2) + "\n")
    elif len(toolbox):
        put_rows(("NAME", "CONFIRM", "FILE", "DESCRIPTION"), (_row(tool, folder) for tool in toolbox))
    elif toolbox.problems:
        sys.stdout.write(f"No tool of {folder} could be loaded.\n")
    else:
        sys.stdout.write(f"No tools in {folder} yet. Copy one: {spool} tools add {examples()[0]}\n")
    return _tell(toolbox.problems)


def _described(toolbox: Toolbox) -> dict[str, Any]:
    return {
        "tools": [
            {
                "name": tool.name,
                "description": tool.description,
                "confirm": tool.confirm,
                "seconds": tool.seconds,
                "file": tool.source,
                "parameters": tool.parameters,
            }
            for tool in toolbox
        ],
        "problems": list(toolbox.problems),
    }


def _row(tool: Tool, folder: Path) -> tuple[str, str, str, str]:
    """Its name, whether it asks first, its file, the first line of its description."""
    source = tool.source.removeprefix(f"{folder}{os.sep}")
    description = tool.description.split("\n")[0]
    return tool.name, "yes" if tool.confirm else "no", source, description


def _copy(names: Iterable[str], settings: Settings) -> int:
    folder = settings.tools_directory
    try:
        if folder.is_relative_to(settings.data_dir):
            data_directory(settings.data_dir)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        problems = [problem for name in dict.fromkeys(names) if (problem := _placed(name, folder))]
    except OSError as error:
        raise ConfigError(
            f"TOOLS_DIR={folder} cannot be written ({error.strerror}). Give the folder to the user Spool "
            "runs as, or set TOOLS_DIR to another one."
        ) from error
    return _tell(problems)


def _placed(name: str, folder: Path) -> str:
    """What keeps an example from being copied, else "". A file of the operator is never overwritten."""
    target, content = folder / f"{name}.py", (EXAMPLES / f"{name}.py").read_bytes()
    try:
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        if target.read_bytes() != content:
            return f"{target} exists and is not this example. Rename it first, then add {name} again."
        sys.stdout.write(f"{target} is there already.\n")
        return ""
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    sys.stdout.write(f"{target} added. Edit it as you like; a running bot reads it within seconds.\n")
    return ""


def _tell(problems: Iterable[str]) -> int:
    """Say what is wrong; the exit status."""
    lines = [f"error: {problem}\n" for problem in problems]
    sys.stderr.writelines(lines)
    return 1 if lines else 0
