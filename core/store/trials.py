"""Trials: two versions of an assistant on saved questions. Each answer is a run, written with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final, Literal

from core.store import threads, uploads, vector_stores
from core.store.database import Execute
from core.store.saved_questions import SavedQuestion
from core.types import RunId, ThreadId

Status = Literal["in_progress", "completed", "limit", "cancelled"]
Verdict = Literal["better", "same", "worse"]
_OWN: Final = "FROM trial_answers JOIN runs AS own ON own.id = run_id"
RUN_TRIAL: Final = "(SELECT trial_id FROM trial_answers WHERE run_id = runs.id)"
THREAD_TRIAL: Final = f"(SELECT MIN(trial_id) {_OWN} WHERE own.thread_id = threads.id)"
"""Whose trial it is of; NULL: of none."""
UNTRIED: Final = "runs.id NOT IN (SELECT run_id FROM trial_answers WHERE run_id IS NOT NULL)"
UNTRIED_THREAD: Final = f"threads.id NOT IN (SELECT own.thread_id {_OWN} WHERE own.thread_id IS NOT NULL)"
"""What people asked for. Runs of trials are in the ledger alone: in no other figure, metric or list."""


@dataclass(frozen=True, slots=True)
class Trial:
    """As a row. `version` is tried."""

    id: str
    assistant: str
    version: int
    beside: int
    project: str
    actor: str
    limit_usd: float
    status: Status
    created_at: float
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class TrialAnswer:
    """A version's answer to a question; `run` None: not begun."""

    place: int
    version: int
    question: str
    run: RunId | None
    verdict: Verdict | None
    ended: bool
    """Also where its run is not there any more."""
    usd: float
    """What its requests cost that have a price."""
    priced: bool
    """All have one."""
    expected: float | None
    """What it was expected to cost; None: nobody could tell."""


_COLUMNS: Final = "id, assistant_id, version, beside, project, actor, limit_usd, status, created_at, ended_at"
_ANSWERS: Final = (
    "SELECT place, version, question_id, run_id, verdict, run_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM runs WHERE runs.id = a.run_id AND ended_at IS NULL), "
    "COALESCE((SELECT SUM(price_usd) FROM usage WHERE usage.run_id = a.run_id), 0), "
    "NOT EXISTS (SELECT 1 FROM usage WHERE usage.run_id = a.run_id AND price_usd IS NULL), expected_usd "
    "FROM trial_answers a WHERE trial_id = ? ORDER BY place, version DESC"
)


Expected = tuple[float | None, float | None]
"""Dollars for the answer of the version that is tried, and for that beside it."""


def add(tx: Execute, one: Trial, questions: Sequence[tuple[SavedQuestion, Expected]]) -> None:
    """Begin it."""
    sql = f"INSERT INTO trials ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    tx.execute(sql, astuple(one))
    columns = "trial_id, place, question_id, version, expected_usd"
    sql = f"INSERT INTO trial_answers ({columns}) VALUES (?, ?, ?, ?, ?)"
    for place, (question, expected) in enumerate(questions):
        for of_version in zip((one.version, one.beside), expected, strict=True):
            tx.execute(sql, (one.id, place, question.id, *of_version))


def get(tx: Execute, id: str) -> Trial | None:
    """The one with that id."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM trials WHERE id = ?", (id,)).fetchall()
    return Trial(*rows[0]) if rows else None


def newest(tx: Execute, assistant: str, count: int) -> list[Trial]:
    """The assistant's newest, the newest first."""
    sql = f"SELECT {_COLUMNS} FROM trials WHERE assistant_id = ? ORDER BY created_at DESC, id LIMIT ?"
    return [Trial(*row) for row in tx.execute(sql, (assistant, count)).fetchall()]


def under_way(tx: Execute) -> list[Trial]:
    """All that have not ended, the oldest first."""
    sql = f"SELECT {_COLUMNS} FROM trials WHERE status = 'in_progress' ORDER BY created_at"
    return [Trial(*row) for row in tx.execute(sql).fetchall()]


def busy(tx: Execute) -> int:
    """How many answers are under way."""
    going = "SELECT COUNT(*) FROM trial_answers JOIN runs ON runs.id = run_id WHERE ended_at IS NULL"
    return int(tx.execute(going).fetchall()[0][0])


def answers(tx: Execute, trial: str) -> list[TrialAnswer]:
    """Of each question both, that of the version that is tried first where it is the newer one."""
    return [TrialAnswer(*row) for row in tx.execute(_ANSWERS, (trial,)).fetchall()]


def answered(tx: Execute, question: str, version: int, model: str) -> tuple[RunId, int] | None:
    """The newest whole answer to it by that model in any trial, and of which version: of that one, if any."""
    rows = tx.execute(
        "SELECT runs.id, a.version FROM trial_answers a JOIN runs ON runs.id = run_id WHERE question_id = ? "
        "AND status IN ('completed', 'incomplete') AND EXISTS (SELECT 1 FROM usage "
        "WHERE usage.run_id = runs.id AND kind = 'evaluation' AND input IS NOT NULL AND model = ?) "
        "ORDER BY CASE a.version WHEN ? THEN 0 ELSE 1 END, runs.seq DESC LIMIT 1",
        (question, model, version),
    ).fetchall()
    return (RunId(rows[0][0]), rows[0][1]) if rows else None


def begun(tx: Execute, trial: str, answer: TrialAnswer, run: RunId) -> None:
    """That run is this answer: written in the transaction that makes the run, so none is made twice."""
    tx.execute(
        "UPDATE trial_answers SET run_id = ? WHERE trial_id = ? AND place = ? AND version = ?",
        (run, trial, answer.place, answer.version),
    )


def left_out(tx: Execute, trial: str, place: int) -> None:
    """The question was removed before it was asked."""
    tx.execute(
        "DELETE FROM trial_answers WHERE trial_id = ? AND place = ? AND run_id IS NULL", (trial, place)
    )


def judge(tx: Execute, trial: Trial, question: str, verdict: Verdict | None) -> bool:
    """What somebody thinks of the version that is tried; whether it has that question."""
    sql = (
        "UPDATE trial_answers SET verdict = ? WHERE trial_id = ? AND question_id = ? AND version = ? "
        "RETURNING place"
    )
    return bool(tx.execute(sql, (verdict, trial.id, question, trial.version)).fetchall())


def end(tx: Execute, id: str, status: Status, now: float) -> None:
    """It has ended so, unless it had before."""
    sql = "UPDATE trials SET status = ?, ended_at = ? WHERE id = ? AND status = 'in_progress'"
    tx.execute(sql, (status, now, id))


def forget(tx: Execute, thread: ThreadId) -> None:
    """Something of that thread was deleted: what trials have copied of it goes, with their answers."""
    copies = (
        "SELECT threads.id FROM threads JOIN runs ON thread_id = threads.id "
        "JOIN trial_answers ON run_id = runs.id WHERE copy_of = ?"
    )
    for (copy,) in tx.execute(copies, (thread,)).fetchall():
        uploads.delete_outputs(tx, copy)
        vector_stores.close_store(tx, copy)
        threads.remove(tx, copy)
