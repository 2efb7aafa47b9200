"""Files and vector stores that a client names, as the model server knows them: they have ids of our own.

What makes each step safe: an id at the server is recorded as soon as it is known; pictures go with the
request and are nowhere else.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from core.files.library import Library
from core.files.sent import SentFiles
from core.runs.prompt.input import KEPT_DAYS
from core.runs.run import Run
from core.store import remote_objects, threads, uploads, vector_stores
from core.store.database import Execute
from core.types import Assistant, ThreadId

_FILE: Final = '"file_id"'


class ClientFiles:
    """Of the thread of one run."""

    def __init__(self, run: Run, sent: SentFiles | None, library: Library) -> None:
        assert run.claim.options
        self._run, self._sent, self._library = run, sent, library
        self._project, self._searchable = run.claim.options.project, run.claim.options.searchable

    async def shown(self, history: Sequence[str]) -> tuple[str, ...]:
        """The history with pictures in place of their ids."""
        return tuple([await self._shown(item) if _FILE in item else item for item in history])

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
        content = await self._run.db(lambda tx: uploads.content(tx, id))
        kind = mimetypes.guess_type(row.name)[0] or "image/png"
        url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
        return {"type": "input_image", "image_url": url, "detail": part.get("detail") or "auto"}

    async def given(self, assistant: Assistant) -> Assistant:
        """The assistant whose tools work on what the server has."""
        code = (assistant.tool_resources.get("code_interpreter") or {}).get("file_ids") or ()
        stores = (assistant.tool_resources.get("file_search") or {}).get("vector_store_ids") or ()
        if not (code or stores):
            return assistant
        resources = dict(assistant.tool_resources)
        resources["code_interpreter"] = {"file_ids": [await self._remote(id) for id in code]}
        told = await self._run.db(lambda tx: [remote_objects.remote_of(tx, id) or id for id in stores])
        resources["file_search"] = {"vector_store_ids": told}
        return replace(assistant, tool_resources=resources)

    async def _remote(self, id: str) -> str:
        """The file's id at the server, which is given it now where it has none yet."""
        if self._sent is None or not id.startswith("file-"):
            return id
        return await self._sent.remote(self._project, id, time.time())

    async def searched(self) -> str | None:
        """The thread's own vector store, once what was attached for searching is in it; None for nothing."""
        store = None
        for id in self._searchable:
            project, now, thread = self._project, time.time(), self._run.claim.thread
            row = await self._run.db(lambda tx: uploads.get(tx, project, id, now))  # noqa: B023 - awaited
            if row is None:
                continue
            content = await self._run.db(lambda tx: uploads.content(tx, id))  # noqa: B023 - awaited
            store = await self._library.keep(thread, row.name, content, days=KEPT_DAYS)
            await self._run.db(lambda tx: _indexed(tx, thread, id, row.name))  # noqa: B023 - awaited
        return store


def _indexed(tx: Execute, thread: ThreadId, id: str, name: str) -> None:
    """It can be searched from now on, and what cites it is known as it."""
    if uploads.remote_of(tx, id) is None:
        those: Iterable[Any] = vector_stores.documents(tx, thread)
        uploads.set_remote(tx, id, next((one.remote for one in those if one.name == name), None))
    if row := threads.get(tx, thread):
        left = [one for one in row.object.get("searchable", ()) if one != id]
        threads.change(tx, thread, {**row.object, "searchable": left})
