"""Behind a proxy, which is the only way out: everything goes through it, sockets and files included."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from standins.script.script import Scenario
from tests import samples
from tests.both.chats import Chat, Sent, answered, files
from tests.both.office import Office
from tests.both.test_files_out import making
from tests.conftest import Product

REQUEST = re.compile(rb"[A-Z]+ (\w+://\S+) HTTP/1.1\r\n")


class Proxy:
    """A plain HTTP proxy; `seen` are the addresses it was asked for."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on one connection as it comes: our servers understand a whole address in the first line."""
        if first := await reader.read(65536):
            url = URL(REQUEST.findall(first)[0].decode())
            there, onward = await asyncio.open_connection(url.host, url.port)
            await asyncio.gather(self._pass_on(reader, onward, first), self._pass_on(there, writer))

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes = b""
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := data or await reader.read(65536):
                self.seen += [url.decode() for url in REQUEST.findall(data)]
                writer.write(data)
                await writer.drain()
                data = b""
        writer.close()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """A proxy that the environment names."""
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


async def test_a_file_in_and_a_file_out(
    chat: Chat, spool: Product, script: Scenario, office: Office, proxy: Proxy
) -> None:
    """The API, the socket, both files and the model."""
    await office.hire({"type": "code_interpreter"})
    making(script, small=b"small")
    async with spool():
        asked = await chat.ask("what is this?", Sent("a.png", samples.png()))
        await answered(chat, asked, files=1)
        await office.over()

    assert [("small.bin", b"small")] == files(chat, asked)
    assert [] == [place for place in PLACES[chat.name] if not any(place in url for url in proxy.seen)]
