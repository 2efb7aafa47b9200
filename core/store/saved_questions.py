"""Saved questions: what versions of assistants are tried on. That of a run is its id: no word is copied."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from typing import Final, Literal

from core.store.database import Execute
from core.store.threads import FOREIGN

Source = Literal["feedback", "run", "typed"]
"""Somebody did not like its answer; somebody saved it from a run; or wrote it for trials."""
_PROJECT: Final = f"CASE WHEN origin = '{FOREIGN}' THEN '' ELSE COALESCE(project, '') END"
SHOWN: Final = 500
"""Of one assistant: there may be one for each answer that somebody disliked."""
_COLUMNS: Final = "id, project, assistant_id, run_id, text, source, actor, created_at"


@dataclass(frozen=True, slots=True)
class SavedQuestion:
    """One of them. `project`: "" of a chat, or a copy of one; `run`: whose question it is, None of what was
    typed (`text`).
    """

    id: str
    project: str
    assistant: str
    run: str | None
    text: str
    source: Source
    actor: str
    created_at: float


def typed(tx: Execute, project: str, assistant: str, text: str, actor: str, now: float) -> str:
    """Save what somebody has written for trials; gives its id."""
    id = f"quest_{token_hex(12)}"
    values = (id, project, assistant, None, text, "typed", actor, now)
    tx.execute("INSERT INTO saved_questions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return id


def of_run(tx: Execute, run: str, source: Source, actor: str, now: float) -> str | None:
    """Save the question of a run, once; gives its id, None where the run is no answer of an assistant."""
    tx.execute(
        f"INSERT INTO saved_questions SELECT ?, {_PROJECT}, assistant_id, runs.id, '', ?, ?, ? "
        "FROM runs JOIN threads ON threads.id = thread_id WHERE runs.id = ? AND assistant_id IS NOT NULL "
        "ON CONFLICT (run_id) DO NOTHING",
        (f"quest_{token_hex(12)}", source, actor, now, run),
    )
    rows = tx.execute("SELECT id FROM saved_questions WHERE run_id = ?", (run,)).fetchall()
    return rows[0][0] if rows else None


def of_assistant(tx: Execute, assistant: str) -> list[SavedQuestion]:
    """The newest of all that it answers, the newest first."""
    newest = "WHERE assistant_id = ? ORDER BY created_at DESC, id LIMIT ?"
    rows = tx.execute(f"SELECT {_COLUMNS} FROM saved_questions {newest}", (assistant, SHOWN)).fetchall()
    return [SavedQuestion(*row) for row in rows]


def get(tx: Execute, id: str) -> SavedQuestion | None:
    """The one with that id."""
    rows = tx.execute(f"SELECT {_COLUMNS} FROM saved_questions WHERE id = ?", (id,)).fetchall()
    return SavedQuestion(*rows[0]) if rows else None


def remove(tx: Execute, id: str) -> None:
    """It is asked no more; trials that have asked it keep their answers."""
    tx.execute("DELETE FROM saved_questions WHERE id = ?", (id,))


def forget(tx: Execute, run: str) -> None:
    """What the run was asked was deleted."""
    tx.execute("DELETE FROM saved_questions WHERE run_id = ?", (run,))
