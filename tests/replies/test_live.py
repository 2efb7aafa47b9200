"""bots.replies.live: the newest text wins, the last one is always shown, and nobody waits for the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bots.replies.live import LiveReply
from core.errors import Lost, Retryable, Unreachable
from core.ports import Reply
from core.types import Activity
from tests.replies.canvas import Canvas, rest

_: type[Reply] = LiveReply
LOOKING = Activity("1", "Looking")


@pytest.fixture
def canvas() -> Canvas:
    return Canvas()


@pytest.fixture
async def reply(canvas: Canvas) -> AsyncIterator[LiveReply]:
    async with LiveReply(canvas) as reply:
        yield reply


async def test_a_text_is_painted_without_waiting_for_the_next(canvas, reply):
    """`show` itself does nothing that could be waited for."""
    reply.show("Hel")
    assert [] == canvas.strokes
    await canvas.until(1)

    assert [("Hel", False)] == canvas.strokes


async def test_only_the_newest_text_is_painted_next(canvas, reply):
    canvas.may_paint.clear()
    reply.show("1")
    await canvas.until_tried(1)
    for text in ("12", "123", "1234"):
        reply.show(text)
    canvas.may_paint.set()
    await canvas.until(2)

    assert [("1", False), ("1234", False)] == canvas.strokes


@pytest.mark.parametrize(("text", "tried"), [("", 0), (" ", 0), ("\n\n", 0), ("Hel", 1)])
async def test_a_text_that_stays_is_painted_once_and_never_without_words(canvas, reply, text, tried):
    reply.show(text)
    await rest()

    assert tried == canvas.tried


async def test_what_grew_during_a_pause_is_painted_after_it(canvas, reply):
    canvas.wait = 0.05
    reply.show("1")
    await canvas.until(1)
    began = time.monotonic()
    reply.show("12")
    await canvas.until(2)

    assert 0.04 <= time.monotonic() - began
    assert ("12", False) == canvas.strokes[1]


async def test_what_was_left_for_later_is_painted_after_the_pause(canvas, reply):
    canvas.wait, canvas.partly = 0.01, 2
    reply.show("Hel")
    await canvas.until(1)

    assert ([("Hel", False)], 3) == (canvas.strokes, canvas.tried)


async def test_the_last_words_do_not_wait_for_a_pause(canvas, reply):
    canvas.wait = 60.0
    reply.show("Hel")
    await canvas.until(1)
    await asyncio.wait_for(reply.finish("Hello"), 1)

    assert [("Hel", False), ("Hello", True)] == canvas.strokes


@pytest.mark.parametrize(
    ("text", "note", "shown"),
    [
        ("Hello", "", "Hello"),
        ("", "", ""),
        ("Hm", "Stopped.", "Hm\n\nStopped."),
        ("", "Stopped.", "Stopped."),
        ("```py\nx = 1", "Stopped.", "```py\nx = 1\n```\n\nStopped."),
        ("```py\nx = 1", "", "```py\nx = 1"),
    ],
)
async def test_a_note_stands_under_the_text(canvas, reply, text, note, shown):
    """In a paragraph of its own, never inside a code block that was left open."""
    await reply.finish(text, note)

    assert [(shown, True)] == canvas.strokes


async def test_a_platform_that_is_away_is_waited_for(canvas, reply):
    """As long as it asks for; then the newest text is painted, the last one included."""
    canvas.faults.extend([Retryable("ratelimited", retry_after=0.6)])
    began = time.monotonic()
    reply.show("Hel")
    await canvas.until_tried(1)
    await reply.finish("Hello")

    assert 0.6 <= time.monotonic() - began < 1.5
    assert [("Hello", True)] == canvas.strokes


async def test_what_could_not_be_painted_is_painted_later(canvas, reply):
    """Without another word being said; after a pause of its own where the platform asks for none."""
    canvas.faults.append(Retryable("timeout"))
    began = time.monotonic()
    reply.show("Hel")
    await canvas.until(1)

    assert [("Hel", False)] == canvas.strokes
    assert 0.4 < time.monotonic() - began


async def test_where_nothing_can_be_shown_finish_says_so(canvas, reply):
    canvas.faults.append(Unreachable("is_archived"))
    reply.show("Hel")
    await canvas.until_tried(1)
    reply.show("Hello")
    with pytest.raises(Unreachable, match="is_archived"):
        await reply.finish("Hello")

    assert 1 == canvas.tried


async def test_a_lost_run_paints_no_more(canvas, reply):
    canvas.faults.append(Lost("run_1"))
    with pytest.raises(Lost):
        await reply.finish("Hello")


async def test_a_bug_in_a_brush_ends_the_reply_not_the_process(canvas, reply, caplog):
    """The operator finds it in the log; the run is told that it cannot be shown."""
    canvas.faults.append(ZeroDivisionError("on purpose"))
    with pytest.raises(Unreachable, match="ZeroDivisionError"):
        await reply.finish("Hello")

    assert "on purpose" in caplog.text


async def test_when_it_became_visible_is_known(reply):
    assert (None, False) == (reply.first_shown_at, reply.visible.is_set())
    before = asyncio.get_running_loop().time()
    reply.show("Hel")
    await reply.visible.wait()
    first = reply.first_shown_at
    await reply.finish("Hello")

    assert first is not None
    assert before <= first <= asyncio.get_running_loop().time()
    assert first == reply.first_shown_at


@pytest.mark.parametrize(("reading", "shown"), [("Hel", "Hel"), (Retryable("ratelimited"), "")])
async def test_what_is_shown_is_read_from_the_platform(canvas, reading, shown):
    canvas.reading = reading
    async with LiveReply(canvas) as reply:
        assert shown == await reply.shown()


async def test_leaving_ends_the_painting(canvas):
    canvas.may_paint.clear()
    async with LiveReply(canvas) as reply:
        reply.show("Hel")
        await canvas.until_tried(1)

    assert [] == [task for task in asyncio.all_tasks() if task.get_name() == "painting"]
    assert [] == canvas.strokes


async def test_what_stood_there_is_not_made_shorter(canvas):
    """After a crash the new text waits until there is as much of it, whatever it says; the last word may be
    shorter."""
    canvas.reading = "Once upon a time"
    async with LiveReply(canvas) as reply:
        for text in ("O", "Otherwise", "Otherwise, a"):
            reply.show(text)
            await rest()
        assert {""} >= {text for text, _ in canvas.strokes}
        reply.show("Otherwise, a king")
        await canvas.news.until(lambda: ("Otherwise, a king", False) in canvas.strokes)
        await reply.finish("A king.")

    assert ("A king.", True) == canvas.strokes[-1]


async def test_it_is_waited_for_until_it_can_be_read(canvas):
    """A platform that is away at the start does not make people see less; one that never tells, neither."""
    canvas.reading = Retryable("timeout")
    async with LiveReply(canvas) as reply:
        reply.show("O")
        await rest()
        assert 0 == canvas.tried
        canvas.reading = Unreachable("50001")
        await canvas.until(1)
        await reply.finish("Once")

    assert [("", False), ("Once", True)] == canvas.strokes


async def test_activities_are_painted_before_there_are_words(canvas, reply):
    """And that they are over is painted, too; the reply is visible, its text is not."""
    reply.show("", [LOOKING])
    await canvas.until(1)
    await asyncio.wait_for(reply.visible.wait(), 1)
    assert reply.first_shown_at is None
    reply.show("")
    await canvas.until(2)
    reply.show("")
    await rest()

    assert [("Looking",), ()] == canvas.done


async def test_an_activity_that_changes_is_news(canvas, reply):
    """Though the text is the same; also in a list that is used again."""
    activities = [LOOKING]
    reply.show("Hello", activities)
    await canvas.until(1)
    reply.show("Hello", [Activity("1", "Looking", "complete")])
    await canvas.until(2)
    reply.show("Hello", activities)
    await canvas.until(3)
    activities.append(Activity("2", "Reading"))
    reply.show("Hello", activities)
    await canvas.until(4)

    assert [("Looking",)] * 3 + [("Looking", "Reading")] == canvas.done


async def test_a_brush_that_is_due_paints_without_news(canvas, reply):
    """A stream, say, has to be ended before somebody else does it."""
    reply.show("Hello")
    await canvas.until(1)
    canvas.often = 0.01
    reply.show("Hello!")
    await canvas.until(4)

    assert ("Hello!", False) == canvas.strokes[-1]


async def test_a_brush_that_is_due_has_nothing_to_paint_before_there_is_anything(canvas):
    canvas.often = 0.005
    async with LiveReply(canvas):
        await rest()

    assert [] == canvas.strokes
