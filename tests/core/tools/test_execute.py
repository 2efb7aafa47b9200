"""core.tools.execute: whatever a tool does, the model gets a text and the bot lives on."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from core.tools import Result, execute, tool
from core.tools.function import AT_ONCE
from tests.core.tools.calls import call, error, greet, made


async def test_a_call_gives_what_the_function_returned():
    """Text as it is; a coroutine, also one a decorator gives, is awaited; threads see the context."""
    place: contextvars.ContextVar[str] = contextvars.ContextVar("place")
    place.set("here")

    async def where() -> bool:
        await asyncio.sleep(0)
        return threading.current_thread() is threading.main_thread()

    def outer() -> Any:
        return where()

    def look() -> str:
        return place.get()

    assert await call(greet, '{"name": "Ann", "times": 2}') == Result("Hello Ann!Hello Ann!", ok=True)
    assert ["true", "true", "here"] == [(await call(one)).output for one in (where, outer, look)]
    assert await execute(None, "fly", "{}", seconds=1) == Result("error: there is no tool “fly”.", ok=False)


async def test_nothing_ends_the_bot():
    """Not even the exceptions that are meant to, in a thread or the event loop, or that asyncio refuses."""

    def stop_all() -> None:
        sys.exit(3)

    async def stop_all_soon() -> None:
        raise KeyboardInterrupt

    def stop_iteration() -> None:
        raise StopIteration

    assert (await error(stop_all)).startswith("error: SystemExit")
    assert (await error(stop_all_soon)).startswith("error: KeyboardInterrupt")
    assert "RuntimeError: coroutine raised StopIter" in await error(stop_iteration)


async def test_a_tool_that_cancels_itself_is_an_error():
    """Nobody else is cancelled by it."""

    async def give_up() -> None:
        raise asyncio.CancelledError

    async def cancel() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(60)

    assert await error(give_up) == "error: the tool was cancelled."
    assert await error(cancel) == "error: the tool was cancelled."


async def test_a_slow_tool_is_given_up():
    """Asynchronous ones are cancelled and can tidy up. Its own limit goes before the caller's."""
    tidied = asyncio.Event()

    async def sleep() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            tidied.set()

    @tool(seconds=60)
    async def patient() -> str:
        await asyncio.sleep(0.02)
        return "there"

    text = await error(sleep, seconds=0.01)
    assert "no result within 0.01 seconds" in text
    assert "may still take effect" in text
    assert tidied.is_set()
    assert "within 0.01 seconds" in await error(tool(seconds=0.01)(sleep))
    assert (await call(patient, seconds=0.001)).output == "there"


async def test_a_tool_that_does_not_let_itself_be_cancelled_is_left_alone():
    """It has a second, then the answer goes on; a thread is not waited for at all."""
    release, ended = asyncio.Event(), threading.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    def wait() -> None:
        ended.wait(60)

    started = time.monotonic()
    assert "no result within" in await error(stubborn, seconds=0.01)
    assert "no result within" in await error(wait, seconds=0.01)
    assert time.monotonic() - started < 4
    release.set()
    ended.set()
    await asyncio.sleep(0)


async def test_slow_tools_do_not_block_others():
    """Many of them at once leave threads for everybody."""
    release, running = threading.Event(), threading.Semaphore(0)

    def slow() -> str:
        running.release()
        release.wait(30)
        return "slow"

    one = made(slow)
    waiting = [asyncio.create_task(execute(one, "slow", "{}", seconds=30)) for _ in range(40)]
    for _ in waiting:
        await asyncio.to_thread(running.acquire)

    assert (await call(greet, '{"name": "Ann"}')).output == "Hello Ann!"
    release.set()
    assert {result.output for result in await asyncio.gather(*waiting)} == {"slow"}


async def test_a_tool_that_hangs_takes_no_more_threads_than_its_own():
    """After that it is refused; once they end it works again."""
    release = threading.Event()

    def hang() -> str:
        release.wait(30)
        return "free"

    one = made(hang)
    lost = [execute(one, "hang", "{}", seconds=0.01) for _ in range(AT_ONCE)]
    assert not any(result.ok for result in await asyncio.gather(*lost))
    assert "still running" in (await execute(one, "hang", "{}", seconds=1)).output

    release.set()
    for _ in range(AT_ONCE):
        await asyncio.to_thread(one.slots.acquire)
    for _ in range(AT_ONCE):
        one.slots.release()
    assert (await execute(one, "hang", "{}", seconds=5)).output == "free"


async def test_cancelling_a_call_cancels_the_tool():
    """And is seen by whoever called. A thread is not waited for: Python cannot end one."""
    begun, ended, release = threading.Event(), asyncio.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    def hard_work() -> None:
        begun.set()
        release.wait(30)

    for function in (work, hard_work):
        task = asyncio.create_task(call(function))
        await asyncio.to_thread(begun.wait)
        begun.clear()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert ended.is_set()
    release.set()


def test_a_tool_that_hangs_does_not_keep_the_bot_from_ending():
    """The process ends with its event loop."""
    code = (
        "import asyncio, threading; from core.tools import Toolbox, execute\n"
        "def hang(): threading.Event().wait()\n"
        "box = Toolbox.of(hang)\n"
        "print(asyncio.run(execute(box.get('hang'), 'hang', '{}', seconds=0.01)).ok)"
    )
    root = Path(__file__).parents[3]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout) == (0, "False\n")
