"""Several messages at once: in order for one memory, side by side for many."""

from __future__ import annotations

import pytest

from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, exchange, shows, texts
from tests.slack.stage import Pause, Stage


async def busy(slack: SlackStandin, script: Stage) -> Pause:
    """U1 is being answered in C1 until the pause ends."""
    pause = Pause()
    script.perform("A", pause)
    ts = await slack.mention("U1", "C1", "one")
    await slack.until(lambda: texts(slack, "C1", ts) == ["A"])
    return pause


async def test_messages_wait_for_their_turn(slack, product, script):
    """One run at a time, each message answered under itself, in order, with what came before."""
    async with product():
        pause = await busy(slack, script)
        waiting = [await slack.mention("U1", "C1", text) for text in ("two", "three", "four")]
        await slack.until(lambda: not slack.unacked())
        assert 1 == len(script.asked)
        pause.end()
        for ts, text in zip(waiting, ("two", "three", "four"), strict=True):
            await shows(slack, "C1", ts, f"echo: {text}")

    memory = ["one", "A", "two", "echo: two", "three", "echo: three", "four"]
    assert [memory[: 2 * number + 1] for number in range(4)] == script.asked


async def test_a_waiting_message_shows_that_it_was_heard(slack, product, script):
    """Its status is there within 300 ms also while another of the same person is answered."""
    async with product():
        pause = await busy(slack, script)
        ts = await slack.mention("U1", "C1", "two")
        await slack.until(lambda: slack.status("C1", ts))
        pause.end()
        await shows(slack, "C1", ts, "echo: two")


async def test_waiting_messages_can_be_answered_together(slack, product, script):
    """WHILE_BUSY=collect: one request and one answer for all that waited in one place."""
    async with product(while_busy="collect"):
        pause = Pause()
        script.perform("A", pause)
        root = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", root) == ["A"])
        for text in ("two", "three", "four"):
            await slack.mention("U1", "C1", text, root)
            await slack.until(lambda: not slack.unacked())
        pause.end()
        await slack.until(lambda: len(slack.posts("C1")) == 2 and not slack.posts("C1")[1].streaming)
        await all_heard(slack)
        await exchange(slack, "U1", "C1", "five", root)

    assert 3 == len(script.asked)
    assert ["one", "A"] == script.asked[1][:2]
    collected = "\n".join(script.asked[1][2:])
    assert collected.index("two") < collected.index("three") < collected.index("four")
    assert 3 == len(slack.posts("C1"))


async def test_messages_waiting_in_different_places_are_not_left_without_an_answer(slack, product, script):
    """Collecting never makes somebody look for the answer in another Slack thread."""
    async with product(while_busy="collect"):
        pause = await busy(slack, script)
        waiting = [await slack.mention("U1", "C1", text) for text in ("two", "three")]
        await slack.until(lambda: not slack.unacked())
        pause.end()
        for ts, text in zip(waiting, ("two", "three"), strict=True):
            await shows(slack, "C1", ts, f"echo: {text}")


async def test_collected_messages_of_a_topic(slack, product, script):
    """Under topic scope several people may wait: all are in the one request."""
    async with product(while_busy="collect", thread_scope="topic"):
        pause = Pause()
        script.perform("A", pause)
        root = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", root) == ["A"])
        for user, text in (("U2", "two"), ("U3", "three")):
            await slack.mention(user, "C1", text, root)
        await slack.until(lambda: not slack.unacked())
        pause.end()
        await slack.until(lambda: len(slack.posts("C1", root)) == 2)
        await slack.until(lambda: not slack.posts("C1", root)[1].streaming)
        await all_heard(slack)

    assert 2 == len(script.asked)
    assert all(word in "\n".join(script.asked[1]) for word in ("two", "three"))
    assert 2 == len(slack.posts("C1"))


@pytest.mark.parametrize("scope", ["user", "topic"])
async def test_others_do_not_wait(slack, product, script, scope):
    """Another person, another channel, another topic: answered while the first is still busy."""
    async with product(thread_scope=scope):
        pause = await busy(slack, script)
        await exchange(slack, "U2", "C1", "two")
        await exchange(slack, "U1", "C2", "three")
        await exchange(slack, "U1", "D1", "four")
        assert slack.posts("C1")[0].streaming
        pause.end()
        await slack.until(lambda: not slack.posts("C1")[0].streaming)


async def test_a_shared_topic_is_answered_one_after_the_other(slack, product, script):
    """Topic scope: two people in one thread are in one lane."""
    async with product(thread_scope="topic"):
        pause = Pause()
        script.perform("A", pause)
        root = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", root) == ["A"])
        await slack.mention("U2", "C1", "two", root)
        await slack.until(lambda: not slack.unacked())
        assert 1 == len(script.asked)
        pause.end()
        await slack.until(lambda: len(slack.posts("C1", root)) == 2)
        await slack.until(lambda: not any(post.streaming for post in slack.posts("C1", root)))

    assert ["A", "echo"] == [text.split(":")[0] for text in texts(slack, "C1", root)]


async def test_hundreds_are_answered_at_once(slack, product, script, openai):
    """More than a hundred people: all requests are out before an answer ends; everyone gets their own."""
    people = 120
    pause = Pause()
    for number in range(people):
        script.perform(pause, f"answer {number}")
    async with product():
        asked = {f"U{number}": await slack.mention(f"U{number}", "C1", "hello") for number in range(people)}
        await openai.until(lambda: len(openai.requests) == people, timeout=20)
        assert not any(request.finished_at for request in openai.requests)
        pause.end()
        await slack.until(
            lambda: (
                len(slack.posts("C1")) == people and not any(post.streaming for post in slack.posts("C1"))
            ),
            timeout=20,
        )

    assert sorted(asked.values()) == sorted(str(post.thread_ts) for post in slack.posts("C1"))
    assert {f"answer {number}" for number in range(people)} == set(texts(slack, "C1"))
