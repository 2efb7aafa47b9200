"""files.*: uploading in three steps, asking about a file, deleting it.

Source: docs.slack.dev/reference/methods/files.getUploadURLExternal, files.completeUploadExternal,
files.info, files.delete. The message with the file appears some time after the upload was completed.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from standins.local import guessed
from standins.slack.blocks import check as check_blocks
from standins.slack.channel import Channel
from standins.slack.events import Events
from standins.slack.file import File, Upload, seconds
from standins.slack.wire import ApiError, Json, refuse
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


@dataclass(frozen=True)
class Files:
    """`base_url` is the host that takes and serves bytes; `share_seconds` how late the message comes."""

    workspace: Workspace
    events: Events
    share_seconds: float
    base_url: Callable[[], str]
    ring: Callable[[], None]
    _slots: dict[str, Slot] = field(default_factory=dict)
    _keys: dict[str, Slot] = field(default_factory=dict)
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)

    @property
    def sharing(self) -> bool:
        """Whether a message with a file that was completed is still to appear."""
        return bool(self._timers)

    def attach(self, user: str, upload: Upload) -> File:
        """A person's file, about to be shared."""
        who = self.workspace.identity
        created = seconds(self.workspace.stamps.next())
        file = File.of(upload, user, who.team, self.base_url(), created)
        self.workspace.files[file.id] = file
        return file

    def begin(self, args: Json) -> Json:
        length, name = _length(args["length"]), args["filename"]
        refuse(not name, "missing_argument")
        refuse(length > LARGEST, "file_upload_size_restricted")
        refuse(args.get("snippet_type") and length > LARGEST_SNIPPET, "snippet_too_large")
        refuse(len(args.get("alt_txt", "")) > LONGEST_ALT_TEXT, "alt_txt_too_large")
        who = self.workspace.identity
        created = seconds(self.workspace.stamps.next())
        mode: Json = {"mode": "snippet"} if args.get("snippet_type") else {}
        file = File(name, who.bot_user, who.team, self.base_url(), created, title=name, app=True, **mode)
        file.alt_txt = args.get("alt_txt", "")
        key = uuid.uuid4().hex
        self._slots[file.id] = self._keys[key] = Slot(file, length)
        return {"upload_url": f"{self.base_url()}/upload/v1/{key}", "file_id": file.id}

    def receive(self, key: str, content: bytes) -> int:
        """Bytes at an upload URL; their number. Raises ApiError with what the URL answers."""
        slot = self._keys.get(key)
        if slot is None or slot.arrived:
            raise ApiError("upload_not_found")
        refuse(len(content) != slot.length, "length_mismatch")
        slot.arrived = True
        slot.file.content, slot.file.size = content, len(content)
        self.ring()
        return len(content)

    def complete(self, args: Json) -> Json:
        slots = [self._slot(entry) for entry in _entries(args["files"])]
        rooms = [self._room(channel) for channel in _channels(args)]
        alone = not args.get("thread_ts") or len(rooms) == 1
        refuse(not alone, "invalid_arguments", "thread_ts needs exactly one channel")
        thread_ts = rooms[0].thread(args) if len(rooms) == 1 else None
        comment = args.get("initial_comment", "")
        blocks = [] if comment or "blocks" not in args else _blocks(args["blocks"])
        for slot, title in slots:
            slot.completed = True
            slot.file.title = title or slot.file.name
            self.workspace.files[slot.file.id] = slot.file
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
            _process(files)
            extra = {"subtype": "file_share", "upload": True}
            message = self.workspace.own_message(room, text, thread_ts, blocks, extra)
            message.files = files
            for file in files:
                file.shared(room.kind, room.id, message.ts, thread_ts)
            self.events.posted(room, message)
            self.ring()

        timer = asyncio.get_running_loop().call_later(self.share_seconds, share)
        self._timers.add(timer)

    def info(self, args: Json) -> Json:
        file = self._file(args["file"])
        return {"file": file.info(), "comments": [], "response_metadata": {"next_cursor": ""}}

    def delete(self, args: Json) -> Json:
        file = self._file(args["file"])
        refuse(not file.app, "cant_delete_file")
        file.deleted, file.content = True, b""
        return {}

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _file(self, file_id: str) -> File:
        file = self.workspace.files.get(file_id)
        if file is None:
            raise ApiError("file_not_found")
        refuse(file.deleted, "file_deleted")
        return file

    def _slot(self, entry: Json) -> tuple[Slot, str]:
        slot = self._slots.get(entry["id"])
        if slot is None:
            raise ApiError("file_not_found")
        refuse(slot.completed or not slot.arrived, "file_update_failed")
        return slot, entry.get("title") or ""

    def _room(self, channel: str) -> Channel:
        shape = "must match a more specific pattern: ^[CGDZ] channel_id"
        refuse(channel[:1] not in ("C", "D", "G"), "invalid_arguments", shape)
        return self.workspace.room(channel)


def _process(files: list[File]) -> None:
    """What Slack's job handler finds out about the bytes, later than the answer."""
    for file in files:
        file.type = guessed(file.name)


def _length(value: Any) -> int:
    try:
        length = int(str(value))
    except ValueError:
        raise ApiError("invalid_arguments", "must be an integer: length") from None
    refuse(length < 0, "invalid_arguments", "must be more than 0: length")
    refuse(length == 0, "missing_argument")
    return length


def _entries(files: Any) -> list[Json]:
    fits = isinstance(files, list) and files and all(isinstance(entry, dict) for entry in files)
    ids = [entry.get("id") for entry in files] if fits else [None]
    shape = "must be a list of objects with an id: files"
    refuse(not all(isinstance(one, str) for one in ids), "invalid_arguments", shape)
    refuse(len(set(ids)) != len(ids), "invalid_arguments", "the same file twice: files")
    entries: list[Json] = files
    return entries


def _channels(args: Json) -> list[str]:
    listed = str(args.get("channels", "")).split(",")
    return list(dict.fromkeys(c for c in [args.get("channel_id", ""), *listed] if c))


def _blocks(blocks: Any) -> list[Json]:
    """A markdown block, fine in a message, is `internal_error` here: a fault of the service, since 2026."""
    checked = check_blocks(blocks)
    refuse(any(block["type"] == "markdown" for block in checked), "internal_error")
    return checked
