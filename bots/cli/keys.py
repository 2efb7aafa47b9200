"""`spool keys`: who may use the API. A key is printed once, when it is made."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

from bots.cli.assistants.invocation import unsaved
from bots.cli.assistants.show import list_of, put, put_json
from bots.cli.runs import looked_up, said_time
from bots.cli.table import put_rows
from core.api import keys
from core.api.key import Key
from core.api.keys import NAME, RIGHTS, KeyTaken
from core.errors import ConfigError, Unsaved
from core.settings import Settings
from core.store.data_dir import data_directory
from core.store.database import FILE, Database, Execute
from core.store.keys import KeyRow, in_force

T = TypeVar("T")


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("keys", help="make and revoke the keys with which programs use the API")
    parser.set_defaults(spool=spool)
    actions = parser.add_subparsers(dest="action", metavar="create|list|revoke", required=True)
    create = actions.add_parser("create", help="make a key, and print it: this once")
    create.add_argument("name", metavar="NAME", type=_name, help="how you call it: a program, a person")
    create.add_argument(
        "--project",
        type=_name,
        default="default",
        metavar="P",
        help="keys of one project share their threads",
    )
    create.add_argument("--admin", action="store_true", help="it may change assistants of yours, too")
    create.add_argument("--read-chats", action="store_true", help="it may read what is said in the chats")
    create.add_argument("--console", action="store_true", help="it opens the web page")
    create.add_argument("--json", action="store_true", help="print JSON and nothing else")
    shown = actions.add_parser("list", help="the keys that are in force")
    shown.add_argument("--json", action="store_true", help="print JSON and nothing else")
    revoke = actions.add_parser("revoke", help="end a key; a running Spool refuses it within a second")
    revoke.add_argument("name", metavar="NAME")


def _name(typed: str) -> str:
    if not NAME.fullmatch(typed):
        raise argparse.ArgumentTypeError(f"“{typed}” is no name. Use 1 to 64 letters, digits, . _ and -.")
    return typed


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status, 0. Raises ConfigError."""
    {"create": _create, "list": _list, "revoke": _revoke}[options.action](options, settings)
    return 0


def written(settings: Settings, work: Callable[[Execute], T]) -> T:
    """What was done in the database, whether the bot runs or not. Raises ConfigError."""

    async def write() -> T:
        db = Database(data_directory(settings.data_dir) / FILE)
        try:
            return await db(work)
        except Unsaved as error:
            raise unsaved(settings, error) from error
        finally:
            db.close()

    return asyncio.run(write())


def _create(options: argparse.Namespace, settings: Settings) -> None:
    wanted = Key("", options.name, options.project, **{name: getattr(options, name) for name in RIGHTS})
    try:
        key, secret = written(settings, lambda tx: keys.issue(tx, wanted, time.time()))
    except KeyTaken as taken:
        was = "was revoked, and its name stays taken" if taken.row.revoked_at else "exists already"
        raise ConfigError(f"The key {options.name} {was}. Choose another name.") from None
    if options.json:
        put_json(
            {"id": key.id, "name": key.name, "project": key.project, "rights": _rights(key), "key": secret}
        )
        return
    put(secret)
    put(
        f"Key {key.name} of the project {key.project}. It is not shown again: keep it where secrets are kept."
    )


def _list(options: argparse.Namespace, settings: Settings) -> None:
    found = looked_up(settings, in_force)
    if options.json:
        put_json(list_of([_described(row) for row in found]))
    elif not found:
        put(f"There are no keys. Make one: {options.spool} keys create NAME")
    else:
        put_rows(("ID", "NAME", "PROJECT", "RIGHTS", "CREATED", "LAST USED", "ENDS IN"), map(_row, found))


def _revoke(options: argparse.Namespace, settings: Settings) -> None:
    if written(settings, lambda tx: keys.revoke(tx, options.name, time.time())) is None:
        raise ConfigError(
            f"There is no key “{options.name}” in force. `{options.spool} keys list` shows all."
        )
    put(f"Key {options.name} opens nothing any more.")


def _rights(key: Key | KeyRow) -> list[str]:
    return [name for name in RIGHTS if getattr(key, name)]


def _described(row: KeyRow) -> dict[str, Any]:
    told = {"id": row.id, "name": row.name, "project": row.project, "rights": _rights(row)}
    return told | {"created_at": row.created_at, "last_used_at": row.last_used_at, "last4": row.last4}


def _row(row: KeyRow) -> tuple[str, ...]:
    rights = ", ".join(_rights(row)) or "-"
    used = said_time(row.last_used_at) if row.last_used_at else "never"
    return row.id, row.name, row.project, rights, said_time(row.created_at), used, f"…{row.last4}"
