"""A data directory of the version without tools: its unfinished runs end as they would have there."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from core.store.database import MIGRATIONS
from tests.core.fakes import HERE, Heard
from tests.core.served import statuses, stored
from tests.core.whole import core
from tests.scripted_model import ScriptedModel

ANSWER = {
    "ending": "completed",
    "text": "It was this.",
    "note": "",
    "error": "",
    "usage": {"input_tokens": 9},
}


def old(directory: Path, *runs: tuple[str, dict[str, object]]) -> None:
    """Runs of one thread, each with its status and recorded steps; messages tell the number."""
    with closing(sqlite3.connect(directory / "spool.sqlite3")) as tx:
        tx.executescript((MIGRATIONS / "0001_initial.sql").read_text("utf-8"))
        tx.execute("PRAGMA user_version = 1")
        tx.execute("INSERT INTO assistants VALUES ('asst_old', 1, 'Spool', 'Be kind.', 'gpt-6-luna')")
        tx.execute("INSERT INTO threads VALUES ('thread_1', 1, 'new')")
        place = (HERE.platform, HERE.workspace, HERE.channel)
        tx.execute("INSERT INTO thread_map VALUES (?, ?, ?, 'user', 'U1', 'thread_1')", place)
        for number, (status, steps) in enumerate(runs, start=1):
            run = f"run_{number}"
            tx.execute(
                "INSERT INTO runs (id, lane, thread_id, assistant_id, status, owner, created_at) "
                "VALUES (?, 'thread_1', 'thread_1', 'asst_old', ?, ?, 1)",
                (run, status, None if status == "queued" else "dead"),
            )
            body = json.dumps({"text": f"question {number}", "kind": "ask", "author": "", "locale": "en"})
            tx.execute(
                "INSERT INTO messages (id, platform, workspace, channel, topic, platform_id, person, "
                "thread_id, run_id, body, sent_at) VALUES (?, ?, ?, ?, ?, ?, 'U1', 'thread_1', ?, ?, 1)",
                (f"msg_{number}", *place, HERE.topic, str(number), run, body),
            )
            for name, value in steps.items():
                tx.execute(
                    "INSERT INTO steps (id, run_id, name, value, created_at) VALUES (?, ?, ?, ?, 1)",
                    (f"step_{number}_{name}", run, name, json.dumps(value)),
                )
        tx.commit()


async def test_an_answer_that_was_recorded_is_shown(tmp_path):
    """It is not asked for again; the run behind it goes on."""
    old(tmp_path, ("in_progress", {"answer": ANSWER}), ("queued", {}))
    async with core(tmp_path, Heard()) as spool:
        await spool.lanes.resume(["fake"])
        await spool.idle()
        assert ["It was this.", "echo: question 2"] == spool.platform.answers
        assert ["completed", "completed"] == await statuses(spool)
        assert 4 == len(await stored(spool))
    assert 1 == len(spool.script.requests)


async def test_a_stored_response_is_followed(tmp_path):
    """Of the background mode; one that is gone at the server is asked for anew."""
    old(tmp_path, ("in_progress", {"response": "resp_gone"}))
    async with core(tmp_path, ScriptedModel(Heard(), background=True)) as spool:
        await spool.lanes.resume(["fake"])
        await spool.idle()
        assert ["echo: question 1"] == spool.platform.answers


async def test_a_run_without_a_version_is_answered_by_who_answers_there_now(tmp_path):
    """And records who that was."""
    old(tmp_path, ("in_progress", {}))
    async with core(tmp_path, Heard()) as spool:
        await spool.lanes.resume(["fake"])
        await spool.idle()
        assert [("asst_settings", 1)] == await spool.rows("SELECT assistant_id, assistant_version FROM runs")


async def test_a_run_that_was_being_stopped_is_stopped(tmp_path):
    """With what it had shown."""
    old(tmp_path, ("cancelling", {}))
    async with core(tmp_path, Heard()) as spool:
        await spool.lanes.resume(["fake"])
        await spool.idle()
        assert ["cancelled"] == await statuses(spool)
