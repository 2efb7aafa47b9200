"""The model's stand-in in its own process: neither it nor those of Slack and Discord wait for each other.

`python -m bench.model TOKENS PACE THOUGHT` prints its base URL, then a line of JSON for every answer it gave.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from bench.process import ROOT, processor_seconds
from bench.speech import Speech
from standins.openai import OpenAIStandin, Request
from standins.script.script import text_of

GLANCE = 0.02
"""Seconds between two looks for finished requests."""
LONGEST_LINE = 2**20


@dataclass(frozen=True, slots=True)
class Asked:
    """A finished request: the newest message in it, and monotonic times of its arrival and its answer."""

    text: str
    at: float
    first_token: float
    last_token: float


class Model:
    """`async with Model(Speech()) as model:`; `asked` holds the finished requests by their message."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self.base_url = ""
        self.asked: dict[str, Asked] = {}
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        speech = map(str, (self._speech.tokens, self._speech.pace, self._speech.thought))
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.model", *speech),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            limit=LONGEST_LINE,
        )
        self.base_url = (await self._output.readline()).decode().strip()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        await asyncio.gather(self._process.wait(), self._reading)

    @property
    def _output(self) -> asyncio.StreamReader:
        assert self._process.stdout is not None
        return self._process.stdout

    async def _read(self) -> None:
        async for line in self._output:
            asked = Asked(**json.loads(line))
            self.asked[asked.text] = asked

    def cpu(self) -> float:
        """Seconds of processor time it has used."""
        return processor_seconds(self._process.pid)


async def _serve(speech: Speech) -> None:
    async with OpenAIStandin(speech) as standin:
        sys.stdout.write(f"{standin.base_url}\n")
        sys.stdout.flush()
        told = 0
        while os.getppid() != 1:
            await asyncio.sleep(GLANCE)
            told = _tell(standin.requests, told)


def _tell(requests: list[Request], told: int) -> int:
    """Print what has finished, in the order of arrival; gives how many were printed so far."""
    while told < len(requests) and (asked := _asked(requests[told])):
        sys.stdout.write(json.dumps(asdict(asked)) + "\n")
        told += 1
    sys.stdout.flush()
    return told


def _asked(request: Request) -> Asked | None:
    if request.first_token_at is None or request.finished_at is None:
        return None
    text = text_of(request.body["input"][-1])
    return Asked(text, request.at, request.first_token_at, request.finished_at)


if __name__ == "__main__":
    asyncio.run(_serve(Speech(int(sys.argv[1]), *map(float, sys.argv[2:]))))
