"""The posts of one run, of whatever kind: made once each, and found again after a crash.

Creating is the one step a platform may not repeat. It is serialised per topic and its intent is journaled
first, so after a crash at most one own post of a topic belongs to no run: it is ours, and is adopted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice, takewhile
from typing import Final, Protocol, TypeVar

from core.concurrency import Backoff, KeyedLock, retry
from core.errors import Retryable, SpoolError, Unreachable
from core.store.journal import Journal

T = TypeVar("T")
logger = logging.getLogger(__name__)
POSTING: Final = Backoff(first=0.5, most=30.0)
"""While the platform is away nothing else can be shown either: it is waited for without an end."""
LOOKING: Final = Backoff(first=0.25, most=5.0)
"""Between the tries of a post that may have been made and is not seen yet."""


class Unclear(Retryable):
    """The call may or may not have had its effect: look before doing it again."""


class NothingToPost(SpoolError):
    """What was to make a post has nothing to say for now: nothing was made."""


class Gone(SpoolError):
    """Somebody deleted the post; it is not shown again."""


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A post of the assistant as the platform has it. `run` where the platform tells whose it is.

    `sign` tells a question or a file from a part of a text, which has none.
    """

    id: str
    text: str
    run: str = ""
    sign: str = ""


class Poster(Protocol):
    """How one reply writes on its platform. Raises Retryable, Unreachable or Gone."""

    limit: int
    """Characters a post may have."""
    stoppable: bool
    """Whether a post that still grows carries a button to stop it."""

    async def create(self, text: str, number: int, *, first: bool, growing: bool) -> str:
        """A new post; gives its id. `number`: its own one in this run; `first`: it opens the answer."""
        ...

    async def edit(self, post: str, text: str, *, growing: bool) -> None:
        """Replace a post's text; repeating it is harmless."""
        ...

    async def delete(self, post: str) -> None: ...

    async def own(self, after: str) -> Sequence[OwnPost]:
        """The assistant's posts in the reply's topic after that message or post, oldest first."""
        ...

    def ref(self, post: str) -> str:
        """A name of the post that is unique over all platforms."""
        ...

    def repeatable(self, age: float) -> bool:
        """Whether creating the same part again after so many seconds gives the first post, not a second."""
        ...

    def pace(self) -> float:
        """Seconds until an edit that is not the last one may be made; 0 now."""
        ...


class Posts:
    """The journaled posts of one run, part by part.

    Each is journaled under a number. That of a post which was taken away again is never used a second time:
    a platform that knows a repeated creation would give the deleted post.
    """

    def __init__(self, journal: Journal, poster: Poster, locks: KeyedLock) -> None:
        self._journal, self.poster, self._locks = journal, poster, locks
        self._topic = journal.claim.messages[-1].address
        self._untouched: set[str] = set()  # parts whose creation surely had no effect

    def id(self, part: int) -> str | None:
        """The post of that part, None while there is none."""
        return self._recorded(_name(self.number(part)))

    def number(self, part: int) -> int:
        """The number of that part's post, whether it stands already or not."""
        return next(islice((one for one in count() if not self._deleted(one)), part, None))

    def _deleted(self, number: int) -> bool:
        return "deleted" in (self._journal.memo.get(_name(number)) or {})

    def begun(self) -> bool:
        """True when this run posted text, or meant to: a process died or an answer is unknown."""
        return "post:0" in self._journal.memo and "post:0" not in self._untouched

    def ids(self) -> list[str]:
        """All posts of the run, in order."""
        found: list[str] = []
        while post := self.id(len(found)):
            found.append(post)
        return found

    async def create(self, part: int, make: Callable[[], Awaitable[str]]) -> tuple[str, bool]:
        """The part's post, made by awaiting `make()` unless it stands there already; see `once`."""
        return await self.once(_name(self.number(part)), make)

    async def once(
        self, name: str, make: Callable[[], Awaitable[str]], *, sign: str = ""
    ) -> tuple[str, bool]:
        """The post journaled as `name`, made by awaiting `make()` unless it stands there already.

        Gives its id, and whether it was adopted, so that what it shows is not known. The topic is held
        until the outcome is known: nobody else can take a post for theirs that is ours. A Retryable of
        `make` that is not Unclear says that nothing was made, as NothingToPost does.
        """
        async with self._locks.of(self._topic):
            if post := self._recorded(name):
                return post, False
            known = name not in self._journal.memo or name in self._untouched
            if name not in self._journal.memo:
                await self._journal.record(name, {"intent": time.time()})
            self._untouched.discard(name)

            async def attempt() -> tuple[str, bool]:
                nonlocal known
                if not known and (found := await self._made(name, sign)):
                    await self._record(name, found)
                    return found, True
                try:
                    post = await make()
                except Unclear:
                    known = False  # the next attempt looks first
                    raise
                except (Retryable, NothingToPost):
                    self._untouched.add(name)
                    raise
                await self._record(name, post)
                return post, not known and self.poster.repeatable(0.0)  # perhaps the first one again

            return await retry(attempt, LOOKING, "post", again=lambda error: isinstance(error, Unclear))

    def _recorded(self, name: str) -> str | None:
        step = self._journal.memo.get(name)
        return step.get("id") if step else None

    async def _made(self, name: str, sign: str) -> str | None:
        """The post that was made and not recorded, if it has to be looked for."""
        age = time.time() - self._journal.memo[name]["intent"]
        return None if self.poster.repeatable(age) else await self._orphan(name, sign)

    async def _record(self, name: str, post: str) -> None:
        await self._journal.record(name, {"id": post}, ref=self.poster.ref(post))

    async def _orphan(self, name: str, sign: str) -> str | None:
        """An own post after the question (or our last part) that no run has recorded, if there is one."""
        kind, _, part = name.partition(":")
        before = self.id(int(part) - 1) if kind == "post" and part != "0" else None
        found = await self.poster.own(before or self._journal.claim.messages[-1].id)
        signed = [post for post in found if post.sign == sign]
        taken = await self._journal.recorded(self.poster.ref(post.id) for post in signed)
        free = [post for post in signed if self.poster.ref(post.id) not in taken]
        mine = [post for post in free if post.run == self._journal.claim.run]
        return next((post.id for post in mine or free if not post.run or post in mine), None)

    async def find(self, name: str, sign: str = "") -> str | None:
        """The post journaled as `name`, looked for if it was made and not recorded; None without one."""
        if "intent" in (self._journal.memo.get(name) or {}):
            async with self._locks.of(self._topic):  # else another run's newest might look free
                if post := await self._orphan(name, sign):
                    await self._record(name, post)
        return self._recorded(name)

    async def settle(self) -> None:
        """Learn the ids of text posts that were made and not recorded."""
        for number in self._numbers():
            await self.find(_name(number))

    def _numbers(self) -> list[int]:
        return list(takewhile(lambda number: _name(number) in self._journal.memo, count()))

    async def trim(self, parts: int) -> None:
        """Remove the posts a shorter answer does not need, also one whose id was never learnt."""
        await self.settle()
        standing = [number for number in self._numbers() if not self._deleted(number)]
        for number in standing[parts:]:
            if post := self._recorded(_name(number)):
                with suppress(Gone):
                    await self.poster.delete(post)
                await self._journal.record(_name(number), {"deleted": post}, ref=self.poster.ref(post))


def _name(number: int) -> str:
    return f"post:{number}"


async def until_posted(step: Callable[[], Awaitable[T]]) -> T:
    """What the step gives, once it succeeds. Raises its SpoolErrors, and Unreachable for what is none."""
    try:
        return await retry(step, POSTING, "post")
    except SpoolError:
        raise
    except Exception as error:
        logger.exception("cannot be posted")
        raise Unreachable(type(error).__name__) from error
