"""The answer appears while it is being said, and never pings."""

from __future__ import annotations

import pytest

from standins.script.script import Say, Wait
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, calls, shows, texts, whole, workspace


async def test_the_first_words_show_soon(slack, product, openai, script):
    """First token to first visible text: far below anything a person notices (best of three)."""
    waited = []
    async with product():
        for number in range(3):
            script.perform(Wait(0.1), "Well,", Wait(0.2), " then")
            ts = await slack.mention(f"U{number}", "C1", "hello")
            (post,) = await shows(slack, "C1", ts, "Well, then")
            waited.append(post.versions[0][0] - (openai.requests[-1].first_token_at or 0.0))

    assert min(waited) < 0.2


async def test_quick_words_are_flushed_together(slack, product, script):
    """A hundred deltas in a second and a half are a few calls, not a hundred; each shows more."""
    script.delay = 0.015
    script.perform(" ".join(f"w{number}" for number in range(100)))
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1") and not slack.posts("C1")[0].streaming)
        (post,) = slack.posts("C1")

    lengths = [len(text) for _, text in post.versions]
    assert lengths == sorted(lengths)
    assert 3 <= len(post.versions) <= 15


@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_an_answer_is_one_native_stream(slack, product, channel):
    async with product():
        await slack.mention("U1", channel, "hello")
        (post,) = await shows(slack, channel, None, "echo: hello")

    names = ("startStream", "stopStream", "postMessage", "update")
    assert [1, 1, 0, 0] == [len(calls(slack, f"chat.{name}")) for name in names]
    assert (False, False) == (post.streaming, post.broken)
    assert "run_" in str(post.metadata)


async def test_leading_blank_deltas_do_no_harm(slack, product, script):
    """Empty and blank beginnings are no text yet: Slack refuses them."""
    script.perform(Say(""), Say("\n"), Say("  "), Wait(0.2), Say("Hello"))
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1") and not slack.posts("C1")[0].streaming)
        await all_heard(slack)

    assert ["Hello"] == [post.text.strip() for post in slack.posts("C1")]
    assert [] == [call for call in slack.calls if call.error == "no_text"]


@workspace(limits=True)
async def test_answers_share_the_rate_budget(slack, product, script):
    """Ten people at once for three seconds: all of it shown, and Slack never had to say 429."""
    script.delay = 0.03
    said = " ".join(f"w{number}" for number in range(100))
    for _ in range(10):
        script.perform(said)
    async with product():
        asked = [await slack.mention(f"U{number}", f"C{number}", "hello") for number in range(10)]
        for number, ts in enumerate(asked):
            await shows(slack, f"C{number}", ts, said, timeout=15)

    assert [] == slack.rate_limited
    assert all(len(slack.posts(f"C{number}")[0].versions) >= 3 for number in range(10))


EVIL = (
    "Hey <!channel> and <!here|here> and <!everyone>, <@U1> <@U2|bob> <@W3> <!subteam^S0GROUP1> "
    "<!subteam^S1|@team> @everyone @here @channel `<!channel>` ```\n<!here>\n``` **<@U1>** <<!channel>> "
    "<!channel|x> end"
)
MODES = {"stream": "", "update": "unknown_method"}


def arrange(slack: SlackStandin, mode: str) -> None:
    if MODES[mode]:
        slack.fail("chat.startStream", error=MODES[mode], times=9999)


def harmless(slack: SlackStandin) -> bool:
    return not any(post.pings for channel in slack.workspace.channels for post in slack.posts(channel))


@pytest.mark.promise("O1", "O2")
@pytest.mark.parametrize("mode", MODES)
async def test_a_ping_in_one_piece_is_taken_apart(slack, product, script, mode):
    arrange(slack, mode)
    script.perform(Say(EVIL))
    async with product():
        await slack.mention("U1", "C1", "hello")
        assert 1 == len(await whole(slack, "C1", "end"))

    assert harmless(slack)
    assert all(word in texts(slack, "C1")[0] for word in ("channel", "everyone", "here", "end"))


async def test_names_are_not_linked_by_slack_either(slack, product):
    """`link_names` and `parse=full` would make pings of plain words."""
    async with product():
        await slack.mention("U1", "C1", "say @channel to the end")
        assert 1 == len(await whole(slack, "C1", "end"))

    for method in ("chat.postMessage", "chat.update"):
        for call in calls(slack, method):
            assert not call.get("link_names")
            assert call.get("parse", "none") == "none"
