"""A model that plays a script in this process: `core.ports.Model` without a server.

It behaves as a model behind the Responses API does, faults included, so that a run cannot tell them
apart. `standins.openai` plays the same scripts over HTTP.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn
from uuid import uuid4

from core.errors import Retryable
from core.model_server.faults import fault
from core.types import Finished, ItemAdded, ItemDone, ModelEvent, Prompt, Started, TextDelta
from standins.script.output import Added, Done, Move, Output, Said
from standins.script.script import Beat, Fault, Script, Wait, performed
from standins.script.tokens import THOUGHT, Item, estimated_input


class Containers:
    """Containers that only exist here. `files`: (container, file) → name and bytes of what code left."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], tuple[str, bytes]] = {}


@dataclass
class Workplace:
    """Where the hosted tools of one answer work (`script.output.Host`): the same ids when it is repeated."""

    containers: Containers
    name: str

    def container(self) -> str:
        """One for each answer."""
        return f"cntr_{self.name}"

    def produce(self, container: str, name: str, content: bytes) -> str:
        file = f"cfile_{hashlib.sha256(f'{self.name} {name}'.encode()).hexdigest()[:32]}"
        self.containers.files[container, file] = (name, content)
        return file

    def search(self, queries: Sequence[str]) -> list[dict[str, Any]]:
        return []


@dataclass
class Performance:
    """One answer of a script. `began` is monotonic; it is when its first wait starts to run."""

    response_id: str
    beats: Iterable[Beat]
    input_tokens: int
    workplace: Workplace
    options: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    began: float = field(default_factory=time.monotonic)
    output: Output = field(init=False)

    async def events(self, *, again: bool = False) -> AsyncGenerator[ModelEvent, None]:
        """The answer from its first event. `again`: it went on while nobody listened, so waits that are
        over cost nothing, and the connection that broke then does not break a second time.
        """
        self.output = Output(
            self.response_id,
            self.workplace,
            include=self.options.get("include") or (),
            parallel=self.options.get("parallel_tool_calls") is not False,
        )
        idle = time.monotonic() - self.began if again else 0.0
        started = False
        for beat in self.beats:
            if not started:
                self._refuse(beat)
                yield Started(self.response_id)
                started = True
            if isinstance(beat, Fault):
                if again and beat.kind in ("cut", "silent"):
                    continue
                for last in self._closed("incomplete", await self._ended(beat)):
                    yield last
                return
            for move in [beat] if isinstance(beat, Wait) else self.output.play(beat):
                if isinstance(move, Wait):
                    idle -= move.seconds
                    await asyncio.sleep(max(0.0, -idle))
                    idle = max(0.0, idle)
                elif event := _event(move):
                    yield event
        if not started:
            yield Started(self.response_id)
        for closing in self._closed("completed"):
            yield closing

    def _refuse(self, first: Beat) -> None:
        if isinstance(first, Fault) and first.kind == "refuse":
            raise fault(first.code, first.status, first.retry_after)

    async def _ended(self, ill: Fault) -> str:
        """Why the answer is incomplete; every other fault is raised."""
        if ill.kind == "incomplete":
            return ill.code
        if ill.kind == "hang":
            await _forever()
        if ill.kind in ("failed", "error"):
            raise fault(ill.code, retry_after=ill.retry_after)
        if ill.kind == "refuse":
            raise ValueError("a script can refuse only as its first beat")
        raise fault("stream_ended_early")

    def _closed(self, ending: Literal["completed", "incomplete"], reason: str = "") -> Iterator[ModelEvent]:
        """What is left of the message, and the ending."""
        for move in self.output.close(ending):
            if event := _event(move):
                yield event
        reasoning = sum(THOUGHT for item in self.output.items if item["type"] == "reasoning")
        usage = {
            "input_tokens": self.input_tokens,
            "output_tokens": math.ceil(self.output.characters / 4) + reasoning,
            **{"cached_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": reasoning},
        }
        yield Finished(ending, reason, usage, self.model, "default")


def _event(move: Move) -> ModelEvent | None:
    """A step of the output as the core hears of it."""
    if isinstance(move, Added):
        return ItemAdded(move.item)
    if isinstance(move, Said):
        return TextDelta(move.text)
    return ItemDone(dict(move.item)) if isinstance(move, Done) else None


async def _forever() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


class ScriptedModel:
    """Implements `core.ports.Model`. `background=True` keeps what was played, so that it can be resumed.

    `prompts` is what was asked, in order; `resumed` and `discarded` are response ids. `containers` has the
    files that code of the scripts produced.
    """

    def __init__(self, script: Script, *, background: bool = False) -> None:
        self._script = script
        self._background = background
        self._kept: dict[str, Performance] = {}
        self.prompts: list[Prompt] = []
        self.resumed: list[str] = []
        self.discarded: list[str] = []
        self.containers = Containers()
        self.closed = False

    async def stream(self, prompt: Prompt, *, resume: str | None = None) -> AsyncGenerator[ModelEvent, None]:
        """Play an answer, or once more the one called `resume`, from its first event.

        Raises `Retryable("response_gone")` for a response that is not kept: the way on is to ask anew.
        """
        if resume is None:
            performance = self._perform(prompt)
        elif resume in self._kept:
            performance = self._kept[resume]
            self.resumed.append(resume)
        else:
            raise Retryable("response_gone")
        async with aclosing(performance.events(again=resume is not None)) as events:
            async for event in events:
                if self._background or not isinstance(event, Started):
                    yield event

    def _perform(self, prompt: Prompt) -> Performance:
        self.prompts.append(prompt)
        items: list[Item] = [json.loads(item) for item in prompt.items]
        beats = performed(self._script, prompt.instructions, items, prompt.tools)
        name = uuid4().hex
        performance = Performance(
            f"resp_{name}",
            list(beats) if self._background else beats,
            estimated_input(prompt.instructions, items),
            Workplace(self.containers, name),
            prompt.options,
            prompt.model,
        )
        if self._background:
            self._kept[performance.response_id] = performance
        return performance

    async def discard(self, response_id: str) -> None:
        """Forget a response; one that is not kept is no error."""
        self._kept.pop(response_id, None)
        self.discarded.append(response_id)

    async def close(self) -> None:
        self._kept.clear()
        self.closed = True
