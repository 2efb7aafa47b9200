"""core.runs.run_context: what runs work with is built once, or again when that failed; tools may change."""

from __future__ import annotations

from core.texts import TEXTS
from core.tools import Toolbox
from tests.core.fakes import Heard
from tests.core.whole import core

EN = TEXTS["en"]


def look() -> str:
    """Look around."""
    return "nothing"


async def test_a_build_that_failed_is_told_and_tried_again_by_the_next_question(tmp_path):
    """Nothing is lost and nobody waits for ever; our own texts need nothing of it."""
    async with core(tmp_path, Heard()) as spool:
        await spool.ready()
        spool.unready = [ImportError("at a question"), ImportError("at the start")]
        await spool.restart()
        await spool.ask("1", kind="help")
        await spool.ready.renew(Toolbox())  # there is nothing yet that could have new tools
        await spool.ask("2", "Hi")
        await spool.ask("3", "Hi again")
        assert [EN["help"], EN["internal"], "echo: Hi again"] == spool.platform.answers
        assert [("completed", None), ("failed", "ImportError"), ("completed", None)] == await spool.outcomes()


async def test_new_tools_are_for_the_next_run(tmp_path):
    """What is under way keeps those it began with."""
    async with core(tmp_path, Heard()) as spool:
        before = await spool.ready()
        await spool.ready.renew(Toolbox.of(look))
        assert () == before.toolbox.names()
        assert ("look",) == (await spool.ready()).toolbox.names()
