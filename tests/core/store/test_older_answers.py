"""A database of before the API is taken over: what was answered then are messages from now on."""

from __future__ import annotations

import contextlib
import sqlite3

from core.store import items, thread_messages
from core.store.database import MIGRATIONS
from core.store.paging import Page
from core.types import ThreadId


def test_older_answers_become_messages():
    """Each at the end of its run, once, in their order; calls and what was asked are none."""
    first, second, *later = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as tx:
        tx.executescript(first.read_text("utf-8") + second.read_text("utf-8"))
        tx.execute("INSERT INTO threads VALUES ('thread_1', 1.0, 'new', NULL)")
        tx.execute(
            "INSERT INTO runs (id, lane, thread_id, status, created_at, ended_at) "
            "VALUES ('run_1', 'thread_1', 'thread_1', 'completed', 2.0, 3.5)"
        )
        said = [items.item("user", "q"), items.item("assistant", "그래"), items.item("assistant", "b")]
        for one in [*said, '{"type": "function_call", "call_id": "c"}']:
            tx.execute(
                "INSERT INTO items (thread_id, run_id, item, tokens) VALUES ('thread_1', 'run_1', ?, 1)",
                (one,),
            )
        for step in later:
            tx.executescript(step.read_text("utf-8"))

        found, more = thread_messages.page(tx, ThreadId("thread_1"), Page(order="asc"))
        kept = items.newest(tx, ThreadId("thread_1"), 100)

    assert not more
    assert [(one.role, one.text, one.sent_at, one.run) for one in found] == [
        ("assistant", "그래", 3.5, "run_1"),
        ("assistant", "b", 3.5, "run_1"),
    ]
    assert [*kept[:3]] == said
