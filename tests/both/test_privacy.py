"""`/privacy` through the whole product: what is kept, all of it as a file, and its end, for oneself alone."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from pathlib import Path

import pytest

from bots.replies.privacy import WORDS
from tests.conftest import Product
from tests.discord.people import ANN, BOB, GUILD, ROOM

EN = WORDS["en"]


def _canary(folder: Path) -> bool:
    return any(b"canary" in path.read_bytes() for path in (folder / "data").glob("spool.sqlite3*"))


def _gone(folder: Path) -> set[str]:
    """Which workspaces have let the bot go, as it is on disk."""
    with contextlib.closing(sqlite3.connect(folder / "data/spool.sqlite3")) as db:
        return {whose for (whose,) in db.execute("SELECT whose FROM erasures WHERE whose LIKE '%/%'")}


async def test_on_slack(product: Product, slack, script, tmp_path):
    """The file comes by a direct message; a button that says another person's name erases nothing."""
    assert EN.keys() == WORDS["ko"].keys()
    async with product(language="en"):
        await slack.mention("U1", "C1", "my canary")
        await slack.until(lambda: slack.posts("C1"))
        await slack.slash("U1", "C1", "/privacy")
        kept = slack.ephemerals[-1]
        assert "your messages (1), their conversations (1)" in kept.text
        await slack.press_private("U1", kept, "privacy:export")
        await slack.until(lambda: slack.ephemerals[-1].text == EN["sent"] and slack.posts("DU1"))
        (file,) = slack.posts("DU1")[-1].files
        assert "my canary" == json.loads(file.content)["messages"][0]["body"]["text"]
        await slack.press_private("U1", kept, "privacy:erase")
        await slack.until(lambda: slack.ephemerals[-1].text == EN["sure"])
        sure, post = slack.ephemerals[-1], slack.posts("C1")[0].ts
        for value in (f"sure:U1:{int(time.time()) + 99}", "sure:U2:1", "sure:U2", "x"):
            forged = {"type": "button", "action_id": "privacy:sure", "block_id": "b", "value": value}
            reply = await slack.press("U2", "C1", post, forged)
            await slack.until(lambda reply=reply: reply.texts == [EN["over"]])
        assert _canary(tmp_path)
        await slack.press_private("U1", sure, "privacy:sure")
        await slack.until(lambda: slack.ephemerals[-1].text == EN["erasing"] and not _canary(tmp_path))


async def test_on_discord(product: Product, discord, script, tmp_path):
    """The file stands in the answer, which nobody else sees, nor presses a button of."""
    async with product(language="en", retention_days=30):
        await discord.say(ANN, ROOM, "my canary", mention_bot=True)
        await discord.until(lambda: discord.posts(ROOM))
        assert "30 days" in (await discord.slash(ANN, ROOM, "privacy")).text
        shown = discord.seen(ANN)[-1]
        assert 5 == (await discord.press(ANN, ROOM, shown.id, "spool:privacy:export")).kind  # in time
        (file,) = discord.seen(ANN)[-1].attachments
        assert "my canary" == json.loads(file.content)["messages"][0]["body"]["text"]
        await discord.press(ANN, ROOM, shown.id, "spool:privacy:erase")
        sure = discord.seen(ANN)[-1]
        (button,) = sure.components[0]["components"]
        with pytest.raises(LookupError):
            await discord.press(BOB, ROOM, sure.id, button["custom_id"])
        assert _canary(tmp_path)
        assert EN["erasing"] == (await discord.press(ANN, ROOM, sure.id, button["custom_id"])).text
        await discord.until(lambda: not _canary(tmp_path))


@pytest.mark.promise("P3")
async def test_who_lets_the_bot_go_and_takes_it_in_again(product: Product, slack, discord, tmp_path):
    """Both networks tell; what is due to go after the grace stays when the bot is back."""
    async with product(tenant_grace_days=1):
        await slack.deliver({"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["U9"]}})
        await slack.deliver({"type": "app_uninstalled"})
        discord.remove_bot(GUILD)
        await slack.until(lambda: _gone(tmp_path) == {f"slack/{slack.team}", f"discord/{GUILD}"})
        discord.add_guild(GUILD)
        await discord.until(lambda: _gone(tmp_path) == {f"slack/{slack.team}"})
    async with product(tenant_grace_days=1):
        await slack.until(lambda: not _gone(tmp_path))
        await discord.say(ANN, ROOM, "Hello", mention_bot=True)
        await discord.until(lambda: discord.posts(ROOM))
    discord.remove_bot(GUILD)
    discord.expire_sessions()
    async with product(tenant_grace_days=1):  # nobody tells it of that any more
        await slack.until(lambda: _gone(tmp_path) == {f"discord/{GUILD}"})
