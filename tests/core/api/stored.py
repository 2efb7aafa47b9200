"""Files and stores of clients over the OpenAI stand-in on a real socket."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from core.api.key import Key
from core.api.stores import Stores
from core.api.uploads import UploadRules, Uploads
from core.concurrency import Background
from core.files.sent import SentFiles
from core.model_server.service import OpenAIService
from core.store.database import Database
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.fresh import fresh

ANN, BEN = Key("key_1", "ann", "p"), Key("key_2", "ben", "q")
LIMIT = 3 * 2**20


async def pieces(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    """As they arrive."""
    for part in parts:
        yield part


class Clients:
    """`uploads` and `stores` of a process; `again` is the next process on the same disk."""

    def __init__(self, folder: Path, api: OpenAIStandin, *, full: bool = True) -> None:
        self.folder, self.api, self.full = folder, api, full
        self.background = Background()
        self.now = api.clock.now
        self.begin()

    def begin(self) -> None:
        """Build everything."""
        self.db = Database(fresh(self.folder / "spool.sqlite3"))
        self.service = OpenAIService(api_key="sk-test", base_url=self.api.base_url, pause=0.01)

        async def service() -> OpenAIService:
            return self.service

        sent = SentFiles(self.db, service, self.folder)
        self.uploads = Uploads(self.db, sent, self.background, UploadRules(LIMIT, self.full), self.now)
        self.stores = Stores(self.db, self.uploads, service, self.now)

    async def again(self) -> None:
        """The process is gone; the next begins."""
        await self.close()
        self.begin()
        await self.uploads.start()

    async def close(self) -> None:
        """End the process, with what it does in the background."""
        await self.background.close()
        await self.service.close()
        self.db.close()

    async def file(self, name: str = "a.txt", content: bytes = b"kimchi", key: Key = ANN, **more: Any) -> str:
        """The id of a new file."""
        received = await self.uploads.receive(pieces([content]))
        made = await self.uploads.create(key, received, {"filename": name, "purpose": "assistants", **more})
        return str(made["id"])

    async def store(self, *files: str, **more: Any) -> str:
        """The id of a new store with these files, indexed."""
        made = await self.stores.create(ANN, {"file_ids": files, **more})
        await self.indexed(made["id"])
        return str(made["id"])

    async def indexed(self, store: str) -> None:
        """Returns once nothing in the store is in progress."""
        while (await self.stores.get(ANN, store))["status"] == "in_progress":
            pass

    def remotes(self) -> set[str]:
        """Every id the server gave to anything."""
        files = {file.id for file in self.api.files.uploaded}
        return files | set(self.api.stores.all) | set(self.api.stores.batches)


@contextlib.asynccontextmanager
async def clients(folder: Path, *, full: bool = True) -> AsyncIterator[Clients]:
    """A process and its model server."""
    async with OpenAIStandin(Scenario(), portable=not full) as api:
        made = Clients(folder, api, full=full)
        try:
            yield made
        finally:
            await made.close()
