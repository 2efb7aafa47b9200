"""core.runs.runner: where an answer cannot be shown or recorded, and where the run is not ours any more."""

from __future__ import annotations

import asyncio

from core.errors import Unreachable
from core.runs import claims
from core.texts import TEXTS
from standins.script.script import Fault, Say, Wait
from tests.core.fakes import Heard
from tests.core.whole import core
from tests.logged import lines, logged
from tests.scripted_model import ScriptedModel

EN = TEXTS["en"]


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
            assert [("user", "Hi"), ("user", "Ho")] == [
                one for one in await spool.items() if one[0] == "user"
            ]
    assert "unreachable: is_archived" in {line.get("error") for line in lines(stream)}


async def test_a_reply_that_cannot_even_begin_ends_the_run(tmp_path):
    """The model is not asked for what nobody can see."""
    script = Heard()
    async with core(tmp_path, script) as spool:
        spool.platform.refusal = Unreachable("not_in_channel")
        await spool.ask("1")
        assert [("failed", "unreachable: not_in_channel")] == await spool.outcomes()
    assert [] == script.requests


async def test_what_cannot_be_shown_is_not_kept_on_the_server(tmp_path):
    """A background response is deleted also where the channel went away while the process was dead."""
    script = Heard([Say("Hel"), Fault("hang")])
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model) as spool:
        await spool.say("1")
        await spool.platform.news.until(lambda: spool.platform.screen)
        await spool.die()
        spool.platform.refusal = Unreachable("channel_not_found")
        await spool.restart()
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


async def test_a_run_that_another_owner_took_over_is_left_to_it(tmp_path):
    """Whoever lost it shows nothing as final and asks no more."""
    script = Heard([Say("Hm"), Wait(0.05), Say("!")])
    async with core(tmp_path, script) as spool:
        receipt = await spool.say("1")
        assert receipt.claim is not None
        lane = receipt.claim.lane
        await spool.db(lambda tx: claims.claim(tx, lane, "other", 1000))
        await spool.idle()
        assert [None] == spool.platform.answers
        assert [("in_progress", None)] == await spool.outcomes()
    assert 1 == len(script.requests)


async def test_a_run_lost_before_the_model_is_asked_asks_nobody(tmp_path):
    """Its new owner does."""
    script = Heard()
    async with core(tmp_path, script) as spool:
        spool.platform.may_read.clear()
        receipt = await spool.say("1", inside_topic=True)
        assert receipt.claim is not None
        lane = receipt.claim.lane
        await spool.platform.news.until(lambda: spool.platform.read)
        await spool.db(lambda tx: claims.claim(tx, lane, "other", 1000))
        spool.platform.may_read.set()
        await spool.idle()
        assert [None] == spool.platform.answers
    assert [] == script.requests


async def test_a_lost_run_in_trouble_is_left_too(tmp_path):
    """Not even the error is counted."""
    script = Heard([Wait(0.05), Fault("cut")])
    async with core(tmp_path, script) as spool:
        receipt = await spool.say("1")
        assert receipt.claim is not None
        lane = receipt.claim.lane
        await spool.db(lambda tx: claims.claim(tx, lane, "other", 1000))
        await spool.idle()
        assert [(0,)] == await spool.rows("SELECT attempts FROM runs")
        await asyncio.sleep(0)
    assert 1 == len(script.requests)
