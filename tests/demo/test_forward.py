"""bots.demo.server and forward: what is the bot's goes through unchanged, and is sent to it once."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bots.demo.forward import Forwarder
from bots.demo.server import served
from core.api.console.sessions import Sessions
from core.settings import Settings
from core.store.database import FILE, Database
from standins.local import Changes, Server


class Bot:
    """The bot's server. It notes what it is sent; where it is `deaf` it hangs up instead of answering."""

    def __init__(self) -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/{of:v1|console/api}/stream", self._stream)
        app.router.add_route("*", "/{path:.*}", self._echo)
        self.server, self.url = Server(app, auto_decompress=False), ""
        self.asked: list[str] = []
        self.deaf, self.go_on = False, asyncio.Event()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        await self._changed.wait()

    async def up(self) -> None:
        await self.server.listen()
        self.url = f"http://127.0.0.1:{self.server.port}"
        self._changed.set()

    async def down(self) -> None:
        self.url = ""
        self._changed.clear()
        await self.server.refuse()

    async def _echo(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append(f"{request.method} {request.path_qs}")
        if self.deaf:
            assert request.transport
            request.transport.abort()
        answer = web.json_response(
            {
                "raw": request.raw_path,
                "headers": list(request.headers.items()),
                "body": sha256(body).hexdigest(),
            }
        )
        answer.headers.extend([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("x-request-id", "req_bot")])
        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b"data: 1\n\n")
        await self.go_on.wait()
        await answer.write(b"data: 2\n\n")
        return answer


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    made = Bot()
    await made.server.start()
    await made.up()
    yield made
    made.go_on.set()
    await made.server.stop()


@pytest.fixture
async def url(bot: Bot, tmp_path: Path) -> AsyncIterator[str]:
    settings = Settings(http="127.0.0.1:0", data_dir=tmp_path)
    with contextlib.closing(Database(tmp_path / FILE)) as db:
        sessions = Sessions(db, None)
        async with Forwarder(bot, patience=1.0) as to, served(settings, sessions, (), to) as url:
            yield url


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session:
        yield session


async def test_a_request_is_handed_on_as_it_is(bot: Bot, url: str, client: aiohttp.ClientSession):
    """Host, Origin, cookie and key, the path as it was written, a large body byte by byte."""
    sent = {
        **{"Host": "localhost:1", "Origin": "http://localhost:1", "Sec-Fetch-Site": "same-origin"},
        **{"Cookie": "__Host-spool=x", "Authorization": "Bearer y", "Content-Encoding": "gzip"},
    }
    body = b"not gzip at all" * 500_000
    where = URL(f"{url}/v1/files?a=%2F&b=+", encoded=True)
    async with client.post(where, data=io.BytesIO(body), headers=sent) as answer:
        told: dict[str, Any] = await answer.json()

    headers = dict(told["headers"])
    assert sent == {name: headers[name] for name in sent}
    assert ("/v1/files?a=%2F&b=+", sha256(body).hexdigest()) == (told["raw"], told["body"])
    assert ["a=1", "b=2"] == answer.headers.getall("Set-Cookie")
    assert "req_bot" == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/console/api/session", "/console/login", "/livez", "/v1/openapi"])
async def test_what_is_the_bots(bot: Bot, url: str, client: aiohttp.ClientSession, path: str):
    async with client.delete(url + path, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        assert 200 == answer.status
    assert [f"DELETE {path}"] == bot.asked


async def test_the_page_is_there_without_a_bot(bot: Bot, url: str, client: aiohttp.ClientSession):
    """Under its policy, and for hosts of this machine alone."""
    await bot.down()
    async with client.get(f"{url}/runs") as answer:
        assert 200 == answer.status
        assert "require-trusted-types-for 'script'" in answer.headers["Content-Security-Policy"]
    async with client.get(f"{url}/v1/models", headers={"Host": "evil.example"}) as answer:
        assert 403 == answer.status
    assert [] == bot.asked


async def test_a_stream_comes_as_it_is_sent_and_breaks_off_with_the_bot(
    bot: Bot, url: str, client: aiohttp.ClientSession
):
    async with client.get(f"{url}/v1/stream") as answer:
        assert b"data: 1\n\n" == await answer.content.readany()
        bot.go_on.set()
        assert b"data: 2\n\n" == await answer.content.read()
    bot.go_on.clear()
    async with client.get(f"{url}/v1/stream") as answer:
        await answer.content.readany()
        await bot.down()
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.content.read()


async def test_events_of_the_page_just_end(bot: Bot, url: str, client: aiohttp.ClientSession):
    """The browser comes back by itself; what breaks off it would complain of."""
    async with client.get(f"{url}/console/api/stream") as answer:
        assert b"data: 1\n\n" == await answer.content.readany()
        await bot.down()
        assert b"" == await answer.content.read()


async def test_a_request_waits_for_a_bot(bot: Bot, url: str, client: aiohttp.ClientSession):
    """Of either kind: nothing of it was sent. It does not wait for ever."""
    await bot.down()
    asking = [asyncio.create_task(client.request(method, f"{url}/v1/x")) for method in ("GET", "POST")]
    await asyncio.sleep(0.2)
    await bot.up()
    assert [200, 200] == [(await one).status for one in asking]

    await bot.down()
    async with client.post(f"{url}/v1/x") as answer:
        assert (503, "bot_starting") == (answer.status, (await answer.json())["error"]["code"])


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_what_changes_something_is_sent_once(
    bot: Bot, url: str, client: aiohttp.ClientSession, method: str
):
    """Where the bot died with it, the client is told to look; one that only asks is asked again."""
    bot.deaf = True
    async with client.request(method, f"{url}/v1/x") as answer:
        told = (await answer.json())["error"]
    assert (502, "bot_ended", "false") == (answer.status, told["code"], answer.headers["x-should-retry"])
    assert [f"{method} /v1/x"] == bot.asked

    asking = asyncio.create_task(client.get(f"{url}/v1/y"))
    await Changes(glance=0.01).until(lambda: "GET /v1/y" in bot.asked, 5)
    bot.deaf = False
    assert 200 == (await asking).status
    assert bot.asked.count("GET /v1/y") > 1
