"""The demo's two processes: either may be killed, and neither is left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bots.demo.demo import running
from bots.demo.stage import Stage, staged
from core.settings import Settings
from standins.local import Changes
from tests.commands import ended, started
from tests.demo.demos import LONG, piped, talking
from tests.web.browser import Browser
from tests.web.clients import Api

pytestmark = pytest.mark.slow
LOOK = Changes(glance=0.02)
ENDS = {signal.SIGTERM: 0, signal.SIGINT: 0, signal.SIGKILL: -9}


@asynccontextmanager
async def stage(**settings: object) -> AsyncIterator[Stage]:
    config = Settings(**settings)  # type: ignore[arg-type]
    async with running(config) as bot, staged(config, bot, "spool", seen=True) as stage:
        yield stage


async def test_kill_9_while_the_model_speaks(tmp_path: Path):
    """On both networks the same post is finished by the next process, and nothing stands there twice.

    Whoever is logged in on the page stays so, and is answered as soon as it is there.
    """
    async with stage(data_dir=tmp_path) as on, aiohttp.ClientSession() as session:
        bot, people = on.bot, on.people.values()
        url, key = re.findall(r"Console: (\S+)/#key=(\S+)", on.lines)[0]
        page = Browser(Api(f"{url}/v1", tmp_path), session)
        await page.post("/console/login", {"key": key})
        of_key = {"Authorization": f"Bearer {key}"}
        told = await (await session.get(f"{url}/v1/openapi.json", headers=of_key)).json()
        assert {"/v1/assistants", "/console/api/simulator/events"} <= told["paths"].keys()
        for person in people:
            await person.say("count to 80")
        await LOOK.until(lambda: all(one.seen() and "7 8" in one.seen()[-1].text for one in people), LONG)
        before, cut = bot.pid, [one.seen() for one in people]
        assert not any("80" in post.text for posts in cut for post in posts)

        bot.kill()

        assert (None, None, "") == (bot.pid, bot.places, bot.url)
        told = await page.get("/console/api/session")
        assert (True, ["Slack", "Discord"]) == (told["demo"], [one["name"] for one in told["connections"]])
        await LOOK.until(lambda: bot.places == () and bot.starts == 2, LONG)
        for person, posts in zip(people, cut, strict=True):
            (whole,) = person.seen()
            assert [posts[0].id] == [whole.id]
            assert " ".join(map(str, range(1, 81))) in whole.text
            assert 1 == whole.text.count("79")
        assert bot.pid != before


async def test_the_terminal_goes_on(tmp_path: Path):
    """With the answer that the kill cut off, which is printed to its end, and with the next one."""
    async with talking(tmp_path) as talk:
        await talk.say("count to 60", until="9 10")
        os.kill(children(talk.process.pid)[0], signal.SIGKILL)
        assert "58 59 60" in await talk.until("[slack] You: ")
        assert 'You said "hello".' in await talk.say("hello", until="[slack] You: ")


async def test_a_bot_that_cannot_come_up_again(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """It is tried less and less often, one line says why; once that is mended it is there again."""
    prices = tmp_path / "prices.json"
    prices.write_text("{}")
    async with stage(data_dir=tmp_path / "data", prices_file=str(prices)) as on:
        prices.write_text("this is no list")
        on.bot.kill()
        told = await LOOK.until(lambda: [one for one in caplog.records if one.levelno == logging.ERROR], LONG)
        assert "PRICES_FILE" in told[0].getMessage()
        assert on.bot.starts <= 4

        prices.write_text("{}")
        await LOOK.until(lambda: on.bot.pid, LONG)


def test_a_bot_that_never_was(tmp_path: Path):
    status, out, err = piped("hello", cwd=tmp_path, PRICES_FILE="nowhere.json")

    assert (2, "") == (status, out)
    assert err.startswith("error: PRICES_FILE=nowhere.json")
    assert len(err.splitlines()) == 1


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(("number", "status"), ENDS.items())
async def test_the_page_alone_until_it_is_told_to_stop(tmp_path: Path, number: int, status: int):
    """Two lines are printed; nothing is left behind, and the next demo begins at once."""
    demo = await started("demo", "--page", cwd=tmp_path)
    assert demo.stdout
    lines = [(await demo.stdout.readline()).decode() for _ in range(2)]
    url = r"http://127\.0\.0\.1:\d+"
    assert re.fullmatch(rf"Console: {url}/#key=\S+\n", lines[0])
    assert re.fullmatch(rf"OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY=\S+\n", lines[1])
    bots = children(demo.pid)
    assert bots

    os.kill(demo.pid, number)
    again = asyncio.to_thread(piped, cwd=tmp_path)
    left, out, err = await ended(demo)
    assert (status, "") == (left, out)
    assert not err or number == signal.SIGKILL  # then the bot may see first that the networks are gone
    assert (0, "") == (await again)[::2]
    await LOOK.until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in bots), LONG)
