"""Behind a proxy, which is the only way out: everything goes through it, sockets and files included.

Our servers are on this machine, for which no proxy is asked: so the product is given another name for it,
which only the proxy knows, and which the proxy puts in place of every address that passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from tests import samples
from tests.both.chats import Sent
from tests.both.requests import making

HERE, AWAY = b"127.0.0.1", b"chat.test"
PACKED = b"&compress=zlib-stream"
REQUEST = re.compile(rb"[A-Z]+ (\w+://\S+) HTTP/1.1\r\n")


class Proxy:
    """A plain HTTP proxy; `seen` are the addresses it was asked for. Frames of sockets stay readable."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one connection as it comes: our servers understand a whole address in the first line."""
        if first := await reader.read(65536):
            url = URL(REQUEST.findall(first)[0].decode())
            assert url.host == AWAY.decode()
            there, onward = await asyncio.open_connection(HERE.decode(), url.port)
            await asyncio.gather(
                self._pass_on(reader, onward, PACKED, b"", first), self._pass_on(there, writer, HERE, AWAY)
            )

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        old: bytes,
        new: bytes,
        data: bytes = b"",
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := data or await reader.read(65536):
                self.seen += [url.decode() for url in REQUEST.findall(data)]
                writer.write(data.replace(old, new))
                await writer.drain()
                data = b""
        writer.close()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    made = Proxy()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    yield made
    server.close()


PLACES = {
    "slack": ("/api/apps.connections.open", "ws://", "/files-pri/", "/upload/", "/responses"),
    "discord": ("/users/@me", "ws://", "/attachments/", "/messages", "/responses"),
}


async def test_a_file_in_and_a_file_out(chat, spool, script, office, openai, proxy):
    await office.hire({"type": "code_interpreter"})
    script.enqueue(*making(small=b"small"))
    urls = {f"{chat.name}_api_url": chat.standin.api_url, "openai_base_url": openai.base_url}
    if chat.name == "discord":
        urls["discord_gateway_url"] = chat.standin.gateway_url
    async with spool(**{name: url.replace(HERE.decode(), AWAY.decode()) for name, url in urls.items()}):
        answer = await chat.talk("what is this?", Sent("a.png", samples.png()))

    assert [("small.bin", b"small")] == answer.files
    assert [] == [place for place in PLACES[chat.name] if not any(place in url for url in proxy.seen)]


async def test_what_is_on_this_machine_needs_no_proxy(chat, spool, monkeypatch):
    """The demo, or a model server beside the bot, while the environment names a proxy for the rest."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")
    async with spool():
        assert "echo: hello" == (await chat.talk("hello")).text
