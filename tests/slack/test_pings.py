"""Whatever the model says, nobody is notified by it. The end of every test looks for pings, everywhere."""

from __future__ import annotations

import random
import re

import pytest

from standins.script.script import Say, Wait
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, calls, texts

EVIL = (
    "Hey <!channel> and <!here|here> and <!everyone>, <@U1> <@U2|bob> <@W3> <!subteam^S0GROUP1> "
    "<!subteam^S1|@team> @everyone @here @channel `<!channel>` ```\n<!here>\n``` **<@U1>** <<!channel>> "
    "<!channel|x> end"
)
MODES = {"stream": "", "update": "unknown_method"}


def arrange(slack: SlackStandin, mode: str) -> None:
    if MODES[mode]:
        slack.fail("chat.startStream", error=MODES[mode], times=9999)


async def finished(slack: SlackStandin, channel: str, posts: int) -> None:
    """All the answers there are complete."""
    await slack.until(
        lambda: (
            len(slack.posts(channel)) == posts
            and all("end" in post.text and not post.streaming for post in slack.posts(channel))
        ),
        timeout=10,
    )
    await all_heard(slack)


def harmless(slack: SlackStandin) -> bool:
    """No post of any channel pings now."""
    return not any(post.pings for channel in slack.workspace.channels for post in slack.posts(channel))


@pytest.mark.parametrize("mode", MODES)
async def test_a_ping_in_one_piece_is_taken_apart(slack, product, script, mode):
    """And what it said can still be read."""
    arrange(slack, mode)
    script.perform(Say(EVIL))
    async with product():
        await slack.mention("U1", "C1", "hello")
        await finished(slack, "C1", 1)

    assert harmless(slack)
    assert all(word in texts(slack, "C1")[0] for word in ("channel", "everyone", "here", "end"))


@pytest.mark.parametrize("mode", MODES)
async def test_a_ping_letter_by_letter_is_taken_apart(slack, product, script, mode):
    """Flushes fall between any two characters: what is visible never pings, at no time."""
    arrange(slack, mode)
    beats: list[Say | Wait] = []
    for letter in EVIL:
        beats += [Say(letter), Wait(0.005)]
    script.perform(*beats)
    async with product():
        await slack.mention("U1", "C1", "hello")
        await finished(slack, "C1", 1)

    assert harmless(slack)


@pytest.mark.parametrize("mode", MODES)
async def test_pings_split_anywhere_are_taken_apart(slack, product, script, mode):
    """Thirty answers, each cut into deltas at places of its own."""
    arrange(slack, mode)
    rng = random.Random(7)
    for _ in range(30):
        cuts = sorted(rng.sample(range(1, len(EVIL)), 12))
        parts = [EVIL[start:stop] for start, stop in zip([0, *cuts], [*cuts, None], strict=True)]
        script.perform(*(beat for part in parts for beat in (Say(part), Wait(0.02))))
    async with product():
        for number in range(30):
            await slack.mention(f"U{number}", "C1", "hello")
        await finished(slack, "C1", 30)

    assert harmless(slack)


@pytest.mark.parametrize("mode", MODES)
async def test_an_echo_of_what_a_person_wrote_pings_nobody(slack, product, mode):
    """A person's own mention of others does not become the bot's."""
    arrange(slack, mode)
    async with product():
        await slack.mention("U1", "C1", "tell <@U2> and <!here> the end")
        await finished(slack, "C1", 1)

    assert harmless(slack)


async def test_a_ping_at_the_edge_of_two_posts(slack, product, script):
    """Rotation cuts long answers: never so that the halves ping, wherever the edge falls."""
    async with product():
        for shift in range(0, 24, 3):
            script.perform(Say("x" * (10_990 + shift)), Say("<!chan"), Say("nel> " * 300), Say("end"))
            await slack.mention("U1", f"C{shift}", "hello")
            await slack.until(
                lambda at=f"C{shift}": (
                    slack.posts(at)
                    and slack.posts(at)[-1].text.endswith("end")
                    and not slack.posts(at)[-1].streaming
                )
            )
        await all_heard(slack)

    assert harmless(slack)


async def test_ordinary_angle_brackets_stay(slack, product, script):
    """Comparisons, generics, HTML, arrows and addresses can be read; Slack is not to see marks of its own."""
    said = "if a<b and c>d: List<String> <div class='x'> a -> b <- c <https://example.com> me@example.com end"
    script.perform(said)
    async with product():
        await slack.mention("U1", "C1", "hello")
        await finished(slack, "C1", 1)

    (shown,) = texts(slack, "C1")
    assert said == shown.replace("\u200b", "")
    assert ["https://example.com"] == re.findall(r"<([a-zA-Z/][^<>]*)>", shown)


async def test_names_are_not_linked_by_slack_either(slack, product):
    """`link_names` and `parse=full` would make pings of plain words."""
    async with product():
        await slack.mention("U1", "C1", "say @channel to the end")
        await finished(slack, "C1", 1)

    for method in ("chat.postMessage", "chat.update"):
        for call in calls(slack, method):
            assert not call.get("link_names")
            assert call.get("parse", "none") == "none"
