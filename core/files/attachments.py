"""Files that came with messages: fetched, judged by their content, and stored until their run has ended.

After `ready` each file of a message is a row: its bytes, or the reason why it is not taken. What is a row is
never fetched again, so a restart goes on where the process before it was.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from core.concurrency import Background, Backoff, Slots, retry
from core.errors import FileRefused, Permanent, Retryable, Unsaved, loggable
from core.files import detect
from core.ports import Fetching
from core.store import files, messages, usage
from core.store.database import Database, Execute
from core.store.files import Stored
from core.store.usage import Usage
from core.texts import text
from core.types import Address, Attachment, File, IncomingMessage, RunId, ThreadId

T = TypeVar("T")


class Hear(Protocol):
    """Gives what is said in the audio file of that name."""

    def asked(self) -> Usage:
        """The row of a request whose end is not seen."""
        ...

    async def __call__(self, name: str, content: bytes, one: Usage, rows: list[Usage]) -> str:
        """`rows` gets the row of the request, made of `one`, whatever becomes of it. Raises Retryable or
        Permanent.
        """
        ...


logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Files fetched at the same time from one platform."""
SLOW_SECONDS = 2.0
"""A fetch that takes longer makes room for others, and goes on."""
MOST_SLOW = 28
"""Fetches that go on beside those; their bytes are held in memory."""
FETCH_SECONDS = 60.0
TRANSCRIBE_SECONDS = 120.0
TOTAL = 48 * 1024 * 1024
"""Bytes of all files of one message: a model server takes about 50 MB at once."""
LISTED = 5
"""Names told for one reason; of more, only the number."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Bytes of each file, and files of each message."""

    bytes: int
    count: int


class Attachments:
    """Fetches what people send.

    `transcribe` is None where audio is not understood. A fetch is repeated after `pause` seconds and longer
    ones, for `patience`.
    """

    def __init__(
        self,
        db: Database,
        platforms: Mapping[str, Fetching],
        limits: FileLimits,
        *,
        transcribe: Hear | None,
        pause: float = 0.5,
        patience: float = FETCH_SECONDS,
    ) -> None:
        self._db, self._platforms, self._transcribe = db, platforms, transcribe
        self._limits, self._pause, self._patience = limits, pause, patience
        self._slots: defaultdict[str, Slots] = defaultdict(
            lambda: Slots(AT_ONCE, patience=SLOW_SECONDS, slow=MOST_SLOW)
        )
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._background = Background()
        self._deaf = False
        """Whether it was told already that the server has no model for recordings."""

    def begin(self, message: IncomingMessage, thread: ThreadId, run: RunId) -> None:
        """Start fetching the message's files; returns at once. The run and the message are stored already."""
        if message.files:
            self._settling(message, thread, run)

    async def ready(self, message: IncomingMessage, thread: ThreadId, run: RunId) -> tuple[Stored, ...]:
        """Every file of the message, in its order: with bytes (audio: its transcript), or refused.

        Joins the fetch under way, or fetches what is not stored. Raises only what the database raises.
        """
        if not message.files:
            return ()
        await asyncio.shield(self._settling(message, thread, run))
        sources = _sources(message)
        return await self._db(lambda tx: files.at(tx, sources))

    def refusals(self, stored: Sequence[Stored], locale: str, language: str = "en") -> str:
        """One line for each reason why files were refused, with their names; "" when none was."""
        reasons: dict[str, list[str]] = {}
        for file in stored:
            if file.refused:
                reasons.setdefault(file.refused, []).append(file.name)
        limits = {
            "megabytes": f"{self._limits.bytes / MEGABYTE:.3g}",
            "total": f"{max(TOTAL, self._limits.bytes) / MEGABYTE:.3g}",
            "count": self._limits.count,
        }
        return "\n".join(
            text(reason, locale, language).format(files=_list(names), **limits)
            for reason, names in reasons.items()
        )

    async def close(self) -> None:
        """Leave what is under way to the next start."""
        await self._background.close()

    def _settling(self, message: IncomingMessage, thread: ThreadId, run: RunId) -> asyncio.Task[None]:
        """The one task that makes rows of this message's files."""
        name = " ".join([place(message.address, message.id), *(file.id for file in message.files)])
        if name not in self._under_way:
            task = self._background.start(self._settle(message, thread, run), f"files of {run}")
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
            self._under_way[name] = task
        return self._under_way[name]

    async def _settle(self, message: IncomingMessage, thread: ThreadId, run: RunId) -> None:
        sources = _sources(message)
        known = {
            file.source: file for file in await self._db(lambda tx: files.at(tx, sources, contents=False))
        }
        left = max(TOTAL, self._limits.bytes) - sum(file.size for file in known.values() if not file.refused)
        for position, (source, attachment) in enumerate(zip(sources, message.files, strict=True)):
            if not (file := known.get(source)):
                taken = await self._take(message.address.platform, attachment, position, left)
                if isinstance(taken, File):
                    left -= len(taken.content)
                else:
                    facts = {"run_id": run, "reason": taken, "bytes": attachment.size}
                    logger.info("file refused", extra=facts)
                row = partial(_row, message, position, thread, run, taken)
                if not (file := await self._db(row)):
                    return  # what the message has now is not this
            if file.kind == "audio" and file.transcript is None:
                await self._understand(file, _whose(message, thread, run, file), begun=source in known)

    async def _take(self, platform: str, attachment: Attachment, position: int, left: int) -> File | str:
        """The file, or the key of the text that says why it is not taken. Never raises."""
        try:
            if position >= self._limits.count:
                raise FileRefused("file_too_many")
            async with self._slots[platform].one():
                content = await self._fetch(platform, attachment, left)
            name = detect.safe_name(attachment.name)
            return await asyncio.to_thread(detect.judge, content, name, voice=attachment.voice)
        except FileRefused as error:
            return error.notice
        except Exception:
            logger.exception("file cannot be judged")
            return "file_unavailable"

    async def _fetch(self, platform: str, attachment: Attachment, left: int) -> bytes:
        """The bytes. Raises FileRefused."""
        limit = min(self._limits.bytes, left)
        alone = limit == self._limits.bytes or attachment.size > self._limits.bytes
        refusal = FileRefused("file_too_large" if alone else "file_total")
        if limit <= 0 or attachment.size > limit:
            raise refusal
        fetch = self._platforms[platform].fetch
        try:
            return await self._again(lambda: fetch(attachment, limit), self._patience)
        except FileRefused as error:
            raise (refusal if error.notice == "file_too_large" else error) from error
        except (Retryable, Permanent, TimeoutError) as error:
            logger.warning("file cannot be fetched", extra={"platform": platform, "error": loggable(error)})
            raise FileRefused("file_unavailable") from error

    async def _understand(self, file: Stored, whose: Whose, *, begun: bool) -> None:
        """Put the transcript on record, or the reason why there is none; and each request for it.

        `begun`: a process before this one may have asked for it.
        """

        def look(tx: Execute) -> bytes | None:
            content = files.content(tx, file.id)
            if begun and content and self._transcribe:
                usage.add(tx, whose(self._transcribe.asked()))
            return content

        content = await self._db(look)
        if content is None:  # the run is over: nobody will ask
            return
        rows: list[Usage] = []
        try:
            said = await self._said(file, partial(self._hear, file.name, content, whose, rows))
        except FileRefused as error:
            settle = partial(files.refuse, id=file.id, reason=error.notice)
        else:
            settle = partial(files.set_transcript, id=file.id, text=said)

        def write(tx: Execute) -> None:
            settle(tx)
            usage.add(tx, *rows)

        await self._db(write)

    async def _hear(self, name: str, content: bytes, whose: Whose, rows: list[Usage]) -> str:
        """One request. That of a failed one is on record before the next: `rows` has the newest."""
        assert self._transcribe is not None
        if rows:
            failed = [*rows]
            await self._db(lambda tx: usage.add(tx, *failed))
            rows.clear()
        return await self._transcribe(name, content, whose(self._transcribe.asked()), rows)

    async def _said(self, file: Stored, hear: Callable[[], Awaitable[str]]) -> str:
        if self._transcribe is None:
            raise FileRefused("no_transcription")
        try:
            said = await self._again(hear, TRANSCRIBE_SECONDS)
        except Permanent as error:
            missing = error.notice in ("model_missing", "model_address", "no_transcription", "unpriced")
            logger.log(
                logging.DEBUG if missing and self._deaf else logging.WARNING,
                "the model server cannot transcribe" if missing else "audio not understood",
                extra={"error": error.code},
            )
            self._deaf = self._deaf or missing
            why = "audio_limit" if error.notice in ("limit", "too_long") else "audio_failed"
            raise FileRefused("no_transcription" if missing else why) from error
        except Unsaved:
            raise
        except Exception as error:
            logger.warning("audio not understood", extra={"error": loggable(error)})
            raise FileRefused("audio_failed") from error
        if not said.strip():
            raise FileRefused("audio_silent")
        return said.strip()

    async def _again(self, work: Callable[[], Awaitable[T]], seconds: float) -> T:
        """The work's result, repeated while it may help. Raises what it raised last, or TimeoutError."""
        async with asyncio.timeout(seconds):
            return await retry(work, Backoff(self._pause, seconds=seconds), "file")


Whose = Callable[[Usage], Usage]
"""Says in a row whom its request is for."""


def _whose(message: IncomingMessage, thread: ThreadId, run: RunId, file: Stored) -> Whose:
    where, (place, person) = message.address.platform, usage.place_and_person(message.address, message.user)
    told = partial(replace, run_id=run, thread_id=thread, platform=where, place=place, person=person)
    return partial(told, step=file.id)


def _row(
    message: IncomingMessage,
    position: int,
    thread: ThreadId,
    run: RunId,
    taken: File | str,
    tx: Execute,
) -> Stored | None:
    """Put on record what became of an attachment; gives the facts. None where it stands there no more."""
    now, source, attachment = time.time(), _sources(message)[position], message.files[position]
    here = messages.attached(tx, message.address, message.id)
    if here is not None and here[position : position + 1] != [attachment.id]:
        return None  # the message was changed or deleted meanwhile
    if isinstance(taken, File):
        files.add(tx, source, thread, run, taken, now)
    else:
        name = detect.safe_name(attachment.name)
        files.add_refused(tx, source, thread, run, name, attachment.size, taken, now)
    return files.at(tx, [source], contents=False)[0]


def place(address: Address, message: str) -> str:
    """A message's identity on its platform."""
    return "/".join((address.platform, address.workspace, address.channel, message))


def _sources(message: IncomingMessage) -> list[str]:
    """What the files of a message are known by: its identity, and their positions."""
    return [f"{place(message.address, message.id)}/{position:03}" for position in range(len(message.files))]


def _list(names: Sequence[str]) -> str:
    """Names as code, so that none of them is taken for markup."""
    shown = ", ".join(f"`{name.replace('`', '')}`" for name in names[:LISTED])
    return f"{shown} (+{len(names) - LISTED})" if len(names) > LISTED else shown
