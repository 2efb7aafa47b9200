"""bots.replies.posts: an answer in as many posts as it needs, each written no more than it must be."""

from __future__ import annotations

import pytest

from bots.replies.edited import EditBrush
from bots.replies.markdown import split
from bots.replies.posts import Gone, Poster
from core.store import runs
from tests.core.queued import thread_of
from tests.replies.posting import Died
from tests.replies.topic import MemoryPoster

_: type[Poster] = MemoryPoster


async def test_an_answer_grows_in_one_post(world):
    process = await world.process()
    for text in ("Hel", "Hello", "Hello"):
        await process.show(text)
    await process.finish("Hello!")

    assert ["Hello!"] == world.texts
    assert ["create", "edit", "edit"] == [name for name, _, _ in process.poster.calls]


async def test_a_post_that_grows_can_be_stopped(world):
    process = await world.process()
    await process.show("Hello")
    first = process.posts.id(0)
    assert first is not None
    assert process.poster.growing[first]

    await process.show("Hello. This is longer than a post.")
    assert [False, True] == list(process.poster.growing.values())

    await process.finish("Hello. This is longer than a post.")
    assert [False, False] == list(process.poster.growing.values())


async def test_a_full_post_is_never_touched_again(world):
    process = await world.process()
    text = "one two three four five six seven eight nine ten eleven twelve thirteen"
    for end in range(3, len(text) + 1):
        await process.show(text[:end])
    await process.finish(text)

    parts = split(text, MemoryPoster.limit)
    assert parts == world.texts
    for number, post in enumerate(world.topic.posts):
        writes = [place for place, call in enumerate(process.poster.calls) if call[1] == post]
        later = [place for place, call in enumerate(process.poster.calls) if call[1] > post]
        assert not [place for place in writes if later and place > min(later)], number


async def test_a_whole_answer_may_need_several_posts_at_once(world):
    process = await world.process()
    text = "one two three four five six seven eight nine ten"
    await process.finish(text)

    assert split(text, MemoryPoster.limit) == world.texts
    assert {"create"} == {name for name, _, _ in process.poster.calls}


async def test_growing_keeps_the_pace_and_the_last_words_do_not(world):
    """An edit that is too early is left for later; a new post and the final edit are not."""
    process = await world.process()
    process.poster.wait = 1.0

    assert await process.show("Hel")
    assert not await process.show("Hello")
    assert (["Hel"], 1.0) == (world.texts, process.brush.pause())
    await process.finish("Hello")
    assert ["Hello"] == world.texts


async def test_a_full_post_does_not_wait_for_the_pace(world):
    process = await world.process()
    process.poster.wait = 1.0
    await process.show("one two three")

    assert await process.show("one two three four five six")

    assert split("one two three four five six", MemoryPoster.limit) == world.texts


async def test_a_shorter_answer_leaves_no_stub(world):
    process = await world.process()
    await process.show("one two three four five six seven eight nine ten")
    assert 3 == len(world.texts)
    world.topic.posts.pop("103")

    await process.finish("Hello")

    assert ["Hello"] == world.texts


async def test_a_post_that_somebody_deleted_is_not_forced_on_them(world):
    process = await world.process()
    await process.show("Hel")
    world.topic.posts.clear()

    await process.show("Hello")
    await process.finish("one two three four five six")

    assert split("one two three four five six", MemoryPoster.limit)[1:] == world.texts


async def test_a_question_that_somebody_deleted_takes_no_answer(world):
    process = await world.process()
    process.poster.faults["create"].append(Gone("message deleted"))

    await process.finish("Hello")

    assert [] == world.texts


async def test_what_is_shown_can_be_read(world):
    process = await world.process()
    assert "" == await process.brush.read()
    await process.show("one two three four five six")

    assert "\n".join(world.texts) == await process.brush.read()
    world.topic.posts.clear()
    assert "" == (await process.brush.read()).strip()


async def test_a_reluctant_brush_shows_only_the_whole(world):
    """Unless something was begun, which must not stand there unfinished."""
    former = await world.process()
    former.brush = EditBrush(former.posts, lambda text, limit, final: [text], eager=False)
    await former.show("Hel")
    assert ([], False) == (world.texts, former.brush.visible)
    former.poster.after["create"].append(Died())
    with pytest.raises(Died):
        await former.finish("Hello")

    process = await world.process()
    process.brush = EditBrush(process.posts, lambda text, limit, final: [text], eager=False)
    await process.show("Hel")

    assert (["Hel"], True) == (world.texts, process.brush.visible)


async def test_a_part_that_somebody_else_created_is_not_written_again(world):
    process = await world.process()
    await process.posts.create(0, lambda: process.poster.create("Hello", 0, first=True, growing=False))

    process.brush.painted(0, "Hello")
    await process.finish("Hello")

    assert ["create"] == [name for name, _, _ in process.poster.calls]


async def test_a_post_tells_whose_answer_it_shows(world):
    process = await world.process()
    await process.show("Hel")

    thread = await world.db(lambda tx: thread_of(tx))
    assert (process.journal.claim.run, thread, "U1") == await world.db(
        lambda tx: runs.showing(tx, "memory:101")
    )
