"""Buckets: how much of a limit is used. Each is refilled all the time, and is full again at `full_at`.

So a bucket that nobody has taken from is no row, and one that was full long ago is as good as none.
"""

from __future__ import annotations

from core.store.database import Execute


def full_at(tx: Execute, about: str, subject: str) -> float:
    """When that bucket of a limit is full again; 0 for one that nobody has taken from."""
    sql = "SELECT full_at FROM buckets WHERE about = ? AND subject = ?"
    return float(next((at for (at,) in tx.execute(sql, (about, subject)).fetchall()), 0.0))


def fill(tx: Execute, about: str, subject: str, at: float) -> None:
    """Something was taken: it is full again then."""
    tx.execute(
        "INSERT INTO buckets (about, subject, full_at) VALUES (?, ?, ?) "
        "ON CONFLICT (about, subject) DO UPDATE SET full_at = excluded.full_at",
        (about, subject, at),
    )


def fullest(tx: Execute, about: str, now: float, most: int) -> list[tuple[str, float]]:
    """Those of that limit from which most was taken, and when they are full again."""
    sql = "SELECT subject, full_at FROM buckets WHERE about = ? AND full_at > ? ORDER BY full_at DESC LIMIT ?"
    return [(subject, at) for subject, at in tx.execute(sql, (about, now, most)).fetchall()]
