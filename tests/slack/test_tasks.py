"""What the assistant is doing: seen while it happens, gone when the answer is there."""

from __future__ import annotations

from typing import Any

import pytest

from bots.slack import native_stream
from standins.script.script import Call, Wait
from standins.slack import SlackStandin
from tests.slack.conversation import all_heard, calls, shows, texts, workspace
from tests.slack.stage import Pause
from tests.tool_files import let_go, looks

SAID = "Result: found it"
pytestmark = pytest.mark.usefixtures("data")


def cards(slack: SlackStandin) -> list[dict[str, Any]]:
    return [task for post in slack.posts("C1") for task in post.tasks]


def only_text(slack: SlackStandin) -> bool:
    """Whether no post has blocks of tasks, in what history tells either."""
    kinds = {block["type"] for one in slack.messages("C1") for block in one.get("blocks", ())}
    return not cards(slack) and "task_card" not in kinds


async def test_a_task_is_a_card_until_the_answer_is_there(slack, product, script, data):
    pause = Pause()
    script.enqueue(Call("look", {"what": "it"}))
    script.perform(pause, SAID)
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: cards(slack))
        (card,) = cards(slack)
        (before,) = slack.posts("C1", ts)
        let_go(data)
        await slack.until(lambda: [one["status"] for one in cards(slack)] == ["complete"])
        pause.end()
        (after,) = await shows(slack, "C1", ts, SAID)
        await slack.until(lambda: only_text(slack))
        await all_heard(slack)

    assert ("in_progress", True, "") == (card["status"], "look" in card["title"], before.text)
    assert (before.ts, False) == (after.ts, after.broken)


@pytest.mark.parametrize(
    ("method", "when", "times"),
    [
        *(("chat.startStream", "after", 1), ("chat.appendStream", "before", 1)),
        *(("chat.appendStream", "after", 2), ("chat.stopStream", "after", 1), ("chat.update", "after", 2)),
    ],
)
async def test_a_cut(slack, product, script, data, method, when, times):
    looks(script, "Let me see.")
    slack.fail(method, when=when, drop=True, times=times)
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: texts(slack, "C1") == ["Let me see."])
        let_go(data)
        await shows(slack, "C1", ts, f"Let me see.\n\n{SAID}", timeout=15)
        await slack.until(lambda: only_text(slack))
        await all_heard(slack)

    assert (1, False) == (len(slack.posts("C1")), slack.posts("C1")[0].broken)


async def test_a_death_while_only_a_card_is_shown(slack, product, script, data):
    """The next process writes its answer into the same post, known or not."""
    looks(script)
    slack.fail("chat.startStream", when="after", drop=True)
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: cards(slack))
        (before,) = slack.posts("C1")
    let_go(data)
    async with product():
        (after,) = await shows(slack, "C1", ts, SAID, timeout=15)
        await slack.until(lambda: only_text(slack))

    assert before.ts == after.ts


async def test_a_death_before_the_cards_are_taken_away(slack, product, script, data):
    """The stream was ended, its cards are still there: the next process takes them away."""
    looks(script)
    let_go(data)
    slack.delay("chat.update", 30)
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: calls(slack, "chat.stopStream"))
        await slack.until(lambda: texts(slack, "C1") == [SAID])
    slack.heal()
    async with product():
        await slack.until(lambda: only_text(slack))
        await shows(slack, "C1", ts, SAID)


@pytest.mark.parametrize("error", ["invalid_arguments", "invalid_chunks"])
async def test_a_workspace_without_chunks(slack, product, script, data, error):
    """The status line tells it instead; text is streamed plainly. What is refused is learnt."""
    slack.refuse_chunks(error)
    looks(script)
    pause = Pause()
    script.perform("Well,", pause, " and", pause, " so on.")
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: "look" in slack.status("C1", ts))
        let_go(data)
        await shows(slack, "C1", ts, SAID)
        await slack.until(lambda: not slack.status("C1", ts))
        await slack.mention("U1", "C2", "hello")
        await slack.until(lambda: texts(slack, "C2") == ["Well,"])
        asked = sum("chunks" in call for call in calls(slack, "chat.startStream"))
        pause.end()
        await shows(slack, "C2", None, "Well, and so on.")
        await slack.mention("U1", "C3", "hello")
        await shows(slack, "C3", None, "echo: hello")

    assert asked == sum("chunks" in call for call in calls(slack, "chat.startStream"))


@workspace(stream_seconds=1.5)
async def test_a_task_that_outlives_its_stream(slack, product, script, data, monkeypatch):
    """The stream is ended before Slack does it; the answer goes into its post."""
    monkeypatch.setattr(native_stream, "LONGEST_STREAM", 0.5)
    looks(script)
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: cards(slack))
        await slack.until(lambda: calls(slack, "chat.stopStream"))
        await slack.until(lambda: "look" in slack.status("C1", ts))
        assert not any(post.broken for post in slack.posts("C1"))
        let_go(data)
        await shows(slack, "C1", ts, SAID)
        await slack.until(lambda: only_text(slack))


@workspace(stream_seconds=1.5)
async def test_words_that_outlive_their_stream(slack, product, script, data, monkeypatch):
    """Nothing is said for long: the stream is ended all the same, and the text goes on in another post."""
    monkeypatch.setattr(native_stream, "LONGEST_STREAM", 0.5)
    looks(script, "Let me see.")
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: calls(slack, "chat.stopStream"))
        assert not any(post.broken for post in slack.posts("C1"))
        let_go(data)
        await slack.until(lambda: "".join(texts(slack, "C1", ts)).endswith(SAID))
        await slack.until(lambda: only_text(slack))

    assert "Let me see." + SAID == "".join("".join(texts(slack, "C1")).split("\n"))


async def test_no_word_waits_for_a_task(slack, product, script, data):
    """Text that comes while a task's card is being sent is shown as fast as ever."""
    let_go(data)
    pause = Pause()
    script.enqueue(Call("look", {"what": "it"}))
    script.perform("Well,", pause, " that is all.")
    async with product():
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: texts(slack, "C1") == ["Well,"], 2)
        pause.end()
        await shows(slack, "C1", ts, "Well, that is all.")


async def test_a_passing_refusal_costs_later_answers_no_card(slack, product, script, data):
    """Only what plain streams do not meet is held against chunks."""
    slack.fail("chat.startStream", error="some_new_error", times=2)
    async with product():
        ts = await slack.mention("U1", "C1", "hello")
        await shows(slack, "C1", ts, "echo: hello")
        looks(script)
        ts = await slack.mention("U1", "C1", "look it up")
        await slack.until(lambda: cards(slack))
        let_go(data)
        await shows(slack, "C1", ts, SAID)


@pytest.mark.parametrize("without", ["", "chunks", "streams"])
async def test_a_file_without_a_word(slack, product, script, drawing, without):
    if without == "chunks":
        slack.refuse_chunks()
    elif without:
        slack.fail("chat.startStream", error="unknown_method", times=99)
    script.enqueue(Call("draw", {"name": "film.mp4"}))
    script.enqueue("")
    async with product():
        ts = await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.tasks for post in slack.posts("C1")) or slack.status("C1", ts))
        let_go(drawing)
        await slack.until(lambda: any(post.files for post in slack.posts("C1")))
        await all_heard(slack)

    (post,) = slack.posts("C1")
    assert ["film.mp4"] == [file.name for file in post.files]


async def test_a_file_without_a_word_where_nothing_may_be_deleted(slack, product, script, drawing):
    slack.fail("chat.delete", error="compliance_exports_prevent_deletion", times=9)
    script.enqueue(Call("draw", {"name": "film.mp4"}))
    script.enqueue("")
    async with product():
        await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.tasks for post in slack.posts("C1")))
        let_go(drawing)
        await slack.until(lambda: any(post.files for post in slack.posts("C1")))

    assert ["…", ""] == [post.text for post in slack.posts("C1")]
    assert not any(post.tasks for post in slack.posts("C1"))


async def test_cards_of_a_long_answer(slack, product, script, drawing):
    let_go(drawing)
    text = " ".join(f"word{number:05d}" for number in range(1300))
    script.enqueue("Let me draw.", Call("draw", {"name": "film.mp4"}))
    script.enqueue(text)
    slack.fail("chat.update", error="internal_error", times=2)
    async with product():
        await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.files for post in slack.posts("C1")), 20)
        await all_heard(slack)

    posts = [post for post in slack.posts("C1") if not post.files]
    assert ["Let", "me", "draw.", *text.split()] == " ".join(post.text for post in posts).split()
    assert not any(post.tasks or post.streaming or post.broken for post in posts)


@pytest.mark.parametrize(
    ("method", "error", "times"),
    [
        ("chat.startStream", "streaming_mode_mismatch", 99),
        ("chat.appendStream", "invalid_chunks", 99),
        ("chat.appendStream", "ratelimited", 2),
        ("chat.stopStream", "invalid_chunks", 1),
    ],
)
async def test_no_word_is_lost_by_a_refusal(slack, product, script, drawing, method, error, times):
    slack.fail(method, error=error, times=times)
    script.enqueue("Let me draw. ", Wait(0.6), "Now.", Call("draw", {"name": "film.mp4"}))
    script.enqueue("Here ", Wait(0.6), "you are.")
    let_go(drawing)
    async with product():
        await slack.mention("U1", "C1", "film it")
        await slack.until(lambda: any(post.files for post in slack.posts("C1")), 20)

    (post,) = [post for post in slack.posts("C1") if not post.files]
    assert "Let me draw. Now.\n\nHere you are." == post.text
    assert not post.tasks
