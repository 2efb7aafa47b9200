"""However many connections there are, who asks for something gets in."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web

from bots.web.frame.door import Door
from standins.local import free_port
from tests.core.fakes import TIMEOUT


async def test_connections_that_say_nothing_make_room_and_requests_do_not():
    app, goes_on, port = web.Application(), asyncio.Event(), free_port()

    async def held(request: web.Request) -> web.Response:
        await asyncio.wait_for(goes_on.wait(), TIMEOUT)
        return web.Response()

    app.router.add_get("/held", held)
    runner = Door(app, 3)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    silent = []
    for _ in range(6):
        silent.append(await asyncio.open_connection("127.0.0.1", port))
        silent[-1][1].write(b"GET /held HTTP/1.1\r\nHost:")
        await asyncio.sleep(0.02)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session, asyncio.timeout(TIMEOUT):
        asked = []
        for _ in range(3):
            asked.append(asyncio.create_task(session.get("/held")))
            await asyncio.sleep(0.02)
        for reader, writer in silent:
            assert b"" == await reader.read()
            writer.close()
        full = await session.get("/held")
        goes_on.set()
        assert [200] * 3 == [one.status for one in await asyncio.gather(*asked)]
    await runner.cleanup()

    assert (503, "1") == (full.status, full.headers["Retry-After"])
