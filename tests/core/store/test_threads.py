"""core.store.threads and .assistants: whose memory is whose, resets, facts, and who answers."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from core.store import facts, ids, items, runs, threads
from core.types import Address
from tests.core.fakes import HERE, elsewhere, store


def test_a_thread_is_created_once_and_found_again():
    """Whoever writes again has the thread of the first time."""
    with store() as tx:
        assert threads.find(tx, HERE, "U1", "user") is None

        thread = threads.find_or_create(tx, HERE, "U1", "user", 1.0)

        assert thread == threads.find_or_create(tx, HERE, "U1", "user", 2.0)
        assert thread == threads.find(tx, HERE, "U1", "user")


@pytest.mark.parametrize(
    ("address", "user"),
    [
        (HERE, "U2"),
        (elsewhere(channel="C2"), "U1"),
        (elsewhere(workspace="W2"), "U1"),
        (elsewhere(platform="other"), "U1"),
    ],
)
def test_people_channels_workspaces_and_platforms_are_apart(address, user):
    """With the scope `user` nobody sees the thread of another person, channel, workspace or platform."""
    assert isinstance(address, type(HERE))
    with store() as tx:
        mine = threads.find_or_create(tx, HERE, "U1", "user", 1.0)

        assert mine != threads.find_or_create(tx, address, user, "user", 1.0)


def test_a_persons_thread_spans_the_topics_of_a_channel():
    """With the scope `user` it does not matter in which topic of the channel they write."""
    with store() as tx:
        mine = threads.find_or_create(tx, HERE, "U1", "user", 1.0)

        assert mine == threads.find_or_create(tx, elsewhere(topic="T2"), "U1", "user", 1.0)


def test_a_topic_is_shared_and_ends_at_its_border():
    """With the scope `topic` everybody in it has one thread; the next topic has another."""
    with store() as tx:
        ours = threads.find_or_create(tx, HERE, "U1", "topic", 1.0)

        assert ours == threads.find_or_create(tx, HERE, "U2", "topic", 1.0)
        assert ours != threads.find_or_create(tx, elsewhere(topic="T2"), "U1", "topic", 1.0)


def test_a_topic_named_like_a_person_is_not_that_person():
    """The scopes have separate keys, so changing THREAD_SCOPE never mixes memories."""
    with store() as tx:
        mine = threads.find_or_create(tx, HERE, "U1", "user", 1.0)

        assert mine != threads.find_or_create(tx, elsewhere(topic="U1"), "U9", "topic", 1.0)


DM = Address("slack", "T1", "D1", "7.1")
CHANNEL = Address("slack", "T1", "C1", "7.1")
DISCORD = Address("discord", "9", "55", "55")


def test_a_persons_topic_is_theirs_alone_and_ends_at_its_border():
    """With the scope `person-topic`: another person, or another topic, is another thread."""
    with store() as tx:
        mine = threads.find_or_create(tx, HERE, "U1", "person-topic", 1.0)

        assert mine == threads.find_or_create(tx, HERE, "U1", "person-topic", 2.0)
        for where, who in ((HERE, "U2"), (elsewhere(topic="T2"), "U1"), (elsewhere(channel="C2"), "U1")):
            assert mine != threads.find_or_create(tx, where, who, "person-topic", 1.0)


def test_a_topic_of_discord_is_its_channel():
    """There `person-topic` is what `user` is, and finds what was said under it."""
    with store() as tx:
        mine = threads.find_or_create(tx, DISCORD, "1", "user", 1.0)

        assert mine == threads.find(tx, DISCORD, "1", "person-topic")


@pytest.mark.parametrize(("scope", "member"), [("user", "U1"), ("topic", "7.1")])
def test_what_an_older_version_mapped_is_found(scope, member):
    """Nobody's memory changes by an upgrade."""
    with store() as tx:
        tx("INSERT INTO threads (id, created_at, origin) VALUES ('thread_old', 1, 'new')")
        tx("INSERT INTO thread_map VALUES ('slack', 'T1', 'C1', ?, ?, 'thread_old')", scope, member)

        assert "thread_old" == threads.find(tx, CHANNEL, "U1", scope)


@pytest.mark.parametrize("scope", get_args(threads.Scope))
def test_it_is_known_whether_anything_is_remembered_of_a_person(scope):
    """Of whoever it is, if it is kept for that person."""
    with store() as tx:
        thread = threads.find_or_create(tx, CHANNEL, "U1", scope, 1.0)
        run = runs.add(tx, thread, 1.0, lane=None)
        items.add(tx, thread, run, ("{}",))

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
def test_renewing_maps_to_an_empty_thread_and_keeps_the_old(scope):
    """A reset changes where the next message goes; nothing is deleted."""
    with store() as tx:
        old = threads.find_or_create(tx, HERE, "U1", scope, 1.0)

        new = threads.renew(tx, HERE, "U1", scope, origin="reset", now=2.0)

        assert new == threads.find(tx, HERE, "U1", scope)
        assert {old, new} == {row[0] for row in tx("SELECT id FROM threads")}


def test_renewing_is_for_one_person_only():
    """Others keep their thread."""
    with store() as tx:
        theirs = threads.find_or_create(tx, HERE, "U2", "user", 1.0)

        threads.renew(tx, HERE, "U1", "user", origin="reset", now=2.0)

        assert theirs == threads.find(tx, HERE, "U2", "user")


def test_only_a_reset_thread_tells_when_it_began():
    """What was said before a reset is no context; a thread that was just new has no such border."""
    with store() as tx:
        first = threads.find_or_create(tx, HERE, "U1", "user", 1.0)
        second = threads.renew(tx, HERE, "U1", "user", origin="reset", now=2.0)

        assert (None, 2.0) == (threads.reset_at(tx, first), threads.reset_at(tx, second))


@pytest.mark.parametrize("prefix", ["asst_", "thread_", "msg_", "run_", "step_"])
def test_ids_are_unique_and_tell_what_they_name(prefix):
    """An id is its prefix and 24 hex digits."""
    made = {ids.new_id(prefix) for _ in range(100)}

    assert 100 == len(made)
    assert all(id.startswith(prefix) and len(id) == len(prefix) + 24 for id in made)


@pytest.mark.parametrize("value", [None, 0, "text", ["a", 1], {"id": "한", "n": 2.5}])
def test_facts_are_any_json_and_the_last_one_counts(value):
    """A fact is read as it was stored, and stored again under its name."""
    with store() as tx:
        assert facts.find(tx, "gateway") is None

        facts.remember(tx, "gateway", "former")
        facts.remember(tx, "gateway", value)

        assert value == facts.find(tx, "gateway")
        assert facts.find(tx, "another") is None
