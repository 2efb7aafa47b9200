"""`spool data`: what is kept of a person, all of it as JSON, and its end."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from functools import partial
from typing import Any

from bots.cli.assistants.invocation import unsaved
from bots.cli.assistants.show import put, put_json
from bots.cli.files import model_server
from bots.cli.runs import looked_up, said_time
from bots.cli.table import put_rows
from core.errors import ConfigError, Unsaved
from core.policy import personal_data
from core.policy.personal_data import PERSON, Erasing
from core.ports import Service
from core.settings import Settings
from core.store.audit import OPERATOR
from core.store.data_dir import data_directory, only_runner
from core.store.database import FILE, Database

WAIT = 60.0
"""Seconds in which a running Spool erases, where nothing keeps it from that."""
PAUSE = 0.3
Shown = dict[str, Any]


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("data", help="show, export or erase what is kept of a person")
    parser.set_defaults(spool=spool)
    actions = parser.add_subparsers(dest="action", metavar="show|export|erase", required=True)
    for name, help in (
        ("show", "how much is kept of somebody, and what is still to be erased"),
        ("export", "all of it as JSON, with every word"),
        ("erase", "remove all of it, here and at the model server; also while Spool runs"),
    ):
        action = actions.add_parser(name, help=help)
        action.add_argument("id", metavar="ID", type=_person, help="slack:U0123ABCD or discord:LONG_NUMBER")
        action.add_argument("--json", action="store_true", help="print JSON and nothing else")
    action.add_argument("--yes", action="store_true", help="do not ask; needed without a terminal")


def _person(typed: str) -> str:
    if not PERSON.fullmatch(typed):
        raise argparse.ArgumentTypeError(
            f"“{typed}” is no person. Write slack: and the member id (profile, Copy member ID), or discord: "
            "and the user id (developer mode, Copy User ID)."
        )
    return typed


def run(options: argparse.Namespace, settings: Settings) -> int:
    """The exit status: 1 where something is still to be erased. Raises ConfigError."""
    if options.action == "erase":
        _sure(options)
        asyncio.run(_erased(options.id, settings))
    look = personal_data.export if options.action == "export" else personal_data.show
    found = looked_up(settings, partial(look, person=options.id))
    copies = sorted(settings.data_dir.glob("*.sqlite3"))
    shown = found | {"copies": [str(one) for one in copies if one.name != FILE]}
    if options.json or options.action == "export":
        put_json(shown)
    else:
        _put(shown)
    return int(options.action == "erase" and bool(_unfinished(shown) or shown["remains"]))


def _sure(options: argparse.Namespace) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(
            f"Nothing was erased: without a terminal, `{options.spool} data erase` needs --yes."
        )
    sys.stderr.write(
        f"All that is kept of {options.id} is erased and cannot be had back. Type the id again: "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip() != options.id:
        raise ConfigError("Nothing was erased: that was another id.")


async def _erased(person: str, settings: Settings) -> None:
    """Ask for it: a Spool that runs here does it, else this process. Returns once it was tried."""
    db, end = Database(data_directory(settings.data_dir) / FILE), time.monotonic() + WAIT

    async def tried() -> bool:
        shown = await db(partial(personal_data.show, person=person))
        return not _unfinished(shown) and all(one["tries"] for one in shown["remains"])

    try:
        async with contextlib.AsyncExitStack() as stack:
            made: list[Service] = []

            async def service() -> Service:
                made.append(made[0] if made else await stack.enter_async_context(model_server(settings)))
                return made[0]

            erasing = Erasing(db, service)
            await db(partial(personal_data.erase, person=person, actor=OPERATOR, now=time.time()))
            while not await tried() and time.monotonic() < end:
                if not _running(settings):
                    await erasing.look()
                await asyncio.sleep(PAUSE)
    except Unsaved as error:
        raise unsaved(settings, error) from error
    finally:
        db.close()


def _running(settings: Settings) -> bool:
    """Whether a Spool works with this directory. One that starts only now goes on with what is on disk."""
    try:
        with only_runner(settings.data_dir):
            return False
    except ConfigError:
        return True


def _unfinished(shown: Shown) -> bool:
    return shown["erasure"] is not None and shown["erasure"]["done_at"] is None


def _put(shown: Shown) -> None:
    """For people: numbers, what goes on, and what this command does not reach."""
    held = [(name.replace("_", " "), f"{count:,}") for name, count in shown["counts"].items() if count]
    if held:
        put_rows(("KEPT", "COUNT"), held, right=1)
    else:
        put(f"Nothing is kept of {shown['id']}.")
    if _unfinished(shown):
        put("It is being erased: Spool goes on with that while it runs, and at its next start.")
    elif shown["erasure"]:
        put(f"Erased {said_time(shown['erasure']['done_at'])}; the audit says by whom.")
    for one in shown["remains"]:
        why = one["error"] or "not tried yet"
        put(f"still at the model server, tried again: {one['kind']} {one['remote']} ({why})")
    for copy in shown["copies"]:
        put(f"not erased from this copy of the database, delete it when you can: {copy}")
    if shown["erasure"]:
        put("Backups elsewhere, and the posts in Slack and Discord, are not reached from here.")
