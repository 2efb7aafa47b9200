"""core.store.messages: each message once, which run answers it, what is known of a topic."""

from __future__ import annotations

import sqlite3

import pytest

from core.store import messages, runs, threads
from core.store.database import Execute
from core.types import Earlier, IncomingMessage, RunId, ThreadId
from tests.core.fakes import HERE, elsewhere, message


def accepted(tx: Execute, said: IncomingMessage, run: RunId | None = None) -> tuple[ThreadId, RunId]:
    """The thread and run of a message that was stored, in a run of its own unless told."""
    thread = threads.find_or_create(tx, said.address, said.user, "user", 1.0)
    run = run or runs.add(tx, thread, 1.0, lane=thread)
    messages.add(tx, said, thread, run)
    return thread, run


def test_a_message_is_read_as_it_was_stored(tx):
    """Everything a person said survives, whatever letters it has; the database takes it once only."""
    said = message(
        "1", "안녕 'quoted' \x00 \n line", author="Kim", locale="ko", inside_topic=True, kind="help"
    )
    _, run = accepted(tx, said)
    assert (said,) == messages.of_run(tx, run)
    assert tx.execute("SELECT id FROM messages").fetchall()[0][0].startswith("msg_")
    with pytest.raises(sqlite3.IntegrityError):
        accepted(tx, said, run)


@pytest.mark.parametrize(
    ("other", "known"),
    [
        (message("1"), True),
        (message("1", address=elsewhere(topic="T2"), user="U2"), True),
        (message("2"), False),
        (message("1", address=elsewhere(channel="C2")), False),
        (message("1", address=elsewhere(workspace="W2")), False),
        (message("1", address=elsewhere(platform="other")), False),
    ],
)
def test_a_message_is_known_by_its_identity_on_the_platform(tx, other, known):
    """Platform, workspace, channel and id make it the same message; nothing else does."""
    assert not messages.known(tx, other)
    accepted(tx, message("1"))
    assert known is messages.known(tx, other)


def test_messages_of_a_run_come_in_the_order_of_acceptance(tx):
    """Not in that of their ids or times, which a platform may deliver in another order."""
    _, run = accepted(tx, message("5"))
    accepted(tx, message("3"), run)
    accepted(tx, message("9"))
    accepted(tx, message("4"), run)
    assert ["5", "3", "4"] == [said.id for said in messages.of_run(tx, run)]


def test_withdrawing_the_only_message_cancels_its_run(tx):
    """A run with nothing left to answer ends, and says why; other messages and runs of the lane stay."""
    _, first = accepted(tx, message("1"))
    accepted(tx, message("2"), first)
    _, second = accepted(tx, message("3"))
    for address, id in ((HERE, "9"), (elsewhere(channel="C2"), "1"), (elsewhere(workspace="W2"), "1")):
        assert messages.withdraw(tx, address, id) is None
    assert messages.withdraw(tx, HERE, "1") is None
    assert ["2"] == [said.id for said in messages.of_run(tx, first)]
    assert [("queued",), ("queued",)] == tx.execute("SELECT status FROM runs").fetchall()

    assert second == messages.withdraw(tx, HERE, "3")
    assert [("queued", None), ("cancelled", "message deleted")] == tx.execute(
        "SELECT status, error FROM runs ORDER BY seq"
    ).fetchall()
    assert () == messages.of_run(tx, second)
    assert messages.known(tx, message("1")), "delivered once more, it is not answered after all"


@pytest.mark.parametrize("status", ["in_progress", "cancelling", "requires_action", "completed", "failed"])
def test_a_message_cannot_be_withdrawn_once_its_run_began(tx, status):
    """What is being answered, or was, stays as it is."""
    _, run = accepted(tx, message("1"))
    tx.execute("UPDATE runs SET status = ?", (status,)).fetchall()
    assert messages.withdraw(tx, HERE, "1") is None
    assert [(status,)] == tx.execute("SELECT status FROM runs").fetchall()
    assert 1 == len(messages.of_run(tx, run))


@pytest.mark.parametrize(
    ("address", "user", "spoke"),
    [(HERE, "U1", True), (HERE, "U2", False), (elsewhere(topic="T2"), "U1", False)],
)
def test_who_spoke_in_a_topic_is_known(tx, address, user, spoke):
    """It is asked per person and topic."""
    accepted(tx, message("1"))
    assert spoke is messages.spoke_before(tx, address, user)


def test_the_time_of_the_last_question_in_a_topic_is_known(tx):
    """The latest before the message, whatever the order of acceptance; no other person's or topic's."""
    accepted(tx, message("4", user="U2"))
    accepted(tx, message("4.5", address=elsewhere(topic="T2")))
    thread, _ = accepted(tx, message("5"))
    accepted(tx, message("9"))
    accepted(tx, message("7"))
    assert messages.last_in_topic(tx, thread, message("5")) is None
    assert 7.0 == messages.last_in_topic(tx, thread, message("8"))
    assert 9.0 == messages.last_in_topic(tx, thread, message("10"))


def test_what_the_thread_has_is_not_shown_to_it_again(tx):
    """Own questions and answers stand in its history, others' are new to it; own texts are news to nobody."""
    mine, run = accepted(tx, message("5"))
    theirs, other = accepted(tx, message("6", user="U2"))
    helping = runs.add(tx, theirs, 1.0, lane=None)
    for shown, post in ((run, "7"), (other, "8"), (helping, "9")):
        tx.execute(
            "INSERT INTO steps (id, run_id, name, value, ref, created_at) "
            "VALUES (?, ?, 'post:0', '{}', ?, 1)",
            (f"step_{post}", shown, f"fake:{post}"),
        ).fetchall()
    topic = [Earlier(id, f"fake:{id}", "U", "words") for id in ("4", "5", "6", "7", "8", "9")]
    assert ["4", "6", "8"] == [one.id for one in messages.unseen(tx, mine, HERE, topic)]
    assert ["4", "5", "7"] == [one.id for one in messages.unseen(tx, theirs, HERE, topic)]
    same_id = [Earlier("5", "other:5", "U", "words")]
    assert same_id == messages.unseen(tx, mine, elsewhere(channel="C2"), same_id), "unique in a channel only"


def test_recent_topics_come_latest_first(tx):
    """A topic is named once, however many messages it has; old ones and other platforms are not."""
    for said in (
        message("1", address=elsewhere(topic="old")),
        message("10"),
        message("30"),
        message("20", address=elsewhere(topic="T2")),
        message("40", address=elsewhere(platform="other")),
    ):
        accepted(tx, said)
    assert [HERE, elsewhere(topic="T2")] == messages.recent(tx, "fake", 10.0)
