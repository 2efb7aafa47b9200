"""Follow-ups without a mention: whom it answers in a thread, and the channels where everything is for it."""

from __future__ import annotations

from typing import Any

import pytest

from bots.slack.reading.rich_text import calls_others
from core.texts import TEXTS
from tests.slack.conversation import all_heard, calls, exchange, shows, texts

NOTE = "\n\n" + TEXTS["en"]["follow_ends"]


async def test_a_follow_up_needs_no_mention(slack, product, script):
    """Without a question to Slack; how to end it is said once, and `stop` ends it until the next mention."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        for text in ("two", "three"):
            await slack.say("U1", "C1", text, root)
            await slack.until(lambda text=text: f"echo: {text}" in "".join(texts(slack, "C1", root)))
            await all_heard(slack)
        await slack.say("U1", "C1", "그만", root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 4)
        await slack.say("U1", "C1", "four", root)
        await exchange(slack, "U1", "C1", "five", root)
        await slack.say("U1", "C1", "six", root)
        said = ["echo: one", f"echo: two{NOTE}", "echo: three", TEXTS["en"]["stop"], "echo: five"]
        await shows(slack, "C1", root, *said, "echo: six")
        await all_heard(slack)

    assert [] == [call for call in calls(slack, "conversations.replies") if "latest" in call]


@pytest.mark.parametrize(
    ("between", "text"),
    [
        (("U2", "nice weather"), "two"),
        (("U1", "<@U2> is that so?"), "two"),
        (None, "<@U2> is that so?"),
        (None, "<!subteam^S1> is that so?"),
        (None, "<!here> is that so?"),
    ],
)
async def test_what_may_be_for_others_is_left_alone(slack, product, script, between, text):
    """Somebody else wrote there, or is called."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        if between:
            await slack.say(between[0], "C1", between[1], root)
        await slack.say("U1", "C1", text, root)
        await slack.say("U2", "C1", "what is it about?", root)
        await all_heard(slack)

    assert ["echo: one"] == texts(slack, "C1")


async def test_only_mentions_where_the_operator_wants_that(slack, product):
    async with product(follow_threads=False):
        root = await exchange(slack, "U1", "C1", "one")
        await slack.say("U1", "C1", "two", root)
        await all_heard(slack)

    assert ["echo: one"] == texts(slack, "C1")


@pytest.mark.parametrize("trouble", ["", "somebody wrote", "slack does not tell"])
async def test_after_a_restart_slack_is_asked_once(slack, product, trouble):
    """What was written before this process listened; what cannot be known is not followed."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
    if trouble == "somebody wrote":
        await slack.say("U2", "C1", "nice weather", root)
    async with product(catch_up_seconds=1):
        await all_heard(slack)
        if trouble == "slack does not tell":
            slack.fail("conversations.replies", error="internal_error", times=99)
        for number, text in enumerate(("two", "three")):
            await slack.say("U1", "C1", text, root)
            await all_heard(slack)
            wanted = 1 if trouble else number + 2
            await slack.until(lambda wanted=wanted: len(slack.posts("C1", root)) == wanted)

    asked = [call for call in calls(slack, "conversations.replies") if call["oldest"] == root]
    assert {"": 1, "somebody wrote": 0, "slack does not tell": 2}[trouble] == len(asked)


async def test_in_some_channels_everything_is_a_question(slack, product, script):
    """ANSWER_IN: of anybody, in its threads too; orders are orders; elsewhere nothing changes."""
    slack.add_channel("C3", ["U1", "U2"], bot_in=True)
    async with product(answer_in=("slack:C1", "discord:55555"), follow_threads=False):
        root = await slack.say("U1", "C1", "one")
        await shows(slack, "C1", root, "echo: one")
        await slack.say("U2", "C1", "<@U1> two", root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 2)
        await slack.say("U1", "C1", "memory", root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 3)
        await slack.say("U1", "C3", "three")
        await all_heard(slack)

    assert [] == texts(slack, "C3")
    assert 2 == len(script.asked)


def rich(*leaves: dict[str, Any], kind: str = "rich_text_section") -> dict[str, Any]:
    return {"blocks": [{"type": "rich_text", "elements": [{"type": kind, "elements": list(leaves)}]}]}


US, ANN = {"type": "user", "user_id": "U0BOT"}, {"type": "user", "user_id": "U1"}


@pytest.mark.parametrize(
    ("message", "calls"),
    [
        (rich({"type": "text", "text": "and then?"}), False),
        (rich(US), False),
        (rich(US, ANN), True),
        (rich({"type": "usergroup", "usergroup_id": "S1"}), True),
        (rich({"type": "broadcast", "range": "here"}), True),
        (rich({"type": "channel", "channel_id": "C1"}), False),
        (rich(ANN, kind="rich_text_quote"), False),
        (rich(ANN, kind="rich_text_preformatted"), False),
        (rich(rich(ANN)["blocks"][0]["elements"][0], kind="rich_text_list"), True),
        ({"text": "<@U1|ann> and then?"}, True),
        ({"text": "<!subteam^S1> and then?"}, True),
        ({"text": "<!here> and then?"}, True),
        ({"text": "<@U0BOT> and <#C1|ops>, `<@U1>`, <!date^1^{date}|today>"}, False),
        ({"text": "> <@U1> said so\nindeed"}, False),
        ({"text": 7, "blocks": "x"}, False),
    ],
)
def test_who_is_called(message, calls):
    """A person, a group or everybody: not us, no channel, and nobody who stands in a quote or in code."""
    assert calls == calls_others(message, "U0BOT")
