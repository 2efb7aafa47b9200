"""Who is answered, and where: mentions in channels and threads, and direct messages."""

from __future__ import annotations

import pytest

from tests.slack.conversation import all_heard, exchange, shows, texts

BOT = "<@U0BOT00001>"
ADDRESSED = (
    f"{BOT} hello",
    f"hello {BOT}",
    f"hello {BOT} there",
    f"{BOT}, hello",
    f"hello\n{BOT}",
    f"see `{BOT}` {BOT}",
    f"&gt; quoted\n{BOT} hello",
    f"*{BOT}* hello",
)
NOT_ADDRESSED = (
    f"`{BOT}` is its id",
    f"```\n{BOT} hello\n```",
    f"```{BOT}```",
    f"&gt; {BOT} hello",
    f"&gt; a\n&gt; {BOT} b",
    "&lt;@U0BOT00001&gt; hello",
    "@assistant hello",
    "U0BOT00001 hello",
)


async def test_a_mention_is_answered_in_its_thread(slack, product):
    """The one post of the channel stands under the mention."""
    async with product():
        ts = await slack.mention("U1", "C1", "hello")

        (post,) = await shows(slack, "C1", None, "echo: hello")

    assert ts == post.thread_ts


async def test_a_mention_inside_a_thread_is_answered_there(slack, product):
    """The answer goes under the thread's root, not under the reply that mentioned."""
    async with product():
        root = await slack.say("U2", "C1", "lunch?")
        await slack.mention("U1", "C1", "where", root)

        (post,) = await shows(slack, "C1", None, "echo: where")

    assert root == post.thread_ts


async def test_a_direct_message_is_answered_in_its_thread(slack, product):
    """Without a mention; a reply in that thread is answered in the same one."""
    async with product():
        root = await slack.say("U1", "D1", "hello")
        await shows(slack, "D1", root, "echo: hello")
        await slack.say("U1", "D1", "more", root)

        await shows(slack, "D1", root, "echo: hello", "echo: more")


@pytest.mark.parametrize("order", ["message", "mention"])
async def test_two_events_of_one_message_are_one_message(slack, product, script, order):
    """`message` and `app_mention` with one ts give one answer, whichever comes first."""
    async with product():
        ts = await slack.say("U1", "C1", f"{BOT} hello", order=order)
        await all_heard(slack)

        await shows(slack, "C1", ts, "echo: hello")

    assert [["hello"]] == script.asked


@pytest.mark.parametrize("order", ["message", "mention"])
async def test_two_events_of_a_reply_are_one_message(slack, product, script, order):
    """The same inside a thread that is not known yet."""
    async with product():
        root = await slack.say("U2", "C1", "lunch?")
        await slack.say("U1", "C1", f"{BOT} hello", root, order=order)
        await all_heard(slack)

        await shows(slack, "C1", root, "echo: hello")

    assert 1 == len(script.asked)


@pytest.mark.parametrize("composed", [True, False], ids=["blocks", "text"])
async def test_a_mention_anywhere_in_the_text_counts(slack, product, composed):
    """Wherever it stands outside code and quotes, with rich text or without."""
    async with product():
        asked = [await slack.say("U1", "C1", text, blocks=None if composed else []) for text in ADDRESSED]
        await all_heard(slack)
        await slack.until(lambda: len(slack.posts("C1")) == len(ADDRESSED))

    assert asked == [post.thread_ts for post in slack.posts("C1")]


@pytest.mark.parametrize("composed", [True, False], ids=["blocks", "text"])
async def test_what_only_looks_like_a_mention_does_not_count(slack, product, script, composed):
    """In code, in quotes, as typed characters: silence, although Slack sends app_mention for some."""
    async with product():
        for text in NOT_ADDRESSED:
            await slack.say("U1", "C1", text, blocks=None if composed else [])
        await all_heard(slack)

    assert ([], []) == (script.asked, texts(slack, "C1"))


async def test_a_mention_with_a_label_counts(slack, product, script):
    """`<@U…|name>`, as older clients send it."""
    async with product():
        await slack.say("U1", "C1", "<@U0BOT00001|assistant> hello", blocks=[])
        await shows(slack, "C1", None, "echo: hello")

    assert [["hello"]] == script.asked


@pytest.mark.parametrize(("channel", "kind"), [("G1", "group"), ("G2", "mpim"), ("C2", "mpim")])
async def test_private_places_are_answered_like_channels(slack, product, channel, kind):
    """Private channels and group conversations: with a mention an answer, without one silence."""
    slack.add_channel(channel, ["U1", "U2"], kind=kind)
    async with product():
        await slack.say("U1", channel, "not for you")
        ts = await slack.mention("U1", channel, "hello")
        await all_heard(slack)

        await shows(slack, channel, None, "echo: hello")

    assert [ts] == [post.thread_ts for post in slack.posts(channel)]


async def test_a_mention_in_a_direct_message_is_not_part_of_the_text(slack, product, script):
    """The bot's own mention is removed there too."""
    async with product():
        await slack.mention("U1", "D1", "hello")
        await shows(slack, "D1", None, "echo: hello")

    assert [["hello"]] == script.asked


async def test_where_the_bot_is_not_a_member_nothing_breaks(slack, product):
    """app_mention comes also from channels where the bot cannot post; elsewhere life goes on."""
    slack.add_channel("C7", ["U1"], bot_in=False)
    async with product():
        await slack.mention("U1", "C7", "hello")
        await exchange(slack, "U1", "C1", "hello")
        await all_heard(slack)

    assert [] == slack.posts("C7")


async def test_a_broadcast_reply_is_answered(slack, product):
    """A reply also sent to the channel (thread_broadcast) is a message like others."""
    async with product():
        root = await slack.say("U2", "C1", "lunch?")
        await slack.say("U1", "C1", f"{BOT} hello", root, broadcast=True)
        await all_heard(slack)

        await shows(slack, "C1", root, "echo: hello")
