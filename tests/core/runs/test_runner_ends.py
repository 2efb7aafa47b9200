"""core.runs.runner: orders to stop, answers that cannot be shown or recorded, and runs that are lost."""

from __future__ import annotations

import pytest

from core.errors import Unreachable
from core.runs import claims
from core.runs.run_context import Limits
from standins.script.script import Fault, Say, Wait
from tests.core.fakes import HERE, Heard
from tests.core.served import EN, again, killed, showing
from tests.core.whole import core
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel


async def test_where_nothing_can_be_shown_the_run_ends_and_the_lane_goes_on(tmp_path):
    """The reason is in the log; perhaps a notice is accepted there; the thread remembers what was asked."""
    with logged() as stream:
        async with core(tmp_path, Heard()) as spool:
            spool.platform.faults.append(Unreachable("is_archived"))
            await spool.say("1", "Hi")
            await spool.ask("2", "Ho")
            below = f"echo: Hi\n\n{EN['unshowable']}"  # what people had read stays
            assert [None, below, "echo: Ho"] == spool.platform.answers
            assert [("failed", "unreachable: is_archived"), ("completed", None)] == await spool.outcomes()
            assert ["Hi", "Ho"] == [text for role, text in await spool.items() if role == "user"]
    told = {(line["message"], line.get("error")) for line in lines(stream)}
    assert ("answer cannot be shown", "Unreachable: is_archived") in told


async def test_a_reply_that_cannot_even_begin_ends_the_run(tmp_path):
    """The model is not asked for what nobody can see."""
    async with core(tmp_path, Heard()) as spool:
        spool.platform.refusal = Unreachable("not_in_channel")
        await spool.ask("1")
        assert [("failed", "unreachable: not_in_channel")] == await spool.outcomes()
    assert [] == spool.script.requests


async def test_what_cannot_be_shown_is_not_kept_on_the_server(tmp_path):
    """A background response is deleted also where the channel went away while the process was dead."""
    model = ScriptedModel(Heard([Say("Hel"), Fault("hang")]), background=True)
    async with core(tmp_path, model) as spool:
        await spool.say("1")
        await showing(spool, "Hel")
        await killed(spool)
        spool.platform.refusal = Unreachable("channel_not_found")
        await again(spool)
        await spool.idle()
        assert [("failed", "unreachable: channel_not_found")] == await spool.outcomes()
    assert 1 == len(model.discarded)


async def test_a_full_disk_loses_nothing(tmp_path):
    """The answer that could not be recorded is made again and shown once, when there is room."""
    async with core(tmp_path, Heard("x" * 200_000)) as spool:
        ((pages,),) = await spool.rows("PRAGMA page_count")
        await spool.rows(f"PRAGMA max_page_count={pages + 8}")
        await spool.say("1", "Hi")
        await spool.platform.news.until(lambda: spool.platform.replies and not spool.platform.working)
        assert [None] == spool.platform.answers
        await spool.rows("PRAGMA max_page_count=1000000")
        await spool.idle()
        assert [None, "echo: Hi"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
        assert [("user", "Hi"), ("assistant", "echo: Hi")] == await spool.items()


@pytest.mark.parametrize(
    ("beats", "asked"),
    [([Say("Hm"), Wait(0.05), Say("!")], 1), ([Wait(0.05), Fault("cut")], 1), ([], 0)],
    ids=["speaking", "in-trouble", "before"],
)
async def test_a_run_that_another_owner_took_over_is_left_to_it(tmp_path, beats, asked):
    """Whoever lost it shows nothing as final, counts no error and asks no more, or not at all."""
    async with core(tmp_path, Heard(beats)) as spool:
        if not asked:
            spool.platform.may_read.clear()
        claim = (await spool.say("1", inside_topic=True)).claim
        assert claim is not None
        await spool.platform.news.until(lambda: spool.platform.read)
        await spool.script.until(asked)
        await spool.db(lambda tx: claims.claim(tx, claim.lane, "other", 1000))
        spool.platform.may_read.set()
        await spool.idle()
        assert [None] == spool.platform.answers
        assert [("in_progress", 0)] == await spool.rows("SELECT status, attempts FROM runs")
    assert asked == len(spool.script.requests)


@pytest.mark.parametrize("background", [False, True])
async def test_stopping_keeps_what_was_shown_and_marks_it(tmp_path, background):
    """The model is let go of, also on the server; the thread remembers the words; the next one follows."""
    model = ScriptedModel(Heard([Say("Hel"), Fault("hang")]), background=background)
    async with core(tmp_path, model) as spool:
        await spool.say("1", "Hi")
        await showing(spool, "Hel")
        assert await spool.inbox.stop(HERE, "U1")
        assert background or [] == model.discarded
        await spool.ask("2", "Ho")
        assert [f"Hel\n\n{EN['stopped']}", "echo: Ho"] == spool.platform.answers
        assert [("cancelled", None), ("completed", None)] == await spool.outcomes()
        assert [("user", "Hi"), ("assistant", "Hel")] == (await spool.items())[:2]
    assert 2 * background == len(set(model.discarded))


@pytest.mark.parametrize("fault", [Fault("hang"), Fault("refuse", status=429, retry_after=60)])
async def test_stopping_before_the_first_word(tmp_path, fault):
    """Only our own line is shown; nobody waits for a next attempt."""
    async with core(tmp_path, Heard(fault), limits=Limits(run=600)) as spool:
        await spool.say("1", "Hi")
        await spool.platform.news.until(lambda: spool.platform.replies)
        while fault.kind == "refuse" and [(0,)] == await spool.rows("SELECT attempts FROM runs"):
            pass
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
        assert [EN["stopped"]] == spool.platform.answers
        assert [("user", "Hi")] == await spool.items()


async def test_stopping_when_the_answer_is_there_already(tmp_path):
    """Too late: the whole answer is shown, and it is a completed one."""
    async with core(tmp_path, Heard()) as spool:
        spool.platform.may_finish.clear()
        await spool.say("1", "Hi")
        await spool.platform.news.until(lambda: spool.platform.finishing)
        assert await spool.inbox.stop(HERE, "U1")
        spool.platform.may_finish.set()
        await spool.idle()
        assert ["echo: Hi"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()
