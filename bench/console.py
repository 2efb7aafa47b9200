"""The page beside the chats: what it costs who talks there, its memory, its size, and when it is seen."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import aiohttp

from bench.api import ROUNDS, asked, listens
from bench.boot import QUIET
from bench.client import made_key
from bench.process import ROOT
from bench.product import Product
from bench.speech import Speech
from bench.table import Row, milliseconds, quantile
from bench.trace import Trace
from bench.world import World, until
from standins.local import free_port

CONSOLES, ASKED, PAINTS = 3, 15, 7
"""Pages that are open, questions of a chat in each round, and times the page is opened."""
LOOK = 1.0
"""Seconds between two looks of an open page at its lists: it makes them only when it has missed something."""
LISTS = ("overview", "usage", "runs", "threads", "questions", "tools")
COOKIE = "__Host-spool"
PAGE = ROOT / "bots/web/console"
LATER = re.compile(r'import\("(\./screens/[^"]+)"\)')
AT_ONCE = re.compile(r'(?:from|new URL\() ?"([^"]+)"')
"""What a module asks for; vendored ones by a name without a path."""


async def measure() -> list[Row]:
    """All of it, and the idle memory of a product that serves the API alone."""
    async with World(Speech(tokens=100)) as world:
        async with _product(world, "api,health") as (product, _):
            without = product.resident()
        async with _product(world, "api,health,console") as (product, address):
            idle = product.resident()
            key = await made_key(product.directory, "--console", "--admin", "--read-chats")
            rows = [*await _chat(world, address, key), *await _paint(address, key)]
            after = product.resident()
    return [
        Row("console: memory when idle, on less off", (idle - without,), "MB", 12.0),
        Row("console: the same after the chats", (after - without,), "MB"),
        *rows,
        Row(
            "console: the first load of the heaviest screen, compressed", (max(_first_loads()),), "kB", 150.0
        ),
        Row("console: all screens, compressed", (sum(map(_size, _files(PAGE.rglob("*.*")))) / 1000,), "kB"),
    ]


@contextlib.asynccontextmanager
async def _product(world: World, serve: str) -> AsyncIterator[tuple[Product, str]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        port = free_port()
        settings = {**world.settings(), "HTTP": f"127.0.0.1:{port}", "HTTP_SERVE": serve}
        async with Product(settings, Path(name)) as product:
            await until(world.connected)
            await until(lambda: listens(port))
            await asyncio.sleep(QUIET)
            yield product, f"http://127.0.0.1:{port}"


async def _chat(world: World, address: str, key: str) -> list[Row]:
    """A chat alone, and while pages are open, in turns."""
    world.place("slack").join(1)
    alone: list[Trace] = []
    beside: list[Trace] = []
    await asked(world, "warm up", 3)
    for number in range(ROUNDS):
        alone += await asked(world, f"alone {number}", ASKED)
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(CONSOLES):
                await stack.enter_async_context(_console(address, key))
            beside += await asked(world, f"beside {number}", ASKED)
        await asyncio.sleep(QUIET)
    medians = [quantile([one.to_model for one in traces], 0.5) for traces in (beside, alone)]
    return [
        milliseconds("console: event to model of a chat, no page open", (one.to_model for one in alone)),
        milliseconds(f"console: the same beside {CONSOLES} pages", (one.to_model for one in beside)),
        Row("console: beside pages ÷ alone", (medians[0] / medians[1],), "×", 1.2),
    ]


@contextlib.asynccontextmanager
async def _console(address: str, key: str) -> AsyncIterator[None]:
    """A page that hears what changes and looks at its lists, and at the newest run, all the time."""
    async with aiohttp.ClientSession(address, cookie_jar=aiohttp.DummyCookieJar()) as session:
        headers = {"Origin": address}
        async with session.post("/console/login", json={"key": key}, headers=headers) as answer:
            headers = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE].value}"}
        tasks = [asyncio.create_task(work(session, headers)) for work in (_hear, _look)]
        try:
            yield
        finally:
            for task in tasks:
                assert not task.done(), task.exception()
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _hear(session: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    async with session.get("/console/api/events", headers=headers, timeout=aiohttp.ClientTimeout()) as events:
        assert events.status == 200
        async for _ in events.content:
            pass


async def _look(session: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    while True:
        for name in LISTS:
            told = await _got(session, f"/console/api/{name}", headers)
            if name == "runs" and told["data"]:
                await _got(session, f"/console/api/runs/{told['data'][0]['id']}", headers)
        await asyncio.sleep(LOOK)


async def _got(session: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> Any:
    async with session.get(path, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def _paint(address: str, key: str) -> list[Row]:
    """Until something is seen, by the browser's own account, each time with nothing kept."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        found = ""
    if not found:
        print("first paint: left out, no browser (scripts/browser)", file=sys.stderr)  # noqa: T201
        return []
    times = []
    async with async_playwright() as started:
        browser = await started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for _ in range(PAINTS + 1):
            context = await browser.new_context()
            page = await context.new_page()
            await page.goto(f"{address}/#key={key}")
            await page.get_by_role("navigation").wait_for()
            script = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            times.append(float(await page.evaluate(script)) / 1000)
            await context.close()
        await browser.close()
    return [milliseconds("console: first paint", times[1:], 300.0)]  # the first one starts the browser


def _first_loads() -> tuple[float, ...]:
    """Of each screen: the shell, the longer dictionary, and what one module after the other asks for."""
    app = PAGE / "app.js"
    always = {PAGE / "index.html", PAGE / "vendor/inter.woff2", max(_files(PAGE.glob("i18n/*")), key=_size)}
    always |= set(PAGE.glob("css/*.css")) | _asked_for(app)
    screens = [app.parent / one for one in LATER.findall(app.read_text("utf-8"))]
    return tuple(sum(map(_size, always | _asked_for(one))) / 1000 for one in screens)


def _asked_for(module: Path) -> set[Path]:
    found, open_ends = {module}, [module]
    while open_ends:
        one = open_ends.pop()
        names = AT_ONCE.findall(one.read_text("utf-8")) if "vendor" not in one.parts else []
        paths = [(one.parent / name).resolve() for name in names]
        paths += [PAGE / "vendor" / f"{name.rpartition('/')[2]}.js" for name in names if "." not in name]
        new = set(_files(paths)) - found
        found |= new
        open_ends += new
    return found


def _files(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.is_file()]


def _size(path: Path) -> int:
    """Bytes of a file that a browser may load, as it is sent."""
    return min(len(gzip.compress(content := path.read_bytes())), len(content))
