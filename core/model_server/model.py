"""OpenAI's Responses API, or any server that speaks it, behind the Model port.

The only product file that imports `openai`. The stream is read raw and only the events that matter are
decoded: the SDK's typed parsing costs about 220 µs an event (`docs/performance.md`), this about 20.
Facts: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import openai

from core.concurrency import Background, Backoff
from core.errors import Permanent, Retryable
from core.model_server.assembly import Assembly
from core.model_server.connections import http_client
from core.model_server.events import TERMINAL, Frames, decoded_body, finished
from core.model_server.faults import Refused, met, refusal
from core.model_server.redaction import cut_out, without_words
from core.types import Alive, Finished, ModelEvent, Prompt, Started

logger = logging.getLogger(__name__)
SSE = {"Content-Type": "application/json", "Accept": "text/event-stream"}
RESUMING = Backoff(first=0.4, tries=4, seconds=15.0)
"""How a cut background stream is taken up again, since its last new event; a longer wait is the run's."""
POLL = 2.0
"""Seconds between two questions for a response that can no longer be streamed."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the server is asked for beyond the portable contract."""

    full: bool = True
    background: bool = False
    effort: str = "none"


class OpenAIModel:
    """Streams answers over one shared client with long-lived connections. `close()` when done."""

    def __init__(self, *, api_key: str, base_url: str | None, features: Features) -> None:
        limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=200, keepalive_expiry=300)
        timeout = httpx2.Timeout(None, connect=10.0)  # the run's own deadlines rule; the SDK's are per read
        self._features = features
        self._draining = Background()
        self._left_out: dict[str, frozenset[str]] = {}
        """Fields this server refuses, by model."""
        self._http = http_client(base_url, limits=limits, timeout=timeout)
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,  # it would repeat billing errors too, and POST /responses has no idempotency key
            timeout=timeout,
            http_client=self._http,
        )
        self._url = httpx2.URL(f"{str(self._client.base_url).rstrip('/')}/responses")
        self._headers = {**SSE, **self._client.auth_headers, "User-Agent": self._client.user_agent}

    @property
    def client(self) -> openai.AsyncOpenAI:
        """The SDK's client, for what else is asked of the same server (`core.model_server.service`)."""
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        await self._draining.finish()
        await self._client.close()

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """Events of a new response, or of the stored one with the id `resume`, from its beginning."""
        position = _position(prompt, resume or "")
        failures, begun = 0, False
        while True:
            left_out = self._left_out.get(prompt.model, frozenset())
            seen = position.sequence
            try:
                async with self._open(prompt, position) as source, contextlib.aclosing(source) as events:
                    async for event in events:
                        begun = begun or not isinstance(event, Alive)
                        yield event
                        if isinstance(event, Finished):
                            return
                raise Retryable("stream_ended_early", resumable=True)
            except Refused as error:
                error.detail = cut_out(error.detail, prompt)
                if begun or not self._leave_out(prompt, error.fields - left_out):
                    raise
                yield Alive(refused=error.code)
                position = _position(prompt)
            except Retryable as error:
                error.detail = cut_out(error.detail, prompt)
                if not self._resumable(position, error):
                    raise
                failures = 1 if position.sequence > seen else failures + 1
                pause = RESUMING.pause(failures, error)
                if RESUMING.spent(failures, pause):
                    raise
                await asyncio.sleep(pause)

    def _leave_out(self, prompt: Prompt, fields: frozenset[str]) -> bool:
        """Whether the same can be asked again without those fields; from now on all is asked so."""
        fields = fields.intersection(self._fields(prompt)) - (
            {"max_output_tokens"} if prompt.bound else set()
        )
        if not fields:
            return False
        logger.warning(
            "the model server does not take everything that is asked for; it is left out from now on",
            extra={"model": prompt.model, "fields": ", ".join(sorted(fields))},
        )
        self._left_out[prompt.model] = self._left_out.get(prompt.model, frozenset()) | fields
        return True

    def _resumable(self, position: _Position, error: Retryable) -> bool:
        """A response that runs in the background goes on without us; only our reading of it was cut."""
        return self._features.background and bool(position.response_id) and error.resumable

    async def discard(self, response_id: str) -> None:
        """Stop a background response if it still runs and delete what the server stored of it."""
        for call in (self._client.responses.cancel, self._client.responses.delete):
            with contextlib.suppress(openai.OpenAIError):
                await call(response_id, timeout=10.0)

    @contextlib.asynccontextmanager
    async def _open(
        self, prompt: Prompt, position: _Position
    ) -> AsyncIterator[AsyncGenerator[ModelEvent, None]]:
        """The events of a new response, or what is left of the one at `position`."""
        try:
            response = await (self._follow(position) if position.response_id else self._create(prompt))
        except openai.APIStatusError as error:
            if position.response_id and error.status_code == 400:
                yield self._poll(position)
                return
            raise _refused(error, prompt, resuming=bool(position.response_id)) from error
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            raise unreached(error, resumable=True) from error
        chunks = response.aiter_bytes()
        try:
            yield self._events(chunks, position)
        finally:
            if position.ended:
                draining = self._draining.start(_drain(chunks, response), "end of a response")
                await asyncio.wait({draining}, timeout=0)  # mostly it is there already
            else:
                await response.aclose()

    async def _create(self, prompt: Prompt) -> httpx2.Response:
        """The hot call, on the SDK's transport: its own path would double the CPU (docs/performance.md)."""
        request = self._http.build_request(
            "POST", self._url, headers=self._headers, content=self._body(prompt)
        )
        response = await self._http.send(request, stream=True)
        if response.status_code < 300:
            return response
        body = await response.aread()
        await response.aclose()
        raise openai.APIStatusError(
            "refused", response=response, body=decoded_body(body) or str(body, errors="replace")
        )

    async def _follow(self, position: _Position) -> httpx2.Response:
        stream = await self._client.get(
            f"/responses/{position.response_id}",
            cast_to=object,
            options={"headers": SSE, "params": _after(position.sequence)},
            stream=True,
            stream_cls=openai.AsyncStream[Any],
        )
        return stream.response  # the SDK's stream would parse each event

    async def _poll(self, position: _Position) -> AsyncGenerator[ModelEvent, None]:
        """A background response can be streamed for five minutes only; after that it can be asked for."""
        while True:
            try:
                path = f"/responses/{position.response_id}"
                response: Any = await self._client.get(path, cast_to=object)
            except openai.APIStatusError as error:
                raise _refused(error, None, resuming=True) from error
            except openai.APIConnectionError as error:
                raise Retryable("connection_error", resumable=True) from error
            if response.get("status") not in ("queued", "in_progress"):
                break
            yield Started(position.response_id)  # a sign of life for whoever waits
            await asyncio.sleep(POLL)
        for event in self._last(f"response.{response.get('status')}", {"response": response}, position):
            yield event

    def _body(self, prompt: Prompt) -> bytes:
        """The request as JSON. The items are JSON already and are copied in, not parsed and dumped again."""
        fields = self._fields(prompt)
        for name in self._left_out.get(prompt.model, ()):
            fields.pop(name, None)
        if "stream" not in fields:
            fields["stream"] = False
            fields.pop("stream_options", None)
        head = json.dumps(fields, ensure_ascii=False)
        return f'{head[:-1]}, "input": [{",".join(prompt.items)}]}}'.encode()

    def _fields(self, prompt: Prompt) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "model": prompt.model,
            "instructions": prompt.instructions,
            "stream": True,
            "store": self._features.background,
        }
        if self._features.full:
            fields |= {
                "reasoning": {"effort": self._features.effort},
                "prompt_cache_key": prompt.cache_key,
                "safety_identifier": prompt.user,
                "stream_options": {"include_obfuscation": False},
            }
        if self._features.background:
            fields["background"] = True
        fields |= prompt.options
        if not fields["store"]:
            fields.pop("background", None)  # which is kept until somebody has it deleted
        if prompt.tools:
            fields["tools"] = prompt.tools
        return fields

    async def _events(
        self, chunks: AsyncIterator[bytes], position: _Position
    ) -> AsyncGenerator[ModelEvent, None]:
        frames = Frames(details=position.assembly.details)
        try:
            async for chunk in chunks:
                heard = False
                for event in self._told(frames.take(chunk), position):
                    heard = True
                    yield event
                if not heard:
                    yield Alive()
            for event in self._told(frames.end(), position):
                yield event
        except (httpx2.HTTPError, openai.APIConnectionError) as error:
            raise Retryable("connection_error", resumable=True) from error

    def _told(self, events: Sequence[Mapping[str, Any]], position: _Position) -> Iterator[ModelEvent]:
        """What these events of the stream say."""
        for data in events:
            kind = data["type"]
            position.sequence = data.get("sequence_number", position.sequence)
            if kind in TERMINAL:
                position.ended = True
                yield from self._last(kind, data, position)
            elif kind == "response.created" and self._features.background and position.kept:
                position.response_id = data["response"]["id"]
                yield Started(position.response_id)
            else:
                yield from position.assembly.take(kind, data)

    def _last(self, kind: str, data: Mapping[str, Any], position: _Position) -> Iterator[ModelEvent]:
        """What the terminal event brings, and the end."""
        if kind not in ("response.failed", "error"):
            whole = data.get("response")
            completed = kind == "response.completed"
            yield from position.assembly.whole(whole if isinstance(whole, dict) else {}, completed=completed)
        yield finished(kind, data)


async def _drain(chunks: AsyncIterator[bytes], response: httpx2.Response) -> None:
    """Read what follows the terminal event: only a body read to its end leaves its connection usable."""
    with contextlib.suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(1.0):
            async for _ in chunks:
                pass
    await response.aclose()


@dataclass
class _Position:
    """How far a response has been read: what is needed to go on with the same one."""

    response_id: str = ""
    sequence: int = -1
    ended: bool = False
    kept: bool = True
    """By the server, where it runs in the background."""
    assembly: Assembly = field(default_factory=Assembly)


def _position(prompt: Prompt, response_id: str = "") -> _Position:
    kept = prompt.options.get("store") is not False
    return _Position(response_id, kept=kept, assembly=Assembly(details=prompt.details))


def _after(sequence: int) -> dict[str, object]:
    after = {"starting_after": sequence} if sequence >= 0 else {}
    return {"stream": "true", **after}


def _moved(response: httpx2.Response) -> str:
    """What the operator is told of a redirect, without its query, which may hold a secret."""
    there = response.url.join(response.headers.get("location", "")).copy_with(query=None, fragment=None)
    return (
        f"The model server redirects to {there}, which is not followed. If that is your server, set "
        "OPENAI_BASE_URL to its address."
    )


def unreached(error: Exception, *, resumable: bool = False) -> Retryable:
    """No connection, or one that broke. Where there was none, nothing was asked."""
    found = Retryable("connection_error", resumable=resumable)
    causes = (error, error.__cause__)
    unsent = any(isinstance(one, httpx2.ConnectError | httpx2.ConnectTimeout) for one in causes)
    found.request = "unsent" if unsent else "unknown"
    return found


def _refused(error: openai.APIStatusError, prompt: Prompt | None, *, resuming: bool) -> Retryable | Permanent:
    if error.status_code < 400:
        logger.error("%s", _moved(error.response))
        moved = Permanent(f"http_{error.status_code}", notice="model_moved")
        moved.request = "refused"
        return moved
    if resuming and error.status_code in (400, 404):
        return Retryable("response_gone")  # expired on the server: the runner asks anew
    said = refusal(error.body, error.status_code, error.response.headers)
    if prompt is not None:
        said = replace(said, message=without_words(said.message, prompt))  # what people said decides nothing
    found = met(said)
    found.request = "unknown" if resuming else "refused"
    if resuming and isinstance(found, Retryable):
        found.resumable = True
    return found
