"""`spool threads`: which conversations there are, without anybody's words."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from bots.cli.assistants.show import list_of, put, put_json
from bots.cli.runs import add_list, looked_up, said_time
from bots.cli.table import put_rows
from core.settings import Settings
from core.store import overview


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("threads", help="see which conversations there are")
    parser.set_defaults(spool=spool)
    add_list(
        parser.add_subparsers(dest="action", metavar="list", required=True),
        "the newest conversations: what is remembered of whom, and where",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    found = looked_up(settings, lambda tx: overview.newest_threads(tx, options.count))
    if options.json:
        put_json(list_of(map(dataclasses.asdict, found)))
    elif not found:
        put("There are no conversations yet.")
    else:
        heads = ("ID", "PLATFORM", "WORKSPACE", "CHANNEL", "OF", "BEGAN", "ITEMS", "LAST")
        last = [said_time(one.last_at) if one.last_at else "-" for one in found]
        put_rows(
            heads,
            [
                (
                    *(one.id, one.platform, one.workspace, one.channel, f"{one.scope} {one.member}"),
                    *(said_time(one.created_at), str(one.items), at),
                )
                for one, at in zip(found, last, strict=True)
            ],
        )
    return 0
