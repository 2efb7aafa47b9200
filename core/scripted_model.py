"""A model that plays a script in this process: `core.ports.Model` without a server.

It behaves as a model behind the Responses API does, faults included, so that a run cannot tell them
apart. `bots.standins.openai` plays the same scripts over HTTP.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal, NoReturn
from uuid import uuid4

from core.errors import Retryable
from core.model_faults import fault
from core.script import Beat, Fault, Say, Script, Wait, text_of
from core.types import Finished, ModelEvent, Prompt, Started, TextDelta

Item = Mapping[str, object]


def estimated_tokens(text: str) -> int:
    """About four characters a token, rounded up: the usual estimate for English text."""
    return math.ceil(len(text) / 4)


def estimated_input(instructions: str, items: Sequence[Item]) -> int:
    """Tokens of a request: its instructions and the text of its items."""
    return estimated_tokens(instructions) + sum(estimated_tokens(text_of(item)) for item in items)


@dataclass
class Performance:
    """One answer of a script. `began` is monotonic; it is when its first wait starts to run."""

    response_id: str
    beats: Iterable[Beat]
    input_tokens: int
    began: float = field(default_factory=time.monotonic)
    said: int = 0

    async def events(self, *, again: bool = False) -> AsyncGenerator[ModelEvent, None]:
        """The answer from its first event. `again`: it went on while nobody listened, so waits that are
        over cost nothing, and the connection that broke then does not break a second time.
        """
        self.said = 0
        idle = time.monotonic() - self.began if again else 0.0
        started = False
        for beat in self.beats:
            if not started:
                self._refuse(beat)
                yield Started(self.response_id)
                started = True
            if isinstance(beat, Wait):
                idle -= beat.seconds
                await asyncio.sleep(max(0.0, -idle))
                idle = max(0.0, idle)
            elif isinstance(beat, Say):
                self.said += len(beat.text)
                yield TextDelta(beat.text)
            elif not (again and beat.kind in ("cut", "silent")):
                yield await self._end(beat)
                return
        if not started:
            yield Started(self.response_id)
        yield self._finished("completed")

    def _refuse(self, first: Beat) -> None:
        if isinstance(first, Fault) and first.kind == "refuse":
            raise fault(first.code, first.status, first.retry_after)

    async def _end(self, ill: Fault) -> Finished:
        if ill.kind == "incomplete":
            return self._finished("incomplete", ill.code)
        if ill.kind == "hang":
            await _forever()
        if ill.kind in ("failed", "error"):
            raise fault(ill.code, retry_after=ill.retry_after)
        if ill.kind == "refuse":
            raise ValueError("a script can refuse only as its first beat")
        raise fault("stream_ended_early")

    def _finished(self, ending: Literal["completed", "incomplete"], reason: str = "") -> Finished:
        usage = {
            "input_tokens": self.input_tokens,
            "output_tokens": math.ceil(self.said / 4),
            "cached_tokens": 0,
        }
        return Finished(ending, reason, usage)


async def _forever() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


class ScriptedModel:
    """Implements `core.ports.Model`. `background=True` keeps what was played, so that it can be resumed.

    `prompts` is what was asked, in order; `resumed` and `discarded` are response ids.
    """

    def __init__(self, script: Script, *, background: bool = False) -> None:
        self._script = script
        self._background = background
        self._kept: dict[str, Performance] = {}
        self.prompts: list[Prompt] = []
        self.resumed: list[str] = []
        self.discarded: list[str] = []
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
        beats = self._script.play(prompt.instructions, items)
        performance = Performance(
            f"resp_{uuid4().hex}",
            list(beats) if self._background else beats,
            estimated_input(prompt.instructions, items),
        )
        if self._background:
            self._kept[performance.response_id] = performance
        return performance

    async def discard(self, response_id: str) -> None:
        """Forget a response; one that is not kept is no error."""
        self._kept.pop(response_id, None)
        self.discarded.append(response_id)

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.closed = True
