"""Messages that cannot be stored: whatever happens, the position never passes one of them."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bots.discord.api import DiscordApi
from bots.discord.gateway import Position
from bots.discord.hooks import ASK, Asking, Hooks
from bots.discord.interactions import Interactions
from bots.discord.reader import SESSION, Reader
from bots.intake.door import Door
from bots.intake.following import Following
from core.errors import Unreachable, Unsaved
from core.inbox import Inbox
from core.store.database import Database
from tests.core.fakes import TIMEOUT, settled
from tests.core.hands import Hands
from tests.core.whole import rules

ME = "1100000000000000002"


class Nobody(DiscordApi):
    """Discord's REST, which is not there."""

    def __init__(self) -> None:
        pass

    async def call(self, method: str, path: str, body: Any = None, **route: Any) -> Any:
        await asyncio.sleep(0.01)
        raise Unreachable("away")


async def nobody(*_: object) -> None:
    """Is asked and told nothing."""


class Session:
    """A gateway session: what was sent in it is sent again from the position that is stored."""

    def __init__(self, path: Path) -> None:
        self.path, self.sent, self.lost = path, list[dict[str, Any]](), False
        self.stranger = sqlite3.connect(path, isolation_level=None, timeout=5)

    async def start(self) -> None:
        self.db = Database(self.path, busy_timeout=0.03)
        await self.db(settled)
        self.hands = Hands(self.db)
        self.inbox, self.read = Inbox(self.db, self.hands.lanes, rules()), 0
        self.reader = Reader(
            Door(self.inbox, "en", lambda _: None, nobody, nobody),
            Nobody(),
            me=lambda: ME,
            position=lambda: Position("session", self.read, "ws://x/"),
            failed=self._fail,
            following=Following(),
        )
        hooks = Hooks(self.inbox)
        await hooks.load()
        asking = Asking(self.reader, Nobody(), hooks, lambda: ME, "en")
        self.interactions = Interactions(self.inbox, Nobody(), self.reader, asking, language="en")
        await self.resume()

    def _fail(self) -> None:
        self.lost = True

    async def decided(self) -> None:
        """Returns once all that was sent is stored, or the session is lost."""
        async with asyncio.timeout(TIMEOUT):
            while self.missing(len(self.sent)) and not self.lost:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.005)

    async def kill(self) -> None:
        """What waits in line may still be done, and nobody hears of it."""
        await self.hands.lanes.close()
        self.db.close()

    def position(self) -> int:
        rows = self.stranger.execute("SELECT value FROM facts WHERE name = ?", (SESSION,)).fetchall()
        return int(rows[0][0].split('"sequence": ')[1].split(",")[0]) if rows else 0

    async def resume(self) -> None:
        """The connection is another one."""
        self.lost = False
        self.reader.restart()
        await self.inbox.fact(SESSION)
        self.read = self.position()
        for number in range(self.read, len(self.sent)):
            self._tell(number)

    def say(self, payload: dict[str, Any]) -> None:
        """Discord sends it; heard unless the connection is lost."""
        self.sent.append(payload)
        if not self.lost:
            self._tell(len(self.sent) - 1)

    def _tell(self, number: int) -> None:
        self.read, payload = number + 1, self.sent[number]
        (self.interactions.take if "token" in payload else self.reader.message)(payload)

    def missing(self, before: int) -> set[str]:
        """What is not stored of what was sent before that position."""
        stored = {id for (id,) in self.stranger.execute("SELECT platform_id FROM messages")}
        return {one["id"] for one in self.sent[:before]} - stored


def said(number: int, guild: bool = False) -> dict[str, Any]:
    """A direct message, or a mention in a channel nobody has told us of."""
    payload = {"id": str(10**18 + number), "channel_id": f"{4 + guild}{number:03}", "author": {"id": "7"}}
    about = {"guild_id": "31", "mentions": [{"id": ME}]} if guild else {"guild_id": None}
    return {**payload, **about, "content": f"message {number}"}


def command(number: int) -> dict[str, Any]:
    payload = {"id": str(10**18 + number), "channel_id": f"4{number:03}", "user": {"id": "7"}}
    return {**payload, "token": "t", "type": 2, "data": {"name": "reset"}}


def asked(number: int) -> dict[str, Any]:
    """The command on a message."""
    data = {"name": ASK, "type": 3, "target_id": "5", "resolved": {"messages": {"5": said(5)}}}
    return command(number) | {"data": data}


@pytest.mark.parametrize(
    "first",
    [said(0), said(0, guild=True), command(0), asked(0)],
    ids=["dm", "guild", "reset", "asked"],
)
async def test_a_lock_that_outlasts_our_patience(tmp_path, first):
    """The first cannot be stored; the others, and the save of every few seconds, wait behind it already."""
    session = Session(tmp_path / "spool.sqlite3")
    await session.start()
    session.stranger.execute("BEGIN IMMEDIATE")
    session.say(first)
    await asyncio.sleep(0.015)
    for number in range(1, 10):
        session.say(said(number))
    saving = asyncio.ensure_future(session.reader.save())
    await asyncio.sleep(0.04)
    session.stranger.execute("ROLLBACK")
    await asyncio.gather(saving, return_exceptions=True)
    await session.decided()

    assert set() == session.missing(session.position())
    if session.lost:
        await session.resume()
    await session.decided()
    async with asyncio.timeout(20):
        while len(session.sent) != session.position():  # the save of every few seconds
            await session.reader.save()
            await asyncio.sleep(0.02)
    assert set() == session.missing(len(session.sent))
    await session.kill()


@pytest.mark.parametrize("seed", range(5))
async def test_locks_kills_and_messages_in_any_order(tmp_path, seed):
    """At no moment does the stored position promise what is not stored; in the end everything is."""
    session, rng, locked = Session(tmp_path / "spool.sqlite3"), random.Random(seed), False
    await session.start()
    for number in range(60):
        dice = rng.random()
        if dice < 0.7:
            other = said(number, guild=dice < 0.3)
            session.say(command(number) if dice < 0.1 else asked(number) if dice < 0.15 else other)
        elif dice < 0.9:
            session.stranger.execute("ROLLBACK" if locked else "BEGIN IMMEDIATE")
            locked = not locked
        elif dice < 0.95 and not locked:
            await session.kill()
            await session.start()
        else:
            await asyncio.gather(session.reader.save(), return_exceptions=True)
        await asyncio.sleep(rng.choice([0, 0, 0.01, 0.05]))
        if session.lost and not locked:
            await session.resume()
        assert set() == session.missing(session.position())
    if locked:
        session.stranger.execute("ROLLBACK")
    for _ in range(5):
        await asyncio.sleep(0.1)
        if session.lost:
            await session.resume()
    await session.kill()
    await session.start()
    await asyncio.sleep(0.1)
    await session.reader.save()

    assert set() == session.missing(len(session.sent))
    assert len(session.sent) == session.position()
    await session.kill()


async def test_a_poison_message_is_passed(tmp_path):
    """It can never be stored: those behind it are, and the position goes on."""
    session = Session(tmp_path / "spool.sqlite3")
    await session.start()
    session.say(said(0) | {"attachments": [{"id": "1", "filename": "\ud800", "size": 2**52}]})
    session.say(said(1) | {"author": {"id": "9" * 20, "username": "\ud800"}})
    session.say(said(2))
    await asyncio.sleep(0.05)
    await session.reader.save()

    assert not session.lost
    assert 3 == session.position()
    assert said(2)["id"] not in session.missing(3)
    await session.kill()


async def test_the_mark_of_the_catch_up_is_a_position_too(tmp_path, caplog):
    """It is not moved past a message that was not stored; the log says so."""
    session = Session(tmp_path / "spool.sqlite3")
    await session.start()
    session.stranger.execute("BEGIN IMMEDIATE")
    session.say(said(0))
    marking = asyncio.ensure_future(session.inbox.remember("discord:caught_up", 5.0, session.reader.chain))
    await asyncio.sleep(0.1)
    session.stranger.execute("ROLLBACK")

    with pytest.raises(Unsaved):
        await marking
    assert session.lost
    assert "Discord is asked again" in caplog.text
    assert not session.reader.settled
    await session.kill()
