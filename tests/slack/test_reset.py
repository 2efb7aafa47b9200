"""Starting over: `@bot reset` and `/reset`."""

from __future__ import annotations

import pytest

from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, exchange, shows, texts
from tests.slack.stage import Pause

SOON = 1.0


async def reset_by_mention(slack: SlackStandin, user: str, channel: str, root: str | None = None) -> None:
    """`@bot reset`, and its confirmation."""
    before = len(slack.posts(channel))
    await slack.mention(user, channel, "reset", root)
    await slack.until(lambda: len(slack.posts(channel)) == before + 1)


@pytest.mark.parametrize("text", ["reset", "Reset", "RESET", "  reset  ", "*reset*"])
async def test_a_mention_that_says_only_reset_starts_over(slack, product, script, text):
    """Confirmed in its thread, once; the model is not asked; the next message knows nothing."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        ts = await slack.mention("U1", "C1", text)
        await slack.until(lambda: slack.posts("C1", ts))
        await exchange(slack, "U1", "C1", "two")
        await all_heard(slack)

    assert [["one"], ["two"]] == script.asked
    assert 1 == len(slack.posts("C1", ts))
    assert 3 == len(slack.posts("C1"))


@pytest.mark.parametrize("text", ["reset my router", "how do I reset?", "please reset", "resetting"])
async def test_a_longer_sentence_with_reset_is_a_question(slack, product, script, text):
    """Only the whole text counts."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U1", "C1", text)

    assert ["one", "echo: one", text] == script.asked[-1]


@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_inside_a_thread(slack, product, script, channel):
    """Where slash commands do not work, and in direct conversations too."""
    async with product():
        root = await exchange(slack, "U1", channel, "one")
        await reset_by_mention(slack, "U1", channel, root)
        await exchange(slack, "U1", channel, "two", root)

    assert ["two"] == script.asked[-1]
    assert 3 == len(slack.posts(channel, root))


@pytest.mark.parametrize("channel", ["C1", "D1", "G1"])
async def test_the_command_is_acknowledged_at_once_and_seen_by_one_person(slack, product, script, channel):
    """/reset: an ephemeral confirmation, nothing posted, no model; the next message knows nothing."""
    async with product():
        await exchange(slack, "U1", channel, "one")
        reply = await slack.slash("U1", channel, "/reset")
        await slack.until(lambda: slack.ephemerals)
        await exchange(slack, "U1", channel, "two")
        await all_heard(slack)

    assert ("", 1) == (reply.error, len(reply.texts))
    assert reply.acked_after is not None
    assert reply.acked_after < SOON
    assert [("U1", channel)] == [(seen.user, seen.channel) for seen in slack.ephemerals]
    assert [["one"], ["two"]] == script.asked
    assert 2 == len(slack.posts(channel))


async def test_the_command_is_acknowledged_at_once_while_the_bot_is_busy(slack, product, script):
    """A run under way, even the person's own, does not hold it up."""
    pause = Pause()
    script.perform("so ", pause, "far")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1"))
        reply = await slack.slash("U1", "C1", "/reset")
        await slack.until(lambda: reply.texts)
        pause.end()
        await shows(slack, "C1", ts, "so far")

    assert reply.acked_after is not None
    assert reply.acked_after < SOON


async def test_only_this_person_here_starts_over(slack, product, script):
    """Others in the channel keep their memory, and so does the person elsewhere."""
    async with product():
        for user, channel in (("U1", "C1"), ("U2", "C1"), ("U1", "C2"), ("U1", "D1")):
            await exchange(slack, user, channel, f"{user} in {channel}")
        await slack.slash("U1", "C1", "/reset")
        for user, channel in (("U1", "C1"), ("U2", "C1"), ("U1", "C2"), ("U1", "D1")):
            await exchange(slack, user, channel, "again")

    assert [1, 3, 3, 3] == [len(request) for request in script.asked[4:]]


async def test_a_reset_without_a_memory_is_confirmed(slack, product, script):
    """By someone who never spoke, and twice in a row."""
    async with product():
        for _ in range(2):
            reply = await slack.slash("U1", "C1", "/reset")
            await slack.until(lambda r=reply: r.texts)
        await reset_by_mention(slack, "U1", "C1")
        await exchange(slack, "U1", "C1", "hello")

    assert [["hello"]] == script.asked


async def test_a_run_under_way_stays_in_the_old_thread(slack, product, script):
    """Its answer is shown where it belongs and remembered by nobody who came after the reset."""
    pause = Pause()
    script.perform("old ", pause, "answer")
    async with product():
        old = await slack.mention("U1", "C1", "old question")
        await slack.until(lambda: texts(slack, "C1", old) == ["old "])
        await slack.slash("U1", "C1", "/reset")
        new = await slack.mention("U1", "C1", "new question")
        await slack.until(lambda: script.asked[1:])
        pause.end()
        await shows(slack, "C1", old, "old answer")
        await shows(slack, "C1", new, "echo: new question")
        await exchange(slack, "U1", "C1", "another")

    assert [
        ["old question"],
        ["new question"],
        ["new question", "echo: new question", "another"],
    ] == script.asked


async def test_a_reset_by_mention_does_not_wait_for_the_run_under_way(slack, product, script):
    """It takes effect, and the next question is answered, while the old answer still streams."""
    pause = Pause()
    script.perform("old ", pause, "answer")
    async with product():
        old = await slack.mention("U1", "C1", "old question")
        await slack.until(lambda: texts(slack, "C1", old) == ["old "])
        await slack.mention("U1", "C1", "reset")
        new = await slack.mention("U1", "C1", "new question")
        await shows(slack, "C1", new, "echo: new question")
        pause.end()
        await shows(slack, "C1", old, "old answer")

    assert ["new question"] == script.asked[-1]


@pytest.mark.parametrize("way", ["command", "mention"])
async def test_messages_before_the_reset_belong_to_the_old_thread(slack, product, script, way):
    """One that was waiting when the reset came is answered with the old memory; the one after without."""
    pause = Pause()
    script.perform("A", pause)
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", first) == ["A"])
        second = await slack.mention("U1", "C1", "two")
        await slack.until(lambda: not slack.unacked())
        if way == "command":
            await slack.slash("U1", "C1", "/reset")
        else:
            await slack.mention("U1", "C1", "reset")
        await slack.until(lambda: not slack.unacked())
        third = await slack.mention("U1", "C1", "three")
        pause.end()
        for ts, text in ((first, "A"), (second, "echo: two"), (third, "echo: three")):
            await shows(slack, "C1", ts, text)

    assert [["one"], ["one", "A", "two"], ["three"]] == sorted(script.asked, key=lambda asked: asked[0])


async def test_a_reset_delivered_twice_counts_once(slack, product, script):
    """Slack repeats the event after the next question was answered: that stays remembered."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        ts = await slack.mention("U1", "C1", "reset")
        await slack.until(lambda: slack.posts("C1", ts))
        await exchange(slack, "U1", "C1", "two")
        again = next(message for message in slack.messages("C1") if message["ts"] == ts)
        await slack.deliver({**again, "type": "app_mention", "channel": "C1", "event_ts": ts})
        await all_heard(slack)
        await exchange(slack, "U1", "C1", "three")

    assert ["two", "echo: two", "three"] == script.asked[-1]
    assert 1 == len(slack.posts("C1", ts))


async def test_a_reset_outlives_a_restart(slack, product, script):
    """What was forgotten stays forgotten."""
    async with product():
        await exchange(slack, "U1", "C1", "one")
        await slack.slash("U1", "C1", "/reset")
    async with product():
        await exchange(slack, "U1", "C1", "two")

    assert ["two"] == script.asked[-1]
