"""Copies of threads: what the model is shown of one, in a thread of the API that goes on without it.

Along go items, messages and the summary. What one thread alone has does not: its vector store, the containers
of its code, and pictures of a chat, whose bytes are gone once they were answered.

A copy belongs to no run: nothing of it is counted, and nothing of the original is changed. What a person
deletes in the chat leaves its copies too (`core.store.deletions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final

from core.store import items, summaries, threads
from core.store.database import Execute
from core.types import ThreadId

MOST: Final = 4_000
"""Items of a copy, the newest: others who write wait for a tenth of a second, and few requests have more."""
_END: Final = 2**62
_ITEMS: Final = (
    "INSERT INTO items (thread_id, run_id, item, tokens, message_id) SELECT ?, run_id, item, tokens, "
    "COALESCE(message_id, (SELECT id FROM messages WHERE asks AND run_id = one.run_id AND place = "
    "(SELECT COUNT(*) FROM messages AS m WHERE m.run_id = one.run_id AND m.seq >= messages.seq)), "
    "(SELECT id FROM messages WHERE id = 'msg_' || substr(one.run_id, 5) || '_' || one.seq)) || ? FROM "
    "(SELECT *, ROW_NUMBER() OVER (PARTITION BY run_id, asks ORDER BY seq DESC) AS place FROM "
    '(SELECT *, item LIKE \'{"role": "user"%\' AS asks FROM items '
    "WHERE thread_id = ? AND seq > ? AND seq < ?)) AS one ORDER BY seq"
)
"""Each with its message: the questions of a chat are the last of those items that its run begins with."""
_MESSAGES: Final = (
    "INSERT INTO messages (id, platform, workspace, channel, topic, platform_id, person, thread_id, body, "
    "sent_at, role, object) SELECT m.id || ?, CASE role WHEN 'user' THEN 'api' ELSE '' END, "
    "CASE role WHEN 'user' THEN ? ELSE '' END, ?, ?, "
    "CASE WHEN m.platform IN ('api', '') THEN platform_id ELSE m.id END, "
    "CASE WHEN m.platform IN ('api', '') THEN m.person ELSE m.platform || ':' || m.person END, ?, "
    "json_object('text', json_extract(m.body, '$.text'), 'author', COALESCE(people.name, "
    "NULLIF(json_extract(m.body, '$.author'), ''), assistants.name)), sent_at, role, m.object "
    "FROM messages AS m LEFT JOIN runs ON runs.id = answer_of "
    "LEFT JOIN names AS people ON people.platform = m.platform AND people.workspace = m.workspace "
    "AND people.id = m.person LEFT JOIN assistants ON assistants.id = runs.assistant_id "
    "WHERE m.thread_id = ? AND json_extract(m.body, '$.gone') IS NULL "
    "AND m.id || ? IN (SELECT message_id FROM items WHERE thread_id = ?) ORDER BY m.seq"
)


def copy(
    tx: Execute, one: threads.Row, project: str | None, now: float, before: str = "", room: int = _END
) -> ThreadId:
    """A copy for that project (None: read as chats are), in this transaction: all is there or nothing.

    Where others than the project's clients spoke there, it is read by keys that may read chats, as before.
    `before`: the id of a run of the thread, and only what stood there before its question is copied.
    `room`: and of that the newest turns with so many tokens.
    """
    kept = {"topic": one.object.get("topic") or _topic(tx, one.id, before)}
    if project == one.project:  # the files of others stay theirs
        kept |= {name: one.object[name] for name in ("tool_resources", "searchable") if name in one.object}
    made = threads.create(tx, project, {name: told for name, told in kept.items() if told}, now).id
    tx.execute(
        "UPDATE threads SET copy_of = (SELECT COALESCE(copy_of, id) FROM threads WHERE id = ?), "
        "token_ratio = (SELECT token_ratio FROM threads WHERE id = ?), "
        "origin = CASE WHEN ? THEN ? ELSE origin END WHERE id = ?",
        (one.id, one.id, one.readers != project, threads.FOREIGN, made),
    )
    mark, end = f"_{token_hex(4)}", _end(tx, one.id, before)
    first = _first(tx, one.id, end, room)
    tx.execute(_ITEMS, (made, mark, one.id, first, end))
    tx.execute(_MESSAGES, (mark, project or "", made, made, made, one.id, mark, made))
    summary = summaries.find(tx, one.id)
    if summary.text and summary.upto < end:
        summaries.put(tx, made, summary.text, _upto(tx, one.id, made, first, summary.upto), now)
    return made


def weight(tx: Execute, thread: ThreadId, run: str, strategy: Mapping[str, Any]) -> int:
    """About how many tokens of what stood before the run's question that strategy shows in a copy."""
    end, extra, most = _end(tx, thread, run), 0, _END
    after = _first(tx, thread, end, _END)
    summary = summaries.find(tx, thread)
    if strategy["type"] == "summary" and summary.text and summary.upto < end:
        after, extra = summary.upto, items.weigh(summary.text)
    elif strategy["type"] == "last_messages":
        most = int(strategy["last_messages"]) - 1
    said = (
        "SELECT tokens, SUM(CASE WHEN item LIKE '%\"role\"%' THEN 1 ELSE 0 END) OVER (ORDER BY seq DESC) "
        "AS messages FROM items WHERE thread_id = ? AND seq > ? AND seq < ?"
    )
    sql = f"SELECT COALESCE(SUM(tokens), 0) FROM ({said}) AS said WHERE messages <= ?"
    return extra + int(tx.execute(sql, (thread, after, end, most)).fetchall()[0][0])


def of(tx: Execute, thread: ThreadId) -> list[ThreadId]:
    """All copies of a thread, and theirs."""
    return [
        ThreadId(id) for (id,) in tx.execute("SELECT id FROM threads WHERE copy_of = ?", (thread,)).fetchall()
    ]


def forget_message(tx: Execute, seq: int) -> None:
    """A person has deleted that message: its copies are gone. What items say of it is another's affair."""
    tx.execute(
        "DELETE FROM messages WHERE thread_id IN (SELECT id FROM threads WHERE copy_of = "
        "(SELECT thread_id FROM messages WHERE seq = ?)) "
        "AND platform_id = (SELECT id FROM messages WHERE seq = ?)",
        (seq, seq),
    ).fetchall()


def _topic(tx: Execute, thread: ThreadId, run: str) -> str:
    """Where it goes on: what others said is part of it there alone."""
    rows = tx.execute(
        "SELECT topic FROM messages WHERE thread_id = ? AND run_id IS NOT NULL AND ? IN ('', run_id) "
        "ORDER BY seq DESC LIMIT 1",
        (thread, run),
    ).fetchall()
    return str(rows[0][0]) if rows else ""


def _first(tx: Execute, thread: ThreadId, end: int, room: int) -> int:
    """Behind which item a copy begins: no turn is cut."""
    newest = "SELECT * FROM items WHERE thread_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
    sums = "COUNT(*) OVER (ORDER BY seq DESC) AS count, SUM(tokens) OVER (ORDER BY seq DESC) AS held"
    rows = tx.execute(
        f"SELECT seq, run_id FROM (SELECT seq, run_id, {sums} FROM ({newest}) AS newest) AS summed "
        "WHERE count > ? OR held > ? ORDER BY seq DESC LIMIT 1",
        (thread, end, MOST + 1, MOST, room),
    ).fetchall()
    if not rows:
        return 0
    last = "SELECT MAX(seq) FROM items WHERE thread_id = ? AND run_id = ?"
    return int(tx.execute(last, (thread, rows[0][1])).fetchall()[0][0] or rows[0][0])


def _end(tx: Execute, thread: ThreadId, run: str) -> int:
    """Before which item it ends. The question of a client's run is what its client wrote last before it."""
    if not run:
        return _END
    rows = tx.execute(
        "SELECT MIN(items.seq) FROM items WHERE thread_id = ? AND (run_id IN (SELECT id FROM runs "
        "WHERE thread_id = ? AND seq >= (SELECT seq FROM runs WHERE id = ?)) OR message_id = (SELECT id "
        "FROM messages WHERE thread_id = ? AND role = 'user' AND run_id IS NULL AND sent_at <= "
        "(SELECT created_at FROM runs WHERE id = ?) ORDER BY sent_at DESC, seq DESC LIMIT 1))",
        (thread, thread, run, thread, run),
    ).fetchall()
    return int(rows[0][0] or _END)


def _upto(tx: Execute, thread: ThreadId, made: ThreadId, first: int, upto: int) -> int:
    """The item of the copy that stands where this one does."""
    count = "SELECT COUNT(*) FROM items WHERE thread_id = ? AND seq > ? AND seq <= ?"
    ((stood,),) = tx.execute(count, (thread, first, upto)).fetchall()
    at = "SELECT seq FROM items WHERE thread_id = ? ORDER BY seq LIMIT 1 OFFSET ?"
    return int(tx.execute(at, (made, stood - 1)).fetchall()[0][0]) if stood else 0
