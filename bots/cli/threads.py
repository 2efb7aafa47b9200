"""`spool threads`: which conversations there are; people's words only where they are asked for."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bots.cli.assistants.show import list_of, put, put_json
from bots.cli.runs import add_list, looked_up, put_fields, said_time
from bots.cli.table import put_rows
from core.errors import ConfigError
from core.settings import Settings
from core.store import overview
from core.store.database import Execute
from core.store.overview import SeenRun, SeenThread


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("threads", help="see which conversations there are")
    parser.set_defaults(spool=spool)
    actions = parser.add_subparsers(dest="action", metavar="list|show", required=True)
    add_list(actions, "the newest conversations: what is remembered of whom, and where")
    show = actions.add_parser("show", help="one of them with its runs")
    show.add_argument("thread", metavar="THREAD", help="an id (thread_…)")
    show.add_argument("--texts", action="store_true", help="and what was said in it")
    show.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    if options.action == "list":
        _list(looked_up(settings, lambda tx: overview.newest_threads(tx, options.count)), options.json)
    else:
        _show(options, settings)
    return 0


def _list(found: Sequence[SeenThread], as_json: bool) -> None:
    if as_json:
        put_json(list_of(map(asdict, found)))
    elif not found:
        put("There are no conversations yet.")
    else:
        heads = ("ID", "PLATFORM", "WORKSPACE", "CHANNEL", "OF", "BEGAN", "ITEMS", "LAST")
        put_rows(heads, map(_row, found))


def _row(one: SeenThread) -> tuple[str, ...]:
    last = said_time(one.last_at) if one.last_at else "-"
    where = (
        one.id,
        one.platform,
        one.workspace,
        one.channel or "-",
        f"{one.scope} {one.member}".strip() or "-",
    )
    return (*where, said_time(one.created_at), str(one.items), last)


def _show(options: argparse.Namespace, settings: Settings) -> None:
    thread = options.thread

    def work(tx: Execute) -> tuple[SeenThread | None, list[SeenRun], list[str]]:
        said = overview.said(tx, thread) if options.texts else []
        return overview.thread(tx, thread), overview.thread_runs(tx, thread), said

    found, runs, said = looked_up(settings, work)
    if found is None:
        raise ConfigError(f"There is no thread “{thread}”. `{options.spool} threads list` shows the newest.")
    texts = [json.loads(item) for item in said]
    if options.json:
        put_json(
            asdict(found) | {"runs": list(map(asdict, runs))} | ({"texts": texts} if options.texts else {})
        )
        return
    put_fields(asdict(found))
    for one in runs:
        put(f"{'run':<17}  {said_time(one.created_at)}  {one.id}  {one.status}")
    for item in texts:
        put(f"\n{item.get('role') or item.get('type')}: {_words(item)}")


def _words(item: Mapping[str, Any]) -> str:
    """What an item says, without pictures and files."""
    content = item.get("content")
    if isinstance(content, list):
        return " ".join(str(part.get("text") or f"[{part.get('type')}]") for part in content)
    name, arguments = item.get("name"), item.get("arguments")
    return str(content or item.get("output") or (f"{name} {arguments}" if name else ""))
