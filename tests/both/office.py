"""What an operator does on the data directory, whether the bot runs or not: tools, assistants, a look."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import io
import sqlite3
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.settings import Settings
from core.store import assistants
from core.store.data_dir import data_directory
from core.store.database import Database
from core.types import Assistant

TIMEOUT = 30.0
UNFINISHED = "SELECT id FROM runs WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
DICE = """
    @tool
    def dice(sides: int = 6) -> int:
        "Throw one."
        with NOTES.open("a") as notes:
            notes.write("thrown\\n")
        return 4
"""
WAIT = """
    import asyncio

    @tool
    async def wait(word: str = "") -> str:
        "Wait for the test."
        NOTES.with_name("begun").touch()
        while not NOTES.exists():
            await asyncio.sleep(0.01)
        return f"{word} means good day"
"""
BOOK = """
    import asyncio

    @tool(confirm=True)
    async def book(room: str = "", hours: int = 1, seconds: int = 0) -> str:
        "Book a room."
        with NOTES.open("a") as notes:
            notes.write(f"{room} for {hours}\\n")
        await asyncio.sleep(seconds)
        return f"{room} is booked"
"""


class Office:
    """`data` is the data directory."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.notes = data.parent / "notes.txt"
        """Where tools write down that they were called."""

    def tool(self, name: str, source: str) -> None:
        """A file in the tools folder. `NOTES` in it is the path of `notes`."""
        data_directory(self.data)
        folder = self.data / "tools"
        folder.mkdir(mode=0o700, exist_ok=True)
        head = "from pathlib import Path\nfrom core.tools import FileResult, tool\n"
        head += f"NOTES = Path({str(self.notes)!r})\n"
        path = folder / f"{name}.py"
        path.write_text(head + textwrap.dedent(source), "utf-8")
        path.chmod(0o600)

    def noted(self) -> list[str]:
        return self.notes.read_text("utf-8").splitlines() if self.notes.exists() else []

    async def hire(
        self,
        *tools: Mapping[str, Any] | str,
        where: Sequence[str] = ("", "default"),
        name: str = "HelpBot",
        **fields: Any,
    ) -> Assistant:
        """A new assistant that answers there (platform and place; by default everywhere).

        A tool that is a name is one of the operator's functions.
        """
        data_directory(self.data)
        offered = [
            {"type": "function", "function": {"name": tool}} if isinstance(tool, str) else tool
            for tool in tools
        ]
        given = {"name": name, "model": "gpt-6-luna", "tools": offered, **fields}
        db = Database(self.data / "spool.sqlite3")
        try:
            made = await db(lambda tx: assistants.create(tx, given, time.time()))
            await db(lambda tx: assistants.assign(tx, where[0], where[1], made.id))
        finally:
            await asyncio.to_thread(db.close)
        return made

    async def types(self, *arguments: str, **settings: Any) -> str:
        """`spool COMMAND …`, with a connection of its own to the database; what it prints."""
        command = importlib.import_module(f"bots.cli.{arguments[0]}")
        parser = argparse.ArgumentParser()
        command.add(parser.add_subparsers())
        config = Settings(data_dir=self.data, **settings)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert not await asyncio.to_thread(command.run, parser.parse_args(arguments), config)
        return out.getvalue()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        db = sqlite3.connect(f"file:{self.data / 'spool.sqlite3'}?mode=ro", uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def change(self, sql: str) -> None:
        """What somebody else does to the database."""
        db = sqlite3.connect(self.data / "spool.sqlite3")
        try:
            db.execute(sql)
            db.commit()
        finally:
            db.close()

    async def over(self, *queries: str) -> None:
        """Returns once no run is under way any more (or these queries find nothing).

        What another thread commits wakes nobody here, so it is looked at again and again.
        """
        async with asyncio.timeout(TIMEOUT):
            while any(self.rows(query) for query in queries or (UNFINISHED,)):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def everything(self, *tables: str) -> str:
        """All texts of these tables (or of all), to look for what must not be there; bytes as latin-1."""
        names = tables or [
            name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        values = [value for table in names for row in self.rows(f"SELECT * FROM {table}") for value in row]
        return "\n".join(
            value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values
        )
