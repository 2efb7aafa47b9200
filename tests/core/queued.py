"""Runs in a store in memory, for the tests of `core.store.runs`."""

from __future__ import annotations

from typing import Any

from core.runs import claims
from core.store import messages, runs, threads
from core.store.database import Execute
from core.types import Claim, RunId, ThreadId
from tests.core.fakes import HERE, message
from tests.core.whole import all_of

BUDGET = 1000


def thread_of(tx: Execute, user: str = "U1") -> ThreadId:
    """A person's thread."""
    return threads.find_or_create(tx, HERE, user, "user", 1.0)


def asked(tx: Execute, id: str, *, user: str = "U1", **more: Any) -> RunId:
    """A queued run that answers one message, in the lane of its thread."""
    thread = thread_of(tx, user)
    run = runs.add(tx, thread, float(id), lane=thread)
    messages.add(tx, message(id, user=user, **more), thread, run)
    return run


def claimed(tx: Execute, owner: str = "me", user: str = "U1") -> Claim:
    """The lane's next claim, which there must be."""
    claim = claims.claim(tx, thread_of(tx, user), owner, BUDGET)
    assert claim is not None
    return claim


def status(tx: Execute) -> list[str]:
    """Of every run, in order."""
    return all_of(tx.execute("SELECT status FROM runs ORDER BY seq").fetchall())
