"""`spool files …`: documents an assistant can search, added, listed and removed by the operator."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import signal
import sys
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

from bots.cli.assistants.invocation import unsaved
from bots.cli.assistants.sentences import refused
from bots.cli.assistants.show import list_of, put, put_json, tell
from bots.cli.files.filing import Filing, Outcome, said
from bots.cli.files.paths import found
from bots.cli.files.progress import Progress
from bots.typed_path import typed_path
from core.assistants.refusals import AssistantError
from core.assistants.service import changeable, find
from core.errors import ConfigError, SpoolError, Unsaved
from core.files.library import Library
from core.ports import Service
from core.settings import Settings
from core.store import vector_stores
from core.store.data_dir import data_directory, lock_file
from core.store.database import Database
from core.store.vector_stores import Document
from core.types import SETTINGS_ID, Assistant

INTERRUPTED, TERMINATED = 130, 143
"""The exit statuses shells know for Ctrl-C and for SIGTERM."""
NOT_SEARCHED = (
    "warning: {} will not search them: the settings (OPENAI_FEATURES, OPENAI_BASE_URL) say that this model "
    "server has no file_search."
)
DIGITS = 12
"""So much of a SHA-256 is shown, and enough to name a document."""
ROW = "{:<31}  {:<9}  {:>11}  {:<12}  {}"
HELP = {
    "add": "add files, or all files of folders; goes on where it was stopped",
    "list": "list an assistant's documents",
    "remove": "remove documents, also from the model server",
}


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("files", help="give an assistant documents it can search")
    parser.set_defaults(spool=spool)
    actions = parser.add_subparsers(dest="action", metavar="|".join(HELP), required=True)
    made = {name: actions.add_parser(name, help=help) for name, help in HELP.items()}
    for action in made.values():
        action.add_argument("assistant", metavar="ASST", help="id or name of the assistant")
        action.add_argument("--json", action="store_true", help="print JSON and nothing else")
    made["add"].add_argument("paths", nargs="+", type=typed_path, metavar="PATH", help="a file or a folder")
    made["remove"].add_argument("names", nargs="+", metavar="NAME|FILE_ID")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Carry the command out; the exit status: 0, or 1 when something could not be done.

    Raises ConfigError when a person must change something first.
    """
    try:
        return asyncio.run(_stoppable(_ACTIONS[options.action](options, settings)))
    except (KeyboardInterrupt, asyncio.CancelledError) as stop:
        tell("interrupted: what was done stays; the same command goes on where it stopped.")
        return INTERRUPTED if isinstance(stop, KeyboardInterrupt) else TERMINATED


async def _stoppable(work: Coroutine[Any, Any, int]) -> int:
    """SIGTERM ends the work as Ctrl-C does, connections and bar included."""
    task = asyncio.current_task()
    if task is not None and threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


async def _list(options: argparse.Namespace, settings: Settings) -> int:
    async with _database(options, settings) as db:
        assistant = await db(lambda tx: find(tx, options.assistant))
        documents = await db(lambda tx: vector_stores.documents(tx, assistant.id))
    if options.json:
        put_json(list_of(map(_json, documents)))
        return 0
    if documents:
        put(ROW.format("ID", "STATUS", "BYTES", "SHA-256", "NAME"))
    for row in documents:
        why = f"  {said(row.error)}" if row.error else ""
        digest = row.digest[:DIGITS]
        put(ROW.format(row.remote or "-", row.status, f"{row.size:,}", digest, f"{row.name}{why}"))
    if not documents:
        put(f"{assistant.label} has no documents. {_cure(assistant, options.spool)}")
    return 0


def _cure(assistant: Assistant, spool: str) -> str:
    """How somebody without documents gets some; that of the settings cannot have any."""
    if assistant.id == SETTINGS_ID:
        return f"Only those that commands make can have some: {spool} assistants create --name NAME"
    return f"Add some: {spool} files add {assistant.id} PATH…"


async def _add(options: argparse.Namespace, settings: Settings) -> int:
    async with _database(options, settings) as db:
        assistant = await db(lambda tx: changeable(find(tx, options.assistant)))
        files = found(options.paths)
        if not settings.full_features:
            tell(NOT_SEARCHED.format(assistant.label))
        with _alone(settings.data_dir):
            async with model_server(settings) as service:
                progress = Progress(sys.stderr, len(files), sum(file.size for file in files))
                library = Library(db, service, tell=progress.say)
                try:
                    outcomes = await Filing(library, assistant.id, progress, options.spool).add(files)
                finally:
                    progress.close()
        documents = {
            row.digest: row for row in await db(lambda tx: vector_stores.documents(tx, assistant.id))
        }
    _report(outcomes, documents, options.json)
    return int(any(outcome.failed for outcome in outcomes))


def _report(outcomes: Sequence[Outcome], documents: dict[str, Document], json: bool) -> None:
    if json:
        added = (outcome for outcome in outcomes if outcome.digest in documents)
        rest = (outcome for outcome in outcomes if outcome.digest not in documents)
        shown = {outcome.digest: _json(documents[outcome.digest]) for outcome in added}
        put_json(list_of([*shown.values(), *(_refused(outcome) for outcome in rest)]))
        return
    count = {state: sum(outcome.state == state for outcome in outcomes) for state in ("added", "known")}
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = len(outcomes) - sum(count.values()) - failed
    parts = [f"{count['added']} added", f"{count['known']} already there"]
    parts += [f"{skipped} left out"] * bool(skipped) + [f"{failed} failed"] * bool(failed)
    put(", ".join(parts) + ".")


async def _remove(options: argparse.Namespace, settings: Settings) -> int:
    status = 0
    async with _database(options, settings) as db:
        assistant = await db(lambda tx: find(tx, options.assistant))
        with _alone(settings.data_dir):
            async with model_server(settings) as service:
                library = Library(db, service, tell=tell)
                removed = []
                for wanted in options.names:
                    try:
                        document = await _named(library, assistant, wanted)
                        await library.remove(assistant.id, document.digest)
                        removed.append(document)
                        tell(f"removed  {document.name}")
                    except (LookupError, SpoolError) as error:
                        tell(f"failed   {wanted}: {error}")
                        status = 1
    if options.json:
        put_json(
            list_of(
                {"id": document.remote, "filename": document.name, "deleted": True} for document in removed
            )
        )
    return status


async def _named(library: Library, assistant: Assistant, wanted: str) -> Document:
    """The document with that name, id, or begin of a SHA-256. Raises LookupError."""
    documents = await library.documents(assistant.id)
    alike = [row for row in documents if wanted in (row.name, row.remote)]
    if not alike and len(wanted) >= DIGITS:
        alike = [row for row in documents if row.digest.startswith(wanted)]
    if not alike:
        raise LookupError(f"{assistant.label} has no such document")
    if len(alike) > 1:
        ids = ", ".join(row.remote or row.digest for row in alike)
        raise LookupError(f"{len(alike)} documents have that name; say which by its id: {ids}")
    return alike[0]


def _json(document: Document) -> dict[str, Any]:
    return {
        "id": document.remote,
        "object": "assistant.file",
        "filename": document.name,
        "bytes": document.size,
        "status": document.status,
        "last_error": document.error,
        "created_at": int(document.begun_at),
        "sha256": document.digest,
    }


def _refused(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": None,
        "object": "assistant.file",
        "filename": outcome.path.name,
        "path": str(outcome.path),
        "status": outcome.state,
        "last_error": outcome.reason,
    }


@contextlib.asynccontextmanager
async def _database(options: argparse.Namespace, settings: Settings) -> AsyncIterator[Database]:
    data_directory(settings.data_dir)
    db = Database(settings.data_dir / "spool.sqlite3")
    try:
        yield db
    except Unsaved as error:
        raise unsaved(settings, error) from error
    except AssistantError as error:
        raise refused(error, settings, options.spool) from error
    finally:
        db.close()


@contextlib.asynccontextmanager
async def model_server(settings: Settings) -> AsyncIterator[Service]:
    """The model server; imported here because `openai` takes a second that `files list` need not wait."""
    if not settings.openai_api_key and not settings.openai_base_url:
        raise ConfigError(
            "OPENAI_API_KEY is not set. Put the key of your OpenAI project there: files need it."
        )
    from core.model_server.service import OpenAIService

    service = OpenAIService(
        api_key=settings.openai_api_key or "none", base_url=settings.openai_base_url or None
    )
    try:
        yield service
    finally:
        await service.close()


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One such command at a time: two would upload the same file twice. The lock ends with the process."""
    with open(lock_file(directory / "files.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"Another `files` command works with DATA_DIR={directory}. Wait until it has ended."
            ) from None
        yield


_ACTIONS = {"add": _add, "list": _list, "remove": _remove}
