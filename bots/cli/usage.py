"""`spool usage`: what the model server did and cost, and whether what was promised was kept."""

from __future__ import annotations

import argparse
import datetime
import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

from bots.cli.assistants.show import put, put_json
from bots.cli.runs import looked_up
from bots.cli.table import put_rows
from core.settings import Settings, time_zone
from core.store import overview, usage
from core.store.database import Execute
from core.store.overview import Promises
from core.store.usage import By, Total

_LATELY = re.compile(r"(\d{1,5})([dhm])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60}
HEADS = ("REQUESTS", "UNKNOWN", "UNPRICED", "INPUT", "CACHED", "OUTPUT", "REASONING", "USD", "GOOD", "BAD")
WORDS = {
    "accepted": "questions accepted",
    "answered": "answered",
    "refused": "ended with a notice, stopped or expired",
    "waiting": "waiting for their answer",
    "lost": "lost: nothing was seen of their answer",
    "repeated": "deliveries that were known already (of all times)",
    "taken_over_finished": "taken over from another process and ended",
    "extra_posts": "posts more than intended",
}


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command."""
    parser = commands.add_parser("usage", help="see what the model server was asked for, and what it cost")
    parser.add_argument("--by", choices=get_args(By), default="model", help="default: model")
    parser.add_argument(
        "--since",
        type=moment,
        metavar="WHEN",
        default=datetime.datetime.fromtimestamp(0, datetime.UTC),
        help="a date (2026-11-01) or time (2026-11-01T09:30) in the zone TZ, or lately: 7d, 24h, 30m",
    )
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def moment(typed: str) -> datetime.datetime:
    """A date or time without a zone is one of the zone of the settings."""
    try:
        if lately := _LATELY.fullmatch(typed):
            ago = int(lately[1]) * _SECONDS[lately[2]]
            return datetime.datetime.fromtimestamp(time.time() - ago, datetime.UTC)
        return datetime.datetime.fromisoformat(typed)
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            f"{typed} is no time. Write a date (2026-11-01), a time (2026-11-01T09:30), or 7d, 24h, 30m."
        ) from None


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""

    since = options.since
    if since.tzinfo is None:
        since = since.replace(tzinfo=time_zone.zone(settings.zone))
    since = since.timestamp()

    def work(tx: Execute) -> tuple[Mapping[str, Total], Promises]:
        return usage.totals(tx, since, options.by, settings.zone), overview.promises(
            tx, since, settings.run_seconds
        )

    found, promises = looked_up(settings, work)
    total = usage.together(found.values())
    if options.json:
        data = [{"key": key, **asdict(one)} for key, one in found.items()]
        put_json({"total": asdict(total), "data": data, "promises": asdict(promises)})
        return 0
    if not found:
        put("The model server was not asked for anything.")
    else:
        heads = HEADS if total.good or total.bad else HEADS[:-2]
        rows = [(key or "-", *_cells(one)[: len(heads)]) for key, one in (*found.items(), ("total", total))]
        put_rows((options.by.upper(), *heads), rows, right=len(heads))
    put("")
    for name, value in asdict(promises).items():
        put(f"{value:>9,}  {WORDS[name]}")
    return 0


def _cells(one: Total) -> list[str]:
    """In the order of `Total`."""
    usd = "unpriced" if one.price_usd is None else f"{one.price_usd:,.6f}"
    return [usd if name == "price_usd" else f"{value:,}" for name, value in asdict(one).items()]
