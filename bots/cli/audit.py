"""`spool audit`: who did what, without anybody's words."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from bots.cli.assistants.show import list_of, put, put_json
from bots.cli.runs import count, looked_up, said_time
from bots.cli.table import put_rows
from core.settings import Settings
from core.store import audit


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "audit", help="see who did what to keys, assistants, rules, people's texts and data, the newest first"
    )
    parser.add_argument("--count", type=count, default=1000, metavar="N", help="how many; default: 1000")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    found = looked_up(settings, lambda tx: audit.newest(tx, options.count))
    if options.json:
        put_json(list_of(map(dataclasses.asdict, found)))
    elif not found:
        put("Nothing was written down yet.")
    else:
        rows = [(said_time(one.at), one.actor, one.action, one.object) for one in found]
        put_rows(("AT", "ACTOR", "ACTION", "OBJECT"), rows)
    return 0
