"""Items: what the model is shown of a thread. The transcript is complete here; a request takes what fits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from core.database import Execute
from core.types import RunId, ThreadId

PAGE = 256


def item(role: str, text: str) -> str:
    """An input item of the Responses API, as the JSON that is stored and sent."""
    return json.dumps({"role": role, "content": text}, ensure_ascii=False)


def weigh(item: str) -> int:
    """About how many tokens an item costs: no tokenizer, on the safe side for English and Korean."""
    return len(item.encode()) // 3 + 1


def fitting(texts: Sequence[str], budget: int) -> int:
    """How many of the texts, counted from the last, fit the budget in tokens."""
    for kept, text in enumerate(reversed(texts)):
        budget -= weigh(text)
        if budget < 0:
            return kept
    return len(texts)


def add(x: Execute, thread: ThreadId, run: RunId, items: Iterable[str]) -> None:
    """Append one run's turn to its thread."""
    for text in items:
        x(
            "INSERT INTO items (thread_id, run_id, item, tokens) VALUES (?, ?, ?, ?)",
            thread,
            run,
            text,
            weigh(text),
        )


def newest(x: Execute, thread: ThreadId, budget: int) -> tuple[str, ...]:
    """The newest whole turns that fit the budget in tokens, oldest first.

    A turn is what one run added, so a tool call and its output stay together. Reads no more than it
    gives back (and one page), however long the thread is.
    """
    kept: list[str] = []
    turn: list[str] = []
    spent, turn_run, before = 0, "", None
    while True:
        page = _page(x, thread, before)
        for seq, run, text, tokens in page:
            if run != turn_run:
                kept, turn, turn_run = kept + turn, [], run
            spent, before = spent + tokens, seq
            if spent > budget:
                return tuple(reversed(kept))
            turn.append(text)
        if len(page) < PAGE:
            return tuple(reversed(kept + turn))


def _page(x: Execute, thread: ThreadId, before: int | None) -> list[tuple[int, str, str, int]]:
    columns = "SELECT seq, run_id, item, tokens FROM items WHERE thread_id = ?"
    if before is None:
        return x(f"{columns} ORDER BY seq DESC LIMIT ?", thread, PAGE)
    return x(f"{columns} AND seq < ? ORDER BY seq DESC LIMIT ?", thread, before, PAGE)
