"""`spool runs`: what became of questions, without anybody's words."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bots.cli.assistants.show import list_of, put, put_json
from bots.cli.table import put_rows
from core.errors import ConfigError
from core.settings import Settings
from core.store import feedback, overview, usage
from core.store.data_dir import data_directory
from core.store.database import FILE, Execute, look
from core.store.overview import SeenRun, SeenStep
from core.store.usage import Usage

T = TypeVar("T")
MANY, MOST = 20, 1_000_000


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("runs", help="see what became of questions")
    parser.set_defaults(spool=spool)
    actions = parser.add_subparsers(dest="action", metavar="list|show", required=True)
    add_list(actions, "the newest runs: each is the answer to one question")
    show = actions.add_parser("show", help="one of them with its steps; the log names runs by their id")
    show.add_argument("run", metavar="RUN", help="an id (run_…)")
    show.add_argument("--json", action="store_true", help="print JSON and nothing else")


def add_list(actions: Any, help: str) -> None:
    """Register `list`."""
    action = actions.add_parser("list", help=help)
    action.add_argument("--count", type=count, default=MANY, metavar="N", help=f"how many; default: {MANY}")
    action.add_argument("--json", action="store_true", help="print JSON and nothing else")


def count(typed: str) -> int:
    """How many are asked for."""
    if not typed.isdecimal() or not 0 < int(typed) <= MOST:
        raise argparse.ArgumentTypeError(f"{typed} is no count. Give a whole number from 1 to {MOST:,}.")
    return int(typed)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    if options.action == "list":
        _list(looked_up(settings, lambda tx: overview.newest_runs(tx, options.count)), as_json=options.json)
    else:
        _show(options, settings)
    return 0


def looked_up(settings: Settings, work: Callable[[Execute], T]) -> T:
    """What is found in the database, whether the bot runs or not. Raises ConfigError."""
    return look(data_directory(settings.data_dir) / FILE, work)


def _list(found: Sequence[SeenRun], *, as_json: bool) -> None:
    if as_json:
        put_json(list_of(map(dataclasses.asdict, found)))
    elif not found:
        put("There are no runs yet: nobody has asked anything.")
    else:
        heads = ("ID", "STATUS", "BEGAN", "SECONDS", "WHERE", "ASSISTANT", "ERROR")
        put_rows(heads, map(_row, found))


def _show(options: argparse.Namespace, settings: Settings) -> None:
    id = options.run

    def work(tx: Execute) -> tuple[SeenRun | None, list[SeenStep], list[Usage], Mapping[str, int]]:
        votes = feedback.counts(tx, [id]).get(id, {"good": 0, "bad": 0})
        return overview.run(tx, id), overview.steps(tx, id), usage.rows(tx, id), votes

    found, steps, requests, votes = looked_up(settings, work)
    if found is None:
        raise ConfigError(f"There is no run “{options.run}”. `{options.spool} runs list` shows the newest.")
    fields = {**dataclasses.asdict(found), **votes}
    if options.json:
        shown = {"steps": map(dataclasses.asdict, steps), "usage": map(dataclasses.asdict, requests)}
        put_json(fields | {name: list(values) for name, values in shown.items()})
        return
    put_fields(fields)
    for step in steps:
        took = "" if step.began_at is None else f"  ({step.created_at - step.began_at:.1f} s)"
        put(f"{'step':<17}  {step.created_at - found.created_at:+.1f} s  {step.name}{took}")
    for one in requests:
        tokens = "" if one.input is None else f"  {one.input:,} in, {one.output or 0:,} out"
        price = "" if one.price_usd is None else f"  ${one.price_usd:.6f}"
        put(
            f"{'request':<17}  {one.began_at - found.created_at:+.1f} s  "
            f"{one.kind} {one.outcome}{tokens}{price}"
        )


def put_fields(fields: Mapping[str, Any]) -> None:
    """Write what is known, a line each."""
    for name, value in fields.items():
        if value is not None:
            put(f"{name:<17}  {said_time(value) if name.endswith('_at') else value}")


def _row(found: SeenRun) -> tuple[str, ...]:
    place = f"{found.platform} {found.channel}" if found.platform else "-"
    seconds = "-" if found.ended_at is None else f"{found.ended_at - found.created_at:.1f}"
    begun = (found.id, found.status, said_time(found.created_at), seconds, place)
    return (*begun, found.assistant or "-", found.error or "")


def said_time(at: float) -> str:
    """A time as this machine's clock showed it."""
    return datetime.datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds")
