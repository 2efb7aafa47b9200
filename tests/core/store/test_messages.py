"""core.store.messages: each message once, which run answers it, what is known of a topic."""

from __future__ import annotations

import sqlite3

import pytest

from core.store import messages, runs, threads
from core.store.database import Execute
from core.types import Earlier, IncomingMessage, RunId, ThreadId
from tests.core.fakes import HERE, elsewhere, message, store


def accepted(tx: Execute, said: IncomingMessage, run: RunId | None = None) -> tuple[ThreadId, RunId]:
    """The thread and run of a message that was stored, in a run of its own unless told."""
    thread = threads.find_or_create(tx, said.address, said.user, "user", 1.0)
    run = run or runs.add(tx, thread, 1.0, lane=thread)
    messages.add(tx, said, thread, run)
    return thread, run


def test_a_message_is_read_as_it_was_stored():
    """Everything a person said survives, whatever letters it has."""
    said = message(
        "1", "안녕 'quoted' \x00 \n line", author="Kim", locale="ko", inside_topic=True, kind="help"
    )
    with store() as tx:
        _, run = accepted(tx, said)

        assert (said,) == messages.of_run(tx, run)


def test_a_message_gets_an_id_of_its_own():
    """Its id tells what it names."""
    with store() as tx:
        accepted(tx, message("1"))

        assert tx.execute("SELECT id FROM messages").fetchall()[0][0].startswith("msg_")


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
def test_a_message_is_known_by_its_identity_on_the_platform(other, known):
    """Platform, workspace, channel and id make it the same message; nothing else does."""
    with store() as tx:
        assert not messages.known(tx, other)

        accepted(tx, message("1"))

        assert known is messages.known(tx, other)


def test_the_database_itself_refuses_a_message_twice():
    """Even a mistake of ours cannot store one message two times."""
    with store() as tx:
        _, run = accepted(tx, message("1"))

        with pytest.raises(sqlite3.IntegrityError):
            accepted(tx, message("1"), run)


def test_messages_of_a_run_come_in_the_order_of_acceptance():
    """Not in that of their ids or times, which a platform may deliver in another order."""
    with store() as tx:
        _, run = accepted(tx, message("5"))
        accepted(tx, message("3"), run)
        accepted(tx, message("9"))
        accepted(tx, message("4"), run)

        assert ["5", "3", "4"] == [said.id for said in messages.of_run(tx, run)]


def test_withdrawing_the_only_message_cancels_its_run():
    """A run with nothing left to answer ends, and says why."""
    with store() as tx:
        _, run = accepted(tx, message("1"))

        assert run == messages.withdraw(tx, HERE, "1")
        assert [("cancelled", "message deleted")] == tx.execute("SELECT status, error FROM runs").fetchall()
        assert () == messages.of_run(tx, run)


def test_withdrawing_one_of_several_leaves_the_others():
    """The run answers what is left."""
    with store() as tx:
        _, run = accepted(tx, message("1"))
        accepted(tx, message("2"), run)

        assert messages.withdraw(tx, HERE, "1") is None
        assert ["2"] == [said.id for said in messages.of_run(tx, run)]
        assert [("queued",)] == tx.execute("SELECT status FROM runs").fetchall()


def test_withdrawing_leaves_the_other_runs_of_the_lane():
    """Only the run of the withdrawn message ends."""
    with store() as tx:
        accepted(tx, message("1"))
        _, second = accepted(tx, message("2"))

        assert second == messages.withdraw(tx, HERE, "2")
        assert [("queued",), ("cancelled",)] == tx.execute("SELECT status FROM runs ORDER BY seq").fetchall()


@pytest.mark.parametrize("status", ["in_progress", "cancelling", "requires_action", "completed", "failed"])
def test_a_message_cannot_be_withdrawn_once_its_run_began(status):
    """What is being answered, or was, stays as it is."""
    with store() as tx:
        _, run = accepted(tx, message("1"))
        tx.execute("UPDATE runs SET status = ?", (status,))

        assert messages.withdraw(tx, HERE, "1") is None
        assert [(status,)] == tx.execute("SELECT status FROM runs").fetchall()
        assert 1 == len(messages.of_run(tx, run))


@pytest.mark.parametrize(
    ("address", "id"), [(HERE, "2"), (elsewhere(channel="C2"), "1"), (elsewhere(workspace="W2"), "1")]
)
def test_withdrawing_what_is_not_known_changes_nothing(address, id):
    """Most deleted messages were never ours."""
    with store() as tx:
        accepted(tx, message("1"))

        assert messages.withdraw(tx, address, id) is None
        assert [("queued",)] == tx.execute("SELECT status FROM runs").fetchall()


def test_a_withdrawn_message_stays_known():
    """Delivered once more, it is not answered after all."""
    with store() as tx:
        accepted(tx, message("1"))
        messages.withdraw(tx, HERE, "1")

        assert messages.known(tx, message("1"))


@pytest.mark.parametrize(
    ("address", "user", "spoke"),
    [(HERE, "U1", True), (HERE, "U2", False), (elsewhere(topic="T2"), "U1", False)],
)
def test_who_spoke_in_a_topic_is_known(address, user, spoke):
    """It is asked per person and topic."""
    with store() as tx:
        accepted(tx, message("1"))

        assert spoke is messages.spoke_before(tx, address, user)


def test_the_time_of_the_last_question_in_a_topic_is_known():
    """The latest one before the message, whatever the order of acceptance; None for the first."""
    with store() as tx:
        thread, _ = accepted(tx, message("5"))
        accepted(tx, message("9"))
        accepted(tx, message("7"))

        assert messages.last_in_topic(tx, thread, message("5")) is None
        assert 7.0 == messages.last_in_topic(tx, thread, message("8"))
        assert 9.0 == messages.last_in_topic(tx, thread, message("10"))


@pytest.mark.parametrize("other", [{"user": "U2"}, {"address": elsewhere(topic="T2")}])
def test_other_threads_and_topics_were_asked_something_else(other):
    """Neither another person's question nor one in another topic counts."""
    with store() as tx:
        accepted(tx, message("5", **other))
        thread, _ = accepted(tx, message("6"))

        assert messages.last_in_topic(tx, thread, message("6")) is None


def test_what_the_thread_has_is_not_shown_to_it_again():
    """Its own questions and answers stand in its history; those of other people are new to it."""
    with store() as tx:
        mine, run = accepted(tx, message("5"))
        theirs, other = accepted(tx, message("6", user="U2"))
        for shown, post in ((run, "7"), (other, "8")):
            tx.execute(
                "INSERT INTO steps VALUES (?, ?, 'post:0', '{}', ?, 1)",
                (f"step_{post}", shown, f"fake:{post}"),
            )
        topic = [Earlier(id, f"fake:{id}", "U", "words") for id in ("4", "5", "6", "7", "8")]

        assert ["4", "6", "8"] == [one.id for one in messages.unseen(tx, mine, HERE, topic)]
        assert ["4", "5", "7"] == [one.id for one in messages.unseen(tx, theirs, HERE, topic)]


def test_own_texts_are_no_news_to_anybody():
    """Help and confirmations in a topic are not shown to the model, whoever asked for them."""
    with store() as tx:
        mine, _ = accepted(tx, message("5"))
        other = threads.find_or_create(tx, HERE, "U2", "user", 1.0)
        run = runs.add(tx, other, 1.0, lane=None)
        tx.execute("INSERT INTO steps VALUES ('step_1', ?, 'post:0', '{}', 'fake:7', 1)", (run,))

        assert [] == messages.unseen(tx, mine, HERE, [Earlier("7", "fake:7", "U", "help")])


def test_ids_of_another_channel_mean_something_else():
    """A timestamp is unique only inside its channel."""
    with store() as tx:
        thread, _ = accepted(tx, message("5"))
        topic = [Earlier("5", "other:5", "U", "words")]

        assert topic == messages.unseen(tx, thread, elsewhere(channel="C2"), topic)


def test_recent_topics_come_latest_first():
    """A topic is named once, however many messages it has; old ones and other platforms are not."""
    with store() as tx:
        for said in (
            message("1", address=elsewhere(topic="old")),
            message("10"),
            message("30"),
            message("20", address=elsewhere(topic="T2")),
            message("40", address=elsewhere(platform="other")),
        ):
            accepted(tx, said)

        assert [HERE, elsewhere(topic="T2")] == messages.recent(tx, "fake", 10.0)
