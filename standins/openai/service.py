"""What the stand-in knows and decides, without HTTP: its models, its responses, its script."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final
from uuid import uuid4

from standins.local import Changes
from standins.openai.bill import Cache, Charge
from standins.openai.containers import Containers, Workplace, check_references
from standins.openai.events import Form
from standins.openai.files import Clock, Files, Transcription
from standins.openai.performance import Performance, StoredResponse
from standins.openai.refusal import refuse, refused, scripted
from standins.openai.response import Draft, Request
from standins.openai.rules import Json
from standins.openai.stores import Stores
from standins.openai.trouble import Exchange, Hold, Manners, Trouble, Troubles
from standins.script.output import Output
from standins.script.script import Beat, Fault, Script, performed
from standins.script.tokens import estimated_input

DEFAULT_MODELS: Final[Mapping[str, str | None]] = {
    "gpt-6-luna": None,
    "gpt-6.1-terra": None,
    "gpt-4o": "2027-01-14",
    "gpt-transcribe": None,
}
"""Model id to shutdown date."""

Items = Sequence[Mapping[str, Any]]


class Service:
    """`api_key`: the only key taken; None takes any that is not empty. `models`: id to shutdown date, None
    takes any model. `portable`: a compatible server that keeps nothing and refuses OpenAI's own fields.
    `hosted`: tools of the server, and what belongs to them, are there; a portable one has none unless told.
    `window`: tokens of input a model takes, about four characters each; `context_window` may change it. What
    is kept can be looked at: `files`, `stores`, `containers`, `transcriptions`, `responses`; `requests` are
    those for an answer, `exchanges` all of them, `live` the transports of open streams. `clock.skip(seconds)`
    lets things expire. `bill` is what was done for money, and what was refused. `transcripts`: what is said
    in a recording, by its name or by its bytes.
    `stream_window`: seconds after its creation during which a background response can still be followed; the
    real API refuses after 5 minutes (openai-python issue 2828). `form`: how much of a stream is sent, see
    `FORMS`. `keepalive`: seconds between two comments in it, None for none; some servers send them while they
    think.
    """

    def __init__(
        self,
        script: Script,
        *,
        api_key: str | None = None,
        models: Mapping[str, str | None] | None = DEFAULT_MODELS,
        portable: bool = False,
        hosted: bool | None = None,
        window: int | None = None,
    ) -> None:
        self.script, self.only_key, self.api_key = script, api_key, api_key or "sk-standin"
        self.models, self.portable = None if models is None else dict(models), portable
        self.hosted, self.context_window = not portable if hosted is None else hosted, window
        self.stream_window = 300.0
        self.form: Form = "full"
        self.keepalive: float | None = None
        self.requests: list[Request] = []
        self.responses: dict[str, StoredResponse] = {}
        self.changes, self.clock = Changes(), Clock()
        self.files = Files(self.clock)
        self.stores = Stores(self.clock, self.files)
        self.containers, self.manners = Containers(self.clock, self.files), Manners()
        self.recording_limit = 25 * 2**20
        self.transcripts: dict[str | bytes, str] = {}
        self.transcriptions: list[Transcription] = []
        self.exchanges: list[Exchange] = []
        self.troubles = Troubles(self.changes)
        self.live: set[asyncio.Transport] = set()
        self._stuck = 0
        self.bill: list[Charge] = []
        self._cache = Cache()

    def stuck_next(self, n: int = 1) -> None:
        """The next `n` background responses stay queued until they are cancelled."""
        self._stuck += n

    def fail(self, where: str, **trouble: Any) -> Trouble:
        """`fail("POST /files", status=500, times=2)`: see `Trouble` for what else can go wrong. It ends with
        its `times` set to 0.
        """
        self.troubles.add(made := Trouble(where, **trouble))
        return made

    def hold(self, where: str) -> Hold:
        """Requests like `hold("POST /files")` wait until the Hold is released; `until` may look at it."""
        return self.troubles.hold(where)

    def asked(self, where: str) -> int:
        """How many requests there were, e.g. `asked("GET /containers/*")`."""
        paths = [f"{exchange.method} {exchange.path}" for exchange in self.exchanges]
        return sum(fnmatchcase(path, where) for path in paths)

    def charge(self, draft: Draft, charge: Charge, *, told: bool) -> None:
        """A response has come to its end, or nobody listens any more."""
        charge.told, used = told, draft.used()
        if used:
            details = {**used["input_tokens_details"], **used["output_tokens_details"]}
            charge.input, charge.output = used["input_tokens"], used["output_tokens"]
            charge.cached, charge.reasoning = details["cached_tokens"], details["reasoning_tokens"]
        drawn = [item for item in draft.output.items if item["type"] == "image_generation_call"]
        if drawn and told and used:
            self.bill.append(Charge("image", charge.model, units=float(len(drawn)), told=True))

    def heard(self, name: str, content: bytes) -> str:
        said = self.transcripts.get(content, self.transcripts.get(name))
        return f"a recording of {len(content)} bytes" if said is None else said

    def record(self, headers: Mapping[str, str]) -> Request:
        seen = Request({}, time.monotonic(), {name.lower(): value for name, value in headers.items()})
        self.requests.append(seen)
        self.changes.ring()
        return seen

    def perform(self, body: Json, seen: Request) -> tuple[Draft, Performance]:
        """Begin an answer to a validated body. Raises Refusal, the script's own ones included."""
        self.check_model(body["model"])
        self.manners.check(body)
        instructions, items = body.get("instructions") or "", _items(body)
        tools = body.get("tools") or []
        check_references(items, tools, self.files, self.stores, self.containers)
        beats = self._beats(body, instructions, items, tools)
        seen.response_id = f"resp_{uuid4().hex}"
        output = Output(
            seen.response_id,
            Workplace(self.containers, self.stores, tools, items, self.clock),
            include=body.get("include") or (),
            parallel=body.get("parallel_tool_calls") is not False,
        )
        cached = self._cache.hit(body.get("prompt_cache_key") or "", instructions, items)
        draft = Draft(seen.response_id, body, estimated_input(instructions, items), output, cached)
        background = bool(body.get("background"))
        stuck = background and self._stuck > 0
        self._stuck -= stuck
        performance = Performance(
            draft,
            beats,
            seen,
            self.changes,
            background=background,
            stuck=stuck,
            max_tokens=body.get("max_output_tokens"),
        )
        return draft, performance

    def _beats(self, body: Json, instructions: str, items: Items, tools: Items) -> Iterator[Beat]:
        """What is said. A stream begins before it is known that the input is too long; others are refused."""
        fitting = self._fitting(body, instructions, items)
        if fitting:
            return _unless_refused(iter(performed(self.script, instructions, fitting, tools)))
        if self.manners.make:
            tokens = estimated_input(instructions, items)
            raise self.manners.too_long(self.context_window or tokens, tokens)
        if body.get("stream") and not self.portable:
            return iter([Fault("error", code="context_length_exceeded")])
        raise refused("too long")

    def _fitting(self, body: Json, instructions: str, items: Items) -> Items:
        """The items, cut to the context window from the oldest on where that is allowed; none: too long."""
        while self.context_window is not None and estimated_input(instructions, items) > self.context_window:
            if body.get("truncation") != "auto" or not items:
                return []
            items = items[1:]
        return items

    def check_model(self, model: str) -> str:
        """The model. Raises Refusal when it does not exist, or not any more."""
        if self.models is not None:
            last_day = self.models.get(model)
            if model not in self.models or (last_day and last_day <= datetime.now(UTC).date().isoformat()):
                raise refused("model", model=model)
        return model

    def listed(self) -> Json:
        names = DEFAULT_MODELS if self.models is None else self.models
        return {"object": "list", "data": [self.describe(name) for name in names]}

    def describe(self, model: str) -> Json:
        shown: Json = {"id": model, "object": "model", "created": 1_758_499_200, "owned_by": "system"}
        if not self.portable:
            shown["shutdown_date"] = (self.models or {}).get(model)
        if self.portable and self.context_window is not None:
            shown["max_model_len"] = self.context_window
        return shown

    def find(self, response_id: str) -> StoredResponse:
        stored = self.responses.get(response_id)
        if stored is None or stored.deleted:
            raise refused("response", id=response_id)
        return stored

    def followed(self, response_id: str) -> StoredResponse:
        """A response that can be streamed once more. Raises Refusal."""
        stored = self.find(response_id)
        refuse(not (stored.background and stored.streamed), "not streamed")
        if time.monotonic() - stored.created_at > self.stream_window:
            raise refused("stream over", minutes=self.stream_window / 60)
        return stored

    def cancellable(self, response_id: str) -> StoredResponse:
        stored = self.find(response_id)
        refuse(not stored.background, "synchronous")
        return stored


def _items(body: Json) -> Items:
    given = body["input"]
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


def _unless_refused(beats: Iterator[Beat]) -> Iterator[Beat]:
    first = next(beats, None)
    if isinstance(first, Fault) and first.kind == "refuse":
        raise scripted(first)
    return beats if first is None else itertools.chain([first], beats)
