"""Files of clients at the model server: sent when something there needs them, once, and found again."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Final

from core.concurrency import KeyedLock
from core.errors import Permanent
from core.ports import GONE, Files, Purpose
from core.store import uploads, vector_stores
from core.store.database import Database, Execute
from core.store.uploads import BEGUN, PART, Upload

THERE: Final[Mapping[str, Purpose]] = {
    **{"assistants": "assistants", "assistants_output": "assistants"},
    **{"vision": "vision", "user_data": "user_data"},
}
"""Under which purpose the model server is given a file; others are of no use to it."""
_SKEW: Final = 300.0
"""Seconds by which the clock of the model server may differ from ours."""


class SentFiles:
    """One for a process. `service` gives the model server once it is needed; `folder` is that of the data."""

    def __init__(self, db: Database, service: Callable[[], Awaitable[Files]], folder: Path) -> None:
        self._db, self._service, self._folder = db, service, folder
        self._only = KeyedLock()

    async def remote(self, id: str, now: float) -> str | None:
        """The id at the model server of a client's file, sent now if need be; None for none it can use."""
        async with self._only.of(id):
            one = await self._db(lambda tx: uploads.find(tx, id, now))
            return (one.remote or await self._send(one)) if one and one.purpose in THERE else None

    async def forget(self, one: Upload) -> None:
        """Returns ⇒ the model server has nothing of a deleted file any more."""
        async with self._only.of(one.id):  # one that is being sent is there afterwards
            remote = await self._db(partial(uploads.remote_of, id=one.id))
            if remote is None and one.remote == BEGUN:
                remote = await self._lost(one)
            if remote is not None:
                await (await self._service()).forget(remote)

    async def _send(self, one: Upload) -> str:
        """Give it to the model server, unless an upload whose end nobody saw is there."""

        def begin(tx: Execute) -> None:
            if uploads.find(tx, one.id, one.created_at) is None:
                raise Permanent("no_file", notice=GONE)
            uploads.set_remote(tx, one.id, BEGUN)

        remote = await self._lost(one) if one.remote == BEGUN else None
        if remote is None:
            await self._db(begin)  # what a kill after this leaves at the server is looked for by `_lost`
            try:
                with tempfile.TemporaryFile(buffering=0, dir=self._folder) as file:
                    await self._written(one, file)
                    remote = await (await self._service()).upload(one.name, file, purpose=THERE[one.purpose])
            except Permanent:
                await self._db(lambda tx: uploads.set_remote(tx, one.id, None))
                raise
        await self._db(lambda tx: uploads.set_remote(tx, one.id, remote))
        return remote

    async def _written(self, one: Upload, file: FileIO) -> None:
        """The bytes, to be read piece by piece while they are sent; a kill leaves nothing of the file."""
        for number in range(-(-one.size // PART)):
            piece = await self._db(partial(uploads.part, id=one.id, number=number))
            file.write(piece or b"")
        file.seek(0)

    async def _lost(self, one: Upload) -> str | None:
        """The id of its upload that ended without being recorded, if there is exactly one it can be."""
        purpose = THERE[one.purpose]
        alike = {
            found.id
            for found in await (await self._service()).uploads(purpose, one.created_at - _SKEW)
            if (found.name, found.size, found.lasting) == (one.name, one.size, True)
        }
        return await self._db(lambda tx: vector_stores.lost(tx, alike, one.name, one.size)) if alike else None
