"""Buttons, commands and shortcuts: approvals, starting over, stopping."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.texts import TEXTS, ended, text
from standins.script.script import Call
from standins.slack import Post, SlackStandin
from tests.registered import register
from tests.slack.conversation import all_heard, exchange, shows, texts, workspace
from tests.slack.stage import Pause, Stage
from tests.tool_files import DRAW, paid, put_tool, wants_to_pay

ALLOWED = text("approval_approved", "en").format(name="pay")
SOON = 1.0
"""Seconds, of the three that Slack gives."""


def questions(slack: SlackStandin) -> list[Post]:
    return [post for post in slack.posts("C1") if any(block["type"] == "actions" for block in post.blocks)]


async def asked(slack: SlackStandin, timeout: float = 10) -> Post:
    await slack.until(lambda: questions(slack), timeout)
    return questions(slack)[0]


async def answered(slack: SlackStandin, said: str, timeout: float = 10) -> None:
    await slack.until(
        lambda: any(said in post.text and not post.streaming for post in slack.posts("C1")), timeout
    )


@pytest.mark.parametrize(("method", "when"), [("chat.postMessage", "after"), ("chat.update", "before")])
async def test_a_cut_at_a_question(slack, product, script, ledger, method, when):
    wants_to_pay(script)
    slack.fail(method, when=when, drop=True)
    async with product():
        ts = await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        others = await slack.press("U2", "C1", question.ts, "approve")
        await slack.until(lambda: others.texts == [text("approval_not_yours", "en")])
        await slack.press("U1", "C1", question.ts, "approve")
        await answered(slack, "Result:")

    assert ([5], ["Result: paid 5", ALLOWED]) == (paid(ledger), sorted(texts(slack, "C1")))
    assert (False, False, ts) == (question.unfurl_links, question.unfurl_media, question.thread_ts)


async def test_a_server_without_markdown_blocks(slack, product, script, ledger):
    wants_to_pay(script)
    slack.fail("chat.postMessage", error="invalid_blocks")
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        await slack.press("U1", "C1", question.ts, "refuse")
        await answered(slack, "Result:")

    assert "section" in [block["type"] for block in question.blocks]


async def test_a_question_is_not_taken_for_an_answer(slack, product, script, ledger):
    """The replies of both are lost: each is found as what it is."""
    wants_to_pay(script, "Let me pay.")
    slack.fail("chat.startStream", when="after", drop=True)
    slack.fail("chat.postMessage", when="after", drop=True)
    async with product():
        await slack.mention("U1", "C1", "pay 5")
        question = await asked(slack)
        await slack.press("U1", "C1", question.ts, "approve")
        await answered(slack, "Result: paid 5")
        await slack.until(lambda: not questions(slack))

    assert ["Let me pay.\n\nResult: paid 5", ALLOWED] == texts(slack, "C1")


async def test_assistant_shows_the_current_one_and_the_others(slack, product, tmp_path):
    """Acknowledged within Slack's three seconds; nobody else sees it."""
    async with product(assistant_name="Rob"):
        other = await register(tmp_path / "data", "Max & Moritz")
        reply = await slack.slash("U1", "C1", "/assistant")

        memory = await slack.slash("U1", "C1", "/memory")

    (said,) = reply.texts
    assert [text("memory_empty", "en")] == memory.texts
    assert reply.acked_after is not None
    assert reply.acked_after < SOON
    assert ("Rob" in said, "Max &amp; Moritz" in said, other in said) == (True, True, True)
    assert [] == slack.posts("C1")


async def test_what_an_older_app_left_behind_is_answered(slack, product, script):
    """A command, a button, a shortcut of before: told to the person alone, in their language."""
    slack.workspace.person("U2").locale = "ko-KR"
    async with product():
        ts = await exchange(slack, "U1", "C1", "hello")
        post = slack.posts("C1", ts)[0].ts
        replies = [
            await slack.slash("U2", "C1", "/imagine", "a cat"),
            await slack.press("U2", "C1", post, {"type": "button", "action_id": "retry", "block_id": "b"}),
            await slack.shortcut("U2", "C1", ts, "translate"),
        ]
        await slack.until(lambda: all(reply.texts for reply in replies))

    assert [[text("stale", "ko")]] * 3 == [reply.texts for reply in replies]
    assert 1 == len(slack.posts("C1", ts))
    assert 1 == len(script.asked)


MANIFEST = (Path(__file__).parents[2] / "bots/slack/manifest.yaml").read_text(encoding="utf-8")
SHORTCUT = "Reset this conversation"


async def test_the_command_is_acknowledged_at_once_and_seen_by_one_person(slack, product, script):
    async with product():
        await exchange(slack, "U1", "C1", "one")
        reply = await slack.slash("U1", "C1", "/reset")
        await slack.until(lambda: slack.ephemerals)
        await exchange(slack, "U1", "C1", "two")
        await all_heard(slack)

    assert ("", 1) == (reply.error, len(reply.texts))
    assert reply.acked_after is not None
    assert reply.acked_after < SOON
    assert [("U1", "C1")] == [(seen.user, seen.channel) for seen in slack.ephemerals]
    assert [["one"], ["two"]] == script.asked
    assert 2 == len(slack.posts("C1"))


def callback() -> str:
    """The callback id under which the manifest registers the shortcut."""
    found = re.search(rf"name: {SHORTCUT}\s+type: message\s+callback_id: (\S+)", MANIFEST)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("channel", "scope", "on", "extent"),
    [
        ("C1", "user", "question", "channel"),
        ("C1", "topic", "answer", "shared_thread"),
        ("D1", "user", "answer", "direct"),
        ("D1", "person-topic", "answer", "thread"),
    ],
)
async def test_the_shortcut_starts_over(slack, product, script, channel, scope, on, extent):
    """And says what has ended."""
    how = {"dm_scope": scope} if extent == "thread" else {"thread_scope": scope}
    async with product(**how):
        root = await exchange(slack, "U1", channel, "one")
        await exchange(slack, "U1", channel, "two", root)
        chosen = root if on == "question" else slack.posts(channel)[0].ts
        reply = await slack.shortcut("U1", channel, chosen, callback())
        await slack.until(lambda: slack.ephemerals)
        await exchange(slack, "U1", channel, "three", root)

    assert "" == reply.error
    assert 1 == len(script.asked[-1])
    assert [("U1", ended(extent, "en"))] == [(seen.user, seen.text) for seen in slack.ephemerals]
    assert 3 == len(slack.posts(channel))


@pytest.mark.parametrize("scope", ["topic", "person-topic"])
async def test_where_a_topic_is_a_conversation_the_command_explains_itself(slack, product, script, scope):
    """It cannot know the topic: it names both other ways, and forgets nothing."""
    async with product(thread_scope=scope):
        root = await exchange(slack, "U1", "C1", "one")
        reply = await slack.slash("U1", "C1", "/reset")
        await slack.until(lambda: reply.texts)
        await exchange(slack, "U1", "C1", "two", root)

    (explained,) = reply.texts
    assert SHORTCUT in explained
    assert "reset" in explained.replace(SHORTCUT, "").lower()
    assert 3 == len(script.asked[-1])
    assert 2 == len(slack.posts("C1"))


MARK = TEXTS["en"]["stopped"]


async def streaming(slack: SlackStandin, script: Stage, user: str, channel: str) -> str:
    """An answer that has begun and would never end; the ts of its question."""
    script.perform("Once upon", Pause(), " a time")
    ts = await slack.mention(user, channel, "tell me a story")
    await slack.until(lambda: "Once upon" in texts(slack, channel, ts))
    return ts


async def stopped(slack: SlackStandin, channel: str, ts: str) -> str:
    await slack.until(
        lambda: MARK in slack.posts(channel, ts)[0].text and not slack.posts(channel, ts)[0].streaming
    )
    return slack.posts(channel, ts)[0].text


@pytest.mark.parametrize(("channel", "text", "streams"), [("C1", "stop", True), ("D1", "STOP", False)])
async def test_stop_ends_the_answer(slack, product, script, openai, channel, text, streams):
    """What was shown stays, marked as stopped; the model is let go; the conversation goes on."""
    if not streams:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    async with product():
        ts = await streaming(slack, script, "U1", channel)
        await slack.mention("U1", channel, text, ts)
        shown = await stopped(slack, channel, ts)
        await openai.until(lambda: openai.requests[0].cut_at is not None)
        await exchange(slack, "U1", channel, "next", ts)
        await all_heard(slack)

    assert shown.startswith("Once upon")
    assert " a time" not in shown
    assert not slack.posts(channel, ts)[0].broken
    assert 2 == len(script.asked)


@workspace(agent_app=True)
@pytest.mark.parametrize(("channel", "scope"), [("C1", "topic"), ("D1", "user")])
async def test_slacks_own_stop_button(slack, product, script, openai, channel, scope):
    """Slack has ended the stream already: the run ends, the post is marked and whole, the session active."""
    async with product(thread_scope=scope):
        ts = await streaming(slack, script, "U1", channel)
        ended = await slack.press_stop("U1", channel, ts)
        shown = await stopped(slack, channel, ts)
        await openai.until(lambda: openai.requests[0].cut_at is not None)
        await slack.until(lambda: slack.session(channel, ts) == "active")
        await exchange(slack, "U1", channel, "next", ts)

    assert [slack.posts(channel, ts)[0].ts] == ended
    assert shown.startswith("Once upon")
    assert 2 == len(slack.posts(channel))


@workspace(agent_app=True)
async def test_slacks_own_stop_button_before_the_first_word(slack, product, script):
    """No stream yet: the run ends all the same and no answer comes."""
    script.perform(Pause(), "Once upon a time")
    async with product():
        ts = await slack.mention("U1", "C1", "tell me a story")
        await slack.until(lambda: script.asked)
        await slack.press_stop("U1", "C1", ts)
        await slack.until(lambda: slack.session("C1", ts) == "active")
        await exchange(slack, "U1", "C1", "next", ts)

    assert not any("Once" in text for text in texts(slack, "C1"))


@pytest.mark.parametrize("replied", [False, True], ids=["gone", "tombstone"])
async def test_a_question_taken_back_in_time_is_not_answered(slack, product, script, replied):
    """Deleted while it waited: no request, post or status. With replies Slack leaves a tombstone."""
    pause = Pause()
    script.perform("A", pause)
    async with product():
        first = await slack.mention("U1", "C1", "one")
        await slack.until(lambda: texts(slack, "C1", first) == ["A"])
        second = await slack.mention("U1", "C1", "two")
        if replied:
            await slack.say("U2", "C1", "good question", second)
        await slack.until(lambda: not slack.unacked() and slack.status("C1", second))
        await slack.delete("U1", "C1", second)
        await slack.until(lambda: not slack.unacked())
        pause.end()
        await shows(slack, "C1", first, "A")
        await slack.until(lambda: not (replied and slack.status("C1", second)))
        await exchange(slack, "U1", "C1", "three")
        await all_heard(slack)

    assert [["one"], ["one", "A", "three"]] == script.asked
    assert [] == slack.posts("C1", second)


@pytest.mark.parametrize("way", ["streamed", "posted", "with cards", "full"])
async def test_buttons_under_an_answer_come_with_its_last_call(slack, product, script, tmp_path, way):
    """However it is shown, without one more call for them; a post that is full of headings has room, too."""
    if way == "posted":
        slack.fail("chat.startStream", error="unknown_method", times=9)
    if way == "with cards":
        put_tool(tmp_path / "data", "draw", DRAW)
        script.enqueue(Call("draw", {"name": "a.txt", "size": 3}))
    script.enqueue("\n\n".join(f"# {number}\n\ntext" for number in range(44)) if way == "full" else "All.")
    async with product(answer_buttons=True, feedback=True, assistant_tools=("all",)):
        ts = await slack.mention("U1", "C1", "go on")
        await slack.until(lambda: any(button_ids(post) for post in slack.posts("C1", ts)))
        await all_heard(slack)
        posts = [post for post in slack.posts("C1", ts) if not post.files]

    assert [*[[]] * (len(posts) - 1), ["again", "shorter", "rate"]] == [button_ids(post) for post in posts]
    assert not any(post.streaming for post in posts)
    if way == "streamed":
        assert [] == [call for call in slack.calls if call.method == "chat.update"]


def button_ids(post: Post) -> list[str]:
    """What can be pressed under a post."""
    rows = [block for block in post.blocks if block["type"] in ("actions", "context_actions")]
    return [one["action_id"] for block in rows for one in block["elements"]]
