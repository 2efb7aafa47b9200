"""Sessions of the page: how long they count, whose rights they have, what opens them only once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.api.console.sessions import IDLE, LINK, LONGEST, TOKEN, Sessions, WrongKey, link
from core.api.key import Key
from core.api.keys import issue
from core.store import sessions
from core.store.database import FILE, Database

KEY = Key("", "mina", "team", read_chats=True, console=True)


class Desk:
    """A database with one key, and a clock that is set."""

    def __init__(self, path: Path) -> None:
        self.now = 1_000_000.0
        self.db = Database(path)
        self.sessions = Sessions(self.db, None, lambda: self.now)

    async def cookie(self) -> str:
        _, secret = await self.db(lambda tx: issue(tx, KEY, self.now))
        return await self.sessions.login(secret)


@pytest.fixture
def desk(tmp_path: Path):
    made = Desk(tmp_path / FILE)
    yield made
    made.db.close()


async def test_w8_a_session_ends_when_nobody_uses_it_and_after_a_week(desk: Desk):
    """Being used is written down; a clock that jumps back extends nothing."""
    cookie, began = await desk.cookie(), desk.now
    while desk.now + IDLE - 1 < began + LONGEST:
        desk.now += IDLE - 1
        found = await desk.sessions.find(cookie)
        assert found
        assert ("mina", "team", False, True) == (
            found.name,
            found.project,
            found.admin,
            found.read_chats,
        )
        await desk.db(lambda tx: None)  # the note is stored
    desk.now = began + LONGEST
    assert await desk.sessions.find(cookie) is None
    desk.now = began + IDLE
    other = await desk.sessions.login(
        (await desk.db(lambda tx: issue(tx, Key("", "ari", "x", console=True), 0.0)))[1]
    )
    desk.now += IDLE
    assert await desk.sessions.find(other) is None


async def test_w7_a_token_ends_with_its_time_or_its_session(desk: Desk):
    cookie = await desk.cookie()
    token = desk.sessions.token(cookie)
    found = await desk.sessions.of_bearer(token)
    assert found
    assert found.page
    assert found.read_chats
    desk.now += TOKEN
    assert await desk.sessions.of_bearer(token) is None
    token = desk.sessions.token(cookie)
    await desk.sessions.logout(cookie)
    assert await desk.sessions.of_bearer(token) is None


async def test_w5_a_link_opens_one_session_however_many_try_at_once(desk: Desk):
    wanted = Key("", "slack:U1", "default", admin=True)
    secret = await desk.db(lambda tx: link(tx, wanted, desk.now))
    tried = await asyncio.gather(*(desk.sessions.login(secret) for _ in range(5)), return_exceptions=True)
    assert 1 == len([one for one in tried if isinstance(one, str)])
    late = await desk.db(lambda tx: link(tx, wanted, desk.now))
    desk.now += LINK
    with pytest.raises(WrongKey):
        await desk.sessions.login(late)


async def test_all_can_be_logged_out(desk: Desk):
    cookie = await desk.cookie()
    assert 1 == await desk.db(sessions.end_all)
    desk.now += 1
    assert await desk.sessions.find(cookie) is None
