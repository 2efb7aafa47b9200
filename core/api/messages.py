"""Messages of threads: what clients write, character for character, and what runs have answered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from core.api import access
from core.api.key import Key
from core.api.page import Page, cursors, listed
from core.api.refusal import Refusal, not_found
from core.api.watch import Fields
from core.files.attachments import TOTAL
from core.runs.client import objects, records
from core.runs.client.objects import Object
from core.runs.client.watching import Watching
from core.store import client_runs, items, runs, steps, summaries, thread_messages, threads, uploads
from core.store.client_runs import RunRow
from core.store.database import Database, Execute
from core.store.thread_messages import ThreadMessage


class Messages:
    """What clients may do with messages. `watching` knows those that are being said."""

    def __init__(self, db: Database, watching: Watching) -> None:
        self._db, self._watching = db, watching

    async def create(self, key: Key, thread: str, fields: Fields) -> Object:
        """A new message at the end of the thread."""

        def work(tx: Execute) -> Object:
            there = access.thread(tx, key, thread, "messages.create", write=True)
            access.idle(tx, there.id)
            return objects.message(add(tx, key, there, fields, time.time()))

        return await self._db(work)

    async def get(self, key: Key, thread: str, message: str) -> Object:
        """One message, also while it is said."""

        def work(tx: Execute) -> Object | RunRow | None:
            there = access.thread(tx, key, thread, "messages.read")
            if found := thread_messages.get(tx, there.id, message):
                return objects.message(found)
            run = runs.unfinished_in(tx, there.id)
            return client_runs.of(tx, run) if run else None

        found = await self._db(work)
        if isinstance(found, dict):
            return found
        for record in self._watching.live.get(found.id, list)() if found else ():
            if found and record.get("message") == message:
                return objects.message(records.message(record, found.thread, found.id, found.assistant))
        raise not_found("message", message)

    async def all(self, key: Key, thread: str, page: Page, run_id: str | None = None) -> Object:
        """A page of the thread's messages; `run_id`: of the answers of that run."""

        def work(tx: Execute) -> Object:
            there = access.thread(tx, key, thread, "messages.list")
            with cursors("message"):
                found, more = thread_messages.page(tx, there.id, page, run_id)
            return listed([objects.message(one) for one in found], more=more)

        return await self._db(work)

    async def modify(self, key: Key, thread: str, message: str, fields: Fields) -> Object:
        """Other metadata."""

        def work(tx: Execute) -> Object:
            found = _find(tx, key, thread, message, "messages.modify", write=True)
            if "metadata" in fields:
                thread_messages.change(tx, found.id, {**found.object, "metadata": fields["metadata"] or {}})
            return objects.message(_find(tx, key, thread, message, ""))

        return await self._db(work)

    async def delete(self, key: Key, thread: str, message: str) -> Object:
        """The message, and what the model was shown of it."""

        def work(tx: Execute) -> None:
            found = _find(tx, key, thread, message, "messages.delete", write=True)
            access.idle(tx, found.thread)
            remove(tx, found)

        await self._db(work)
        self._db.wipe()
        return objects.deleted("thread.message", message)


def add(tx: Execute, key: Key, there: threads.Row, fields: Fields, now: float) -> ThreadMessage:
    """Store a message of a client, and what the model is shown of it. Raises Refusal."""
    parts = _parts(fields["content"])
    role, files = fields["role"], [_file(one) for one in fields.get("attachments") or ()]
    if role == "assistant" and any(part["type"] != "text" for part in parts):
        raise Refusal("Messages of the role assistant consist of text.", param="content")
    access.files(tx, key, [*(one["file_id"] for one in files), *_pictures(parts)], now)
    _small_enough(tx, key, _pictures(parts), now)
    text = objects.words(parts)
    kept: dict[str, Any] = {"metadata": fields.get("metadata") or {}, "attachments": files}
    if len(parts) > 1 or parts[0]["type"] != "text":
        kept["content"] = parts
    one = ThreadMessage(
        thread_messages.new_id(), there.id, role, now, text=text, object={n: v for n, v in kept.items() if v}
    )
    thread_messages.add(tx, one, key.project, key.person)
    items.add_message(tx, there.id, one.id, _item(role, parts))
    _attach(tx, there, files)
    return one


def remove(tx: Execute, one: ThreadMessage) -> None:
    """Nothing of the message is on record any more, in the journal of its run neither."""
    if one.run:
        steps.forget_said(tx, one.run, one.id)
    at = items.remove_message(tx, one.id)
    if at is not None:
        summaries.drop(tx, one.thread, at)
    thread_messages.remove(tx, one.id)


def _find(tx: Execute, key: Key, thread: str, id: str, action: str, *, write: bool = False) -> ThreadMessage:
    there = access.thread(tx, key, thread, action, write=write)
    found = thread_messages.get(tx, there.id, id)
    if found is None:
        raise not_found("message", id)
    return found


def _parts(content: Any) -> list[Object]:
    """Content as the API gives it back."""
    given = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [_part(one) for one in given]


def _part(given: Mapping[str, Any]) -> Object:
    kind = given["type"]
    if kind == "text":
        return objects.text_part(given["text"])
    return {"type": kind, kind: {**given[kind], "detail": given[kind].get("detail") or "auto"}}


def _file(given: Mapping[str, Any]) -> Object:
    return {"file_id": given["file_id"], "tools": list(given.get("tools") or ())}


def _pictures(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    return [part["image_file"]["file_id"] for part in parts if part["type"] == "image_file"]


def _small_enough(tx: Execute, key: Key, pictures: Iterable[str], now: float) -> None:
    """What goes with a request as a whole is in memory as a whole."""
    for id in pictures:
        found = uploads.get(tx, key.project, id, now)
        if found and found.size > TOTAL:
            told = (
                f"Image file '{id}' has {found.size} bytes, and {TOTAL} are the most. Upload a smaller one."
            )
            raise Refusal(told, param="content")


def _item(role: str, parts: list[Object]) -> str:
    """As an input item. A picture that is a file has our own id, until it is sent."""
    if len(parts) == 1 and parts[0]["type"] == "text":
        return items.item(role, parts[0]["text"]["value"])
    if role == "assistant":
        return items.item(role, objects.words(parts))
    return json.dumps({"role": role, "content": [_shown(part) for part in parts]}, ensure_ascii=False)


def _shown(part: Mapping[str, Any]) -> Object:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]["value"]}
    told = part[part["type"]]
    where = {"image_url": told["url"]} if "url" in told else {"file_id": told["file_id"]}
    return {"type": "input_image", **where, "detail": told["detail"]}


def _attach(tx: Execute, there: threads.Row, files: Iterable[Mapping[str, Any]]) -> None:
    """The thread's tools work on attached files from now on: code at once, search once it is indexed."""
    now = threads.get(tx, there.id)
    assert now is not None
    kept = json.loads(json.dumps(now.object))
    for file in files:
        wanted = {tool["type"] for tool in file["tools"]}
        if "code_interpreter" in wanted:
            resources = kept.setdefault("tool_resources", {}).setdefault("code_interpreter", {})
            _once(resources.setdefault("file_ids", []), file["file_id"])
        if "file_search" in wanted:
            _once(kept.setdefault("searchable", []), file["file_id"])
    if kept != now.object:
        threads.change(tx, there.id, kept)


def _once(those: list[str], one: str) -> None:
    if one not in those:
        those.append(one)
