"""Items: what the model is shown of a thread. The transcript is complete here; a request takes what fits."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from core.store.database import Execute
from core.types import RunId, ThreadId

PAGE = 256


def item(role: str, text: str) -> str:
    """An input item of the Responses API, as the JSON that is stored and sent."""
    return json.dumps({"role": role, "content": text}, ensure_ascii=False)


def weigh(*items: str) -> int:
    """About how many tokens items cost in all: no tokenizer, on the safe side for English and Korean."""
    return sum(len(item.encode()) // 3 + 1 for item in items)


def fitting(texts: Sequence[str], budget: int) -> int:
    """How many of the texts, counted from the last, fit the budget in tokens."""
    for kept, text in enumerate(reversed(texts)):
        budget -= weigh(text)
        if budget < 0:
            return kept
    return len(texts)


def add(tx: Execute, thread: ThreadId, run: RunId, items: Iterable[str]) -> list[int]:
    """Append one run's turn to its thread; gives where each item stands."""
    sql = "INSERT INTO items (thread_id, run_id, item, tokens) VALUES (?, ?, ?, ?) RETURNING seq"
    return [tx.execute(sql, (thread, run, text, weigh(text))).fetchall()[0][0] for text in items]


def add_message(tx: Execute, thread: ThreadId, message: str, text: str) -> None:
    """Append what a client has written, which is a turn of its own."""
    tx.execute(
        "INSERT INTO items (thread_id, item, tokens, message_id) VALUES (?, ?, ?, ?)",
        (thread, text, weigh(text), message),
    )


def belongs(tx: Execute, seq: int, message: str) -> None:
    """An item is what that message says."""
    tx.execute("UPDATE items SET message_id = ? WHERE seq = ?", (message, seq)).fetchall()


def remove_message(tx: Execute, message: str) -> int | None:
    """Forget what a message says; gives where it stood, None when nothing of it was there."""
    rows = tx.execute("DELETE FROM items WHERE message_id = ? RETURNING seq", (message,)).fetchall()
    return min((seq for (seq,) in rows), default=None)


def newest(tx: Execute, thread: ThreadId, budget: int, *, after: int = 0) -> tuple[str, ...]:
    """The newest whole turns behind the item `after` that fit the budget in tokens, oldest first.

    A turn is what one run added, so a tool call and its output stay together; an item without a run is one.
    Reads no more than it gives back (and one page), however long the thread is.
    """
    kept: list[str] = []
    turn: list[str] = []
    spent, turn_run, before = 0, None, None
    while True:
        page = _page(tx, thread, before, after)
        for seq, run, text, tokens in page:
            if run is None or run != turn_run:
                kept, turn, turn_run = kept + turn, [], run
            spent, before = spent + tokens, seq
            if spent > budget:
                return tuple(reversed(kept))
            turn.append(text)
        if len(page) < PAGE:
            return tuple(reversed(kept + turn))


def _page(
    tx: Execute, thread: ThreadId, before: int | None, after: int = 0
) -> list[tuple[int, str | None, str, int]]:
    columns = "SELECT seq, run_id, item, tokens FROM items WHERE thread_id = ? AND seq > ?"
    if before is None:
        return tx.execute(f"{columns} ORDER BY seq DESC LIMIT ?", (thread, after, PAGE)).fetchall()
    return tx.execute(
        f"{columns} AND seq < ? ORDER BY seq DESC LIMIT ?", (thread, after, before, PAGE)
    ).fetchall()


def last_messages(tx: Execute, thread: ThreadId, count: int, budget: int) -> tuple[str, ...]:
    """The last `count` messages of anybody with what belongs to them, as far as they fit, oldest first."""
    fit = newest(tx, thread, budget)
    for at in range(len(fit) - 1, -1, -1):
        count -= is_message(fit[at])
        if count < 0:
            return fit[at + 1 :]
    return fit if count >= 0 else ()


def turn(tx: Execute, thread: ThreadId, run: RunId) -> list[tuple[int, dict[str, Any]]]:
    """What one run added, with each item's seq, in order."""
    rows = tx.execute(
        "SELECT seq, item FROM items WHERE thread_id = ? AND run_id = ? ORDER BY seq", (thread, run)
    ).fetchall()
    return [(seq, json.loads(text)) for seq, text in rows]


def replace(tx: Execute, seq: int, text: str) -> None:
    """Put another item in the place of one."""
    tx.execute("UPDATE items SET item = ?, tokens = ? WHERE seq = ?", (text, weigh(text), seq)).fetchall()


def is_message(item: str) -> bool:
    """Whether somebody says something in it: not a tool call, not its output."""
    return '"role"' in item and "role" in json.loads(item)


def span(tx: Execute, thread: ThreadId, after: int) -> tuple[int, int]:
    """How many messages of the thread come behind that item, and about how many tokens all items have."""
    rows = tx.execute(
        "SELECT item, tokens FROM items WHERE thread_id = ? AND seq > ?", (thread, after)
    ).fetchall()
    return sum(is_message(item) for item, _ in rows), sum(tokens for _, tokens in rows)


def weight(tx: Execute, thread: ThreadId, after: int) -> int:
    """About how many tokens the thread's items behind that one have."""
    rows = tx.execute(
        "SELECT COALESCE(SUM(tokens), 0) FROM items WHERE thread_id = ? AND seq > ?", (thread, after)
    ).fetchall()
    return int(rows[0][0])


def oldest(tx: Execute, thread: ThreadId, after: int, budget: int) -> tuple[tuple[str, ...], int]:
    """The oldest whole turns behind that item within the budget, at least one; and the last item's seq."""
    rows = tx.execute(
        "SELECT seq, run_id, item, tokens FROM items WHERE thread_id = ? AND seq > ? ORDER BY seq LIMIT 2000",
        (thread, after),
    ).fetchall()
    taken: list[str] = []
    upto, spent = after, 0
    for _, turn in itertools.groupby(rows, key=lambda row: row[1] or row[0]):
        parts = list(turn)
        spent += sum(part[3] for part in parts)
        if taken and spent > budget:
            break
        taken += [part[2] for part in parts]
        upto = parts[-1][0]
    return tuple(taken), upto
