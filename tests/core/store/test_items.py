"""core.store.items: what the model is shown of a thread, within a budget."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store import items, runs, threads
from core.store.database import Execute
from core.types import RunId, ThreadId
from tests.core.fakes import HERE, Watched, store


def begun(tx: Execute, user: str = "U1") -> ThreadId:
    """A thread."""
    return threads.find_or_create(tx, HERE, user, "user", 1.0)


def turn(tx: Execute, thread: ThreadId, *texts: str) -> RunId:
    """A run that added these texts to its thread."""
    run = runs.add(tx, thread, 1.0, lane=None)
    items.add(tx, thread, run, texts)
    return run


def test_an_item_is_what_the_responses_api_takes():
    """JSON with a role and the text as it is."""
    assert {"role": "user", "content": '안녕 "x"'} == json.loads(items.item("user", '안녕 "x"'))
    assert "안녕" in items.item("user", "안녕")


@pytest.mark.parametrize(("text", "least"), [("", 0), ("word " * 100, 100), ("한국어" * 100, 300)])
def test_the_weight_of_a_text_is_on_the_safe_side(text, least):
    """At least a token for an English word and one for a Korean syllable; a tokenizer finds fewer."""
    assert items.weigh(text) > least


@pytest.mark.parametrize(
    ("budget", "count"), [(-1, 0), (0, 0), (1, 1), (2, 2), (3, 2), (3 + items.weigh("x" * 30), 4), (99, 4)]
)
def test_the_newest_texts_that_fit_are_counted(budget, count):
    """From the last; the first one too large ends it, however small those before it are."""
    assert count == items.fitting(["a", "x" * 30, "b", "c"], budget)


def test_history_is_oldest_first_and_of_one_thread(tx):
    """Turns follow each other as they were added, nobody else's are among them; without a budget none."""
    mine, other = begun(tx), begun(tx, "U2")
    assert () == items.newest(tx, mine, 1000)
    for thread, *texts in ((mine, "a", "b"), (other, "x"), (mine, "c")):
        turn(tx, thread, *texts)
    assert ("a", "b", "c") == items.newest(tx, mine, 1000)
    assert ("x",) == items.newest(tx, other, 1000)
    assert () == items.newest(tx, mine, 0) == items.newest(tx, mine, -5)


def test_the_oldest_turns_are_left_out_first_and_whole(tx):
    """A turn that does not fit is left out with all before it; a call and its output stay together."""
    thread = begun(tx)
    turn(tx, thread, "a" * 3, "b" * 3)
    turn(tx, thread, "call", "output", "said")
    turn(tx, thread, "c" * 3)
    cost = {text: items.weigh(text) for text in ("call", "output", "said")}
    whole = sum(cost.values()) + 2
    assert ("call", "output", "said", "ccc") == items.newest(tx, thread, whole)
    assert ("ccc",) == items.newest(tx, thread, whole - 1)
    assert ("ccc",) == items.newest(tx, thread, 2)
    assert () == items.newest(tx, thread, 1)


@pytest.mark.parametrize("count", [items.PAGE - 1, items.PAGE, items.PAGE + 1, items.PAGE * 2])
def test_a_history_of_several_pages_is_whole(tx, count):
    """Where one page ends and the next begins is not seen, neither between turns nor inside one."""
    thread = begun(tx)
    turn(tx, thread, *(f"one {number}" for number in range(count)))
    turn(tx, thread, "two")
    history = items.newest(tx, thread, 1_000_000)
    assert (*(f"one {number}" for number in range(count)), "two") == history


def test_a_long_thread_is_not_read_whole(tx: Execute):
    """What is read grows with the budget, not with the thread."""
    thread = begun(tx)
    turn(tx, thread, *("x" * 30 for _ in range(items.PAGE * 4)))
    read: list[object] = []
    items.newest(Watched(tx, lambda _, __, rows: read.extend(rows)), thread, 50)
    assert len(read) <= items.PAGE


@given(
    turns=st.lists(st.lists(st.text("ab", max_size=9), min_size=1, max_size=4), max_size=8),
    budget=st.integers(-5, 60),
)
def test_history_is_the_longest_run_of_whole_newest_turns_that_fits(turns, budget):
    """For every thread and budget: whole turns, the newest ones, and as many as the budget pays for."""
    fitting: list[str] = []
    for texts in reversed(turns):
        longer = texts + fitting
        if sum(map(items.weigh, longer)) > budget:
            break
        fitting = longer
    with store() as tx:
        thread = begun(tx)
        for texts in turns:
            turn(tx, thread, *texts)

        assert tuple(fitting) == items.newest(tx, thread, budget)
