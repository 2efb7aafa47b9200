"""`spool console`: a link that logs in on the web page. It counts once, for ten minutes."""

from __future__ import annotations

import argparse
import time
from typing import Any

from bots.cli.assistants.show import put, put_json
from bots.cli.keys import written
from core.api.console.sessions import OPERATOR, link
from core.api.key import Key
from core.settings import Settings
from core.settings.http import page
from core.store import sessions


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser(
        "console", help="print a link that opens the web page, once, within ten minutes"
    )
    parser.set_defaults(spool=spool)
    parser.add_argument(
        "--project", default="default", metavar="P", help="whose threads the page writes into"
    )
    parser.add_argument("--read-chats", action="store_true", help="it may show what is said in the chats")
    parser.add_argument("--end", action="store_true", help="log everybody out instead; links end, too")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    if options.end:
        count = written(settings, sessions.end_all)
        put_json({"ended": count}) if options.json else put(f"Sessions and links that have ended: {count}")
        return 0
    wanted = Key("", OPERATOR, options.project, admin=True, read_chats=options.read_chats)
    secret = written(settings, lambda tx: link(tx, wanted, time.time()))
    url = f"{page(settings.http, settings.http_hosts)}/#key={secret}"
    put_json({"url": url}) if options.json else put(f"Console: {url}")
    return 0
