"""Assistants: who answers. A change makes a new row, so a run always tells what it was answered by."""

from __future__ import annotations

from core.database import Execute
from core.store.threads import new_id


def settle(x: Execute, name: str, instructions: str, model: str, now: float) -> str:
    """The id of the assistant with exactly these properties, created when there is none."""
    rows = x(
        "SELECT id FROM assistants WHERE name = ? AND instructions = ? AND model = ?",
        name,
        instructions,
        model,
    )
    if rows:
        return str(rows[0][0])
    assistant = new_id("asst_")
    x(
        "INSERT INTO assistants (id, created_at, name, instructions, model) VALUES (?, ?, ?, ?, ?)",
        assistant,
        now,
        name,
        instructions,
        model,
    )
    return assistant
