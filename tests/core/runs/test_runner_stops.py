"""core.runs.runner: an order to stop, at any moment; what was shown stays, marked as stopped."""

from __future__ import annotations

from core.runs.run_context import Limits
from core.texts import TEXTS
from standins.script.script import Fault, Say
from tests.core.fakes import HERE, Heard
from tests.core.served import reborn
from tests.core.whole import Core, core
from tests.scripted_model import ScriptedModel

EN = TEXTS["en"]


async def showing(spool: Core, text: str) -> None:
    """Returns once this is what people see."""
    await spool.platform.news.until(lambda: text in spool.platform.screen.values())


async def test_stopping_keeps_what_was_shown_and_marks_it(tmp_path):
    """The model is let go of, the thread remembers the words that were shown, the next message follows."""
    async with core(tmp_path, Heard([Say("Hel"), Fault("hang")])) as spool:
        await spool.say("1", "Hi")
        await spool.say("2", "Ho")
        await showing(spool, "Hel")
        assert await spool.inbox.stop(HERE, "U1")
        await spool.idle()
        assert [f"Hel\n\n{EN['stopped']}", "echo: Ho"] == spool.platform.answers
        assert [("cancelled", None), ("completed", None)] == await spool.outcomes()
        assert [("user", "Hi"), ("assistant", "Hel")] == (await spool.items())[:2]


async def test_stopping_ends_a_background_response_on_the_server(tmp_path):
    """Nobody pays for words that nobody reads."""
    script = Heard([Say("Hel"), Fault("hang")])
    model = ScriptedModel(script, background=True)
    async with core(tmp_path, model) as spool:
        await spool.say("1")
        await showing(spool, "Hel")
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
    assert 1 == len(model.discarded)


async def test_stopping_before_the_first_word(tmp_path):
    """Only our own line is shown."""
    async with core(tmp_path, Heard(Fault("hang"))) as spool:
        await spool.say("1", "Hi")
        await spool.platform.news.until(lambda: spool.platform.replies)
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
        assert [EN["stopped"]] == spool.platform.answers
        assert [("user", "Hi")] == await spool.items()


async def test_stopping_while_an_error_is_waited_out(tmp_path):
    """Nobody waits for the next attempt."""
    script = Heard(Fault("refuse", status=429, retry_after=60))
    async with core(tmp_path, script, limits=Limits(run=600)) as spool:
        await spool.say("1")
        await spool.platform.news.until(lambda: spool.platform.replies)
        while [(0,)] == await spool.rows("SELECT attempts FROM runs"):
            pass
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
        assert [EN["stopped"]] == spool.platform.answers


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


async def test_a_stop_is_carried_out_after_a_death(tmp_path):
    """The order was committed; the next process marks what people see, and asks nobody."""
    script = Heard([Say("Hel"), Fault("hang")])
    async with core(tmp_path, script) as spool:
        await spool.say("1")
        await showing(spool, "Hel")
        await spool.rows("UPDATE runs SET status = 'cancelling'")
        await reborn(spool)
        assert f"Hel\n\n{EN['stopped']}" == spool.platform.answers[-1]
        assert [("cancelled", None)] == await spool.outcomes()
    assert 1 == len(script.requests)
