"""`scripts/torture --api [KILLS]`: the product is killed at random while clients of the API use it.

Every run that was accepted (answered with 200) ends completed, once: one answer in its thread, one step for
it, one for its calls. What waits for its client waits through the deaths.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import openai

from standins.local import free_port
from standins.openai import OpenAIStandin
from standins.script.offline import Offline
from tests.crash.process import ROOT, until

CLIENTS: Final = 6
TOOL: Final[Any] = {
    "type": "function",
    "function": {
        "name": "lookup",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
PLAIN, CALLING, STREAMED = "hello", 'use lookup {"city": "Seoul"}', "stream this"
STEPS: Final = {PLAIN: ["message_creation"], STREAMED: ["message_creation"]}
CALLED: Final = ["tool_calls", "message_creation"]


@dataclass
class Seen:
    """What clients were told and what came of it."""

    kills: int = 0
    accepted: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each run that was answered with 200: its thread, and what was said there."""
    waited: int = 0
    """Times a run was found waiting for outputs after a death."""
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        counts = Counter(said for _, said in self.accepted.values())
        told = (
            f"kills {self.kills}, runs accepted {len(self.accepted)}, of these with calls {counts[CALLING]}"
        )
        return f"{told}, found waiting after a death {self.waited}, wrong {len(self.wrong)}"


class Server:
    """`spool serve` in a directory, which is killed and started again."""

    def __init__(self, directory: Path, model: str) -> None:
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        self._environ = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DATA_DIR": str(directory / "data"),
            "HTTP": f"127.0.0.1:{self.port}",
            "OPENAI_BASE_URL": model,
            "OPENAI_API_KEY": "sk-storm",
            "OPENAI_FEATURES": "full",
        }
        self._directory = directory

    async def start(self) -> asyncio.subprocess.Process:
        """Returns once its port answers."""
        with (self._directory / "log").open("ab") as log:
            process = await self._command("serve", stderr=log)
        async with asyncio.timeout(60):
            await until(self._listens, every=0.02)
        return process

    async def key(self) -> str:
        process = await self._command("keys", "create", "storm", "--json", stdout=asyncio.subprocess.PIPE)
        printed, _ = await process.communicate()
        return str(json.loads(printed)["key"])

    async def _command(self, *words: str, **streams: Any) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "bots", *words)
        return await asyncio.create_subprocess_exec(
            *command, env=self._environ, cwd=self._directory, **streams
        )

    def _listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


async def storm(directory: Path, kills: int, seed: int) -> Seen:
    """Clients use it until so many deaths, then everything is let end and looked at."""
    seen, chance = Seen(), random.Random(seed)
    async with OpenAIStandin(Offline(delay=0.01)) as model:
        server = Server(directory, model.base_url)
        process, key = await server.start(), await server.key()
        client = openai.AsyncOpenAI(
            base_url=f"http://127.0.0.1:{server.port}/v1", api_key=key, max_retries=0, timeout=20.0
        )
        beta: Any = client.beta
        assistant = await beta.assistants.create(model="gpt-4o", tools=[TOOL])
        over = asyncio.Event()
        talking = [asyncio.create_task(_talk(beta, assistant.id, seen, over)) for _ in range(CLIENTS)]
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.02, 1.0))
            process.send_signal(signal.SIGKILL)
            await process.wait()
            seen.kills += 1
            process = await server.start()
        over.set()
        await asyncio.gather(*talking)
        for run, (thread, said) in seen.accepted.items():
            await _look(beta, run, thread, said, seen)
        process.send_signal(signal.SIGTERM)
        if await process.wait() != 0:
            seen.wrong.append("does not end with 0")
        await client.close()
    return seen


async def _talk(beta: Any, assistant: str, seen: Seen, over: asyncio.Event) -> None:
    number = 0
    while not over.is_set():
        said, number = (PLAIN, CALLING, STREAMED)[number % 3], number + 1
        with contextlib.suppress(openai.APIConnectionError):
            thread = await beta.threads.create(messages=[{"role": "user", "content": said}])
            run = await _run(beta, assistant, thread.id, said)
            seen.accepted[run] = (thread.id, said)
            await _followed(beta, run, thread.id, seen)


async def _run(beta: Any, assistant: str, thread: str, said: str) -> str:
    """A run that was accepted; of a streamed one the first event says so."""
    if said != STREAMED:
        return str((await beta.threads.runs.create(thread, assistant_id=assistant)).id)
    events = await beta.threads.runs.create(thread, assistant_id=assistant, stream=True)
    found = ""
    with contextlib.suppress(openai.APIError, OSError):
        async for event in events:
            found = found or str(event.data.id)
    if not found:
        raise openai.APIConnectionError(request=events.response.request)
    return found


async def _followed(beta: Any, run: str, thread: str, seen: Seen) -> None:
    """Until it has ended; what waits for its client is handed in, perhaps again after a death."""
    async for now in _polled(beta, run, thread, seen):
        if now.status == "requires_action":
            await _submitted(beta, now)


async def _submitted(beta: Any, run: Any) -> None:
    outputs = [
        {"tool_call_id": call.id, "output": "sunny"}
        for call in run.required_action.submit_tool_outputs.tool_calls
    ]
    with contextlib.suppress(openai.APIConnectionError, openai.BadRequestError):  # the first may have counted
        await beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)


async def _polled(beta: Any, run: str, thread: str, seen: Seen) -> AsyncIterator[Any]:
    """The run as it is, again and again until it has ended."""
    until_then, dead = time.monotonic() + 90, False
    while time.monotonic() < until_then:
        try:
            now = await beta.threads.runs.retrieve(run, thread_id=thread)
        except openai.APIConnectionError:
            dead = True
            await asyncio.sleep(0.05)
            continue
        seen.waited += dead and now.status == "requires_action"
        dead = False
        yield now
        if now.status in ("completed", "failed", "cancelled", "expired", "incomplete"):
            return
        await asyncio.sleep(0.05)
    seen.wrong.append(f"{run} does not end")


async def _look(beta: Any, run: str, thread: str, said: str, seen: Seen) -> None:
    """What became of it."""
    await _followed(beta, run, thread, seen)
    ended = await beta.threads.runs.retrieve(run, thread_id=thread)
    answers = [one async for one in beta.threads.messages.list(thread) if one.role == "assistant"]
    steps = [one async for one in beta.threads.runs.steps.list(run, thread_id=thread, order="asc")]
    kinds = [one.type for one in steps]
    if ended.status != "completed":
        seen.wrong.append(f"{run} {said}: {ended.status} {ended.last_error}")
    elif [one.run_id for one in answers] != [run]:
        seen.wrong.append(f"{run} {said}: {len(answers)} answers")
    if ended.status == "completed" and kinds != STEPS.get(said, CALLED):
        seen.wrong.append(f"{run} {said}: steps {kinds}")
