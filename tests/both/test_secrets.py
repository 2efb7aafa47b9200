"""No secret is told to anybody, at DEBUG, whatever goes wrong: a process of its own, a whole scenario."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from core.settings import Settings
from standins.script.script import Call, Fault, outputs
from tests.both.networks import DiscordChat, SlackChat
from tests.commands import started

KEY = "sk-canary-0123456789abcdef"
LEAK = """
    import os

    @tool
    def leak(how: str) -> object:
        "Tell all that the process has."
        found = " ".join(os.environ.values())
        if how == "file":
            return FileResult("all.txt", found)
        if how == "error":
            raise RuntimeError(found)
        return found
"""


def stored(folder: Path) -> bytes:
    """Every byte of every file there."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.promise("K1", "O9", "K5")
async def test_no_secret_is_told_whatever_happens(slack, discord, openai, script, office, tmp_path):
    """Tools give them away, servers repeat them, sockets with tickets in their addresses break."""
    office.tool("leak", LEAK)
    secrets = {"OPENAI_API_KEY": KEY, "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    secrets["DISCORD_BOT_TOKEN"] = discord.token
    urls = {"OPENAI_BASE_URL": openai.base_url, "SLACK_API_URL": slack.api_url, "LOG_LEVEL": "DEBUG"}
    urls |= {"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url}
    with (tmp_path / "log").open("wb") as log:
        how = {"cwd": tmp_path, "environ": secrets | urls, "stdout": log, "stderr": log}
        process = await started("run", "slack", "discord", **how)
        for chat in (SlackChat(slack, office), DiscordChat(discord, office)):
            await chat.until(lambda: slack.sockets.open and discord.connected)
            for way in ("text", "error", "file"):
                script.enqueue(Call("leak", {"how": way}, id="a"))
                script.enqueue(lambda items: f"It says {outputs(items)['a']}.")
                assert "It says" in (await chat.talk(way)).text
            script.enqueue(Fault("refuse", code=f"bad {KEY}", status=400))
            await chat.talk("refused")
            slack.sockets.cut()
            await discord.cut()
        slack.fail("chat.postMessage", error=f"invalid_auth {slack.bot_token}", times=9)
        await slack.mention("U0ANN", "C0123ABC", "once more")
        await asyncio.sleep(1)
        process.terminate()
        assert await process.wait() == 0

    posted = [post.text for channel in slack.workspace.channels for post in slack.posts(channel)]
    files = [file.content for post in slack.posts("C0123ABC") for file in post.files]
    told = json.dumps([posted, [call.body for call in discord.calls], [one.body for one in openai.requests]])
    everything = {"log": (tmp_path / "log").read_bytes(), "data": stored(office.data), "told": told.encode()}
    everything["files"] = b"".join(files)
    everything["repr"] = repr(Settings(openai_api_key=KEY, slack_bot_token=slack.bot_token)).encode()
    assert b"***" in everything["files"]
    found = [
        (where, name)
        for where, text in everything.items()
        for name, one in secrets.items()
        if one.encode() in text
    ]
    assert [] == found
