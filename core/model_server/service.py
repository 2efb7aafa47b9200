"""OpenAI's files, vector stores, containers, transcription and model list behind the Service port.

Next to `model_server.model` the only product file that imports `openai`. Servers that speak only the
Responses API answer with 404 here; what then does not work says so. What may be repeated is repeated here,
not by the SDK, which would repeat billing errors too. Facts: https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import chain, repeat
from pathlib import Path, PurePath
from typing import Any, Final, Literal, TypeVar

import httpx2
import openai

from core.concurrency import Backoff, retry, until
from core.errors import Permanent, Retryable, SpoolError, TooLarge
from core.model_server import faults
from core.model_server.connections import http_client
from core.model_server.events import usage_of
from core.model_server.model import unreached
from core.model_server.redaction import LONGEST
from core.ports import (
    FILE_LIFE,
    GONE,
    LARGEST_UPLOAD,
    UNREADABLE,
    ModelFacts,
    Object,
    Purpose,
    Transcript,
    Upload,
)
from core.store.forgetting import RemainsKind

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds that are waited between tries; a server that asks for more is not waited for."""
SLOW = httpx2.Timeout(300.0, connect=10.0)
"""For calls that send much, or that the server thinks about."""
WINDOWS = ("context_window", "max_model_len", "context_length")
"""What servers call a model's context window: OpenAI's shape, vLLM, OpenRouter and others."""
BETA: Final = {"OpenAI-Beta": "assistants=v2"}
"""What the SDK sends with all that is about vector stores."""
ENDINGS: Final = {".oga": ".ogg", ".opus": ".ogg", ".aac": ".m4a", ".m4b": ".m4a", ".mov": ".mp4"}
"""Endings the API does not know, and one it knows for the same container."""


class OpenAIService:
    """See `core.ports.Service`. `patience`: seconds a document may take to become searchable.

    `beside`: a client whose connections are shared, in place of key and address; its owner closes it.
    """

    def __init__(
        self,
        *,
        api_key: str = "",
        base_url: str | None = None,
        beside: openai.AsyncOpenAI | None = None,
        transcription_model: str = "gpt-transcribe",
        patience: float = 600.0,
        pause: float = 0.5,
    ) -> None:
        timeout = httpx2.Timeout(60.0, connect=10.0)
        self._own = beside is None
        client = beside or openai.AsyncOpenAI(
            api_key=api_key, base_url=base_url, http_client=http_client(base_url, timeout=timeout)
        )
        self._client = client.with_options(max_retries=0, timeout=timeout)
        self._speech = transcription_model
        self._again = Backoff(pause, tries=3, seconds=PATIENCE)
        self._appearing = Backoff(pause, tries=4)
        self._indexing = Backoff(pause / 2, most=5.0, seconds=patience)

    async def close(self) -> None:
        """Close the connections, but those that are shared."""
        if self._own:
            await self._client.close()

    async def upload(
        self,
        name: str,
        content: bytes | Path | io.FileIO,
        *,
        purpose: Purpose,
        seconds: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> str:
        """See `Files.upload`."""
        shortest, longest = FILE_LIFE
        life: Any = openai.omit
        if seconds is not None:
            life = {"anchor": "created_at", "seconds": min(max(seconds, shortest), longest)}
        create = self._client.files.create
        with _Watched(content, progress) as source, _faults():
            made = await create(file=(name, source), purpose=purpose, expires_after=life, timeout=SLOW)
            return _answer(made).id

    async def forget(self, file: str) -> None:
        """See `Files.forget`."""
        await self._gone(lambda: self._client.files.delete(file))

    async def uploads(self, purpose: Purpose, since: float) -> Sequence[Upload]:
        """See `Files.uploads`."""

        async def listed() -> list[Upload]:
            found = []
            async for file in self._client.files.list(purpose=purpose, order="desc", limit=1000):
                if file.created_at < since:
                    break
                lasting = file.expires_at is None
                found.append(Upload(file.id, file.filename, file.bytes, float(file.created_at), lasting))
            return found

        return await self._asked(listed)

    async def create_store(self, name: str, *, days: int | None = None) -> str:
        """See `VectorStores.create_store`."""
        expiry: Any = {"anchor": "last_active_at", "days": days} if days else openai.omit
        with _faults():
            return _answer(await self._client.vector_stores.create(name=name, expires_after=expiry)).id

    async def has_store(self, store: str) -> bool:
        """See `VectorStores.has_store`."""
        try:
            found = await self._asked(lambda: self._client.vector_stores.retrieve(store), held=True)
        except Permanent as error:
            if _not_there(error):
                return False
            raise
        return found.status != "expired"

    async def index(self, store: str, file: str) -> None:
        """See `VectorStores.index`."""
        files = self._client.vector_stores.files
        calls = chain(
            [lambda: files.create(vector_store_id=store, file_id=file)],
            repeat(lambda: files.retrieve(file, vector_store_id=store)),
        )
        ended = lambda found: found.status != "in_progress"  # noqa: E731
        entry = await until(lambda: self._seen(next(calls)), ended, self._indexing)
        if entry.status == "in_progress":
            raise Retryable("indexing_timeout")
        if entry.status == "completed":
            return
        await self.unindex(store, file)  # the next try begins with a clean store
        why = entry.last_error
        if why is not None and why.code == "server_error":
            raise Retryable(f"server_error: {why.message}")
        raise Permanent(f"{why.code}: {why.message}" if why else entry.status, notice=UNREADABLE)

    async def unindex(self, store: str, file: str) -> None:
        """See `VectorStores.unindex`."""
        await self._gone(lambda: self._client.vector_stores.files.delete(file, vector_store_id=store))

    async def delete_store(self, store: str) -> None:
        """See `VectorStores.delete_store`."""
        await self._gone(lambda: self._client.vector_stores.delete(store))

    async def erase(self, kind: RemainsKind, id: str) -> None:
        """See `Erasing.erase`."""
        own = self._client
        delete: Mapping[RemainsKind, Callable[[str], Awaitable[object]]] = {
            **{"file": own.files.delete, "vector_store": own.vector_stores.delete},
            **{"container": own.containers.delete, "response": own.responses.delete},
        }
        await self._gone(lambda: delete[kind](id))

    async def produced(self, container: str, file: str, *, limit: int = LARGEST_UPLOAD) -> bytes:
        """See `Containers.produced`."""
        return await self._asked(lambda: self._download(container, file, limit), held=True)

    async def _download(self, container: str, file: str, limit: int) -> bytes:
        content = self._client.containers.files.content.with_streaming_response
        async with content.retrieve(file, container_id=container, timeout=SLOW) as answer:
            received = bytearray()
            async for chunk in answer.iter_bytes(64 * 1024):
                received += chunk
                if len(received) > limit:
                    raise TooLarge(limit)
        return bytes(received)

    async def transcribe(self, name: str, content: bytes) -> Transcript:
        """See `Transcriber.transcribe`."""
        path = PurePath(name)
        ending = ENDINGS.get(path.suffix.lower(), path.suffix)
        speech = self._client.audio.transcriptions
        with _faults():  # not repeated here: each request is one in the ledger
            said: Any = _answer(
                await speech.create(file=(path.stem + ending, content), model=self._speech, timeout=SLOW)
            )
        told = said.model_dump().get("usage") or {}
        seconds = told.get("seconds")
        return Transcript(said.text.strip(), usage_of(told) or None, seconds / 60 if seconds else None)

    async def models(self) -> Mapping[str, ModelFacts]:
        """See `Models.models`."""
        answer: Any = await self._asked(lambda: self._client.get("/models", cast_to=object))
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise Retryable("unreadable_answer")
        return {
            str(one["id"]): _facts(one) for one in answer["data"] if isinstance(one, dict) and "id" in one
        }

    async def vector_stores(
        self, method: Literal["GET", "POST"], path: str, fields: Mapping[str, Any], *, new: bool = False
    ) -> Object:
        """See `Stores.vector_stores`."""

        async def call() -> object:
            options: Any = {"headers": BETA, **({"params": fields} if method == "GET" else {})}
            ask: Any = self._client.get if method == "GET" else partial(self._client.post, body=fields)
            return await ask(f"/vector_stores{path}", cast_to=object, options=options)

        async def once() -> object:
            with _faults(held=True):
                return await call()

        again = retry(once, self._appearing, "document", again=_not_there) if new else None
        found = await (again or self._asked(call, held=True))
        if not isinstance(found, dict):
            raise Retryable("unreadable_answer")
        return found

    async def _seen(self, call: Callable[[], Awaitable[T]]) -> T:
        """Ask about something that may be new: a file that was just uploaded, or just put into a store, is
        answered with 404 now and then at first (https://github.com/mkdev-me/terraform-provider-openai/issues/35).
        """
        return await retry(
            lambda: self._asked(call, held=True), self._appearing, "document", again=_not_there
        )

    async def _gone(self, delete: Callable[[], Awaitable[object]]) -> None:
        """Delete something; it is as good if it was not there."""
        try:
            await self._asked(delete, held=True)
        except Permanent as error:
            if not _not_there(error):
                raise

    async def _asked(self, call: Callable[[], Awaitable[T]], *, held: bool = False) -> T:
        """Make a call that may be repeated. `held`: it is about something the server was given before."""

        async def once() -> T:
            with _faults(held=held):
                return _answer(await call())

        return await retry(once, self._again, "model server")


class _Watched(io.BufferedReader):
    """What is sent, telling how far it has been read."""

    def __init__(self, content: bytes | Path | io.FileIO, progress: Callable[[int], None] | None) -> None:
        raw: Any = content
        if not isinstance(content, io.FileIO):
            raw = io.BytesIO(content) if isinstance(content, bytes) else io.FileIO(content)
        super().__init__(raw)
        self._progress = progress

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if self._progress is not None:
            self._progress(self.tell())
        return found


def _not_there(error: SpoolError) -> bool:
    return isinstance(error, Permanent) and error.notice == GONE


def _answer(found: T) -> T:
    """What the API answered; a page of some proxy is given as text by the SDK."""
    if isinstance(found, str):
        raise Retryable("unreadable_answer")
    return found


@contextmanager
def _faults(*, held: bool = False) -> Iterator[None]:
    """The SDK's exceptions as ours."""
    try:
        yield
    except openai.APIStatusError as error:
        raise _refused(error, held=held) from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        raise unreached(error) from error
    except (openai.APIError, ValueError) as error:  # an answer that is none of this API
        raise Retryable("unreadable_answer") from error


def _refused(error: openai.APIStatusError, *, held: bool) -> Retryable | Permanent:
    said = faults.refusal(error.body, error.status_code, error.response.headers)
    met = faults.met(said)
    met.request = "refused"
    if isinstance(met, Retryable):
        return met
    message = said.message[:LONGEST]
    vanished = error.status_code in (404, 410) or "expired" in message.lower()
    refused = Permanent(
        f"{met.code}: {message}" if message else met.code, notice=GONE if held and vanished else met.notice
    )
    refused.request = "refused"
    return refused


def _facts(model: Mapping[str, Any]) -> ModelFacts:
    meta = model.get("meta")
    told = [model.get(name) for name in WINDOWS] + [meta.get("n_ctx") if isinstance(meta, dict) else None]
    context = next((window for window in told if isinstance(window, int) and window > 0), None)
    return ModelFacts(_day(model.get("shutdown_date")), context)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None
