"""core.runs.prompt.history and core.store.summaries: what of a thread a request is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from core.runs.prompt import history
from core.runs.prompt.history import SUMMARY, WINDOWS
from core.store import facts, items, summaries, threads
from core.store.database import Execute
from core.types import Assistant, ThreadId
from tests.core.fakes import store
from tests.core.queued import asked, claimed, thread_of
from tests.core.served import assistant

PLENTY = 100_000


@pytest.fixture
def tx() -> Iterator[Execute]:
    """A store in memory."""
    with store() as execute:
        yield execute


def strategy(type: str, **more: Any) -> Assistant:
    """An assistant with that truncation strategy."""
    return assistant(truncation_strategy={"type": type, **more})


def turn(tx: Execute, number: int, *more: dict[str, Any], words: int = 1) -> None:
    """A question and its answer, with what came between them."""
    run = asked(tx, str(number))
    claimed(tx)
    said = [{"role": "user", "content": f"q{number} " + "word " * words}, *more]
    said.append({"role": "assistant", "content": f"a{number}"})
    items.add(tx, thread_of(tx), run, [json.dumps(item) for item in said])
    tx.execute("UPDATE runs SET status = 'completed' WHERE id = ?", (run,)).fetchall()


def call(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A call and its output."""
    id = f"call_{number}"
    return (
        {"type": "function_call", "call_id": id, "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": id, "output": "empty"},
    )


def words(found: tuple[str, ...]) -> list[str]:
    """The first word of each message, the type of all else."""
    read = [json.loads(item) for item in found]
    return [item["content"].split()[0] if "role" in item else item["type"] for item in read]


def summed(tx: Execute, upto_turn: int, text: str = "They met.") -> ThreadId:
    """A summary of the first so many turns, which have two items each."""
    thread = thread_of(tx)
    summaries.want(tx, thread, 1.0)
    seqs = [seq for (seq,) in tx.execute("SELECT seq FROM items ORDER BY seq").fetchall()]
    summaries.write(tx, thread, summaries.NOTHING, text, seqs[upto_turn * 2 - 1], 2.0)
    return thread


@pytest.mark.parametrize(
    ("n", "kept"),
    [
        (1, []),
        (2, ["a3"]),
        (3, ["q3", "a3"]),
        (4, ["a2", "q3", "a3"]),
        (7, ["q1", "a1", "q2", "a2", "q3", "a3"]),
        (50, ["q1", "a1", "q2", "a2", "q3", "a3"]),
    ],
)
def test_last_messages_are_the_newest_of_anybody(tx, n, kept):
    """As in the Assistants API: the question of the run is one of the n."""
    for number in (1, 2, 3):
        turn(tx, number)
    who = strategy("last_messages", last_messages=n)
    assert kept == words(history.select(tx, thread_of(tx), who, PLENTY))


def test_last_messages_do_not_count_calls(tx):
    """They belong to the message they led to, and are there only with it, in pairs."""
    turn(tx, 1)
    turn(tx, 2, *call(2), *call(3))
    pairs = ["function_call", "function_call_output"] * 2
    select = history.select
    assert ["q2", *pairs, "a2"] == words(
        select(tx, thread_of(tx), strategy("last_messages", last_messages=3), PLENTY)
    )


@pytest.mark.parametrize("n", range(1, 8))
def test_last_messages_never_cut_a_pair(tx, n):
    """Whatever n is, every output has its call before it."""
    for number in (1, 2):
        turn(tx, number, *call(number), {"role": "assistant", "content": "hm"}, *call(number + 10))
    found = words(history.select(tx, thread_of(tx), strategy("last_messages", last_messages=n), PLENTY))
    open_calls = 0
    for word in found:
        open_calls += (word == "function_call") - (word == "function_call_output")
        assert open_calls in (0, 1)
    assert 0 == open_calls


def test_last_messages_fit_the_budget_too(tx):
    """The strategy is no way around the window."""
    for number in (1, 2, 3):
        turn(tx, number, words=100)
    who = strategy("last_messages", last_messages=10)
    found = history.select(tx, thread_of(tx), who, 300)
    assert ["q3", "a3"] == words(found)


@pytest.mark.parametrize("type", ["auto", "summary"])
def test_what_fits_is_given_in_whole_turns(tx, type):
    """The newest, oldest first; while nothing is summarised both are the same."""
    for number in (1, 2, 3):
        turn(tx, number, *call(number), words=60)
    pair = ["function_call", "function_call_output"]
    assert ["q2", *pair, "a2", "q3", *pair, "a3"] == words(
        history.select(tx, thread_of(tx), strategy(type), 400)
    )
    assert () == history.select(tx, thread_of(tx), strategy(type), 0)
    assert () == history.select(tx, thread_of(tx), strategy(type), -5)


def test_a_summary_stands_for_what_it_summarises(tx):
    """At the head, in place of those turns; the turns themselves stay in the database."""
    for number in (1, 2, 3):
        turn(tx, number)
    thread = summed(tx, 2)
    found = history.select(tx, thread, strategy("summary"), PLENTY)
    assert SUMMARY + "They met." == json.loads(found[0])["content"]
    assert ["q3", "a3"] == words(found[1:])
    assert [(6,)] == tx.execute("SELECT COUNT(*) FROM items").fetchall()


def test_other_strategies_know_no_summary(tx):
    """An assistant was changed from `summary` to `auto`: it is given the turns themselves."""
    turn(tx, 1)
    turn(tx, 2)
    thread = summed(tx, 1)
    assert ["q1", "a1", "q2", "a2"] == words(history.select(tx, thread, strategy("auto"), PLENTY))


@pytest.mark.parametrize("tokens", [0, 10, 40, 80, 200, 1000])
def test_a_request_is_never_given_more_than_fits(tx, tokens):
    """With the summary, too."""
    for number in range(1, 8):
        turn(tx, number, words=10)
    thread = summed(tx, 3, "They met and talked about many things. " * 3)
    found = history.select(tx, thread, strategy("summary"), tokens)
    assert sum(items.weigh(item) for item in found) <= tokens


def test_a_summary_that_somebody_else_wrote_stays(tx):
    """Two processes summarised the same: the first one counts."""
    turn(tx, 1)
    turn(tx, 2)
    thread = summed(tx, 1, "first")
    summaries.write(tx, thread, summaries.NOTHING, "second", 99, 3.0)
    assert "first" == summaries.find(tx, thread).text


def test_what_is_due_is_found_after_any_crash(tx):
    """Until it is written or found not to be needed."""
    turn(tx, 1)
    thread = thread_of(tx)
    assert [] == summaries.due(tx)
    summaries.want(tx, thread, 1.0)
    summaries.want(tx, thread, 2.0)
    assert [thread] == summaries.due(tx)
    summaries.not_needed(tx, thread)
    assert [] == summaries.due(tx)


def test_the_budget_is_the_smallest_of_all(tx):
    """The settings', the strategy's own, three quarters of the window less the instructions."""
    thread = thread_of(tx)
    facts.remember(tx, WINDOWS, {"small": 4_000})
    small = assistant(model="small", instructions="x" * 300)
    assert 10_000 == history.room(tx, thread, assistant(model="unknown"), 10_000)
    assert 500 == history.room(tx, thread, strategy("summary", max_tokens=500), 10_000)
    assert 10_000 == history.room(tx, thread, strategy("auto", max_tokens=50_000), 10_000)
    assert 3_000 - 101 == history.room(tx, thread, small, 10_000)
    assert 1_000 == history.room(tx, thread, small, 1_000)


def test_the_table_knows_windows_the_server_does_not_tell(tx):
    """And what the server tells counts more."""
    thread = thread_of(tx)
    who = assistant(model="gpt-4", instructions="")
    assert 8_192 * 3 // 4 - 1 == history.room(tx, thread, who, 100_000)
    facts.remember(tx, WINDOWS, {"gpt-4": 32_000})
    assert 24_000 - 1 == history.room(tx, thread, who, 100_000)


def test_long_instructions_leave_room_for_some_history(tx):
    """Never less than a quarter of the window."""
    facts.remember(tx, WINDOWS, {"small": 4_000})
    who = assistant(model="small", instructions="x" * 30_000)
    assert 1_000 == history.room(tx, thread_of(tx), who, 100_000)


@pytest.mark.parametrize(("ratio", "room"), [(2.0, 500), (0.5, 2_000), (100.0, 333), (0.01, 2_000)])
def test_what_the_server_reported_puts_the_estimate_right(tx, ratio, room):
    """Within sense: a server that counts wrongly does not empty the history."""
    thread = thread_of(tx)
    threads.learn_ratio(tx, thread, ratio)
    assert room == history.room(tx, thread, assistant(model="unknown"), 1_000)


def test_a_thread_outgrows_its_room_before_anything_is_lost(tx):
    """The oldest turns are to be summarised while they are still given in full."""
    thread, who = thread_of(tx), strategy("summary")
    number = 0
    while not history.outgrown(tx, thread, who, 1_000):
        number += 1
        turn(tx, number, words=20)
    found = words(history.select(tx, thread, who, 1_000))
    assert "q1" == found[0]
    assert 2 * number == len(found)
    assert not history.outgrown(tx, thread, strategy("auto"), 1_000)


def test_shortening_keeps_the_newer_half():
    """From something a person said on, the summary still at its head."""
    given = [items.item("user", SUMMARY + "They met.")]
    given += [items.item(role, f"{role} {number}") for number in range(4) for role in ("user", "assistant")]
    short = history.shortened(tuple(given))
    assert given[0] == short[0]
    assert given[5:] == list(short[1:])


@pytest.mark.parametrize("head", [(), (items.item("user", SUMMARY + "They met."),)])
def test_shortening_makes_shorter(head):
    """In the end nothing is left."""
    given = (*head, items.item("user", "q"), items.item("assistant", "a"))
    for _ in range(3):
        short = history.shortened(given)
        assert len(short) < len(given) or not given
        given = short
    assert () == given
