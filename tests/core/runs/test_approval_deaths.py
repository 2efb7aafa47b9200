"""core.runs.approvals: a process that dies while a person is asked; nothing is asked or done twice."""

from __future__ import annotations

from standins.script.script import outputs
from tests.core.fakes import HERE, message
from tests.core.runs.asking import asked, stuck, waiting
from tests.core.served import EN, again, given, killed, reborn, statuses


async def test_a_death_before_the_button(tmp_path):
    """The same question still stands, and its time runs from the first asking."""
    async with asked(tmp_path) as (spool, post, one):
        first = await spool.rows("SELECT expires_at FROM approvals")
        await reborn(spool, idle=False)
        await waiting(spool)
        assert first == await spool.rows("SELECT expires_at FROM approvals")
        assert "done" == await spool.inbox.decide(one.id, "U1", True)
        await spool.idle()
        assert [one.id] == list(spool.platform.questions)
        assert (["bob"], "sent to bob") == (post.sent, spool.platform.answers[-1])
    assert 2 == len(post.script.requests)


async def test_a_death_after_the_button(tmp_path):
    """The yes is on disk: nobody is asked again, and it happens once."""
    async with asked(tmp_path) as (spool, post, one):
        await killed(spool)
        assert "done" == await spool.inbox.decide(one.id, "U1", True)
        spool.platform.questions.clear()
        await again(spool)
        await spool.idle()
        assert ({}, ["bob"]) == (spool.platform.questions, post.sent)
        assert EN["approval_approved"].format(name="send") == spool.platform.decisions[one.id]
        assert ["completed"] == await statuses(spool)


async def test_a_message_while_the_process_comes_back_counts_as_no(tmp_path):
    """It is caught up with before the run waits again: the question is not asked once more."""
    async with asked(tmp_path) as (spool, post, _):
        await spool.lanes.close()
        assert ["in_progress"] == await statuses(spool)
        spool._begin()
        await spool.inbox.receive(message("2", "No, wait"))
        await spool.lanes.resume(["fake"])
        await spool.idle()
        assert (["completed", "completed"], []) == (await statuses(spool), post.sent)


async def test_a_no_while_the_process_was_away(tmp_path):
    """A message that arrives at once after the start counts, although nothing was asked again yet."""
    async with asked(tmp_path) as (spool, post, _):
        await killed(spool)
        spool._begin()
        await spool.say("2", "Never mind")
        await spool.lanes.resume(["fake"])
        await spool.idle()
        assert (["completed", "completed"], []) == (await statuses(spool), post.sent)


async def test_a_death_in_the_middle_is_told_and_not_repeated(tmp_path):
    """Whether the letter went out cannot be known: model and person learn that, and nothing is sent again."""
    async with stuck(tmp_path) as (spool, post):
        await killed(spool)
        post.may.set()
        await again(spool)
        await spool.idle()
        assert (["bob"], ["completed"]) == (post.sent, await statuses(spool))
        assert EN["tool_interrupted"].format(name="send") in str(spool.platform.answers[-1])
    (result,) = outputs(given(post.script.requests)).values()
    assert "not known" in result


async def test_stopping_a_question_and_dying(tmp_path):
    """The order is on disk: the next process takes the buttons away."""
    async with asked(tmp_path) as (spool, _, one):
        await killed(spool)
        assert await spool.inbox.stop(HERE, "U1")
        await again(spool)
        await spool.idle()
        assert (["cancelled"], [one.id]) == (await statuses(spool), list(spool.platform.decisions))
        assert "over" == await spool.inbox.decide(one.id, "U1", True)


async def test_expiry_while_no_process_ran(tmp_path):
    """The next one finds that the time is over, asks nobody, and goes on."""
    async with asked(tmp_path) as (spool, post, one):
        await killed(spool)
        await spool.rows("UPDATE approvals SET expires_at = 1")
        spool.platform.questions.clear()
        await again(spool)
        await spool.idle()
        assert ({}, []) == (spool.platform.questions, post.sent)
        assert {one.id: EN["approval_expired"].format(name="send")} == spool.platform.decisions
        assert ["completed"] == await statuses(spool)
