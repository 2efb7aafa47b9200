"""Reservations: what requests may cost whose cost is not known yet, or never will be. All of it is as spent.

A row is on disk before its request is made, and goes in the transaction that writes the price into the ledger
(`usage.add`). So whatever dies in between, the money stays counted, and no limit is passed by it.
"""

from __future__ import annotations

from core.store.database import Execute


def add(tx: Execute, id: str, run: str | None, step: str | None, person: str, at: float, price: int) -> None:
    """So much (`usage.UNIT`) is kept for a request that may be made now."""
    tx.execute(
        "INSERT INTO reservations (id, run_id, step, person, at, price, live) VALUES (?, ?, ?, ?, ?, ?, 1)",
        (id, run, step, person, at, price),
    )


def drop(tx: Execute, id: str) -> None:
    """What it cost is in the ledger, or it was not made."""
    tx.execute("DELETE FROM reservations WHERE id = ?", (id,))


def lose(tx: Execute, id: str) -> None:
    """What it cost will not be known."""
    tx.execute("UPDATE reservations SET live = 0 WHERE id = ?", (id,))


def lose_run(tx: Execute, run: str) -> None:
    """The same of all requests of a run whose process is gone."""
    tx.execute("UPDATE reservations SET live = 0 WHERE run_id = ? AND live = 1", (run,))


def settle(tx: Execute, since: float) -> None:
    """A process begins: nothing is under way, and what is older than that moment is in no window any more."""
    tx.execute("DELETE FROM reservations WHERE at < ?", (since,))
    tx.execute("UPDATE reservations SET live = 0 WHERE live = 1")


def newest(tx: Execute, run: str, step: str) -> str:
    """Of the newest request for that step, "" where nothing is kept for it."""
    sql = "SELECT id FROM reservations WHERE run_id = ? AND step = ? ORDER BY at DESC LIMIT 1"
    rows = tx.execute(sql, (run, step)).fetchall()
    return rows[0][0] if rows else ""


def kept(tx: Execute, since: float, person: str = "") -> tuple[int, int]:
    """What is kept since then, of that person or of all; and of that what may be let go of again."""
    sums = "SELECT COALESCE(SUM(price), 0), COALESCE(SUM(price * live), 0) FROM reservations WHERE at >= ?"
    whose = (" AND person = ?", (since, person)) if person else ("", (since,))
    all_kept, live = tx.execute(sums + whose[0], whose[1]).fetchall()[0]
    return int(all_kept), int(live)
