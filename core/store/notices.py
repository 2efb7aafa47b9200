"""Notices: what a person was told of, and until when nothing more is said of it."""

from __future__ import annotations

from core.store.database import Execute


def first(tx: Execute, person: str, about: str, now: float, until: float) -> bool:
    """Whether that person is to be told of it now; if so, not again before `until`.

    `person` is named with the network. Asked in the transaction that stores what is told, so a kill after it
    neither forgets nor repeats it.
    """
    told = tx.execute(
        "INSERT INTO notices (person, about, until) VALUES (?, ?, ?) "
        "ON CONFLICT (person, about) DO UPDATE SET until = excluded.until WHERE notices.until <= ? "
        "RETURNING 1",
        (person, about, until, now),
    )
    return bool(told.fetchall())


def told(tx: Execute, person: str, about: str, now: float) -> bool:
    """Whether that person was told of it, and nothing more is to be said now."""
    found = "SELECT 1 FROM notices WHERE person = ? AND about = ? AND until > ?"
    return bool(tx.execute(found, (person, about, now)).fetchall())


def forget(tx: Execute, about: str) -> None:
    """It is not what it was when people were told of it: they are told anew, and admins, too."""
    tx.execute("DELETE FROM notices WHERE about IN (?, ?)", (about, f"{about} admins")).fetchall()
