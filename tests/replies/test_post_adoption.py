"""bots.replies.posts: after a crash a post is found again and repainted in place; no second one, no stub."""

from __future__ import annotations

import asyncio

import pytest

from bots.replies.markdown import split
from bots.replies.posts import Unclear
from core.errors import Lost, Retryable
from core.store.answers import EXTRA
from tests.replies.topic import MemoryPoster


async def test_what_is_to_be_created_is_journaled_first(world):
    process = await world.process()
    process.poster.gate.clear()
    showing = asyncio.create_task(process.show("Hel"))
    await process.poster.creating.wait()
    steps = "SELECT name, ref FROM steps"
    assert [("post:0", None)] == await world.db(lambda tx: tx.execute(steps).fetchall())

    process.poster.gate.set()
    await showing

    assert [("post:0", "memory:101")] == await world.db(lambda tx: tx.execute(steps).fetchall())


async def test_a_lost_run_creates_nothing(world):
    former = await world.process()
    await world.process()

    with pytest.raises(Lost):
        await former.show("Hel")

    assert [] == world.texts


@pytest.mark.parametrize("before", ["", "one two three "])
@pytest.mark.parametrize("stands", [False, True])
async def test_a_death_around_a_creation_leaves_one_post(world, before, stands):
    """What stands is adopted, also a second part that the new answer does not need: no stub is left."""
    former = await world.process()
    if before:
        await former.show(before)
    await (former.die_after_creating if stands else former.die_before_creating)(f"{before}four five six")
    assert len(world.texts) == bool(before) + stands

    process = await world.process()
    assert process.posts.begun()
    await process.finish("Hello")

    assert ["Hello"] == world.texts
    first = ("edit" if stands or before else "create", "101", "Hello")
    assert first in process.poster.calls


@pytest.mark.parametrize("stands", [False, True])
async def test_a_creation_that_is_not_clear_is_looked_for_first(world, stands):
    """The platform's answer was lost: only what was not made is made again."""
    process = await world.process()
    (process.poster.after if stands else process.poster.faults)["create"].append(Unclear("timeout"))

    await process.finish("Hello")

    assert (["Hello"], 1) == (world.texts, process.poster.looked)


async def test_what_cannot_be_looked_for_counts_as_made_twice(world):
    """Where the app may not read the topic it perhaps is, and nobody else would know."""
    process = await world.process()
    process.poster.blind = True
    process.poster.after["create"].append(Unclear("timeout"))
    await process.finish("Hello")

    made = await world.db(
        lambda tx: tx.execute(f"SELECT posts, {EXTRA} FROM runs WHERE posts > 0").fetchall()
    )
    assert (["Hello"] * 2, [(2, 1)]) == (world.texts, made)


async def test_a_refused_creation_is_repeated_without_a_search(world):
    process = await world.process()
    process.poster.faults["create"].append(Retryable("ratelimited"))
    with pytest.raises(Retryable):
        await process.show("Hel")

    await process.finish("Hello")

    assert (["Hello"], 0) == (world.texts, process.poster.looked)


async def test_a_refused_creation_after_a_death_is_searched_again(world):
    """The refusal was for the repetition; what the dead process did is still not known."""
    former = await world.process()
    await former.die_after_creating("Hel")
    process = await world.process()
    process.poster.faults["own"].append(Retryable("ratelimited"))
    with pytest.raises(Retryable):
        await process.show("Hel")

    await process.finish("Hello")

    assert ["Hello"] == world.texts


async def test_a_topic_is_held_until_a_creation_is_clear(world):
    """Nobody else can take the post for theirs, or put theirs where it would be taken for ours."""
    first, second = await world.process(), await world.process("U2")
    first.poster.after["create"].append(Unclear("timeout"))
    one = asyncio.create_task(first.show("one"))
    await first.poster.creating.wait()

    await second.show("two")

    assert one.done()
    assert (["one", "two"], "101", "102") == (world.texts, first.posts.id(0), second.posts.id(0))


@pytest.mark.parametrize(("window", "looked"), [(60.0, 0), (0.0, 1)])
async def test_where_creating_may_be_repeated_nothing_is_searched(world, window, looked):
    """A nonce gives the first post again, as long as the platform remembers it."""
    former = await world.process()
    await former.die_after_creating("Hel")

    process = await world.process()
    process.poster.window = window
    await process.show("Hel")

    assert (["Hel"], looked) == (world.texts, process.poster.looked)


async def test_a_death_between_the_parts_goes_on_with_them(world):
    text = "one two three four five six"
    former = await world.process()
    await former.show("one two three")
    await former.die_after_creating(text)

    process = await world.process()
    await process.finish(text)

    assert split(text, MemoryPoster.limit) == world.texts
    assert "create" not in {name for name, _, _ in process.poster.calls}


@pytest.mark.parametrize("tells", [True, False])
async def test_posts_of_other_runs_are_not_adopted(world, tells):
    other = await world.process("U2", tells=tells)
    await other.finish("Another answer")
    if tells:
        world.topic.add("somebody's orphan", "run_other")
    former = await world.process(tells=tells)
    await former.die_before_creating("Hel")

    process = await world.process(tells=tells)
    await process.finish("Hello")

    assert ["Another answer", *(["somebody's orphan"] if tells else []), "Hello"] == world.texts


async def test_where_the_platform_tells_the_own_post_is_found_among_others(world):
    world.topic.add("of an older bot")
    former = await world.process(tells=True)
    await former.die_after_creating("Hel")

    process = await world.process(tells=True)
    await process.finish("Hello")

    assert ["of an older bot", "Hello"] == world.texts


async def test_posts_before_the_question_are_not_adopted(world):
    world.topic.posts["0"], world.topic.runs["0"] = "older", ""
    former = await world.process()
    await former.die_before_creating("Hel")

    process = await world.process()
    await process.finish("Hello")

    assert {"older", "Hello"} == set(world.texts)


async def test_creating_is_serialised_in_a_topic(world):
    """So that there is at most one post that nobody has recorded yet; other topics do not wait."""
    first, second = await world.process(), await world.process("U2")
    first.poster.gate.clear()
    one = asyncio.create_task(first.show("one"))
    await first.poster.creating.wait()
    two = asyncio.create_task(second.show("two"))
    await asyncio.sleep(0.02)
    assert not second.poster.creating.is_set()

    first.poster.gate.set()
    await asyncio.gather(one, two)

    assert ["one", "two"] == world.texts


async def test_removing_is_not_repeated_after_a_death(world):
    former = await world.process()
    await former.show("one two three four five six")
    await former.finish("Hello")

    process = await world.process()
    await process.finish("Hello")

    assert [("edit", "101", "Hello")] == process.poster.calls


async def test_everything_is_repainted_in_place_after_a_death(world):
    former = await world.process()
    await former.show("one two three four five six")

    process = await world.process()
    await process.show("ONE TWO THREE FOUR FIVE SIX")

    assert split("ONE TWO THREE FOUR FIVE SIX", MemoryPoster.limit) == world.texts
    assert {"edit"} == {name for name, _, _ in process.poster.calls}


async def test_what_an_unrecorded_post_shows_can_be_read(world):
    """Whoever stops or gives up the run then keeps what people see."""
    former = await world.process()
    await former.die_after_creating("Hel")

    assert "Hel" == await (await world.process()).brush.read()


async def test_an_answer_that_is_taken_back_leaves_those_of_others(world):
    """Also where the platform takes them for its own: on Discord both reply to the same message."""
    former = await world.process(tells=True)
    await former.die_after_creating("Hel")
    other = await world.process("U2", tells=True)
    await other.finish("another")
    process = await world.process(tells=True)
    world.topic.runs = dict.fromkeys(world.topic.posts, process.journal.claim.run)

    await process.posts.remove()

    assert ["another"] == world.texts
