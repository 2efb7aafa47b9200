"""Files and vector stores that a client names, as the model server knows them: they have ids of our own.

What makes each step safe: `core.files.sent` finds again what it has sent, and a file may be put into a store
twice; pictures go with the request and are nowhere else.
"""

from __future__ import annotations

import base64
import json
import logging
import mimetypes
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from core.errors import Permanent
from core.files.attachments import TOTAL
from core.files.library import Library
from core.files.sent import SentFiles
from core.runs.prompt.input import KEPT_DAYS
from core.runs.run import Run
from core.store import remote_objects, threads, uploads
from core.store.database import Execute
from core.types import Assistant, ThreadId

logger = logging.getLogger(__name__)
_FILE: Final = '"file_id"'


class ClientFiles:
    """Of the thread of one run."""

    def __init__(self, run: Run, sent: SentFiles, library: Library) -> None:
        assert run.claim.options
        self._run, self._sent, self._library = run, sent, library
        self._room = TOTAL
        self._project, self._searchable = run.claim.options.project, run.claim.options.searchable

    async def shown(self, history: Sequence[str]) -> tuple[str, ...]:
        """The history with pictures in place of their ids: the newest, as far as a request has room."""
        newest = [await self._shown(item) if _FILE in item else item for item in reversed(history)]
        return tuple(reversed(newest))

    async def _shown(self, item: str) -> str:
        data = json.loads(item)
        parts = data.get("content")
        if isinstance(parts, list):
            data["content"] = [await self._picture(part) if "file_id" in part else part for part in parts]
        return json.dumps(data, ensure_ascii=False)

    async def _picture(self, part: Mapping[str, Any]) -> dict[str, Any]:
        id, project, now = str(part["file_id"]), self._project, time.time()
        row = await self._run.db(lambda tx: uploads.get(tx, project, id, now))
        if row is None:
            return {"type": "input_text", "text": "[A picture that is not kept any more]"}
        if row.size > self._room:
            return {"type": "input_text", "text": "[A picture for which there is no room any more]"}
        self._room -= row.size
        content = await self._run.db(lambda tx: uploads.content(tx, id))
        kind = mimetypes.guess_type(row.name)[0] or "image/png"
        url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
        return {"type": "input_image", "image_url": url, "detail": part.get("detail") or "auto"}

    async def searched(self) -> str | None:
        """The thread's own vector store, once what was attached for searching is in it; None for nothing."""
        if not self._searchable:
            return None
        thread = self._run.claim.thread
        store = await self._library.store(thread)
        done = await self._run.db(lambda tx: _indexed(tx, thread).get(store or "", ()))
        for id in self._searchable:
            remote = None if id in done else await self._sent.remote(id, time.time())
            if remote is None:
                continue
            try:
                store = await self._library.put(thread, remote, days=KEPT_DAYS)
            except Permanent as error:  # it cannot be read: the others can, and the question is answered
                logger.warning("an attached file cannot be searched", extra={"error": error.notice})
            await self._run.db(partial(_put, thread=thread, store=store or "", file=id))
        return store


async def at_server(run: Run, sent: SentFiles | None, assistant: Assistant) -> Assistant:
    """The assistant whose tools work on what the server has. Whoever made it may use the files it names; the
    operator's names files and stores as the server does.
    """
    code = (assistant.tool_resources.get("code_interpreter") or {}).get("file_ids") or ()
    stores = (assistant.tool_resources.get("file_search") or {}).get("vector_store_ids") or ()
    if not (code or stores) or sent is None or not run.rules.full:
        return assistant
    files = [await sent.remote(id, time.time()) or ("" if remote_objects.ours(id) else id) for id in code]
    told = await run.db(lambda tx: [remote_objects.remote_of(tx, id) or id for id in stores])
    resources = {
        **assistant.tool_resources,
        "code_interpreter": {"file_ids": [id for id in files if id]},
        "file_search": {"vector_store_ids": [id for id in told if not remote_objects.ours(id)]},
    }
    return replace(assistant, tool_resources=resources)


def _indexed(tx: Execute, thread: ThreadId) -> dict[str, list[str]]:
    """Which attached files are in the thread's store, by that store: it may expire, and another come."""
    row = threads.get(tx, thread)
    return dict(row.object.get("indexed") or {}) if row else {}


def _put(tx: Execute, thread: ThreadId, store: str, file: str) -> None:
    if row := threads.get(tx, thread):
        there = _indexed(tx, thread).get(store, [])
        threads.change(tx, thread, {**row.object, "indexed": {store: [*there, file]}})
