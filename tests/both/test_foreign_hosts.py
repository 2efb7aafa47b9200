"""Files that are not at the chat network itself: nobody there ever hears of us."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from standins.discord import DiscordStandin
from standins.slack import SlackStandin, Upload
from tests.conftest import Product
from tests.discord.conversation import ANN
from tests.spy import Spy, spying

RECORDED = Path(__file__).parents[1] / "events" / "discord" / "attachment_only.json"
EPOCH = 1420070400
"""Of snowflakes, in Unix seconds."""


def forged(url: str) -> dict[str, Any]:
    """A file of a Slack event that claims to be hosted, with its bytes elsewhere."""
    return {
        "id": "F0FORGED1",
        "name": "cat.png",
        "mimetype": "image/png",
        "size": 6,
        "mode": "hosted",
        "url_private": url,
        "url_private_download": url,
    }


async def refused(slack: SlackStandin, spool: Product, file: Any) -> str:
    """What is answered to a message with that file."""
    async with spool():
        ts = await slack.mention("U1", "C1", "look", files=[file])
        await slack.until(lambda: any("📎" in post.text for post in slack.posts("C1", ts)))
    return slack.posts("C1", ts)[0].text


async def test_a_link_on_slack(slack, spool):
    """A document of another service is only a link."""
    async with spying() as spy:
        file = Upload("plan", mode="external", url=f"{spy.url}/document")
        assert "only a link to another service" in await refused(slack, spool, file)
        assert [] == spy.heard


@pytest.mark.parametrize("path", ["/files-pri/T1-F1/cat.png", "/@files.slack.com/cat.png"])
async def test_a_forged_address_on_slack(slack, spool, path):
    """The host decides, not what a payload says; the token goes nowhere else."""
    async with spying() as spy:
        assert "`cat.png`" in await refused(slack, spool, forged(spy.url + path))
        assert [] == spy.heard


async def test_a_redirect_on_slack(slack, spool):
    """Is not followed."""
    async with spying() as spy:
        slack.redirect_files(f"{spy.url}/catch")
        assert "`cat.png`" in await refused(slack, spool, ("cat.png", b"secret"))
        assert [] == spy.heard


async def forge(discord: DiscordStandin, spy: Spy) -> None:
    """A direct message on Discord whose attachment is elsewhere."""
    (event,) = json.loads(RECORDED.read_text("utf-8"))["events"]
    data = json.loads(json.dumps(event["d"]).replace('"DM"', f'"{discord.dm(ANN)}"'))
    data["attachments"][0] |= {"url": f"{spy.url}/cat.png", "proxy_url": f"{spy.url}/cat.png"}
    data["id"] = str(int((time.time() - EPOCH) * 1000) << 22)
    await discord.replay(event["t"], data)


async def test_a_forged_address_on_discord(discord, spool):
    """Only Discord's own hosts are asked."""
    async with spying() as spy, spool():
        await forge(discord, spy)
        await discord.until(lambda: any("📎" in post.content for post in discord.posts(discord.dm(ANN))))
        assert [] == spy.heard

    (post,) = discord.posts(discord.dm(ANN))
    assert "`cat.png`" in post.content
