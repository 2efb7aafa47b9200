"""A topic in memory, and how one run writes there."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bots.replies.approvals import sign
from bots.replies.posts import Gone, OwnPost
from core.types import AnswerButton, ApprovalRequest

Faults = defaultdict[str, deque[Exception]]


@dataclass
class Topic:
    """What people see in one topic: posts by id, oldest first; `humans` take ids too."""

    posts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    nonces: dict[tuple[str, object], str] = field(default_factory=dict)
    newest: int = 100

    def add(self, text: str, run: str = "") -> str:
        """A new post of the assistant."""
        self.newest += 1
        self.posts[str(self.newest)] = text
        self.runs[str(self.newest)] = run
        return str(self.newest)


class MemoryPoster:
    """`bots.replies.posts.Poster` over a Topic. `calls` is every write: its name, the post's id, its text.

    `faults` are raised by the next calls of that name, before they do anything; `after` once they have
    done it, as when the answer of the server is lost. `tells`: the platform says whose post is whose.
    `window`: for so many seconds a repeated creation gives the first post.
    """

    limit = 20
    stoppable = True

    def __init__(self, topic: Topic, run: str = "", *, tells: bool = False) -> None:
        self.topic, self._run, self._tells = topic, run, tells
        self.calls: list[tuple[str, str, str]] = []
        self.growing: dict[str, bool] = {}
        self.faults: Faults = defaultdict(deque)
        self.after: Faults = defaultdict(deque)
        self.gate = asyncio.Event()
        self.gate.set()
        self.wait = self.window = 0.0
        self.buttons: Sequence[AnswerButton] = ()
        self.looked, self.blind = 0, False
        self.creating = asyncio.Event()

    async def create(self, text: str, number: int, *, first: bool, growing: bool, last: bool = False) -> str:
        return await self._create(text, number, "", growing=growing)

    async def ask(self, question: ApprovalRequest) -> str:
        signed = sign(question.id)
        return await self._create(question.text, signed, signed, growing=False)

    async def decide(self, post: str, text: str) -> None:
        await self.edit(post, text, growing=False)

    async def _create(self, text: str, name: object, signed: str, *, growing: bool) -> str:
        self._raise(self.faults["create"])
        self.creating.set()
        await self.gate.wait()
        nonce = (self._run, name)
        if self.window and nonce in self.topic.nonces:
            return self.topic.nonces[nonce]
        post = self.topic.nonces[nonce] = self.topic.add(text, self._run if self._tells else "")
        self.topic.signs[post] = signed
        self.growing[post] = growing
        self.calls.append(("create", post, text))
        self._raise(self.after["create"])
        return post

    async def edit(self, post: str, text: str, *, growing: bool, last: bool = False) -> None:
        self._raise(self.faults["edit"])
        if post not in self.topic.posts:
            raise Gone(post)
        self.topic.posts[post] = text
        self.growing[post] = growing
        self.calls.append(("edit", post, text))

    async def delete(self, post: str) -> None:
        self._raise(self.faults["delete"])
        self.calls.append(("delete", post, ""))
        if post not in self.topic.posts:
            raise Gone(post)
        del self.topic.posts[post]

    async def own(self, after: str) -> Sequence[OwnPost] | None:
        self._raise(self.faults["own"])
        if self.blind:
            return None
        self.looked += 1
        return [
            OwnPost(post, text, self.topic.runs[post], self.topic.signs.get(post, ""))
            for post, text in self.topic.posts.items()
            if not after or int(post) > int(after)
        ]

    def ref(self, post: str) -> str:
        return f"memory:{post}"

    def repeatable(self, age: float) -> bool:
        return age < self.window

    def pace(self) -> float:
        return self.wait

    def _raise(self, faults: deque[Exception]) -> None:
        if faults:
            raise faults.popleft()
