"""Files of clients: their bytes stay here, and go to the model server when something there needs them.

A file that nothing refers to never leaves this machine, and `POST /files` waits for no other server. Which
line makes each step safe is said where it stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from core.api import access
from core.api.key import Key
from core.api.page import Page, listed
from core.api.refusal import Refusal, as_refusals, no_file
from core.concurrency import Background
from core.errors import Permanent, Retryable, Unsaved, loggable
from core.files.sent import THERE, SentFiles
from core.ports import FILE_LIFE
from core.store import uploads
from core.store.database import Database, Execute
from core.store.uploads import PART, Upload

logger = logging.getLogger(__name__)
SWEEP: Final = 30.0
"""Seconds between two looks at what has expired or is still to be deleted."""
SWEEP_AGAIN: Final = 600.0
"""Seconds until the next one, where the model server could not be asked."""
AT_ONCE: Final = 8
"""Files that are sent to the model server at once."""


@dataclass(frozen=True, slots=True)
class UploadRules:
    """`limit`: bytes of a file; `full`: whether the model server takes files."""

    limit: int
    full: bool


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are here and nobody's file yet."""

    id: str
    size: int


class Uploads:
    """Files by project."""

    def __init__(
        self,
        db: Database,
        sent: SentFiles,
        background: Background,
        rules: UploadRules,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._db, self._sent, self._background = db, sent, background
        self.rules, self._clock = rules, clock
        self._slots, self._deleted = asyncio.Semaphore(AT_ONCE), asyncio.Event()

    async def receive(self, chunks: AsyncIterable[bytes]) -> Received:
        """Keep bytes as they arrive, a part of them in memory. `discard` or `create` follows."""
        id, size, number = uploads.new_id(), 0, 0
        try:
            async for piece in _parts(chunks):
                if (size := size + len(piece)) > self.rules.limit:
                    raise self.too_large()
                await self._db(partial(uploads.add_part, id=id, number=number, content=piece))
                number += 1
        except BaseException:
            self.discard(Received(id, size))
            raise
        return Received(id, size)

    def too_large(self) -> Refusal:
        """What is said of more bytes than a file may have."""
        return Refusal(f"Maximum content size limit ({self.rules.limit}) exceeded.", status=413)

    def discard(self, received: Received) -> None:
        """They become no file. A kill before they are gone: `start` finds them."""
        self._background.start(self._emptied(received.id), "an upload that was cut")

    async def create(self, key: Key, received: Received, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a file of what was received. `fields`: filename, purpose, expires_after."""
        if not received.size:
            raise Refusal("File is empty.", param="file")
        now, purpose = self._clock(), fields["purpose"]
        life = (fields.get("expires_after") or {}).get("seconds") or (
            FILE_LIFE[1] if purpose == "batch" else None
        )
        one = Upload(
            *(received.id, key.project, fields["filename"], purpose, received.size, now),
            expires_at=None if life is None else now + life,
        )
        await self._db(lambda tx: uploads.finish(tx, one))  # its parts are on disk: from here on it is a file
        return shown(one)

    async def get(self, key: Key, file: str) -> dict[str, Any]:
        """The file object."""
        return shown(await self._found(key, file))

    async def all(self, key: Key, page: Page, purpose: str | None = None) -> dict[str, Any]:
        """A page of the project's files."""

        def read(tx: Execute) -> tuple[list[Upload], bool]:
            try:
                return uploads.page(tx, key.project, self._clock(), page, purpose)
            except LookupError as error:
                raise no_file(error.args) from None

        found, more = await self._db(read)
        return listed([shown(one) for one in found], more=more)

    async def content(self, key: Key, file: str) -> tuple[Upload, AsyncIterator[bytes]]:
        """The file, and its bytes part by part."""
        one = await self._found(key, file)

        async def parts() -> AsyncIterator[bytes]:
            for number in range(-(-one.size // PART)):
                piece = await self._db(partial(uploads.part, id=one.id, number=number))
                if piece is None:  # it was deleted meanwhile: the connection is cut, for bytes are missing
                    raise no_file([one.id])
                yield piece

        return one, parts()

    async def delete(self, key: Key, file: str) -> dict[str, Any]:
        """Returns ⇒ nobody sees it any more; its bytes go at once, here and at the model server."""

        def gone(tx: Execute) -> None:
            access.files(tx, key, [file], self._clock())
            uploads.delete(tx, file)  # whatever is killed after this, `sweep` finds the row

        await self._db(gone)
        self._deleted.set()
        return {"id": file, "object": "file", "deleted": True}

    async def remotes(self, key: Key, files: Collection[str]) -> dict[str, str]:
        """The ids at the model server by ours; what is not there yet is sent now, several at once."""
        await self._db(lambda tx: access.files(tx, key, files, self._clock()))

        async def one(file: str) -> str:
            async with self._slots:
                return await self._remote(key, file)

        names = list(dict.fromkeys(files))
        return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))

    async def _remote(self, key: Key, file: str) -> str:
        one = await self._found(key, file)
        if not one.remote and not self.rules.full:
            raise Refusal(
                "The model server of this Spool keeps no files. Leave the file out, or ask the operator for "
                "one that does (OPENAI_FEATURES=full)."
            )
        if one.purpose not in THERE:
            raise Refusal(f"File '{file}' has purpose '{one.purpose}': upload it with purpose 'assistants'.")
        with as_refusals({}, no_file([file])):
            remote = await self._sent.remote(file, self._clock())
        if remote is None:
            raise no_file([file])
        return remote

    async def start(self) -> None:
        """Before the first request: parts of uploads that a kill has cut are on their way out."""
        for id in await self._db(uploads.unfinished):
            self._background.start(self._emptied(id), "an upload that was cut")

    async def keep(self) -> None:
        """For as long as the process lives: what was deleted or has expired goes, here and at the server."""
        while True:
            self._deleted.clear()
            pause = SWEEP
            try:
                await self.sweep()
            except (Permanent, Retryable, Unsaved) as error:
                logger.warning("deleted files are not gone yet (%s); tried again later", loggable(error))
                pause = SWEEP_AGAIN
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._deleted.wait()

    async def sweep(self) -> None:
        """Delete what has expired, and at the model server what was deleted here. May be repeated."""
        await self._db(lambda tx: uploads.expire(tx, self._clock()))
        left = await self._db(uploads.left)
        for one in left:
            await self._emptied(one.id)
        refused: Permanent | None = None
        for one in left:
            try:
                await self._sent.forget(one)
            except Permanent as error:  # that one alone: the others go all the same
                refused = error
            else:
                await self._db(partial(uploads.forget, id=one.id))
        if refused:
            raise refused

    async def _emptied(self, id: str) -> None:
        """Remove the bytes of what is nobody's file, a few at a time."""
        while await self._db(partial(uploads.drop_some, id=id)):
            pass
        self._db.wipe()

    async def _found(self, key: Key, file: str) -> Upload:
        one = await self._db(lambda tx: uploads.get(tx, key.project, file, self._clock()))
        if one is None:
            raise no_file([file])
        return one


async def _parts(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in parts."""
    held = bytearray()
    async for chunk in chunks:
        held += chunk
        while len(held) >= PART:
            yield bytes(held[:PART])
            del held[:PART]
    if held:
        yield bytes(held)


def shown(one: Upload) -> dict[str, Any]:
    """The API's file object."""
    return {
        **{"id": one.id, "object": "file", "bytes": one.size, "created_at": int(one.created_at)},
        "expires_at": None if one.expires_at is None else int(one.expires_at),
        **{"filename": one.name, "purpose": one.purpose, "status": "processed", "status_details": None},
    }
