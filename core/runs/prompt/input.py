"""What a run is asked: the messages, what stood in the topic before them, and the files they brought.

Files go to the model in the form that suits them: pictures and small PDFs in the request itself, texts in
its words, recordings as what they say, all else through the server's stores and containers.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from core.errors import Lost, Retryable, SpoolError, Unsaved, loggable
from core.model_server.faults import Said
from core.runs.prompt import history, speech
from core.runs.prompt.earlier import EarlierMessages
from core.runs.run import Run
from core.runs.run_context import RunContext
from core.store import files, items
from core.store.files import Stored
from core.types import IncomingMessage

logger = logging.getLogger(__name__)
DIRECT: Final = 8 * 2**20
"""Bytes of a PDF that goes into the request itself; larger ones are searched."""
PDF: Final = "application/pdf"
READ_DIRECTLY: Final = frozenset(
    {
        PDF,
        "application/rtf",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
"""PDF, and what document search does not take: https://platform.openai.com/docs/guides/pdf-files"""
IN_WORDS: Final = 60_000
"""Bytes of a text that is put among the words."""
REMEMBERED: Final = 16_000
"""Bytes of a text that stay in the history."""
KEPT_DAYS: Final = 7
"""How long the model server keeps what a person sent, for later questions about it."""
_PLACE: Final = re.compile(r"\binput[\[.](\d+)\]?\.content[\[.](\d+)")
_KINDS: Final = {
    "picture": re.compile(r"image|picture|vision", re.IGNORECASE),
    "document": re.compile(r"pdf|document|input_file|file_data", re.IGNORECASE),
}
"""What a refusal calls the files that are in a request."""
KEEPING_SECONDS = 5.0
"""Seconds an ended run waits until its files are kept for later; what takes longer goes on beside it."""


class RunInput:
    """The question of one run."""

    def __init__(self, run: Run, context: RunContext) -> None:
        self._run, self._context, self._claim = run, context, run.claim
        self._stored: dict[str, tuple[Stored, ...]] = {}
        self._uploaded: dict[str, Stored] = {}
        """Files that got an id at the server meanwhile, by our own."""
        self._left_out: set[str] = set()
        """Files the model server did not take, by our own ids."""
        self._keeping: list[asyncio.Task[Any]] = []
        plain = run.claim.context_since is None and not run.shared
        pointing = any(one.mentions or one.quotes for one in run.claim.messages)
        self._earlier = None if plain and not pointing else EarlierMessages(run)
        self.store: str | None = None
        """The thread's vector store, once something of this question is in it."""

    @property
    def needs_preparing(self) -> bool:
        """Whether there is anything to be read besides the messages' own words."""
        return self._earlier is not None or any(one.files for one in self._claim.messages)

    async def prepare(self) -> None:
        """Read what stood in the topic and the files, once."""
        reading = asyncio.create_task(self._before(), name="context")
        try:
            for message in self._claim.messages:
                await self._fetched(message)
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _before(self) -> None:
        if self._earlier:
            await self._earlier.read()
            if message := self._earlier.files:
                await self._fetched(message)

    async def _fetched(self, message: IncomingMessage) -> None:
        if message.files and message.id not in self._stored:
            await self._run.gate.passed()
            ready = await self._context.attachments.ready(message, self._claim.thread, self._claim.run)
            self._stored[message.id] = await self._kept(ready)

    def _entries(self, *, past: bool = False) -> tuple[tuple[IncomingMessage, str], ...]:
        """What the question consists of: messages with their words; before them what stood in the topic.

        `past`: as earlier messages, which have their time where several people share a thread. A client's
        thread holds all of its messages already.
        """
        if self._claim.options:
            return ()
        asked = tuple([(one, self._text(one, past=past)) for one in self._claim.messages])
        if not self._earlier or not (before := self._earlier.text()):
            return asked
        first = self._claim.messages[0]
        return ((self._earlier.files or replace(first, id="", files=()), before), *asked)

    async def recall(self) -> None:
        """What the files were, where a process before this one prepared the question."""
        claim, earlier = self._claim, None
        if self._earlier:
            await self._earlier.learn_names()
            earlier = self._earlier.files
        asked = (*claim.messages, earlier) if earlier else claim.messages
        if not all(message.id in self._stored for message in asked if message.files):
            rows = await self._run.db(lambda tx: files.of_run(tx, claim.run))
            for message in asked:
                mine = [row for row in rows if f"/{message.id}/" in row.source and row.kind != "output"]
                self._stored.setdefault(message.id, tuple(mine))

    def files(self) -> list[Stored]:
        """All files that came with the question."""
        return [file for message in self._claim.messages for file in self._of(message)]

    def sent(self) -> list[Stored]:
        """These, and the files of earlier messages that go with them."""
        before = self._earlier.files if self._earlier else None
        return [*(self._of(before) if before else ()), *self.files()]

    def _of(self, message: IncomingMessage) -> tuple[Stored, ...]:
        found = (self._uploaded.get(file.id, file) for file in self._stored.get(message.id, ()))
        return tuple(
            replace(file, refused="file_unread", content=None) if file.id in self._left_out else file
            for file in found
        )

    def leave_out(self, said: Said | None, before: int) -> bool:
        """Leave out the files that are meant, without `said` all; whether there were any in the request.

        `before`: how many items of the request stand before these.
        """
        sent = self._sent(before)
        meant = {file.id for place, file in sent.items() if said is None or _meant(file, place, said)}
        self._left_out |= meant
        return bool(meant)

    def take_back(self) -> bool:
        """The files are not what was wrong; whether any had been left out."""
        left = bool(self._left_out)
        self._left_out.clear()
        return left

    def _sent(self, before: int) -> dict[str, Stored]:
        """The files in the request, by their place in it."""
        found = {}
        for item, (message, text) in enumerate(self._entries(), before):
            part = 1 if text else 0
            for file in self._of(message):
                for one in self._parts(file, message, whole=True):
                    if one["type"] != "input_text":
                        found[f"input[{item}].content[{part}]"] = file
                    part += 1
        return found

    def says_nothing(self) -> bool:
        """Whether there is nothing to answer: no text, and no file that can be read."""
        return not any(one.text or one.quotes for one in self._claim.messages) and all(
            one.refused for one in self.files()
        )

    def heard(self) -> str:
        """What voice messages and recordings say, as quoted lines to stand above the answer."""
        said = [file.transcript.strip() for file in self.files() if file.transcript]
        quoted = ["> 🎤 " + "\n> ".join(text.split("\n")) for text in said]
        return "\n".join(quoted) + "\n\n" if quoted else ""

    def items(self) -> tuple[str, ...]:
        """As input items, with the files themselves."""
        return tuple(self._item(message, text, whole=True) for message, text in self._entries())

    def remembered(self) -> tuple[str, ...]:
        """As the thread keeps it: pictures by their id at the server, where it has one, and no bytes."""
        told = [self._item(message, text, whole=False) for message, text in self._entries(past=True)]
        address, before = self._claim.messages[0].address, len(told) - len(self._claim.messages)
        if before > 0 and not self._run.shared and address.topic != address.channel:
            told[0] = history.only_in(address.topic, told[0])
        return tuple(told)

    def _item(self, message: IncomingMessage, text: str, *, whole: bool) -> str:
        parts = [part for file in self._of(message) for part in self._parts(file, message, whole=whole)]
        if not parts:
            return items.item("user", text)
        if all(part["type"] == "input_text" for part in parts):
            return items.item("user", "\n\n".join(filter(None, [text, *(part["text"] for part in parts)])))
        content = [{"type": "input_text", "text": text}, *parts] if text else parts
        return json.dumps({"role": "user", "content": content}, ensure_ascii=False)

    def _text(self, message: IncomingMessage, *, past: bool) -> str:
        text = message.text or "\n".join(file.transcript for file in self._of(message) if file.transcript)
        return self._earlier.said(message, text, past=past) if self._earlier else text

    def _parts(self, file: Stored, message: IncomingMessage, *, whole: bool) -> Iterable[dict[str, Any]]:
        if file.refused:
            yield _words(f"[File {file.name} could not be read]")
        elif file.kind == "audio":
            if message.text and file.transcript:
                yield _words(f"[What {file.name} says]\n{speech.fenced(file.transcript)}")
        elif file.kind == "picture":
            yield from _picture(file, whole=whole)
        elif (
            file.kind == "text" and file.content and len(file.content) <= (IN_WORDS if whole else REMEMBERED)
        ):
            yield _words(f"[File {file.name}]\n{speech.fenced(file.content.decode(errors='replace'))}")
        elif whole and _direct(file) and file.content and not (self._interpreted(file) and file.type != PDF):
            yield {"type": "input_file", "filename": file.name, "file_data": _data(file)}
        else:
            yield _words(f"[File {file.name}: {self._where(file)}]")

    def _where(self, file: Stored) -> str:
        """How the model gets at a file that is not in the request."""
        if not self._run.rules.full:
            return "not available any more"
        if self._interpreted(file):
            return "in the code interpreter's /mnt/data"
        return (
            "not available any more" if _direct(file) and file.type != PDF else "use file_search to read it"
        )

    def _interpreted(self, file: Stored) -> bool:
        return self._interpreter() and file.remote is not None

    def _interpreter(self) -> bool:
        assistant = self._claim.assistant
        return (
            self._run.rules.full and assistant is not None and assistant.tool("code_interpreter") is not None
        )

    async def _kept(self, stored: tuple[Stored, ...]) -> tuple[Stored, ...]:
        """Bring the files to where the model needs them now; what is for later goes on beside the answer."""
        if not self._run.rules.full:
            return tuple(_unreadable(file) for file in stored)
        return tuple(await asyncio.gather(*(self._keep(file) for file in stored)))

    async def _keep(self, file: Stored) -> Stored:
        if file.refused or file.kind == "audio" or file.content is None:
            return file
        try:
            if self._interpreter():
                return await self._upload(file, "user_data")
            if file.kind == "picture":
                self._later(self._upload(file, "vision"))
            elif _searchable(file) and (file.kind == "document" or len(file.content) > REMEMBERED):
                await self._search(file)
        except (Lost, Unsaved):
            raise
        except SpoolError as error:
            logger.warning("file cannot be kept", extra={"run_id": self._claim.run, "error": loggable(error)})
            return _unreadable(file, "file_unavailable" if isinstance(error, Retryable) else "file_not_here")
        return file

    async def _search(self, file: Stored) -> None:
        """Into the thread's own store: at once where that is the only way to it, else beside the answer."""
        work = self._context.library.keep(self._claim.thread, file.name, file.content or b"", days=KEPT_DAYS)
        if _direct(file) or _in_words(file):
            self._later(work)
        else:
            self.store = await work

    async def _upload(self, file: Stored, purpose: Any) -> Stored:
        """At the server under an id that is recorded right away: not uploaded again after a crash."""
        if file.remote:
            return file
        seconds = KEPT_DAYS * 86_400
        service = self._context.service
        remote = await service.upload(file.name, file.content or b"", purpose=purpose, seconds=seconds)
        until = time.time() + seconds - 3600
        await self._run.db(lambda tx: files.set_remote(tx, file.id, remote, until))
        kept = replace(file, remote=remote, remote_until=until)
        self._uploaded[file.id] = kept  # perhaps before the message's other files are ready
        return kept

    def _later(self, work: Any) -> None:
        self._keeping.append(self._context.later.start(_quietly(work), "file for later"))

    def leave(self) -> None:
        """The run is let go of: what is under way goes on with it, in another process perhaps."""
        for task in self._keeping:
            task.cancel()

    async def close(self) -> None:
        """Wait a moment for what is kept for later."""
        if self._keeping:
            await asyncio.wait(self._keeping, timeout=KEEPING_SECONDS)


async def _quietly(work: Any) -> None:
    """A failure costs only later questions about that file."""
    try:
        await work
    except SpoolError as error:
        logger.warning("file not kept for later", extra={"error": loggable(error)})


def _direct(file: Stored) -> bool:
    """Whether the document goes into the request itself."""
    return file.type in READ_DIRECTLY and file.size <= DIRECT


def _in_words(file: Stored) -> bool:
    """Whether the text stands among the words of the question."""
    return file.kind == "text" and file.size <= IN_WORDS


def _searchable(file: Stored) -> bool:
    return file.type == PDF or file.type not in READ_DIRECTLY


def _meant(file: Stored, place: str, said: Said) -> bool:
    """Whether a refusal is about that file: by its place, its name, or its kind."""
    words = said.words
    if places := [f"input[{item}].content[{part}]" for item, part in _PLACE.findall(words)]:
        return place in places
    kinds = {kind for kind, called in _KINDS.items() if called.search(words)}
    return file.name in words or (len(kinds) == 1 and file.kind in kinds)


def _words(text: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def _picture(file: Stored, *, whole: bool) -> Iterable[dict[str, Any]]:
    if whole and file.content:
        yield {"type": "input_image", "image_url": _data(file), "detail": "auto"}
    elif file.remote and not whole:
        yield {"type": "input_image", "file_id": file.remote, "detail": "auto"}
    else:
        yield _words(f"[Picture {file.name}]")


def _data(file: Stored) -> str:
    return f"data:{file.type};base64,{base64.b64encode(file.content or b'').decode()}"


def _unreadable(file: Stored, why: str = "file_not_here") -> Stored:
    """A file that this server cannot be shown is refused with its reason."""
    small = file.kind == "text" and file.size <= IN_WORDS
    direct = file.type == PDF and _direct(file)
    if file.refused or small or direct or file.kind in ("picture", "audio"):
        return file
    return replace(file, refused=why, content=None)


def without_files(history: Sequence[str], alive: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The history with words in place of files that the server has no more (all but those `alive`)."""
    return tuple(_without(item, alive) if '"file_id"' in item else item for item in history)


def _without(item: str, alive: frozenset[str]) -> str:
    data = json.loads(item)
    if isinstance(data.get("content"), list):
        gone = [part.get("file_id") and part["file_id"] not in alive for part in data["content"]]
        data["content"] = [
            _words("[A picture that is not kept any more]") if lost else part
            for lost, part in zip(gone, data["content"], strict=True)
        ]
    return json.dumps(data, ensure_ascii=False)
