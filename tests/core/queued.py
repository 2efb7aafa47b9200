"""Runs in a store in memory, for the tests of `core.store.runs`."""

from __future__ import annotations

from typing import Any

from core.store import messages, runs, threads
from core.store.database import Execute
from core.store.runs import Claim
from core.types import RunId, ThreadId
from tests.core.fakes import HERE, message
from tests.core.whole import all_of

BUDGET = 1000


def thread_of(x: Execute, user: str = "U1") -> ThreadId:
    """A person's thread."""
    return threads.find_or_create(x, HERE, user, "user", 1.0)


def asked(x: Execute, id: str, *, user: str = "U1", **more: Any) -> RunId:
    """A queued run that answers one message, in the lane of its thread."""
    thread = thread_of(x, user)
    run = runs.add(x, thread, float(id), lane=thread)
    messages.add(x, message(id, user=user, **more), thread, run)
    return run


def claimed(x: Execute, owner: str = "me", user: str = "U1") -> Claim:
    """The lane's next claim, which there must be."""
    claim = runs.claim(x, thread_of(x, user), owner, BUDGET)
    assert claim is not None
    return claim


def status(x: Execute) -> list[str]:
    """Of every run, in order."""
    return all_of(x("SELECT status FROM runs ORDER BY seq"))
