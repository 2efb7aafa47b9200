"""What a thumb is: one vote a person and answer, the newest counts; what is disliked is kept for trials."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.policy.feedback import LONGEST_REASON
from core.store import feedback, threads
from core.types import RunId
from standins.script.script import Scenario
from tests.core.fakes import HERE
from tests.core.whole import Core, core
from tests.scripted_model import ScriptedModel

ANN, BOB = "fake:U1", "fake:U2"
REF = "fake:post"
USE = "INSERT INTO trial_answers (trial_id, place, version, question_id) SELECT '', 0, 1, id FROM "
USE += "saved_questions"


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Core]:
    """One answer, which the post REF shows."""
    async with core(tmp_path, ScriptedModel(Scenario())) as spool:
        await spool.ask("1", "why?")
        into = "INSERT INTO steps (id, run_id, name, value, ref, created_at)"
        await spool.rows(f"{into} SELECT 's', id, 'post:0', '{{}}', ?, 1 FROM runs", REF)
        yield spool


async def saved(spool: Core) -> list[tuple[str, ...]]:
    return await spool.rows("SELECT source, actor, assistant_id FROM saved_questions")


@pytest.mark.parametrize(
    ("presses", "counts", "by"),
    [
        ([(ANN, "good", 1)], (1, 0), None),
        ([(ANN, "bad", 1), (ANN, "bad", 1), (BOB, "bad", 2)], (0, 2), ANN),
        ([(ANN, "bad", 1), (ANN, "good", 2)], (1, 0), None),
        ([(ANN, "bad", 1), (ANN, "good", 2), (ANN, "bad", 1)], (1, 0), None),
        ([(ANN, "bad", 1), (BOB, "bad", 2), (ANN, "good", 3)], (1, 1), ANN),
        ([(ANN, "bad", 1), ("trial", "", 2), (ANN, "good", 3)], (1, 0), ANN),
    ],
    ids=["liked", "disliked", "minds change", "delivered again", "not by all", "used by a trial"],
)
async def test_the_newest_vote_of_each_counts(spool, presses, counts, by):
    """The question is on the list, once, while anybody dislikes the answer or a trial has used it."""
    for person, vote, at in presses:
        await (spool.inbox.feedback.rate(REF, person, vote, at) if vote else spool.rows(USE))
    ((run,),) = await spool.rows("SELECT id FROM runs")
    found = await spool.db(lambda tx: feedback.counts(tx, [run]))
    assert {run: {"good": counts[0], "bad": counts[1]}} == found
    assert ([("feedback", by, "asst_settings")] if by else []) == await saved(spool)


async def test_a_reason_belongs_to_a_vote_against(spool):
    """It is kept while that stands; of others, of nobody and of another mind there is none."""
    rates = spool.inbox.feedback
    run = await rates.rate(REF, ANN, "bad", 1.0)
    odd = " <@U2> **no**\0\ud800" + "x" * LONGEST_REASON
    assert [True, False, False] == [
        await rates.explain(*one) for one in ((run, ANN, odd), (run, BOB, "me too"), ("run_none", ANN, "x"))
    ]
    await rates.rate(REF, ANN, "bad", 1.0)  # delivered again
    assert [("<@U2> **no**�" + "x" * LONGEST_REASON)[:LONGEST_REASON]] == await reasons(spool, run)
    await rates.rate(REF, ANN, "good", 2.0)
    assert ([""], False) == (await reasons(spool, run), await rates.explain(run, ANN, "late"))


async def reasons(spool: Core, run: RunId) -> list[str]:
    return [one["reason"] for one in await spool.db(lambda tx: feedback.of_run(tx, run))]


@pytest.mark.parametrize(
    ("change", "saves"), {"reset": 1, "deleted": 0, "unknown": None, "removed": None}.items()
)
async def test_an_answer_can_be_rated_as_long_as_it_is_on_record(spool, change, saves):
    """After a reset, too; a question that was deleted is tried no more."""
    if change == "reset":
        await spool.inbox.reset(HERE, "U1")
    if change == "deleted":
        await spool.inbox.withdraw(HERE, "1")
    if change == "removed":
        await spool.inbox.feedback.rate(REF, ANN, "bad", 0.0)
        ((thread,),) = await spool.rows("SELECT thread_id FROM runs")
        await spool.rows("DELETE FROM thread_map")
        await spool.db(lambda tx: threads.remove(tx, thread))
        assert [] == await spool.rows("SELECT * FROM feedback")
    run = await spool.inbox.feedback.rate("fake:none" if change == "unknown" else REF, BOB, "bad", 1.0)

    assert (saves is not None, saves or 0) == (run is not None, len(await saved(spool)))
