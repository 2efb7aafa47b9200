"""The posts of one run, of whatever kind: made once each, and found again after a crash.

Creating is the one step a platform may not repeat. It is serialised per topic, where people take turns and
answers come before our own texts, and its intent is journaled first. So after a crash at most one own post of
a topic belongs to no run: it is ours, and is adopted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

from core.concurrency import Backoff, Turns, retry
from core.errors import Retryable, SpoolError, Unreachable
from core.store import runs, steps
from core.store.database import Execute
from core.store.steps import Deleted, Intended, Journal, Posted, PostState, Step
from core.types import AnswerButton

T = TypeVar("T")
logger = logging.getLogger(__name__)
FIRST: Final = steps.post(0)
POSTING: Final = Backoff(first=0.5, most=30.0)
"""While the platform is away nothing else can be shown either: it is waited for without an end."""
LOOKING: Final = Backoff(first=0.25, most=5.0)
"""Between the tries of a post that may have been made and is not seen yet."""


Count = Callable[[str, str], None]
"""Told what became of a request about a post: create, edit or delete; and "ok", or the network's word."""


def uncounted(op: str, code: str) -> None:
    """Where nobody counts them."""


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
    buttons: Sequence[AnswerButton]
    """Of the answer that is whole: they stand under its last post."""

    async def create(self, text: str, number: int, *, first: bool, growing: bool, last: bool = False) -> str:
        """A new post; gives its id. `number`: its own one in this run; `first`: it opens the answer.

        `last`: it ends the answer, and has the buttons.
        """
        ...

    async def edit(self, post: str, text: str, *, growing: bool, last: bool = False) -> None:
        """Replace a post's text; repeating it is harmless."""
        ...

    async def delete(self, post: str) -> None: ...

    async def own(self, after: str) -> Sequence[OwnPost] | None:
        """The assistant's posts in the reply's topic after that message or post, oldest first; None where it
        cannot be read.
        """
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

    def __init__(self, journal: Journal, poster: Poster, turns: Turns) -> None:
        self._journal, self.poster = journal, poster
        message = journal.claim.messages[-1]
        self._turn = partial(turns.of, message.address, message.user, later=message.kind != "ask")
        self._untouched: set[str] = set()  # parts whose creation surely had no effect
        self._blind = False  # the newest look for a post could not read the topic

    def _standing(self) -> list[tuple[int, Intended | Posted]]:
        """The text posts by their numbers, without those that were taken away again."""
        numbered = enumerate(self._journal.posts())
        return [(number, state) for number, state in numbered if not isinstance(state, Deleted)]

    def id(self, part: int) -> str | None:
        """The post of that part, None while there is none."""
        states = [state for _, state in self._standing()[part : part + 1]]
        return next((state.id for state in states if isinstance(state, Posted)), None)

    def number(self, part: int) -> int:
        """The number of that part's post, whether it stands already or not."""
        states = self._journal.posts()
        for number, state in enumerate(states):
            if not isinstance(state, Deleted):
                if part == 0:
                    return number
                part -= 1
        return len(states) + part

    def names(self, begins: str) -> list[str]:
        """See `Journal.names`."""
        return self._journal.names(begins)

    def begun(self) -> bool:
        """True when this run posted text, or meant to: a process died or an answer is unknown."""
        return self._journal.get(FIRST) is not None and FIRST.name not in self._untouched

    def ids(self) -> list[str]:
        """All posts of the run, in order, up to one that is not there yet."""
        found: list[str] = []
        for _, state in self._standing():
            if not isinstance(state, Posted):
                break
            found.append(state.id)
        return found

    async def create(self, part: int, make: Callable[[], Awaitable[str]]) -> tuple[str, bool]:
        """The part's post, made by awaiting `make()` unless it stands there already; see `once`."""
        return await self.once(steps.post(self.number(part)), make)

    async def once(
        self, step: Step[PostState], make: Callable[[], Awaitable[str]], *, sign: str = ""
    ) -> tuple[str, bool]:
        """The post journaled as that step, made by awaiting `make()` unless it stands there already.

        Gives its id, and whether it was adopted, so that what it shows is not known. The topic is held
        until the outcome is known: nobody else can take a post for theirs that is ours. A Retryable of
        `make` that is not Unclear says that nothing was made, as NothingToPost does.
        """
        async with self._turn():
            state = self._journal.get(step)
            if isinstance(state, Posted):
                return state.id, False
            new = state is None
            known = new or step.name in self._untouched
            if new:
                await self._journal.record(step, Intended(time.time()))
            self._untouched.discard(step.name)

            async def attempt() -> tuple[str, bool]:
                nonlocal known
                self._blind = False
                if not known and (found := await self._made(step, sign)):
                    await self._record(step, found)
                    return found, True
                try:
                    post = await make()
                except Unclear:
                    known = False  # the next attempt looks first
                    raise
                except (Retryable, NothingToPost):
                    self._untouched.add(step.name)
                    raise
                await self._record(step, post, again=self._blind)
                return post, not known and self.poster.repeatable(0.0)  # perhaps the first one again

            return await retry(attempt, LOOKING, "post", again=lambda error: isinstance(error, Unclear))

    async def _made(self, step: Step[PostState], sign: str) -> str | None:
        """The post that was made and not recorded, if it has to be looked for."""
        state = self._journal.get(step)
        if isinstance(state, Intended) and self.poster.repeatable(time.time() - state.at):
            return None
        return await self._orphan(sign)

    async def _record(self, step: Step[PostState], post: str, *, again: bool = False) -> None:
        """`again`: where nobody could look for the one that was meant before, it may stand there, too."""
        run, ref = self._journal.claim.run, self.poster.ref(post)

        def count(tx: Execute) -> None:
            for _ in range(1 + again):
                runs.posted(tx, run)

        await self._journal.record(step, Posted(post), ref=ref, beside=count)

    def edited(self) -> None:
        """One of them shows another text now."""
        self._journal.edits += 1

    async def _orphan(self, sign: str) -> str | None:
        """An own post after the question (or our last part) that no run has recorded, if there is one."""
        parts = [] if sign else self.ids()
        found = await self.poster.own(parts[-1] if parts else self._journal.claim.messages[-1].id)
        self._blind = found is None
        signed = [post for post in found or () if post.sign == sign]
        taken = await self._journal.recorded(self.poster.ref(post.id) for post in signed)
        free = [post for post in signed if self.poster.ref(post.id) not in taken]
        mine = [post for post in free if post.run == self._journal.claim.run]
        return next((post.id for post in mine or free if not post.run or post in mine), None)

    async def find(self, step: Step[PostState], sign: str = "") -> str | None:
        """The post journaled as that step, looked for if it was made and not recorded; None without one."""
        state = self._journal.get(step)
        if isinstance(state, Intended):
            async with self._turn():  # else another run's newest might look free
                if post := await self._orphan(sign):
                    await self._record(step, post)
        state = self._journal.get(step)
        return state.id if isinstance(state, Posted) else None

    async def settle(self) -> None:
        """Learn the ids of text posts that were made and not recorded."""
        for number, state in self._standing():
            if isinstance(state, Intended):
                await self.find(steps.post(number))

    async def take_away(self, step: Step[PostState], sign: str) -> None:
        """Remove the post journaled as that step, if it stands."""
        if post := await self.find(step, sign):
            with suppress(Gone):
                await self.poster.delete(post)
            await self._journal.record(step, Deleted(post), ref=self.poster.ref(post))

    async def remove(self) -> None:
        """Remove all that the run has posted, also what only the platform knows to be the run's.

        What is recorded is another run's: on Discord two may have replied to the same message.
        """
        await self.trim(0)
        found = [post.id for post in await self.poster.own("") or () if post.run == self._journal.claim.run]
        taken = await self._journal.recorded(map(self.poster.ref, found))
        for post in found:
            if self.poster.ref(post) not in taken:
                with suppress(Gone):
                    await self.poster.delete(post)

    async def trim(self, parts: int) -> None:
        """Remove the posts a shorter answer does not need, also one whose id was never learnt."""
        await self.settle()
        for number, state in self._standing()[parts:]:
            if isinstance(state, Posted):
                with suppress(Gone):
                    await self.poster.delete(state.id)
                await self._journal.record(
                    steps.post(number), Deleted(state.id), ref=self.poster.ref(state.id)
                )


async def until_posted(step: Callable[[], Awaitable[T]]) -> T:
    """What the step gives, once it succeeds. Raises its SpoolErrors, and Unreachable for what is none."""
    try:
        return await retry(step, POSTING, "post")
    except SpoolError:
        raise
    except Exception as error:
        logger.exception("cannot be posted")
        raise Unreachable(type(error).__name__) from error
