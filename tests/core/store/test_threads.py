"""core.store.threads and .assistants: whose memory is whose, resets, facts, and who answers."""

from __future__ import annotations

import re

import pytest

from core.store import facts, threads
from tests.core.fakes import HERE, elsewhere


def test_a_thread_is_created_once_and_found_again(tx):
    """In every topic of the channel; no other person, channel, workspace or platform has it."""
    assert threads.find(tx, HERE, "U1", "user") is None
    thread = threads.find_or_create(tx, HERE, "U1", "user", 1.0)

    for address in (HERE, elsewhere(topic="T2")):
        assert thread == threads.find_or_create(tx, address, "U1", "user", 2.0)
        assert thread == threads.find(tx, address, "U1", "user")
    for place in ({"channel": "C2"}, {"workspace": "W2"}, {"platform": "other"}):
        assert thread != threads.find_or_create(tx, elsewhere(**place), "U1", "user", 1.0)
    assert thread != threads.find_or_create(tx, HERE, "U2", "user", 1.0)
    assert thread != threads.find_or_create(tx, elsewhere(topic="U1"), "U9", "topic", 1.0), (
        "a topic is nobody"
    )


def test_a_topic_is_shared_and_ends_at_its_border(tx):
    """With the scope `topic` everybody in it has one thread; the next topic has another."""
    ours = threads.find_or_create(tx, HERE, "U1", "topic", 1.0)
    assert ours == threads.find_or_create(tx, HERE, "U2", "topic", 1.0)
    assert ours != threads.find_or_create(tx, elsewhere(topic="T2"), "U1", "topic", 1.0)


@pytest.mark.parametrize("scope", ["user", "topic"])
def test_renewing_maps_to_an_empty_thread_and_keeps_the_old(tx, scope):
    """A reset changes where the next message goes, and has a time; nothing is deleted, others keep theirs."""
    old = threads.find_or_create(tx, HERE, "U1", scope, 1.0)
    theirs = threads.find_or_create(tx, elsewhere(topic="T2"), "U2", scope, 1.0)
    new = threads.renew(tx, HERE, "U1", scope, origin="reset", now=2.0)
    assert new == threads.find(tx, HERE, "U1", scope)
    assert theirs == threads.find(tx, elsewhere(topic="T2"), "U2", scope)
    assert {old, new, theirs} == {row[0] for row in tx.execute("SELECT id FROM threads").fetchall()}
    assert (None, 2.0) == (threads.reset_at(tx, old), threads.reset_at(tx, new))


def test_ids_are_unique_and_tell_what_they_name(tx):
    made = {threads.renew(tx, HERE, "U1", "user", origin="reset", now=1.0) for _ in range(100)}
    assert 100 == len(made)
    assert all(re.fullmatch("thread_[0-9a-f]{24}", id) for id in made)


@pytest.mark.parametrize("value", [None, 0, "text", ["a", 1], {"id": "한", "n": 2.5}])
def test_facts_are_any_json_and_the_last_one_counts(tx, value):
    """A fact is read as it was stored, and stored again under its name."""
    assert facts.find(tx, "gateway") is None
    facts.remember(tx, "gateway", "former")
    facts.remember(tx, "gateway", value)
    assert value == facts.find(tx, "gateway")
    assert facts.find(tx, "another") is None
