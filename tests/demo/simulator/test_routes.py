"""The simulator over HTTP, of a demo whose bot is a process that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.demo.pages import shown
from tests.demo.simulator.conftest import Browser

NUMBERS = " ".join(map(str, range(1, 61)))


class Client(Browser):
    """A browser that is logged in."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        super().__init__()
        self.http, self.url = http, f"{url}/console/api/simulator"
        self.headers = {"Origin": url}

    async def follow(self) -> None:
        name, endless = "", aiohttp.ClientTimeout(total=None)
        async with self.http.get(f"{self.url}/events", headers=self.headers, timeout=endless) as answer:
            assert answer.status == 200
            async for line in answer.content:
                field, _, value = line.decode().strip().partition(": ")
                name = value if field == "event" else name
                if field == "data":
                    self.hear(name, value.encode())

    async def do(self, what: str, **body: Any) -> int:
        async with self.http.post(f"{self.url}/{what}", json=body, headers=self.headers) as answer:
            return answer.status


@asynccontextmanager
async def opened(cwd: Path) -> AsyncIterator[Client]:
    async with shown(cwd) as link, aiohttp.ClientSession() as http:
        url, _, key = link.partition("/#key=")
        origin = {"Origin": url}
        entered = await http.post(f"{url}/console/login", json={"key": key}, headers=origin)
        http.headers["Cookie"] = entered.headers["Set-Cookie"].partition(";")[0]
        client = Client(http, url)
        following = asyncio.create_task(client.follow())
        await client.until(lambda: client.state.get("pid"))
        yield client
        following.cancel()


async def test_killed_while_it_counts(tmp_path: Path):
    """On both networks the next process finishes the same post, each number once. A stranger does nothing."""
    async with opened(tmp_path) as client:
        said = {"person": "Mina", "text": "count to 60", "channel": "@Spool"}
        for platform in ("slack", "discord"):
            assert 204 == await client.do("posts", platform=platform, **said)
        await client.until(lambda: all(" 12" in client.said(one) for one in ("slack", "discord")))
        before = {post["id"] for one in ("slack", "discord") for post in client.posts(one, bot=True)}
        pid = client.state["pid"]
        assert 204 == await client.do("trouble", kind="kill")
        await client.until(lambda: client.state["pid"] is None)
        await client.until(lambda: client.state["pid"] not in (None, pid), 60)
        for platform in ("slack", "discord"):
            await client.until(lambda: client.said(platform) == NUMBERS, 60)
        assert before == {post["id"] for one in ("slack", "discord") for post in client.posts(one, bot=True)}
        assert (0, 0, 2) == tuple(client.state[name] for name in ("lost", "twice", "takeovers"))
        assert 404 == await client.do("posts", platform="slack", channel="elsewhere", person="Mina", text="a")
        assert 404 == await client.do("presses", platform="slack", post="1.2", button="x", person="Mina")
        others = {"post": client.posts("discord", bot=True)[0]["id"], "button": "x", "person": "Jonas"}
        assert 404 == await client.do("presses", platform="discord", **others)
        for file in ({"name": "a", "data": "?"}, {"name": "a", "data": "", "type": "a\r\nb"}):
            assert 400 == await client.do("posts", platform="slack", files=[file], **said)
        client.http.headers.pop("Cookie")
        assert 401 == await client.do("trouble", kind="kill")
