"""When the bot keeps quiet, and when FOLLOW_THREADS lets it speak without being named."""

from __future__ import annotations

import pytest

from tests.slack.conversation import all_heard, exchange, shows, texts

BOT = "<@U0BOT00001>"


async def test_without_a_mention_a_channel_is_left_alone(slack, product, script):
    """At the top, in threads of others, and in threads it answered in; no status either."""
    async with product():
        own = await exchange(slack, "U1", "C1", "hello")
        await slack.say("U1", "C1", "thinking aloud")
        root = await slack.say("U2", "C1", "lunch?")
        await slack.say("U1", "C1", "yes", root)
        await slack.say("U1", "C1", "thanks", own)
        await slack.say("U2", "C1", "<@U1> what was that?", own)
        await all_heard(slack)

    assert (["echo: hello"], [["hello"]]) == (texts(slack, "C1"), script.asked)
    assert {own} == {entry[2] for entry in slack.statuses if entry[1] == "C1"}


async def test_an_edit_is_not_a_message(slack, product, script):
    """Neither one that adds a mention nor one that changes a question."""
    async with product():
        ts = await slack.say("U1", "C1", "hello")
        await slack.edit("U1", "C1", ts, f"{BOT} hello")
        asked = await exchange(slack, "U1", "C1", "one")
        await slack.edit("U1", "C1", asked, f"{BOT} two")
        direct = await exchange(slack, "U1", "D1", "three")
        await slack.edit("U1", "D1", direct, "four")
        await all_heard(slack)

    assert [["one"], ["three"]] == script.asked


async def test_a_link_preview_is_not_a_message(slack, product, script):
    """Unfurling changes the message, again and again."""
    async with product():
        ts = await slack.mention("U1", "C1", "see https://example.com")
        await slack.until(lambda: script.asked)
        for _ in range(3):
            await slack.unfurl("C1", ts)
        own = slack.posts("C1")
        if own:
            await slack.unfurl("C1", own[0].ts)
        await all_heard(slack)

    assert 1 == len(script.asked)
    assert 1 == len(slack.posts("C1"))


async def test_its_own_posts_are_not_messages(slack, product, script):
    """Slack tells the bot of each of them, also when it names itself in a direct conversation."""
    script.perform(f"I am {BOT}, hello {BOT}")
    async with product():
        await slack.say("U1", "D1", "who are you")
        await slack.until(lambda: slack.posts("D1") and not slack.posts("D1")[0].streaming)
        await all_heard(slack)

    assert 1 == len(script.asked)
    assert 1 == len(slack.posts("D1"))


async def test_a_deleted_message_is_not_a_message(slack, product, script):
    """Deleting an answered question, or the bot's neighbour, asks nothing."""
    async with product():
        ts = await exchange(slack, "U1", "C1", "one")
        other = await slack.say("U2", "C1", "lunch?")
        await slack.delete("U2", "C1", other)
        await slack.delete("U1", "C1", ts)
        await all_heard(slack)

    assert [["one"]] == script.asked
    assert ["echo: one"] == texts(slack, "C1")


# ── FOLLOW_THREADS ──


@pytest.mark.parametrize("scope", ["user", "topic"])
async def test_follow_ups_of_people_it_talks_with_are_answered(slack, product, script, scope):
    """In the thread of their conversation, without a mention, with the memory of it."""
    async with product(follow_threads=True, thread_scope=scope):
        root = await exchange(slack, "U1", "C1", "one")
        await slack.say("U1", "C1", "two", root)
        await slack.until(lambda: len(slack.posts("C1", root)) == 2 and len(script.asked) == 2)
        await slack.until(lambda: not slack.posts("C1", root)[1].streaming)
        await all_heard(slack)

    assert 3 == len(script.asked[-1])
    assert 2 == len(slack.posts("C1"))


@pytest.mark.parametrize("scope", ["user", "topic"])
async def test_strangers_are_not_answered(slack, product, script, scope):
    """Somebody it does not talk with there is left alone, whatever they write in that thread."""
    async with product(follow_threads=True, thread_scope=scope):
        root = await exchange(slack, "U1", "C1", "one")
        await slack.say("U2", "C1", "interesting", root)
        await all_heard(slack)

    assert 1 == len(script.asked)


async def test_only_in_threads_where_they_talk(slack, product, script):
    """The same person at the top of the channel, or in a thread of others, is not talking to the bot."""
    async with product(follow_threads=True):
        await exchange(slack, "U1", "C1", "one")
        other = await slack.say("U2", "C1", "lunch?")
        await slack.say("U1", "C1", "yes", other)
        await slack.say("U1", "C1", "thinking aloud")
        await all_heard(slack)

    assert 1 == len(script.asked)


async def test_joining_a_thread_makes_somebody_known_there(slack, product, script):
    """Having mentioned the bot in a thread once, a person may go on without."""
    async with product(follow_threads=True):
        root = await slack.say("U2", "C1", "lunch?")
        await exchange(slack, "U1", "C1", "where", root)
        await slack.say("U1", "C1", "when", root)
        await shows(slack, "C1", root, "echo: where", "echo: when")
        await slack.say("U2", "C1", "soon", root)
        await all_heard(slack)

    assert 2 == len(script.asked)


async def test_follow_ups_are_answered_after_a_restart(slack, product):
    """Whom it talks with where is not forgotten."""
    async with product(follow_threads=True):
        root = await exchange(slack, "U1", "C1", "one")
    async with product(follow_threads=True):
        await slack.say("U1", "C1", "two", root)

        await shows(slack, "C1", root, "echo: one", "echo: two")


async def test_a_follow_up_with_a_mention_is_one_message(slack, product):
    """`message` would do by itself now, `app_mention` comes as well."""
    async with product(follow_threads=True):
        root = await exchange(slack, "U1", "C1", "one")
        await slack.mention("U1", "C1", "two", root)
        await all_heard(slack)

        await shows(slack, "C1", root, "echo: one", "echo: two")


async def test_a_file_may_be_a_follow_up(slack, product, script):
    """Without a word, as with a mention."""
    async with product(follow_threads=True):
        root = await exchange(slack, "U1", "C1", "one")
        script.perform("I see.")
        await slack.say("U1", "C1", "", root, files=[("notes.txt", b"hello from a file")])
        await shows(slack, "C1", root, "echo: one", "I see.")

    assert "hello from a file" in script.asked[-1][-1]
