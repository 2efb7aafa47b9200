"""Reservations: what requests may cost whose cost is not known yet, or never will be. All of it is as spent.

A row is on disk before its request is made, and goes in the transaction that writes the price into the ledger
(`usage.add`). So whatever dies in between, the money stays counted, and no limit is passed by it.
"""

from __future__ import annotations

from hashlib import sha256
from secrets import token_hex
from typing import Final

from core.store import facts
from core.store.database import Execute

SALT: Final = "erased"
"""The fact that keeps the names of `forget` from being guessed by whoever has only them."""
_ERASED: Final = "erased:%"


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
    sums = "SELECT COALESCE(SUM(price), 0), COALESCE(SUM(price * live), 0) FROM reservations WHERE at >= ? "
    sums += "AND person IN (?, ?)" if person else "AND person NOT LIKE ?"
    named = (person, _erased(tx, person)) if person else (_ERASED,)
    everything, live = tx.execute(sums, (since, *named)).fetchall()[0]
    return int(everything), int(live)


def forget(tx: Execute, person: str, since: float, spent: int, now: float) -> None:
    """They are nobody's from now on. What that person's day, which began then, has cost is kept for the day's
    limit alone, under a name that tells nobody who it was: to erase is no way around a limit.
    """
    if facts.find(tx, SALT) is None:
        facts.remember(tx, SALT, token_hex(16))
    over(tx, since)
    theirs = "SELECT COALESCE(SUM(price), 0) FROM reservations WHERE at >= ? AND person = ?"
    ((own,),) = tx.execute(theirs, (since, person)).fetchall()
    tx.execute("UPDATE reservations SET person = '' WHERE person = ?", (person,)).fetchall()
    if spent + own:
        name = _erased(tx, person)
        tx.execute(
            "INSERT INTO reservations (id, person, at, price, live) VALUES (?, ?, ?, ?, 0) "
            "ON CONFLICT (id) DO UPDATE SET price = reservations.price + excluded.price",
            (name, name, now, spent + own),
        ).fetchall()


def over(tx: Execute, since: float) -> None:
    """A day began then: what those had spent whose data was erased before counts for nothing any more."""
    tx.execute("DELETE FROM reservations WHERE person LIKE ? AND at < ?", (_ERASED, since)).fetchall()


def _erased(tx: Execute, person: str) -> str:
    salt = facts.find(tx, SALT)
    return f"erased:{sha256(f'{salt} {person}'.encode()).hexdigest()}" if salt else person
