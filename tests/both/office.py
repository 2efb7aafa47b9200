"""What an operator does on the data directory, whether the bot runs or not: tools, assistants, a look."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import textwrap
import time
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.store import assistants
from core.store.data_dir import data_directory
from core.store.database import Database
from core.types import Assistant
from tests.both.chats import TIMEOUT

ROOT = Path(__file__).parents[2]
UNFINISHED = "SELECT id FROM runs WHERE status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
NOTHING: Mapping[str, str] = {}


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
        """Lines that tools wrote."""
        return self.notes.read_text("utf-8").splitlines() if self.notes.exists() else []

    async def hire(
        self,
        *tools: Mapping[str, Any],
        where: Sequence[str] = ("", "default"),
        name: str = "HelpBot",
        **fields: Any,
    ) -> Assistant:
        """A new assistant that answers there (platform and place; by default everywhere)."""
        data_directory(self.data)
        given = {"name": name, "model": "gpt-6-luna", "tools": tools, **fields}
        db = Database(self.data / "spool.sqlite3")
        try:
            made = await db(lambda tx: assistants.create(tx, given, time.time()))
            await db(lambda tx: assistants.assign(tx, where[0], where[1], made.id))
        finally:
            await asyncio.to_thread(db.close)
        return made

    async def assigns(self, id: str) -> None:
        """That assistant answers everywhere."""
        db = Database(self.data / "spool.sqlite3")
        await db(lambda tx: assistants.assign(tx, "", "default", id))
        await asyncio.to_thread(db.close)

    async def types(self, *arguments: str, status: int = 0, environ: Mapping[str, str] = NOTHING) -> str:
        """`python -m bots …` as a process of its own; what it prints."""
        given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(self.data)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bots", *arguments),
            cwd=self.data.parent,
            env=given | {"LANG": "C.UTF-8"} | dict(environ),
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 2 * TIMEOUT)
        assert status == process.returncode, err.decode()
        return out.decode()

    async def gets(self, *arguments: str, environ: Mapping[str, str] = NOTHING) -> Any:
        """What the command prints as JSON."""
        return json.loads(await self.types(*arguments, "--json", environ=environ))

    def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """What is in the database now."""
        db = sqlite3.connect(f"file:{self.data / 'spool.sqlite3'}?mode=ro", uri=True)
        try:
            return db.execute(sql, params).fetchall()
        finally:
            db.close()

    async def changes(self, sql: str) -> None:
        """Change what is in the database, while nobody runs."""
        db = Database(self.data / "spool.sqlite3")
        await db(lambda tx: tx(sql))
        await asyncio.to_thread(db.close)

    async def over(self, *queries: str) -> None:
        """Returns once no run is under way any more (or these queries find nothing).

        What another thread commits wakes nobody here, so it is looked at again and again.
        """
        async with asyncio.timeout(TIMEOUT):
            while any(self.rows(query) for query in queries or (UNFINISHED,)):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def later(self, moment: float) -> None:
        """Returns at that Unix time."""
        await asyncio.sleep(max(0.0, moment - time.time()))

    def items(self) -> list[dict[str, Any]]:
        """What the threads remember, in order."""
        return [json.loads(item) for (item,) in self.rows("SELECT item FROM items ORDER BY seq")]

    def everything(self) -> str:
        """All texts of all tables, to look for what must not be there; bytes as latin-1."""
        tables = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return self.everything_of(*tables)

    def everything_of(self, *tables: str) -> str:
        """The same of some tables."""
        values = [value for table in tables for row in self.rows(f"SELECT * FROM {table}") for value in row]
        return "\n".join(
            value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values
        )
