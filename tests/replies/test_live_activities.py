"""bots.replies.live: what the assistant is doing is shown like the text, and brushes that are due."""

from __future__ import annotations

import asyncio

from bots.replies.live import LiveReply
from core.types import Activity
from tests.replies.canvas import Canvas, rest

LOOKING = Activity("1", "Looking")


async def test_tasks_are_painted_before_there_are_words():
    """And that they are over is painted, too; the reply is visible, its text is not."""
    canvas = Canvas()
    async with LiveReply(canvas) as reply:
        reply.show("", [LOOKING])
        await canvas.until(1)
        await asyncio.wait_for(reply.visible.wait(), 1)
        assert reply.first_shown_at is None
        reply.show("")
        await canvas.until(2)
        reply.show("")
        await rest()

    assert [("Looking",), ()] == canvas.done


async def test_a_task_that_changes_is_news():
    """Though the text is the same."""
    canvas = Canvas()
    async with LiveReply(canvas) as reply:
        reply.show("Hello", [LOOKING])
        await canvas.until(1)
        reply.show("Hello", [Activity("1", "Looking", "complete"), Activity("2", "Reading")])
        await canvas.until(2)

    assert [("Looking",), ("Looking", "Reading")] == canvas.done


async def test_tasks_given_in_a_list_that_is_used_again_are_news():
    """The reply keeps what it was given, not the list."""
    canvas, tasks = Canvas(), [LOOKING]
    async with LiveReply(canvas) as reply:
        reply.show("Hello", tasks)
        await canvas.until(1)
        tasks.append(Activity("2", "Reading"))
        reply.show("Hello", tasks)
        await canvas.until(2)

    assert ("Looking", "Reading") == canvas.done[-1]


async def test_a_brush_that_is_due_paints_without_news():
    """A stream, say, has to be ended before somebody else does it."""
    canvas = Canvas()
    async with LiveReply(canvas) as reply:
        reply.show("Hello")
        await canvas.until(1)
        canvas.often = 0.01
        reply.show("Hello!")
        await canvas.until(4)

    assert ("Hello!", False) == canvas.strokes[-1]


async def test_a_brush_that_is_due_has_nothing_to_paint_before_there_is_anything():
    """Not even an empty text."""
    canvas = Canvas()
    canvas.often = 0.005
    async with LiveReply(canvas):
        await rest()

    assert [] == canvas.strokes
