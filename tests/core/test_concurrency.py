"""core.concurrency: work that nobody waits for is neither lost nor silent."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time

from core.concurrency import Background, LoopWatch, Slots
from core.tools import Toolbox, execute


async def test_it_goes_on_by_itself():
    """Also where nobody keeps the task; its result can be awaited."""
    background, done = Background(), asyncio.Event()

    async def work() -> int:
        await asyncio.sleep(0)
        done.set()
        return 5

    task = background.start(work(), "work")
    assert background
    gc.collect()

    await background.finish()

    assert done.is_set()
    assert 5 == await task
    assert not background


async def test_a_failure_is_logged(caplog):
    """Under the name of the work, once; the others go on."""
    background = Background()

    async def fail() -> None:
        raise ValueError("on purpose")

    background.start(fail(), "tidying up")
    background.start(asyncio.sleep(0), "more")
    await background.finish()

    (record,) = caplog.records
    assert "tidying up failed" == record.getMessage()
    assert "on purpose" in caplog.text


async def test_closing_ends_what_is_left(caplog):
    """Being ended is no failure; when it returns, all clean-up is done."""
    background, cleaned = Background(), []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(1)

    for name in ("one", "two"):
        background.start(wait(), name)
    await asyncio.sleep(0)

    await background.close()
    await asyncio.sleep(0)

    assert [1, 1] == cleaned
    assert not background
    assert not caplog.records


async def test_a_tool_that_holds_everybody_up_is_named(caplog):
    """While it does, by its task and by the line of code; also what it began itself."""
    seen: list[bool] = []

    async def sleepy() -> str:
        stop = time.monotonic() + 8
        while time.monotonic() < stop and not caplog.records:
            time.sleep(0.05)  # noqa: ASYNC251
        seen.append(bool(caplog.records))
        return "awake"

    box = Toolbox.of(sleepy)
    watch = LoopWatch()
    with caplog.at_level(logging.WARNING):
        result = await execute(box.get("sleepy"), "sleepy", "{}", seconds=20)
        await asyncio.sleep(1.5)
    watch.close()

    assert ("awake", [True]) == (result.output, seen)
    begun, over = (vars(record) for record in caplog.records if record.name == "core.concurrency")
    assert "tool sleepy" == begun["task"] == over["task"]
    assert " > test_concurrency.py:" in begun["at"]
    assert over["seconds"] >= 1


async def test_a_watch_ends_with_its_owner():
    """Nothing is left of it, also when the loop has gone first."""
    LoopWatch().close()
    for thread in threading.enumerate():
        if thread.name == "loop watch":
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()


async def test_what_is_slow_makes_room():
    """Two places: two that hang give theirs up; a third that hangs keeps it, for only two may be slow."""
    slots, gate, entered = Slots(2, patience=0.05, slow=2), asyncio.Event(), list[int]()

    async def hold(number: int, opened: asyncio.Event) -> None:
        async with slots.one():
            entered.append(number)
            await opened.wait()

    hanging = [asyncio.create_task(hold(number, gate)) for number in range(6)]
    await asyncio.sleep(0.3)
    assert [0, 1, 2, 3] == entered
    hanging[0].cancel()
    await asyncio.sleep(0.2)
    assert [0, 1, 2, 3, 4] == entered
    gate.set()
    await asyncio.gather(*hanging, return_exceptions=True)
    held = [asyncio.create_task(hold(number, asyncio.Event())) for number in range(7, 10)]
    await asyncio.sleep(0.02)
    assert [0, 1, 2, 3, 4, 5, 7, 8] == entered
    for task in held:
        task.cancel()
