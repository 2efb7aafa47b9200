"""files.*: uploading in three steps, asking about a file, deleting it.

Source: docs.slack.dev/reference/methods/files.getUploadURLExternal, files.completeUploadExternal,
files.info, files.delete. The message with the file appears some time after the upload was completed.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from standins.slack import blocks as block_kit
from standins.slack.channel import Channel
from standins.slack.events import Events
from standins.slack.file import File, Upload, guessed, seconds
from standins.slack.message import Message
from standins.slack.status import StatusBoard
from standins.slack.wire import ApiError, Json, Method, optional
from standins.slack.workspace import Workspace

LARGEST = 1024**3
LARGEST_SNIPPET = 1024**2
LONGEST_ALT_TEXT = 1000


@dataclass(eq=False, slots=True)
class Slot:
    """An upload under way. `arrived`: the bytes are there; `completed`: the file is one now."""

    file: File
    length: int
    arrived: bool = False
    completed: bool = False


class Files:
    """`base_url` is the host that takes and serves bytes; `share_seconds` how late the message comes."""

    def __init__(
        self,
        workspace: Workspace,
        events: Events,
        statuses: StatusBoard,
        share_seconds: float,
        base_url: Callable[[], str],
        ring: Callable[[], None],
    ) -> None:
        self._workspace = workspace
        self._events = events
        self._statuses = statuses
        self._share_seconds = share_seconds
        self._base_url = base_url
        self._ring = ring
        self._slots: dict[str, Slot] = {}
        self._keys: dict[str, Slot] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    @property
    def sharing(self) -> bool:
        """Whether a message with a file that was completed is still to appear."""
        return bool(self._timers)

    def methods(self) -> dict[str, Method]:
        write, read = "files:write", "files:read"
        complete = optional("channel_id channels initial_comment thread_ts blocks")
        return {
            "files.getUploadURLExternal": Method(
                self.begin, ("filename", "length"), optional("alt_txt snippet_type"), 100, scope=write
            ),
            "files.completeUploadExternal": Method(self.complete, ("files",), complete, 100, scope=write),
            "files.info": Method(self.info, ("file",), optional("count cursor limit page"), 100, scope=read),
            "files.delete": Method(self.delete, ("file",), scope=write),
        }

    def attach(self, user: str, upload: Upload) -> File:
        """A person's file, about to be shared."""
        who = self._workspace.identity
        created = seconds(self._workspace.stamps.next())
        return self._keep(File.of(upload, user, who.team, self._base_url(), created))

    def _keep(self, file: File) -> File:
        self._workspace.files[file.id] = file
        return file

    def begin(self, args: Json) -> Json:
        length, name = _length(args["length"]), args["filename"]
        if not name:
            raise ApiError("missing_argument")
        if length > LARGEST:
            raise ApiError("file_upload_size_restricted")
        if args.get("snippet_type") and length > LARGEST_SNIPPET:
            raise ApiError("snippet_too_large")
        if len(args.get("alt_txt", "")) > LONGEST_ALT_TEXT:
            raise ApiError("alt_txt_too_large")
        who = self._workspace.identity
        created = seconds(self._workspace.stamps.next())
        mode: Json = {"mode": "snippet"} if args.get("snippet_type") else {}
        file = File(name, who.bot_user, who.team, self._base_url(), created, title=name, app=True, **mode)
        file.alt_txt = args.get("alt_txt", "")
        key = uuid.uuid4().hex
        self._slots[file.id] = self._keys[key] = Slot(file, length)
        return {"upload_url": f"{self._base_url()}/upload/v1/{key}", "file_id": file.id}

    def receive(self, key: str, content: bytes) -> int:
        """Bytes at an upload URL; their number. Raises ApiError with what the URL answers."""
        slot = self._keys.get(key)
        if slot is None or slot.arrived:
            raise ApiError("upload_not_found")
        if len(content) != slot.length:
            raise ApiError("length_mismatch")
        slot.arrived = True
        slot.file.content, slot.file.size = content, len(content)
        self._ring()
        return len(content)

    def complete(self, args: Json) -> Json:
        slots = [self._slot(entry) for entry in _entries(args["files"])]
        rooms = [self._room(channel) for channel in _channels(args)]
        thread_ts: str | None = args.get("thread_ts") or None
        if thread_ts is not None and len(rooms) != 1:
            raise ApiError("invalid_arguments", "thread_ts needs exactly one channel")
        if thread_ts is not None and thread_ts not in rooms[0].by_ts:
            raise ApiError("thread_not_found")
        comment = args.get("initial_comment", "")
        blocks = [] if comment or "blocks" not in args else _blocks(args["blocks"])
        for slot, title in slots:
            slot.completed = True
            slot.file.title = title or slot.file.name
            self._keep(slot.file)
        files = [slot.file for slot, _ in slots]
        answer = [file.info() for file in files]
        for room in rooms:
            self._later(room, files, comment, blocks, thread_ts)
        if not rooms:
            _process(files)
        return {"files": answer}

    def _later(
        self, room: Channel, files: list[File], text: str, blocks: list[Json], thread_ts: str | None
    ) -> None:
        def share() -> None:
            self._timers.discard(timer)
            self._share(room, files, text, blocks, thread_ts)

        timer = asyncio.get_running_loop().call_later(self._share_seconds, share)
        self._timers.add(timer)

    def _share(
        self, room: Channel, files: list[File], text: str, blocks: list[Json], thread_ts: str | None
    ) -> None:
        _process(files)
        extra = self._workspace.own_fields() | {"subtype": "file_share", "upload": True}
        stamp, author = self._workspace.stamps.next(), self._workspace.identity.bot_user
        message = Message(room.id, stamp, author, text, thread_ts, blocks, extra, files=files)
        for file in files:
            file.shared(room.kind, room.id, stamp, thread_ts)
        room.add(message, own=True)
        self._statuses.clear(room.id, message.root)
        self._events.own(room, message)
        self._ring()

    def info(self, args: Json) -> Json:
        file = self._file(args["file"])
        return {"file": file.info(), "comments": [], "response_metadata": {"next_cursor": ""}}

    def delete(self, args: Json) -> Json:
        file = self._file(args["file"])
        if not file.app:
            raise ApiError("cant_delete_file")
        file.deleted, file.content = True, b""
        return {}

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _file(self, file_id: str) -> File:
        file = self._workspace.files.get(file_id)
        if file is None:
            raise ApiError("file_not_found")
        if file.deleted:
            raise ApiError("file_deleted")
        return file

    def _slot(self, entry: Json) -> tuple[Slot, str]:
        slot = self._slots.get(entry["id"])
        if slot is None:
            raise ApiError("file_not_found")
        if slot.completed or not slot.arrived:
            raise ApiError("file_update_failed")
        return slot, entry.get("title") or ""

    def _room(self, channel: str) -> Channel:
        if channel[:1] not in ("C", "D", "G"):
            raise ApiError("invalid_arguments", "must match a more specific pattern: ^[CGDZ] channel_id")
        return self._workspace.room(channel)


def _process(files: list[File]) -> None:
    """What Slack's job handler finds out about the bytes, later than the answer."""
    for file in files:
        file.type = guessed(file.name)


def _length(value: Any) -> int:
    try:
        length = int(str(value))
    except ValueError:
        raise ApiError("invalid_arguments", "must be an integer: length") from None
    if length < 0:
        raise ApiError("invalid_arguments", "must be more than 0: length")
    if length == 0:
        raise ApiError("missing_argument")
    return length


def _entries(files: Any) -> list[Json]:
    fits = isinstance(files, list) and files and all(isinstance(entry, dict) for entry in files)
    if not fits or not all(isinstance(entry.get("id"), str) for entry in files):
        raise ApiError("invalid_arguments", "must be a list of objects with an id: files")
    entries: list[Json] = files
    if len({entry["id"] for entry in entries}) != len(entries):
        raise ApiError("invalid_arguments", "the same file twice: files")
    return entries


def _channels(args: Json) -> list[str]:
    listed = str(args.get("channels", "")).split(",")
    return list(dict.fromkeys(c for c in [args.get("channel_id", ""), *listed] if c))


def _blocks(blocks: Any) -> list[Json]:
    """A markdown block, fine in a message, is `internal_error` here: a fault of the service, since 2026."""
    checked = block_kit.check(blocks)
    if any(block["type"] == "markdown" for block in checked):
        raise ApiError("internal_error")
    return checked
