"""core.store.threads and .assistants: whose memory is whose, resets, facts, and who answers."""

from __future__ import annotations

import re

import pytest

from core.store import facts, threads
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


@pytest.mark.parametrize("scope", ["user", "topic"])
def test_renewing_maps_to_an_empty_thread_and_keeps_the_old(scope):
    """A reset changes where the next message goes; nothing is deleted."""
    with store() as tx:
        old = threads.find_or_create(tx, HERE, "U1", scope, 1.0)

        new = threads.renew(tx, HERE, "U1", scope, origin="reset", now=2.0)

        assert new == threads.find(tx, HERE, "U1", scope)
        assert {old, new} == {row[0] for row in tx.execute("SELECT id FROM threads").fetchall()}


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


def test_ids_are_unique_and_tell_what_they_name():
    """An id is its prefix and 24 hex digits."""
    with store() as tx:
        made = {threads.renew(tx, HERE, "U1", "user", origin="reset", now=1.0) for _ in range(100)}

    assert 100 == len(made)
    assert all(re.fullmatch("thread_[0-9a-f]{24}", id) for id in made)


@pytest.mark.parametrize("value", [None, 0, "text", ["a", 1], {"id": "한", "n": 2.5}])
def test_facts_are_any_json_and_the_last_one_counts(value):
    """A fact is read as it was stored, and stored again under its name."""
    with store() as tx:
        assert facts.find(tx, "gateway") is None

        facts.remember(tx, "gateway", "former")
        facts.remember(tx, "gateway", value)

        assert value == facts.find(tx, "gateway")
        assert facts.find(tx, "another") is None
