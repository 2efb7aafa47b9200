"""A browser with the page open, as far as the server can tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp

from bots.web.route import COOKIE
from tests.web.clients import Api

SERVED = ("api", "health", "console")


class Browser:
    """One that keeps the cookie as browsers do on loopback, and says where its requests come from."""

    def __init__(self, api: Api, session: aiohttp.ClientSession) -> None:
        self.origin = api.url.removesuffix("/v1")
        self.session, self.cookie = session, ""
        self.headers: dict[str, str] = {"Sec-Fetch-Site": "same-origin"}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {**self.headers, **({"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}), **headers}
        if method != "GET":
            sent = {"Origin": self.origin, "Content-Type": "application/json", **sent}
        sent = {name: value for name, value in sent.items() if value}
        data = None if body is None else json.dumps(body)
        async with self.session.request(method, self.origin + path, data=data, headers=sent) as answer:
            self.last = answer
            if cookie := answer.headers.get("Set-Cookie"):
                self.cookie = SimpleCookie(cookie)[COOKIE].value
            text = await answer.text()
            told = json.loads(text) if text and answer.content_type == "application/json" else text
            return answer.status, told

    async def get(self, path: str, **headers: str) -> Any:
        status, told = await self.ask("GET", path, **headers)
        assert 200 == status, told
        return told

    async def until(self, path: str, wanted: Callable[[Any], Any]) -> Any:
        async with asyncio.timeout(15):
            while True:
                if wanted(told := await self.get(path)):
                    return told
                await asyncio.sleep(0.02)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        status, told = await self.ask("POST", path, body or {}, **headers)
        assert status in (200, 204), told
        return told

    async def events(self, last: str = "") -> AsyncGenerator[tuple[str, str, Any]]:
        headers = {
            **self.headers,
            "Cookie": f"{COOKIE}={self.cookie}",
            **({"Last-Event-ID": last} if last else {}),
        }
        url = f"{self.origin}/console/api/events"
        async with asyncio.timeout(20), self.session.get(url, headers=headers) as answer:
            assert 200 == answer.status
            told: dict[str, str] = {}
            async for line in answer.content:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    told[name] = value
                elif "event" in told:
                    yield told.get("id", ""), told["event"], json.loads(told["data"])
                    told = {}
                else:
                    told = {}


@asynccontextmanager
async def stranger(api: Api) -> AsyncIterator[Browser]:
    """One whose person is not logged in."""
    many, jar = aiohttp.TCPConnector(limit=0), aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=many, cookie_jar=jar) as session:
        yield Browser(api, session)


@asynccontextmanager
async def browser(api: Api, **rights: bool) -> AsyncIterator[Browser]:
    """One whose person is logged in with a key that has these rights."""
    key = await api.key("-".join(["mina", *rights]), "default", console=True, **rights)
    async with stranger(api) as one:
        await one.post("/console/login", {"key": key})
        yield one
