"""Reservations: what requests may cost whose cost is not known yet, or never will be. All of it is as spent.

A row is on disk before its request is made, and goes in the transaction that writes the price into the ledger
(`usage.add`). So whatever dies in between, the money stays counted, and no limit is passed by it.
"""

from __future__ import annotations

from core.store.database import Execute


def add(
    tx: Execute, id: str, run: str | None, step: str | None, person: str, *, at: float, price: int
) -> None:
    """So much (`usage.UNIT`) is kept for a request that may be made now."""
    tx.execute(
        "INSERT INTO reservations (id, run_id, step, person, at, price, live) VALUES (?, ?, ?, ?, ?, ?, 1)",
        (id, run, step, person, at, price),
    )


def drop(tx: Execute, id: str) -> None:
    """What it cost is in the ledger, or it was not made."""
    tx.execute("DELETE FROM reservations WHERE id = ?", (id,))


def lose(tx: Execute, which: str) -> None:
    """What it cost will not be known; or what any request of that run did."""
    tx.execute("UPDATE reservations SET live = 0 WHERE id = ? OR run_id = ?", (which, which))


def settle(tx: Execute, since: float) -> None:
    """A process begins: nothing is under way, and what is older than that moment is in no window any more."""
    tx.execute("DELETE FROM reservations WHERE at < ?", (since,))
    tx.execute("UPDATE reservations SET live = 0")


def newest(tx: Execute, run: str, step: str) -> str:
    """Of the newest request for that step, "" where nothing is kept for it."""
    sql = "SELECT id FROM reservations WHERE run_id = ? AND step = ? ORDER BY at DESC LIMIT 1"
    return str((tx.execute(sql, (run, step)).fetchall() or [[""]])[0][0])


def kept(tx: Execute, since: float, person: str = "") -> tuple[int, int]:
    """What is kept since then, of that person or of all; and of that what may be let go of again."""
    sums = "SELECT COALESCE(SUM(price), 0), COALESCE(SUM(price * live), 0) FROM reservations "
    sums += "WHERE at >= ? AND (person = ? OR ? = '')"
    everything, live = tx.execute(sums, (since, person, person)).fetchall()[0]
    return int(everything), int(live)
