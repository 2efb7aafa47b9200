"""What people think of answers: one vote a person and run, the newest counts.

Whoever dislikes an answer puts its question on the list for trials, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.store import deletions, names, saved_questions
from core.store.database import Execute
from core.types import RunId


def vote(tx: Execute, run: RunId, person: str, at: float, *, good: bool) -> None:
    """It is known by its time: one that is delivered again changes nothing, nor what came after it."""
    tx.execute(
        "INSERT INTO feedback (run_id, person, good, at) VALUES (?, ?, ?, ?) ON CONFLICT (run_id, person) "
        "DO UPDATE SET reason = CASE WHEN feedback.good = excluded.good THEN feedback.reason ELSE '' END, "
        "good = excluded.good, at = excluded.at WHERE excluded.at >= feedback.at",
        (run, person, int(good), at),
    )
    if not tx.execute("SELECT 1 FROM feedback WHERE run_id = ? AND good = 0", (run,)).fetchall():
        used = "EXISTS (SELECT 1 FROM trial_answers WHERE question_id = saved_questions.id)"
        unsave = f"DELETE FROM saved_questions WHERE run_id = ? AND source = 'feedback' AND NOT {used}"
        tx.execute(unsave, (run,))
    elif not deletions.all_gone(tx, run):
        saved_questions.of_run(tx, run, "feedback", person, at)


def explain(tx: Execute, run: str, person: str, reason: str) -> bool:
    """Why they dislike it. False: they never said so, or it is not on record any more."""
    rows = tx.execute(
        "UPDATE feedback SET reason = ? WHERE run_id = ? AND person = ? AND good = 0 RETURNING run_id",
        (reason, run, person),
    ).fetchall()
    return bool(rows)


def counts(tx: Execute, runs: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many like and dislike each of the answers; those nobody has rated are missing."""
    marks = ", ".join("?" for _ in runs)
    rows = tx.execute(
        f"SELECT run_id, SUM(good), SUM(1 - good) FROM feedback WHERE run_id IN ({marks}) GROUP BY run_id",
        runs,
    ).fetchall()
    return {run: {"good": good, "bad": bad} for run, good, bad in rows}


def of_run(tx: Execute, run: str) -> list[dict[str, Any]]:
    """All of an answer with their reasons, the oldest first; people by their names, where these are known."""
    sql = "SELECT person, good, reason, at FROM feedback WHERE run_id = ? ORDER BY at, person"
    return [
        {"person": names.find(tx, *who.split(":", 1)) or who, "good": bool(good), "reason": reason, "at": at}
        for who, good, reason, at in tx.execute(sql, (run,)).fetchall()
    ]
