"""A second connection, which only reads: what somebody looks at never keeps a message waiting."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from core.errors import Unsaved
from core.store.database import Execute

T = TypeVar("T")
SECONDS: Final = 5.0
"""For one look, after which it is given up."""
_STEPS: Final = 20_000
"""Of SQLite's machine, between two looks at the clock."""


class TooSlow(Exception):
    """The look was given up."""


class Reading:
    """`await read(work)`: what `work(tx)` finds in one state of the database, in a thread of its own.

    Opened when it is first used. Use from one event loop; `close()` when done.
    """

    def __init__(self, path: Path, seconds: float = SECONDS) -> None:
        self._path, self._seconds = path, seconds
        self._thread = ThreadPoolExecutor(1, "reading")
        self._connection: sqlite3.Connection | None = None
        self._until, self._over = 0.0, False

    async def __call__(self, work: Callable[[Execute], T]) -> T:
        """Raises TooSlow, or Unsaved where the file cannot be read."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, work)

    def close(self) -> None:
        """Looks that are under way, or wait, are given up."""
        self._over = True
        self._thread.submit(self._closed)
        self._thread.shutdown()

    def _closed(self) -> None:
        if self._connection:
            self._connection.close()

    def _read(self, work: Callable[[Execute], T]) -> T:
        try:
            connection = self._connection = self._connection or self._opened()
            self._until = time.monotonic() + self._seconds
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TooSlow from error
            raise Unsaved(str(error)) from error

    def _opened(self) -> sqlite3.Connection:
        where = f"{self._path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        connection.set_progress_handler(self._late, _STEPS)
        return connection

    def _late(self) -> bool:
        return self._over or time.monotonic() > self._until
