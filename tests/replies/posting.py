"""Processes that write posts into a topic one after the other, for tests."""

from __future__ import annotations

import pytest

from bots.replies.approvals import ApprovalPosts
from bots.replies.edited import EditBrush
from bots.replies.markdown import split
from bots.replies.posts import Posts
from core.concurrency import Turns
from core.store.database import Database
from core.store.steps import Journal
from core.types import Claim
from tests.core.fakes import settled
from tests.core.queued import claimed
from tests.replies.topic import Faults, MemoryPoster, Topic


class Died(Exception):
    """The process ends here."""


class Process:
    """What one process has in its memory: a journal, a poster, a brush. Topic and database outlive it."""

    def __init__(
        self, db: Database, topic: Topic, claim: Claim, turns: Turns, *, tells: bool = False
    ) -> None:
        self.poster = MemoryPoster(topic, claim.run, tells=tells)
        self.journal = Journal(db, claim)
        self.posts = Posts(self.journal, self.poster, turns)
        self.questions = ApprovalPosts(self.posts, self.journal, self.poster)
        self.brush = EditBrush(self.posts, lambda text, limit, final: split(text, limit) or [""])

    async def show(self, text: str) -> bool:
        return await self.brush.paint(text, final=False)

    async def die_before_creating(self, text: str) -> None:
        """Ends while it paints a text, as it asks for a post."""
        await self._die(text, self.poster.faults)

    async def die_after_creating(self, text: str) -> None:
        """Ends while it paints a text, when the post stands and before it has heard so."""
        await self._die(text, self.poster.after)

    async def _die(self, text: str, faults: Faults) -> None:
        faults["create"].append(Died())
        with pytest.raises(Died):
            await self.show(text)

    async def finish(self, text: str) -> None:
        assert await self.brush.paint(text, final=True)


class World:
    """A topic as people see it, and the processes that write there one after the other."""

    def __init__(self, db: Database) -> None:
        self.db, self.topic, self.turns, self.processes = db, Topic(), Turns(), 0

    async def process(self, user: str = "U1", *, tells: bool = False) -> Process:
        self.processes += 1
        owner = f"process {self.processes}"
        await self.db(settled)
        claim = await self.db(lambda tx: claimed(tx, owner, user))
        return Process(self.db, self.topic, claim, self.turns, tells=tells)

    @property
    def texts(self) -> list[str]:
        return list(self.topic.posts.values())
