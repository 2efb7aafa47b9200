"""Whose memory a message belongs to: THREAD_SCOPE."""

from __future__ import annotations

from typing import Any

import pytest

from standins.slack.message import Message
from tests.slack.conversation import exchange, shows


@pytest.mark.parametrize("channel", ["C1", "G1"])
async def test_each_person_in_each_channel_has_a_memory(slack, product, script, channel):
    """By default: two people in one channel know nothing of each other, one person in two neither."""
    async with product():
        await exchange(slack, "U1", channel, "mine")
        await exchange(slack, "U2", channel, "yours")
        await exchange(slack, "U1", "C2", "elsewhere")
        await exchange(slack, "U1", channel, "again")

    assert [
        ["mine"],
        ["yours"],
        ["elsewhere"],
        ["mine", "echo: mine", "again"],
    ] == script.asked


async def test_slack_threads_of_a_channel_share_a_persons_memory(slack, product, script):
    """User scope: channel and user, not the Slack thread."""
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U1", "C1", "two", root)
        await exchange(slack, "U1", "C1", "three")

    assert ["one", "echo: one", "two", "echo: two", "three"] == script.asked[-1]


async def test_direct_messages_share_a_memory_by_default(slack, product, script):
    """Every direct message is a thread of its own in Slack; the memory follows the scope."""
    async with product():
        await exchange(slack, "U1", "D1", "one")
        await exchange(slack, "U1", "D1", "two")
        await exchange(slack, "U2", "D2", "three")

    assert [["one"], ["one", "echo: one", "two"], ["three"]] == script.asked


async def test_a_topic_is_shared_by_everybody_in_it(slack, product, script):
    """Topic scope: one memory per Slack thread, whoever speaks; another thread knows nothing of it."""
    async with product(thread_scope="topic"):
        root = await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U2", "C1", "two", root)
        await exchange(slack, "U1", "C1", "three")

    assert [1, 3, 1] == [len(request) for request in script.asked]
    assert ["one", "two"] == [text.split()[-1] for text in script.asked[1] if "echo" not in text]


async def test_direct_topics_are_apart(slack, product, script):
    """Topic scope: a new direct message is a new topic; a reply goes on in its own."""
    async with product(thread_scope="topic"):
        root = await exchange(slack, "U1", "D1", "one")
        await exchange(slack, "U1", "D1", "two")
        await exchange(slack, "U1", "D1", "three", root)

    assert [1, 1, 3] == [len(request) for request in script.asked]


@pytest.mark.parametrize("scope", ["user", "topic"])
async def test_memory_outlives_restarts(slack, product, script, scope):
    """The process ends and starts again: nothing is forgotten."""
    async with product(thread_scope=scope):
        root = await exchange(slack, "U1", "C1", "one")
    async with product(thread_scope=scope):
        await exchange(slack, "U1", "C1", "two", root)

    assert ["one", "one", "two"] == [text.split()[-1] for text in script.asked[-1]]


async def test_memory_outlives_a_change_of_model(slack, product, script, openai):
    """The transcript is ours; nothing is kept by the provider."""
    async with product(assistant_model="gpt-6-luna"):
        await exchange(slack, "U1", "C1", "one")
    async with product(assistant_model="gpt-6.1-terra"):
        await exchange(slack, "U1", "C1", "two")

    assert ["one", "echo: one", "two"] == script.asked[-1]
    assert ["gpt-6-luna", "gpt-6.1-terra"] == [request.body["model"] for request in openai.requests]
    assert {False} == {request.body["store"] for request in openai.requests}


async def test_ids_count_not_names(slack, product, script):
    """Ids that differ in one letter or one separator are different people and places."""
    async with product():
        for user, channel in (("U1", "C1"), ("U1", "C11"), ("U11", "C1"), ("U12", "C11")):
            await exchange(slack, user, channel, f"{user} {channel}")

    assert [1, 1, 1, 1] == [len(request) for request in script.asked]


async def test_the_oldest_turns_go_first(slack, product, openai):
    """A token budget keeps requests small: whole turns become a summary, the newest message always stays."""
    async with product(history_tokens=400):
        for number in range(12):
            await exchange(slack, "U1", "C1", f"no.{number} " + "word " * 20 + "end")
        await exchange(slack, "U1", "C1", "long " * 150 + "end")

    verbatim = [asked_for(request.body["input"]) for request in openai.requests]
    answers = [texts for texts in verbatim if "About to be forgotten" not in texts[-1]]
    assert 13 == len(answers)
    assert not any("no.0 word" in text for text in answers[11])
    assert any("no.10 word" in text for text in answers[11])
    assert len(answers[12]) < 4


def asked_for(items: list[dict[str, Any]]) -> list[str]:
    """The texts of a request in whole turns, without the summary at its head."""
    kept = [item for item in items if not item["content"].startswith("Summary of")]
    roles = [item["role"] for item in kept]
    assert (["user", "assistant"] * len(roles))[: len(roles)] == roles
    return [item["content"] for item in kept]


async def test_the_same_ts_in_two_channels_is_two_messages(slack, product, script):
    """A ts is unique in its channel only."""
    async with product():
        ts = await exchange(slack, "U1", "C1", "one")
        room = slack.add_channel("C2", ["U1"])
        room.add(Message("C2", ts, "U1", "<@U0BOT00001> two"), own=False)
        await slack.deliver({**room.by_ts[ts].raw(), "type": "app_mention", "channel": "C2", "event_ts": ts})

        await shows(slack, "C2", ts, "echo: two")
