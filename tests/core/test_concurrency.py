"""core.concurrency: work nobody waits for is neither lost nor silent; what may pass is tried again."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time

import pytest

from core.concurrency import Background, Backoff, KeyedLock, LoopWatch, Slots, Turns, retry, until
from core.errors import Permanent, Retryable, SpoolError, Unsaved
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


AWAY, FOR_GOOD, UNSAVED = Retryable("away"), Permanent("billing", notice="billing"), Unsaved()


class Server:
    """Answers each call with the next of these; an error is raised. The last one stays."""

    def __init__(self, *answers: SpoolError | str) -> None:
        self._answers, self.calls = answers, 0

    async def __call__(self) -> str:
        """One call."""
        answer = self._answers[min(self.calls, len(self._answers) - 1)]
        self.calls += 1
        if isinstance(answer, SpoolError):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [
        (0, None, 0.0),
        (1, None, 1.0),
        (2, None, 2.0),
        (3, 0.5, 4.0),
        (3, 7.0, 7.0),
        (0, 7.0, 7.0),
        (4, None, 6.0),
        (10**9, None, 6.0),
        (1, 1e9, 3600.0),
    ],
)
def test_a_pause_is_as_long_as_was_asked_for_and_by_chance_longer(failures, asked, seconds):
    """It doubles up to the most; no two wait for the same time, and none for more than 5 s longer."""
    backoff, error = Backoff(first=1.0, most=6.0), Retryable("busy", retry_after=asked)
    found = [backoff.pause(failures, error) for _ in range(100)]
    assert seconds <= min(found) <= max(found) <= seconds + min(seconds / 4, 5.0)
    assert not seconds or len(set(found)) > 90


@pytest.mark.parametrize(
    ("answers", "backoff", "calls", "ends"),
    [
        ([AWAY, AWAY, "yes"], Backoff(first=0.0), 3, "yes"),
        ([AWAY, "yes"], Backoff(first=0.0, tries=2), 2, "yes"),
        ([AWAY, AWAY, "yes"], Backoff(first=0.0, tries=2), 2, AWAY),
        ([AWAY, FOR_GOOD, "yes"], Backoff(first=0.0), 2, FOR_GOOD),
        ([AWAY, "yes"], Backoff(first=0.1, seconds=0.05), 1, AWAY),
        ([AWAY, AWAY, AWAY], Backoff(first=0.02, seconds=0.08), 3, AWAY),
        ([waiting := Retryable("busy", retry_after=9.0), "yes"], Backoff(first=0.0, seconds=8.0), 1, waiting),
        ([UNSAVED, "yes"], Backoff(first=0.0), 1, UNSAVED),
    ],
)
async def test_what_may_pass_is_tried_again(answers, backoff, calls, ends):
    """As often as is allowed; a wait that would be too long is not begun. Then the last error is raised."""
    server = Server(*answers)
    (found,) = await asyncio.gather(retry(server, backoff, "post"), return_exceptions=True)
    assert (ends, calls) == (found, server.calls)


async def test_other_errors_pass_where_the_caller_says_so():
    """And then only those."""
    unsaved = lambda error: isinstance(error, Unsaved)  # noqa: E731
    assert "yes" == await retry(Server(UNSAVED, "yes"), Backoff(first=0.0), "run", again=unsaved)
    with pytest.raises(Retryable):
        await retry(Server(AWAY, "yes"), Backoff(first=0.0), "run", again=unsaved)


@pytest.mark.parametrize(("backoff", "said"), [(Backoff(first=0.0), 1), (Backoff(first=0.0, tries=3), 0)])
async def test_only_a_delay_without_an_end_is_a_warning(caplog, backoff, said):
    """Of a bounded one the caller tells, if it comes to that."""
    await retry(Server(AWAY, "yes"), backoff, "post")
    warned = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert ["post delayed"] * said == [record.getMessage() for record in warned]
    assert all("Retryable: away" == vars(record)["error"] for record in warned)


@pytest.mark.parametrize(("tries", "found"), [(3, "there"), (2, "no")])
async def test_what_is_not_there_yet_is_looked_for(tries, found):
    """As often as is allowed; then it is what was seen last."""
    server = Server("", "no", "there")
    assert found == await until(server, lambda seen: seen == "there", Backoff(first=0.0, tries=tries))
    assert tries == server.calls


async def test_one_at_a_time_for_each_key():
    """Other keys do not wait, and nothing is kept of a key that nobody uses."""
    lock = KeyedLock()
    async with lock.of("a"):
        assert lock.of("a").locked()
        assert not lock.of("b").locked()
    assert not lock._locks


@pytest.mark.promise("L4")
@pytest.mark.parametrize(("wanted", "had"), [("xaffbfA", "bfffA"), ("xafFFbc", "bcfFF"), ("xaFAb", "bFA")])
async def test_turns_go_round_between_people(wanted, had):
    """Who had the last one is behind all others, and what is for later, a capital, behind all that is not."""
    turns, order = Turns(), list[str]()

    async def want(one: str) -> None:
        async with turns.of("room", one.lower(), later=one.isupper()):
            order.append(one)

    async with turns.of("room", "f"):
        waiting = [asyncio.create_task(want(one)) for one in wanted]
        await asyncio.sleep(0)
        waiting[0].cancel()
        async with turns.of("elsewhere", "f"):
            assert not order
    waiting[1].cancel()  # in the moment in which its turn is given
    await asyncio.gather(*waiting, return_exceptions=True)
    assert had == "".join(order)
    assert not turns._waiting
