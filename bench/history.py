"""A data directory with a past: as many messages and threads as a bench asks for, written by the store."""

from __future__ import annotations

import time
from pathlib import Path

from core.store import items, messages, runs, threads
from core.store.database import Database, Execute, data_directory
from core.store.runs import Outcome
from core.types import Address, IncomingMessage

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

    def work(x: Execute) -> None:
        address, user = thread
        for number in range(length):
            _exchange(x, address, user, number, past)
        for number in range(others):
            place = Address(address.platform, address.workspace, f"{address.channel}-{number}", "1")
            _exchange(x, place, f"{user}-{number}", number, past)

    try:
        await db(work)
    finally:
        db.close()


def _exchange(x: Execute, address: Address, user: str, number: int, past: float) -> None:
    """One message and its answer, as the inbox and the runner would have stored them."""
    at = past + number
    message = IncomingMessage(
        id=f"{at:.6f}", address=address, user=user, text=f"{QUESTION} {number}?", sent_at=at
    )
    thread = threads.find_or_create(x, address, user, "user", at)
    messages.add(x, message, thread, runs.add(x, thread, at, lane=thread))
    claim = runs.begin(x, thread, OWNER, 0)
    assert claim is not None
    for step in ("post:0", "answer"):
        runs.record(x, claim.run, OWNER, step, {"id": f"{at:.6f}"}, None, at)
    turn = (items.item("user", message.text), items.item("assistant", ANSWER))
    runs.finish(x, claim, Outcome("completed", turn), 0, at, go_on=False)
