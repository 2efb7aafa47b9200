"""A data directory with a past: as many messages and threads as a bench asks for, written by the store."""

from __future__ import annotations

import time
from pathlib import Path

from core.runs import claims
from core.store import items, messages, runs, steps, threads
from core.store.data_dir import data_directory
from core.store.database import Database, Execute
from core.types import Address, IncomingMessage, Outcome

QUESTION = "How do I change the setting for the nightly report, number"
ANSWER = "Open the settings, choose reports, then the hour you want, and save."
LONG_AGO = 40 * 86_400.0
"""Seconds: old enough that nothing of it is caught up with at start."""
OWNER = "bench"


async def write(directory: Path, thread: tuple[Address, str], length: int, others: int) -> None:
    """`length` messages, each answered, in the thread of (address, user); and `others` threads with one.

    About 60 characters a message and an answer. All in one transaction.
    """
    past = time.time() - LONG_AGO
    db = Database(data_directory(directory) / "spool.sqlite3")

    def work(tx: Execute) -> None:
        address, user = thread
        for number in range(length):
            _exchange(tx, address, user, number, past)
        for number in range(others):
            place = Address(address.platform, address.workspace, f"{address.channel}-{number}", "1")
            _exchange(tx, place, f"{user}-{number}", number, past)

    try:
        await db(work)
    finally:
        db.close()


def _exchange(tx: Execute, address: Address, user: str, number: int, past: float) -> None:
    """One message and its answer, as the inbox and the runner would have stored them."""
    at = past + number
    message = IncomingMessage(
        id=f"{at:.6f}", address=address, user=user, text=f"{QUESTION} {number}?", sent_at=at
    )
    thread = threads.find_or_create(tx, address, user, "user", at)
    messages.add(tx, message, thread, runs.add(tx, thread, at, lane=thread))
    claim = claims.begin(tx, thread, OWNER, 0)
    assert claim is not None
    for step in ("post:0", "answer"):
        steps.record(tx, claim.run, OWNER, step, {"id": f"{at:.6f}"}, None, at)
    turn = (items.item("user", message.text), items.item("assistant", ANSWER))
    claims.finish(tx, claim, Outcome("completed", turn), 0, at, go_on=False)
