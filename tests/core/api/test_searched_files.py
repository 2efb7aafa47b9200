"""Runs over files and stores of clients: what the model server is given, and what is told of it."""

from __future__ import annotations

from typing import Any

from core.api.stores import Stores
from core.api.uploads import UploadRules, Uploads
from core.concurrency import Background
from core.files.sent import SentFiles
from core.store import assistants, uploads
from tests.core.api.clients import KEY, client
from tests.core.api.stored import pieces
from tests.core.fakes import ASSISTANT
from tests.core.whole import Core


class Kept:
    """Files and stores beside the runs of a client."""

    def __init__(self, spool: Core) -> None:
        sent = spool.run_context.sent
        assert isinstance(sent, SentFiles)

        async def service():
            return spool.service

        self.spool = spool
        self.uploads = Uploads(spool.db, sent, Background(), UploadRules(2**20, True))
        self.stores = Stores(spool.db, self.uploads, service)

    async def file(self, name: str, content: bytes) -> str:
        received = await self.uploads.receive(pieces([content]))
        made = await self.uploads.create(KEY, received, {"filename": name, "purpose": "assistants"})
        return str(made["id"])

    async def remotes(self, *ids: str) -> list[str | None]:
        """Their ids at the model server."""
        return await self.spool.db(lambda tx: [uploads.remote_of(tx, id) for id in ids])


def offered(api: Any, kind: str) -> dict[str, Any]:
    """The hosted tool of that kind in the last request."""
    return next(tool for tool in api.requests[-1].body["tools"] if tool["type"] == kind)


def attached(*files: str) -> dict[str, Any]:
    """A message with files to be searched."""
    those = [{"file_id": file, "tools": [{"type": "file_search"}]} for file in files]
    return {"role": "user", "content": "what is hot?", "attachments": those}


async def test_attached_files_are_searched(tmp_path):
    """In the thread's own store: each once, however many threads and runs; also after that has expired."""
    async with client(tmp_path, *["one"] * 5) as (me, api):
        kept = Kept(me.spool)
        files = [await kept.file("a.txt", content) for content in (b"kimchi", b"rice")]
        unread = await kept.file("a.bin", b"\0\1")
        assistant = await me.assistant({"type": "file_search"})

        async def asked(thread: str, *those: str) -> list[str]:
            await me.messages.create(KEY, thread, attached(*those))
            run = await me.ended(await me.runs.create(KEY, thread, {"assistant_id": assistant}))
            assert "completed" == run["status"]
            (store,) = offered(api, "file_search")["vector_store_ids"]
            entries = api.stores.all[store].entries.values()
            return [store, *(entry.file.content.decode() for entry in entries if not entry.error)]

        threads = [await me.thread() for _ in range(2)]
        first = await asked(threads[0], files[0], unread)
        assert ["kimchi"] == first[1:]
        assert [*first, "rice"] == await asked(threads[0], files[1])
        assert ["kimchi"] == (await asked(threads[1], files[0]))[1:]
        assert 3 == len(api.files.uploaded)
        del api.stores.all[first[0]]
        await me.spool.rows("UPDATE vector_stores SET expires_at = 1")
        assert ["kimchi", "rice"] == (await asked(threads[0]))[1:]
        assert (await kept.remotes(*files)) == [api.files.uploaded[0].id, api.files.uploaded[2].id]


async def test_tools_work_on_what_an_assistant_names(tmp_path):
    """In a client's run and in a chat: the server is given its own ids, of what is still there."""
    async with client(tmp_path, "one", "two", "three") as (me, api):
        kept = Kept(me.spool)
        files = [await kept.file(f"{name}.csv", b"1,2") for name in "ab"]
        text = await kept.file("c.txt", b"kimchi")
        store = (await kept.stores.create(KEY, {"file_ids": [text]}))["id"]
        resources = {
            "code_interpreter": {"file_ids": files},
            "file_search": {"vector_store_ids": [store, "vs_" + "0" * 24]},
        }
        tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
        assistant = await me.assistant(*tools, tool_resources=resources)
        await me.ask("hello", assistant=assistant)
        (there,) = api.stores.all

        def given() -> tuple[Any, Any]:
            code, search = offered(api, "code_interpreter"), offered(api, "file_search")
            return code["container"]["file_ids"], search["vector_store_ids"]

        assert (await kept.remotes(*files), [there]) == given()
        await kept.uploads.delete(KEY, files[0])
        changes = {"tools": tools, "tool_resources": resources}
        await me.spool.db(lambda tx: assistants.update(tx, ASSISTANT.id, changes, 2.0))
        await me.spool.say("1", "hello")
        await me.spool.idle()
        assert (await kept.remotes(files[1]), [there]) == given()
