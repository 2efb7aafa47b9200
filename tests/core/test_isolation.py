"""Whose words a request may have: a thousand people and all that they do at once, under one rule.

Each message has a word that stands in no other. A request for an answer, or for a summary, may have the
words of the memory it is made for, since that was begun anew; and what stands in the topic of its question,
where others see it.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from core.api.key import Key
from core.api.runs import RunRules
from core.types import Address, Attachment, Earlier, IncomingMessage
from tests.core.api.clients import Client, refused
from tests.core.fakes import FakePlatform, message
from tests.core.runs.notes import BUDGET, WHO, Notes
from tests.core.served import reborn
from tests.core.whole import Core, core, rules

PROJECTS, CHATTY, DEATH = 20, 4, 150
PLACES = [f"{kind}{number}" for kind in "CD" for number in range(3)]
WORD = re.compile(r"fact (\d+) is")


@dataclass(frozen=True, slots=True)
class Said:
    """Into which memory, begun for the how-manieth time, and where others see it."""

    memory: tuple[object, ...]
    topic: Address


@dataclass
class World:
    """Who says what where, and whom a request may know of."""

    scope: Any
    direct: Any
    """The scope of direct messages."""
    chance: Random
    said: list[Said] = field(default_factory=list)
    begun: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def word(self, memory: tuple[str, ...], topic: Address) -> str:
        """What somebody says next."""
        self.said.append(Said((memory, self.begun[memory]), topic))
        return f"fact {len(self.said) - 1} is mine" + " and more" * 40

    def memory(self, where: Address, user: str) -> tuple[str, ...]:
        """Whose it is, by the scope: written down here once more, without the product's code."""
        scope = self.direct if where.direct else self.scope
        member = {"user": (user,), "topic": (where.topic,)}.get(scope, (user, where.topic))
        if scope == "person-topic" and where.platform == "discord":
            member = (user,)  # a topic is a channel there
        return (where.platform, where.workspace, where.channel, *member)

    def mixed(self, request: str) -> list[int]:
        """The words that are not this request's: of another memory than the newest one's."""
        words = [int(found) for found in WORD.findall(request)]
        seen = [(word, self.said[word]) for word in words]
        whose = seen[-1][1] if seen else None
        return [
            word for word, one in seen if whose and not {one.memory, one.topic} & {whose.memory, whose.topic}
        ]


class Network(FakePlatform):
    """Where a question stands in a topic, what others said there stands above it."""

    def __init__(self, name: str, world: World) -> None:
        super().__init__()
        self.name, self._world = name, world

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """See `core.ports.Platform`."""
        there = [number for number, one in enumerate(self._world.said) if one.topic == message.address]
        return [Earlier(f"0.{one}", "", "U999", f"fact {one} is mine") for one in there[-3:-1]]


class Crowd:
    """Everybody. The same ids are other people in each workspace of both networks."""

    def __init__(self, spool: Core, world: World) -> None:
        self.spool, self.world, self._ids = spool, world, itertools.count(1)
        self.threads: dict[int, str] = {}
        self.connect()

    def connect(self) -> None:
        """The programs talk with the process that there is now."""
        keys = (Key(f"key_{number}", f"k{number}", f"p{number}") for number in range(PROJECTS))
        self.clients = [Client(self.spool, RunRules(), key) for key in keys]

    async def act(self, number: int) -> None:
        """One of the people does something on their network."""
        chance, id = self.world.chance, str(next(self._ids))
        platform, space = ("slack", "discord")[number % 2], f"W{number // 2 % 2}"
        user, channel = f"U{number // 4}", chance.choice(PLACES)
        channel = f"{channel}{user}" if channel[0] == "D" else channel
        topic = channel if platform == "discord" else chance.choice((f"T{chance.randrange(3)}", id))
        where = Address(platform, space, channel, topic)
        memory = self.world.memory(where, user)
        if chance.random() < 0.1:
            self.world.begun[memory] += 1
            await self.spool.inbox.receive(message(id, address=where, user=user, kind="reset"))
            return
        text = self.world.word(memory, where)
        files: tuple[Attachment, ...] = ()
        if chance.random() < 0.2:  # the same id on both networks, the same name everywhere
            kept = self.spool.networks[platform].stored
            kept[file := f"F{len(kept)}"] = text.encode()
            files = (Attachment(file, "same.txt", "https://files.example/", len(text)),)
        await self.spool.inbox.receive(message(id, text, address=where, user=user, files=files))

    async def program(self) -> None:
        """A client of the API asks in its project's thread, and once in that of another one, in vain."""
        number = self.world.chance.randrange(PROJECTS)
        client, where = self.clients[number], Address("api", "", f"p{number}", "")
        text = self.world.word(("api", f"p{number}"), where)
        if number not in self.threads:
            self.threads[number] = await client.thread()
        foreign = self.threads.get((number + 1) % PROJECTS)
        if foreign:
            assert (await refused(client.messages.create(client.key, foreign, said(text))))[0] == 404
        await client.messages.create(client.key, self.threads[number], said(text))
        await client.runs.create(client.key, self.threads[number], {"assistant_id": "asst_settings"})


def said(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


@pytest.mark.slow
@pytest.mark.promise("I1", "I3")
@pytest.mark.parametrize(
    ("scope", "direct", "people"),
    [("user", "person-topic", 1000), ("person-topic", "user", 300), ("topic", "topic", 300)],
)
async def test_a_word_of_one_is_never_in_a_request_for_another(tmp_path, scope, direct, people):
    script, world = Notes(), World(scope, direct, Random(14))
    networks = [Network(name, world) for name in ("slack", "discord")]
    policy = rules(budget=BUDGET, scope=scope, dm_scope=direct)
    async with core(tmp_path, script, assistant=WHO, policy=policy, networks=networks) as spool:
        crowd = Crowd(spool, world)
        for number in range(people):
            often = [world.chance.randrange(CHATTY)] * (number % 3 == 0)
            await asyncio.gather(*map(crowd.act, [number, *often]))
            if number % 10 == 0:
                await crowd.program()
            if number % DEATH == DEATH - 1:
                await reborn(spool, idle=False)
                crowd.connect()
        await spool.idle()
    asked = ["\n".join(str(item) for item in items) for _, items in script.requests]

    assert [] == [request for request in (*asked, *script.summaries) if world.mixed(request)]
    assert len(asked) > people
    assert script.summaries
