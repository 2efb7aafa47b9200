"""core.store.threads and .assistants: whose memory is whose, resets, facts, and who answers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest

from core.store import facts, items, runs, threads
from core.types import Address
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


DM = Address("slack", "T1", "D1", "7.1")
CHANNEL = Address("slack", "T1", "C1", "7.1")
DISCORD = Address("discord", "9", "55", "55")


def test_a_persons_topic_is_theirs_alone_and_ends_at_its_border(tx):
    """`person-topic`; a topic of Discord is its channel, so there it finds what was said under `user`."""
    mine = threads.find_or_create(tx, HERE, "U1", "person-topic", 1.0)
    assert mine == threads.find_or_create(tx, HERE, "U1", "person-topic", 2.0)
    for where, who in ((HERE, "U2"), (elsewhere(topic="T2"), "U1"), (elsewhere(channel="C2"), "U1")):
        assert mine != threads.find_or_create(tx, where, who, "person-topic", 1.0)
    there = threads.find_or_create(tx, DISCORD, "1", "user", 1.0)
    assert there == threads.find(tx, DISCORD, "1", "person-topic")


@pytest.mark.parametrize(("scope", "member"), [("user", "U1"), ("topic", "7.1")])
def test_what_an_older_version_mapped_is_found(tx, scope, member):
    """Nobody's memory changes by an upgrade."""
    tx.execute("INSERT INTO threads (id, created_at, origin) VALUES ('thread_old', 1, 'new')")
    tx.execute("INSERT INTO thread_map VALUES ('slack', 'T1', 'C1', ?, ?, 'thread_old')", (scope, member))
    assert "thread_old" == threads.find(tx, CHANNEL, "U1", scope)


@pytest.mark.parametrize("scope", get_args(threads.Scope))
def test_it_is_known_whether_anything_is_remembered_of_a_person(tx, scope):
    thread = threads.find_or_create(tx, CHANNEL, "U1", scope, 1.0)
    items.add(tx, thread, runs.add(tx, thread, 1.0, lane=None), ("{}",))
    assert (scope != "topic") == threads.remembered(tx, ["U0", "U1"])
    assert not threads.remembered(tx, ["U0"])


@pytest.mark.parametrize(
    ("everywhere", "direct", "in_channel", "in_dm"),
    [
        ("user", None, ("user", "channel"), ("user", "direct")),
        ("user", "person-topic", ("user", "channel"), ("person-topic", "thread")),
        ("person-topic", None, ("person-topic", "thread"), ("person-topic", "thread")),
        ("topic", None, ("topic", "shared_thread"), ("topic", "thread")),
        ("topic", "user", ("topic", "shared_thread"), ("user", "direct")),
    ],
)
def test_direct_messages_may_have_a_scope_of_their_own(everywhere, direct, in_channel, in_dm):
    """And it is known how far a thread reaches, and where an address does not tell which one is meant."""
    scopes = threads.Scopes(everywhere, direct)

    assert [in_channel, in_dm] == [(scopes.at(one), scopes.extent(one)) for one in (CHANNEL, DM)]
    for one in (CHANNEL, DM):
        assert (scopes.at(one) == "user") == scopes.tells(replace(one, topic=""))
        assert scopes.tells(one)


@pytest.mark.parametrize(
    ("scope", "parent", "extent"),
    [
        ("user", "", "channel"),
        ("person-topic", "", "channel"),
        ("person-topic", "44", "thread"),
        ("topic", "", "shared_channel"),
        ("topic", "44", "shared_thread"),
    ],
)
def test_a_thread_of_discord_is_called_one(scope, parent, extent):
    """Where it belongs to a channel."""
    assert extent == threads.Scopes(scope).extent(DISCORD, parent)


@pytest.mark.parametrize("scope", get_args(threads.Scope))
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
