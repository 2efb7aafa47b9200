"""Work in the background, tries again, and one at a time: what every room needs of asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import random
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import PurePath
from types import FrameType
from typing import Any, Final, TypeVar

from core.errors import Retryable, SpoolError, loggable

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Background:
    """Tasks of one owner. `close()` when the owner ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Begin the work; its exception, if any, goes to the log."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("%s failed", task.get_name(), exc_info=error)

    def __bool__(self) -> bool:
        return bool(self._tasks)

    async def finish(self) -> None:
        """Wait for all of it."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Cancel what is left and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        await self.finish()


async def in_daemon(work: Callable[[], T], name: str) -> T:
    """What the work gives, done in a thread that does not keep the process from ending.

    For foreign code that may never return: `asyncio.to_thread` would be waited for at the end.
    """
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()  # from here on a caller that gives up does not take it away

    def run() -> None:
        try:
            given = work()
        except BaseException as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(given)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await asyncio.wrap_future(outcome)


LONGEST_ASKED: Final = 3600.0
"""Seconds another side may ask us to wait; whoever asks for more is mistaken."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long is waited between tries: `first` seconds, then twice as long each time, `most` at most.

    At most so many `tries` are made, and so many `seconds` waited in all: a longer wait is not begun.
    """

    first: float = 0.5
    most: float = 30.0
    tries: float = math.inf
    seconds: float = math.inf

    def pause(self, failures: int, error: BaseException | None = None) -> float:
        """Seconds before the next try after so many failures; 0 after none.

        Never less than the error asks for (`Retryable.retry_after`), and up to a quarter longer (5 s at most)
        by chance, so that those who failed together do not come back together.
        """
        grown = min(self.most, self.first * 2.0 ** min(failures - 1, 30)) if failures > 0 else 0.0
        asked = (error.retry_after or 0.0) if isinstance(error, Retryable) else 0.0
        seconds = max(grown, min(asked, LONGEST_ASKED))
        return seconds + min(seconds / 4, 5.0) * random.random()  # noqa: S311 - no secret

    def spent(self, tries: int, seconds: float) -> bool:
        """Whether that was the last of so many tries, or waiting for so long in all would be too much."""
        return tries >= self.tries or seconds > self.seconds


def _passes(error: SpoolError) -> bool:
    """Whether the same may succeed later."""
    return isinstance(error, Retryable)


async def retry(
    call: Callable[[], Awaitable[T]],
    backoff: Backoff,
    what: str,
    *,
    again: Callable[[SpoolError], bool] = _passes,
) -> T:
    """What the call gives, made once more after each error for which `again` is true.

    Raises any other error at once, and the last one when the backoff is spent. `what` names the call for the
    log: each delay is a warning where tries have no end, for nobody else would tell; else only for debugging.
    """
    level = logging.WARNING if math.isinf(min(backoff.tries, backoff.seconds)) else logging.DEBUG
    tries, waited = 0, 0.0
    while True:
        try:
            return await call()
        except SpoolError as error:
            tries += 1
            pause = backoff.pause(tries, error)
            waited += pause
            if not again(error) or backoff.spent(tries, waited):
                raise
            logger.log(
                level, "%s delayed", what, extra={"error": loggable(error), "retry_s": round(pause, 1)}
            )
        await asyncio.sleep(pause)


async def until(look: Callable[[], Awaitable[T]], done: Callable[[T], bool], backoff: Backoff) -> T:
    """What `look` gives once that is `done`, or what it gave last when the backoff is spent."""
    looks, waited = 0, 0.0
    while not done(found := await look()):
        looks += 1
        pause = backoff.pause(looks)
        waited += pause
        if backoff.spent(looks, waited):
            break
        await asyncio.sleep(pause)
    return found


class Slots:
    """`async with slots.one():` at most `count` at a time.

    One that is held for longer than `patience` seconds gives its place to others and goes on beside them; so
    many as `slow` may.
    """

    def __init__(self, count: int, *, patience: float, slow: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._patience, self._beside = patience, slow

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a place, then hold it."""
        await self._free.acquire()
        loop, aside = asyncio.get_running_loop(), False
        timer: asyncio.TimerHandle

        def step_aside() -> None:
            nonlocal aside, timer
            if self._beside:
                self._beside, aside = self._beside - 1, True
                self._free.release()
            else:
                timer = loop.call_later(self._patience, step_aside)

        timer = loop.call_later(self._patience, step_aside)
        try:
            yield
        finally:
            timer.cancel()
            if aside:
                self._beside += 1
            else:
                self._free.release()


class KeyedLock:
    """`async with lock.of(key):` one at a time for each key; different keys do not wait for each other."""

    def __init__(self) -> None:
        self._locks: weakref.WeakValueDictionary[Hashable, asyncio.Lock] = weakref.WeakValueDictionary()

    def of(self, key: Hashable) -> asyncio.Lock:
        """The key's lock; it lives as long as somebody holds or awaits it."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock


class Turns:
    """`async with turns.of(key, person):` one at a time for each key, and the people who wait go round.

    Who has just had a turn is behind all others who wait; what is `later` is behind all that is not.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, dict[str, list[_Turn]]] = {}
        """Of each key that is held, by person, whose turn is next first."""

    @contextlib.asynccontextmanager
    async def of(self, key: Hashable, person: str, *, later: bool = False) -> AsyncIterator[None]:
        """Wait for the person's turn there, then have it."""
        held = self._waiting.get(key)
        if held is None:
            self._waiting[key] = {}
        else:
            turn = _Turn(later)
            held.setdefault(person, []).append(turn)
            try:
                await turn.given
            except asyncio.CancelledError:
                if not turn.given.cancelled():  # it was given, and is not taken any more
                    self._over(key, person)
                raise
        try:
            yield
        finally:
            self._over(key, person)

    def _over(self, key: Hashable, person: str) -> None:
        held = self._waiting[key]
        if more := held.pop(person, None):
            held[person] = more
        for name in list(held):
            held[name] = [turn for turn in held[name] if not turn.given.done()]
            if not held[name]:
                del held[name]
        waiting = [(turn.later, name, turn) for name, turns in held.items() for turn in turns]
        if not waiting:
            del self._waiting[key]
            return
        _, name, turn = min(waiting, key=lambda one: one[0])
        held[name].remove(turn)
        turn.given.set_result(None)


class _Turn:
    def __init__(self, later: bool) -> None:
        self.later, self.given = later, asyncio.get_running_loop().create_future()


HELD_UP: Final = 1.0
"""Seconds without a sign of life of the event loop until the log says what keeps it from going on."""
DEPTH: Final = 6


class LoopWatch:
    """Names in the log what holds the running event loop up, while it does. `close()` at the end.

    A thread asks for a sign of life once a second: only another thread can speak while the loop cannot.
    """

    def __init__(self) -> None:
        self._loop, self._watched = asyncio.get_running_loop(), threading.get_ident()
        self.lag: Callable[[float], None] = lambda seconds: None
        """Told how late each sign of life came, in the loop."""
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="loop watch", daemon=True).start()

    def close(self) -> None:
        """Watch no longer."""
        self._over.set()

    def _watch(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            while not self._over.wait(HELD_UP):
                self._look()

    def _look(self) -> None:
        alive, asked = threading.Event(), time.monotonic()

        def answer() -> None:
            alive.set()
            self.lag(time.monotonic() - asked)

        self._loop.call_soon_threadsafe(answer)
        if alive.wait(HELD_UP) or time.monotonic() - asked > 2 * HELD_UP:  # or the whole process stood still
            return
        task, frame = asyncio.current_task(self._loop), sys._current_frames().get(self._watched)
        facts = {"task": task.get_name() if task else None, "at": " > ".join(_places(frame))}
        logger.warning(
            "the bot is held up and answers nobody; a tool that blocks must be a plain def, not async",
            extra=facts,
        )
        while not alive.wait(HELD_UP) and not self._over.is_set():
            pass
        logger.warning("the bot goes on", extra={**facts, "seconds": round(time.monotonic() - asked, 1)})


def _places(frame: FrameType | None) -> list[str]:
    """File and line of what the loop is carrying out, the first calls first."""
    found: list[str] = []
    while frame and not (frame.f_code.co_name == "_run" and frame.f_code.co_filename.endswith("events.py")):
        found.append(f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}")
        frame = frame.f_back
    return found[::-1][:DEPTH]
