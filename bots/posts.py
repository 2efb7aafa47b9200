"""The posts of one run: created once each, found again after a crash, repainted in place.

Creating is the one step a platform may not repeat. It is serialised per topic and its intent is journaled
first, so after a crash at most one own post of a topic belongs to no run: it is ours, and is adopted.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from bots.turns import Turns
from core.errors import Retryable, SpoolError
from core.journal import Journal

logger = logging.getLogger(__name__)


class Unclear(Retryable):
    """The call may or may not have had its effect: look before doing it again."""


class Gone(SpoolError):
    """Somebody deleted the post; it is not shown again."""


@dataclass(frozen=True, slots=True)
class OwnPost:
    """A post of the assistant as the platform has it. `run` where the platform tells whose it is."""

    id: str
    text: str
    run: str = ""


class Poster(Protocol):
    """How one reply writes on its platform. Raises Retryable, Unreachable or Gone."""

    limit: int
    """Characters a post may have."""
    stoppable: bool
    """Whether a post that still grows carries a button to stop it."""

    async def create(self, text: str, part: int, *, growing: bool) -> str:
        """A new post; gives its id."""
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
    """The journaled posts of one run, part by part."""

    def __init__(self, journal: Journal, poster: Poster, turns: Turns) -> None:
        self._journal, self.poster, self._turns = journal, poster, turns
        self._topic = journal.claim.messages[-1].address
        self._untouched: set[str] = set()  # parts whose creation surely had no effect

    def id(self, part: int) -> str | None:
        """The post of that part, None while there is none."""
        step = self._journal.memo.get(f"post:{part}")
        return step.get("id") if step else None

    def begun(self) -> bool:
        """True when this run posted, or meant to, before now: a process died or an answer is unknown."""
        return "post:0" in self._journal.memo

    def ids(self) -> list[str]:
        """All posts of the run, in order."""
        found: list[str] = []
        while post := self.id(len(found)):
            found.append(post)
        return found

    async def create(self, part: int, make: Callable[[], Awaitable[str]]) -> tuple[str, bool]:
        """The part's post, made by awaiting `make()` unless it stands there already.

        Gives its id, and whether it was adopted, so that what it shows is not known. The topic is held
        until the outcome is known: nobody else can take a post for theirs that is ours.
        """
        name = f"post:{part}"
        async with self._turns.of(self._topic):
            known = name not in self._journal.memo or name in self._untouched
            if name not in self._journal.memo:
                await self._journal.record(name, {"intent": time.time()})
            self._untouched.discard(name)
            for pause in itertools.chain((0.2, 0.5, 1.0, 2.0), itertools.repeat(5.0)):
                if not known and (found := await self._made(part)):
                    await self._record(name, found)
                    return found, True
                try:
                    post = await make()
                except Unclear as error:
                    logger.info("post may have been made, looking", extra={"error": error.code})
                    known = False
                    await asyncio.sleep(pause)
                except Retryable:
                    self._untouched.add(name)
                    raise
                else:
                    await self._record(name, post)
                    return post, not known and self.poster.repeatable(0.0)  # perhaps the first one again
        raise AssertionError("unreachable")

    async def _made(self, part: int) -> str | None:
        """The post that was made and not recorded, if it has to be looked for."""
        age = time.time() - self._journal.memo[f"post:{part}"]["intent"]
        return None if self.poster.repeatable(age) else await self._orphan(part)

    async def _record(self, name: str, post: str) -> None:
        await self._journal.record(name, {"id": post}, ref=self.poster.ref(post))

    async def _orphan(self, part: int) -> str | None:
        """An own post after the question (or our last part) that no run has recorded, if there is one."""
        after = self.id(part - 1) if part else self._journal.claim.messages[-1].id
        found = await self.poster.own(after or self._journal.claim.messages[-1].id)
        taken = await self._journal.recorded(self.poster.ref(post.id) for post in found)
        free = [post for post in found if self.poster.ref(post.id) not in taken]
        mine = [post for post in free if post.run == self._journal.claim.run]
        return next((post.id for post in mine or free if not post.run or post in mine), None)

    async def settle(self) -> None:
        """Learn the ids of posts that were made and not recorded."""
        part = 0
        while step := self._journal.memo.get(f"post:{part}"):
            if "intent" in step:
                async with self._turns.of(self._topic):  # else another run's newest might look free
                    if post := await self._orphan(part):
                        await self._record(f"post:{part}", post)
            part += 1

    async def trim(self, parts: int) -> None:
        """Remove the posts a shorter answer does not need, also one whose id was never learnt."""
        await self.settle()
        part = parts
        while f"post:{part}" in self._journal.memo:
            if post := self.id(part):
                with suppress(Gone):
                    await self.poster.delete(post)
                await self._journal.record(f"post:{part}", {"deleted": post}, ref=self.poster.ref(post))
            part += 1


Split = Callable[[str, int, bool], list[str]]
"""Text, characters in a post, whether the text is final → what each post shows."""


class PostBrush:
    """Paints a text into as many posts as it needs; a full post is never touched again."""

    def __init__(self, posts: Posts, split: Split, *, eager: bool = True) -> None:
        self._posts, self._split, self._eager = posts, split, eager
        self._painted: dict[int, tuple[str, bool]] = {}

    @property
    def visible(self) -> bool:
        """See `Brush.visible`."""
        return bool(self._painted)

    def painted(self, part: int, body: str) -> None:
        """Somebody else has just created that part with this text."""
        self._painted[part] = (body, False)

    def pause(self) -> float:
        """See `Brush.pause`."""
        return self._posts.poster.pace()

    async def paint(self, text: str, *, final: bool) -> bool:
        """See `Brush.paint`."""
        poster = self._posts.poster
        if not final and not self._eager and not self._posts.begun():
            return True
        parts = self._split(text, poster.limit, final)
        for part, body in enumerate(parts):
            newest = part == len(parts) - 1
            wanted = (body, poster.stoppable and newest and not final)
            if self._painted.get(part) == wanted:
                continue
            if newest and not final and self._posts.id(part) and poster.pace() > 0:
                return False
            await self._put(part, *wanted)
            self._painted[part] = wanted
        if final:
            await self._posts.trim(len(parts))
        return True

    async def _put(self, part: int, body: str, growing: bool) -> None:
        poster, post, written = self._posts.poster, self._posts.id(part), False
        with suppress(Gone):  # somebody deleted it: it is not forced on them again
            if post is None:
                make = partial(poster.create, body, part, growing=growing)
                post, adopted = await self._posts.create(part, make)
                written = not adopted
            if not written:
                await poster.edit(post, body, growing=growing)

    async def read(self) -> str:
        """See `Brush.read`."""
        await self._posts.settle()
        ids = self._posts.ids()
        if not ids:
            return ""
        shown = {post.id: post.text for post in await self._posts.poster.own("")}
        return "\n".join(shown.get(post, "") for post in ids)
