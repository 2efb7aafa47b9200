"""What people do in the windows, and what they see: each post in every form it comes in."""

from __future__ import annotations

import asyncio
import base64

import pytest

from bots.demo.simulator.markup import of_discord, of_slack
from bots.demo.simulator.post import Part
from bots.demo.simulator.simulator import Simulator
from standins.script.picture import png
from standins.slack import SlackStandin
from tests.conftest import Votes
from tests.demo.simulator.conftest import Browser, looking

HERE = (("slack", "general"), ("slack", "@Spool"), ("discord", "@Spool"), ("discord", "general"))


@pytest.mark.parametrize("where", HERE, ids="-".join)
async def test_what_is_said_is_answered(simulator: Simulator, browser: Browser, where: tuple[str, str]):
    """A browser that opens later is told the same; a direct talk is one person's."""
    platform, channel = where
    await simulator.post(where, "Jonas", "@Spool count to 12", "", ())
    numbers = " ".join(map(str, range(1, 13)))
    await browser.until(lambda: browser.posts(platform, bot=True) and browser.said(platform) == numbers)
    asked = browser.posts(platform, bot=False)[0]
    answer = await browser.until(lambda: [one for one in browser.posts(platform, bot=True) if one["buttons"]])
    assert (asked["person"], asked["channel"], answer[0]["thread"]) == ("Jonas", channel, asked["id"])
    assert asked["only"] == ("Jonas" if channel == "@Spool" else "")
    async with looking(simulator.feed) as later:
        await later.until(lambda: later.told == browser.told)


async def test_a_post_grows_and_goes(simulator: Simulator, browser: Browser, slack: SlackStandin):
    await simulator.post(("slack", "general"), "Mina", "@Spool count to 40", "", ())
    post = await browser.until(lambda: browser.posts("slack", bot=True, growing=True))
    await browser.until(lambda: browser.said("slack").endswith(" 40"))
    assert post[0]["id"] == browser.posts("slack", bot=True)[0]["id"]
    asked = browser.posts("slack", bot=False)[0]
    await browser.until(lambda: browser.posts("slack", bot=True, growing=False))
    await slack.delete("U0YOU00001", "C0GENERAL1", asked["id"])
    await browser.until(lambda: "@Spool" not in str(browser.posts("slack", id=asked["id"])))


async def test_files_both_ways(simulator: Simulator, browser: Browser):
    sent = [("look.png", png(), "image/png"), ("notes.txt", b"words", "")]
    for where in (("slack", "@Spool"), ("discord", "@Spool")):
        await simulator.post(where, "Ari", "draw a cat", "", sent)
        (asked,) = await browser.until(lambda: browser.posts(where[0], bot=False))
        shown = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
        assert [shown, None] == [one.get("data") for one in asked["files"]]
        await browser.until(lambda: "notes.txt" in browser.said(where[0]))
        await simulator.post(where, "Mina", "draw a cat", "", ())
        await browser.until(
            lambda: [one for one in browser.posts(where[0], only="Mina", bot=True) if one["files"]]
        )


@pytest.mark.parametrize("platform", ["slack", "discord"])
async def test_commands_answer_whoever_gave_them(simulator: Simulator, browser: Browser, platform: str):
    where = (platform, "general")
    for text, told in (("/assistant", "asst_settings"), ("/model", "gpt-6"), ("/reset", "new one")):
        await simulator.post(where, "Mina", text, "", ())
        await browser.until(lambda: told in browser.said(platform, only="Mina", whispered=True))
    await simulator.post(where, "Jonas", "/help", "", ())
    await browser.until(lambda: "/memory" in browser.said(platform, only=""))
    await simulator.post(where, "Jonas", "/nothing", "", ())
    await browser.until(lambda: browser.posts(platform, only="Jonas", whispered=True))
    if platform == "slack":
        assert "not a valid command" in str(browser.posts("slack", only="Jonas", whispered=True))
    assert "" == browser.said(platform, only="Ari")


@pytest.mark.parametrize("platform", ["slack", "discord"])
async def test_buttons(simulator: Simulator, browser: Browser, votes: Votes, platform: str):
    """Those of a question count for whoever was asked; a thumb for anybody, also where a form opens."""
    await simulator.post((platform, "general"), "Mina", '@Spool use pay {"amount": 3}', "", ())
    asking = await browser.until(
        lambda: [one for one in browser.posts(platform, bot=True) if len(one["buttons"]) == 2]
    )
    yes = asking[0]["buttons"][0]
    assert (yes["label"], yes["style"]) == ("Allow", "primary")
    await simulator.press(platform, asking[0]["id"], yes["id"], "Ari")
    await browser.until(lambda: browser.posts(platform, only="Ari", whispered=True))
    await simulator.press(platform, asking[0]["id"], yes["id"], "Mina")
    await browser.until(lambda: "Allowed" in browser.said(platform))
    await browser.until(lambda: "The tool says" in browser.said(platform))
    again = await browser.until(lambda: [one for one in browser.posts(platform, bot=True) if one["buttons"]])
    wish, *_, good, bad = again[0]["buttons"]
    assert (good["label"][:1], bad["label"][:1]) == ("👍", "👎")
    for thumb in (good, bad):
        await simulator.press(platform, again[0]["id"], thumb["id"], "Ari")
    async with asyncio.timeout(20):  # it is on disk, and changes nothing on the page
        while [0] != [vote for _, vote, _ in votes()]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await simulator.press(platform, again[0]["id"], wish["id"], "Mina")
    await browser.until(lambda: "You said" in browser.said(platform) or "tool" in browser.said(platform))
    with pytest.raises(LookupError):
        await simulator.press(platform, "1.1", "yes", "Mina")


@pytest.mark.parametrize(
    ("mrkdwn", "shown"),
    [
        ("*bold* _slanted_ ~struck~", "**bold** _slanted_ ~~struck~~"),
        ("<https://a.b/c_d|a page> <https://a.b>", "[a page](https://a.b/c_d) <https://a.b>"),
        ("<@U1> in <#C1> <!here> &lt;b&gt; `*x*`", "@Mina in #general @here <b> `*x*`"),
        (
            "**not bold** ~~nor struck~~ *but this*",
            "\\*\\*not bold\\*\\* \\~\\~nor struck\\~\\~ **but this**",
        ),
        ("# no heading [no](link) 2*3*4", "\\# no heading \\[no\\](link) 2*3*4"),
    ],
)
def test_marks_of_slack(mrkdwn: str, shown: str):
    assert shown == of_slack(mrkdwn, {"U1": "Mina", "C1": "general"})


def test_marks_of_discord():
    content = "-# 🔎 Looking\n**bold** <@1>\n```\n-# code\n```\n-# small"
    parts = [("small", "🔎 Looking"), ("text", "**bold** @Ari\n```\n-# code\n```"), ("small", "small")]
    assert [Part(*one) for one in parts] == of_discord(content, {"1": "Ari"})
