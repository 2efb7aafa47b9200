"""The API beside the chats: what it answers at once, what its streams cost, and what it costs the chats."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from bench.boot import QUIET
from bench.client import Client, Heard, made_key
from bench.product import Product
from bench.speech import SLOWLY, Speech
from bench.table import Row, milliseconds, quantile
from bench.trace import Trace, answered, say
from bench.world import World, until
from standins.local import free_port

POSTS, SINGLE, STREAMS, OPEN = 30, 10, 100, 50
"""Runs posted, streams one after the other, streams at once, runs open while a chat is measured."""
ROUNDS, ASKED = 3, 12
"""Interleaved rounds with and without open runs, and questions of a chat in each."""
OPENED = 3.0
"""Seconds after which all of them wait for the model."""
GETS, CONNECTIONS = 3.0, 8
"""Seconds of GETs, over so many connections."""
READS = 1500.0
"""GETs of a thread for each second of processor time, at least."""
IDLE, STREAM = 8.0, 1.0
"""MB at most: the API when nobody uses it, and an open stream."""


async def measure() -> list[Row]:
    """All of it, in one product with both chat networks, and the idle memory of one without the API."""
    async with World(Speech(tokens=100)) as world:
        without = await _idle(world)
        async with _product(world) as (product, client):
            await asyncio.sleep(QUIET)
            with_api = product.resident()
            rows = await _posts(client)
            rows += await _single(world, client)
            rows += await _many(world, product, client)
            rows += await _gets(product, client)
            rows += await _chat(world, client)
    return [Row("api: memory when idle, on less off", (with_api - without,), "MB", IDLE), *rows]


async def _idle(world: World) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with Product(world.settings(), Path(directory)) as product:
            await until(world.connected)
            await asyncio.sleep(QUIET)
            return product.resident()


@contextlib.asynccontextmanager
async def _product(world: World) -> AsyncIterator[tuple[Product, Client]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory, port = Path(name), free_port()
        settings = {**world.settings(), "HTTP": f"127.0.0.1:{port}"}
        async with Product(settings, directory) as product:
            await until(world.connected)
            await until(lambda: listens(port))
            key = await made_key(directory)
            async with Client(f"http://127.0.0.1:{port}", key) as client:
                yield product, client


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


async def _posts(client: Client) -> list[Row]:
    """A run is answered once it is on disk; a message is one commit, too."""
    runs, commits = [], []
    for number in range(POSTS):
        began = asyncio.get_running_loop().time()
        thread = await client.asked(f"Post {number}")
        commits.append(asyncio.get_running_loop().time() - began)
        runs.append(await client.post_run(thread))
    await asyncio.sleep(5.0)  # their answers are no part of what comes next
    return [
        milliseconds("api: POST thread with a message", commits),
        milliseconds("api: POST run, answered", runs, 20.0),
    ]


def _behind(world: World, heard: Sequence[Heard]) -> list[float]:
    """Seconds from the model's first token to the first delta."""
    return [one.first - world.model.asked[one.text].first_token for one in heard]


async def _single(world: World, client: Client) -> list[Row]:
    heard = [await client.stream(f"Single {number}") for number in range(SINGLE)]
    await until(lambda: all(one.text in world.model.asked for one in heard))
    return [milliseconds("api: first token to first delta, alone", _behind(world, heard), 20.0)]


async def _many(world: World, product: Product, client: Client) -> list[Row]:
    """Many streams at once, and one more that nobody reads."""
    before, most = product.resident(), 0.0
    unread = await _unread(client)
    streams = [asyncio.create_task(client.stream(f"Many {number}")) for number in range(STREAMS)]
    while not all(stream.done() for stream in streams):
        most = max(most, product.resident())
        await asyncio.sleep(0.1)
    heard = [stream.result() for stream in streams]
    unread.close()
    await until(lambda: all(one.text in world.model.asked for one in heard))
    name = f"api: {STREAMS} streams at once"
    return [
        Row(f"{name}, memory of each", ((most - before) / STREAMS,), "MB", STREAM),
        milliseconds(f"{name}, first token to first delta", _behind(world, heard)),
    ]


async def _unread(client: Client) -> asyncio.StreamWriter:
    """A stream whose reader never reads."""
    thread = await client.asked("Nobody reads this")
    host, _, port = client.address.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1)
    body = f'{{"assistant_id": "{client.assistant}", "stream": true}}'
    head = (
        f"POST /v1/threads/{thread}/runs HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {client.key}\r\n"
    )
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write((head + kind + body).encode())
    return writer


async def _gets(product: Product, client: Client) -> list[Row]:
    thread = await client.asked("Read me")
    before = product.cpu()
    count = await client.gets(f"/threads/{thread}", GETS, CONNECTIONS)
    each = (product.cpu() - before) / count * 1000
    return [Row("api: CPU of a GET of a thread", (each,), "ms", 1000 / READS)]


async def _chat(world: World, client: Client) -> list[Row]:
    """A chat alone, and beside open runs of the API, in turns."""
    place = world.place("slack")
    place.join(1)
    alone: list[Trace] = []
    beside: list[Trace] = []
    await asked(world, "warm up", 2)
    for number in range(ROUNDS):
        alone += await asked(world, f"alone {number}", ASKED)
        threads = [await client.asked(f"{SLOWLY} {number}-{one}") for one in range(OPEN)]
        await asyncio.gather(*(client.post_run(thread) for thread in threads))
        await asyncio.sleep(OPENED)
        beside += await asked(world, f"beside {number}", ASKED)
        await asyncio.sleep(15.0)  # the open ones end
    medians = [quantile([one.to_model for one in traces], 0.5) for traces in (beside, alone)]
    return [
        milliseconds("api: event to model of a chat, nothing open", (one.to_model for one in alone)),
        milliseconds(f"api: the same beside {OPEN} open runs", (one.to_model for one in beside)),
        Row("api: beside open runs ÷ alone", (medians[0] / medians[1],), "×", 1.2),
    ]


async def asked(world: World, label: str, count: int) -> list[Trace]:
    """So many questions in Slack, one after the other."""
    place = world.place("slack")
    found: list[Trace] = []
    for number in range(count):
        found += await answered(world, place, await say(place, [0], f"{label} {number}"))
    return found
