"""Streams that are refused, and text that Slack does not take."""

from __future__ import annotations

import pytest

from bots.slack.native_stream import Refusals
from standins.script.script import Say, Wait
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, calls, exchange, shows, texts, told, whole, workspace
from tests.slack.stage import Pause


def words(slack: SlackStandin) -> list[str]:
    return " ".join(texts(slack, "C1")).split()


@pytest.mark.parametrize("error", ["unknown_method", "channel_type_not_supported"])
async def test_a_refused_stream_becomes_a_post_that_is_updated(slack, product, script, error):
    slack.fail("chat.startStream", error=error, times=99)
    post = await told(slack, product, script)

    assert "run_" in str(post.metadata)


FOR_GOOD = ("unknown_method", "feature_not_enabled", "method_deprecated")
FOR_THE_CHANNEL = (
    *("channel_type_not_supported", "method_not_supported_for_channel_type"),
    *("enterprise_is_restricted", "missing_scope"),
)
FOR_THE_PERSON = (
    *("missing_recipient_team_id", "missing_recipient_user_id", "user_not_found", "team_not_found"),
)


@pytest.mark.parametrize(
    ("errors", "refused"),
    [
        (FOR_GOOD, [True, True, True]),
        (FOR_THE_CHANNEL, [True, True, False]),
        (FOR_THE_PERSON, [True, False, False]),
        (("internal_error", "some_new_error"), [False, False, False]),
    ],
)
def test_for_whom_a_refusal_counts(errors, refused):
    """The same person there, another one there, and the same person elsewhere."""
    for error in errors:
        refusals = Refusals()
        refusals.learn(error, "C1", "U1")
        asked = [refusals.apply(*at) for at in (("C1", "U1"), ("C1", "U2"), ("C2", "U1"))]
        assert refused == asked, error


async def test_a_channel_that_refuses_streams_is_not_asked_again(slack, product):
    async with product():
        slack.fail("chat.startStream", error="channel_type_not_supported")
        await exchange(slack, "U1", "C1", "one")
        await exchange(slack, "U1", "C1", "two")
        await exchange(slack, "U1", "C2", "three")
        await exchange(slack, "U1", "C2", "four")

    assert ["C1", "C2", "C2"] == [call["channel"] for call in calls(slack, "chat.startStream")]


@pytest.mark.parametrize("error", ["message_not_in_streaming_state", "msg_too_long"])
async def test_a_stream_that_takes_nothing_more_keeps_its_tail(slack, product, script, error):
    slack.fail("chat.appendStream", error=error, times=99)
    pause = Pause()
    script.perform("Well,", pause, " the answer is 42.")
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1"))
        pause.end()
        await slack.until(lambda: words(slack) == ["Well,", "the", "answer", "is", "42."])


@workspace(stream_seconds=0.3)
async def test_a_repair_that_is_refused_is_tried_again(slack, product, script):
    """Slack may still hold a dead stream for a live one for a moment: streaming_state_conflict is no end."""
    slack.fail("chat.update", error="streaming_state_conflict", times=3)
    script.perform("first part", Wait(0.6), " and the tail")
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: words(slack) == ["first", "part", "and", "the", "tail"], timeout=15)


async def test_an_answer_that_a_moderator_removes_breaks_nothing(slack, product, script):
    """The post goes away while it is written: the run ends, and its thread goes on."""
    pause = Pause()
    script.perform("Well,", pause, " the answer is 42.")
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1"))
        room = slack.workspace.channels["C1"]
        room.remove(room.posts[0])
        pause.end()
        await slack.mention("U1", "C1", "again", ts)

        await slack.until(lambda: "echo: again" in texts(slack, "C1", ts))


async def test_korean_updates_fit(slack, product, script):
    """An update's text may have 4,000 bytes only: long Korean answers must not run into that."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    said = " ".join(f"가나다라마바사{number:04d}" for number in range(600))
    pause = Pause()
    script.perform(Say(said[:4000]), pause, Say(said[4000:]))
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1"))
        pause.end()
        await shows(slack, "C1", None, said)

    assert [] == [call.error for call in slack.calls if call.error and "too_long" in call.error]


async def test_where_nothing_can_be_posted_nobody_tries_for_ever(slack, product, script):
    for method in ("chat.startStream", "chat.postMessage"):
        slack.fail(method, error="is_archived", times=99)
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await slack.mention("U1", "C1", "second")
        await slack.until(lambda: len(script.asked) == 2)
        tries = len(calls(slack, "chat.startStream") + calls(slack, "chat.postMessage"))
        slack.heal()
        await exchange(slack, "U1", "C1", "third")
        await all_heard(slack)

    assert (["echo: third"], "") == (texts(slack, "C1")[-1:], slack.status("C1", ts))
    assert tries <= 4


@workspace(limits=True)
async def test_updates_come_at_a_rate_slack_allows(slack, product, script):
    """Four seconds of text without a stream: several states are seen, no 429."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    script.delay = 0.04
    said = " ".join(f"w{number}" for number in range(70))
    script.perform(said)
    async with product():
        await slack.mention("U1", "C1", "hello")
        (post,) = await shows(slack, "C1", None, said, timeout=10)

    assert [] == slack.rate_limited
    assert 3 <= len(post.versions) <= 8


@pytest.mark.parametrize("streams", [True, False], ids=["stream", "update"])
async def test_links_never_unfurl(slack, product, script, streams):
    """Every post that can say so says so, our own texts included."""
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    script.perform("see https://example.com")
    async with product():
        await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", None, "see https://example.com")
        await slack.mention("U1", "C2", "")
        await slack.until(lambda: slack.posts("C2"))

    flags = {(call["unfurl_links"], call["unfurl_media"]) for call in calls(slack, "chat.postMessage")}
    assert {"false"} == {str(flag).lower() for pair in flags for flag in pair}


HEADINGS = (
    "".join(f"### {number}. Topic{number}\n\nA short text.\n\n---\n\n" for number in range(60)) + "The end."
)
TABLES = (
    "".join(f"T{number}\n\n| a | b |\n|---|---|\n| c{number} | d |\n\n" for number in range(4)) + "The end."
)
LONG = " ".join(f"word{number:05d}" for number in range(1200))


@pytest.mark.parametrize(
    ("said", "posts", "streams", "size"),
    [(HEADINGS, 3, True, 67), (TABLES, 4, False, 100_000)],
    ids=["streamed headings", "updated tables"],
)
async def test_a_text_of_many_blocks(slack, product, script, said, posts, streams, size):
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    script.perform(*(Say(said[at : at + size]) for at in range(0, len(said), size)))
    async with product():
        await slack.mention("U1", "C1", "hello")
        shown = [post.text for post in await whole(slack, "C1", "The end.")]

    assert said.split() == " ".join(shown).split()
    assert posts == len(shown)
    assert {"unknown_method", "not_agent_app", None, ""} >= {call.error for call in slack.calls}


@pytest.mark.parametrize("letters", ["word", "가나다라"])
async def test_markdown_that_is_refused_is_shown_as_text(slack, product, script, letters):
    """In posts as short as Slack takes plain text, whether it counts characters or bytes."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    slack.fail("chat.postMessage", error="invalid_blocks")
    said = LONG.replace("word", letters)
    script.perform(Say(said))
    async with product():
        await slack.mention("U1", "C1", "hello")
        shown = [post.text for post in await whole(slack, "C1", "01199")]

    assert said.split() == " ".join(shown).split()
    assert all(len(text) <= 4000 for text in shown)


async def test_an_update_that_is_refused_leaves_what_is_shown(slack, product, script):
    """A notice never takes the place of words people have read."""
    slack.fail("chat.startStream", error="unknown_method", times=99)
    pause = Pause()
    script.perform("These words were shown.", pause, " And these were not.")
    async with product():
        await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: texts(slack, "C1") == ["These words were shown."])
        slack.fail("chat.update", error="invalid_blocks", times=3)
        pause.end()
        await slack.until(lambda: "accepted" in "".join(texts(slack, "C1")))
        await all_heard(slack)

    assert "These words were shown." in "".join(texts(slack, "C1"))
