"""History: which part of a thread a request is given, by the assistant's truncation strategy."""

from __future__ import annotations

import json
from typing import Final

from core.assistants import models
from core.store import items, summaries, threads
from core.store.database import Execute
from core.types import Assistant, ThreadId

SUMMARY: Final = "Summary of what was said before in this conversation:\n"
WINDOWS: Final = "context_windows"
"""The fact that holds the context windows in tokens which the model server tells, by model."""
FULL = 0.75
"""Part of the room that is filled when the oldest turns are summarised; until then nothing is left out."""


def room(tx: Execute, thread: ThreadId, assistant: Assistant | None, budget: int) -> int:
    """Tokens the history may have, in our estimate.

    Never more than `budget`, than the strategy's own `max_tokens`, or than three quarters of the model's
    window less the instructions; put right by what the server reported for the thread's newest request.
    """
    if assistant is None:
        return budget
    own = assistant.truncation_strategy.get("max_tokens")
    limit = min(budget, int(own)) if own else budget
    ratio, windows = threads.ratio_and_fact(tx, thread, WINDOWS)
    told = windows.get(assistant.model) if isinstance(windows, dict) else None
    window = told or models.known(assistant.model).context
    if window:
        limit = min(limit, max(window * 3 // 4 - items.weigh(assistant.instructions), window // 4))
    return int(limit / (ratio or 1.0))


def select(
    tx: Execute, thread: ThreadId, assistant: Assistant | None, tokens: int, asked: int = 1
) -> tuple[str, ...]:
    """What of the thread goes into a request with room for so many tokens, as input items, oldest first.

    `asked` is the number of messages the request itself brings: `last_messages` counts them too.
    """
    strategy = assistant.truncation_strategy if assistant else {"type": "auto"}
    if strategy["type"] == "last_messages":
        return items.last_messages(tx, thread, max(0, int(strategy["last_messages"]) - asked), tokens)
    if strategy["type"] != "summary":
        return items.newest(tx, thread, tokens)
    summary = summaries.find(tx, thread)
    if not summary.text:
        return items.newest(tx, thread, tokens)
    head = _head(summary.text, tokens)
    left = tokens - items.weigh(*head)
    return (*head, *items.newest(tx, thread, left, after=summary.upto))


def only_in(topic: str, item: str) -> str:
    """What others said in a topic, as it is remembered: a person's memory may be used in other topics too."""
    return json.dumps({**json.loads(item), "topic": topic}, ensure_ascii=False)


def belonging(history: tuple[str, ...], topic: str) -> tuple[str, ...]:
    """The history without what others said in other topics: it was context there, and is nothing here."""
    kept: list[str] = []
    for item in history:
        if '"topic": ' in item and "topic" in (data := json.loads(item)):
            if data.pop("topic") != topic:
                continue
            item = json.dumps(data, ensure_ascii=False)
        kept.append(item)
    return tuple(kept)


def _head(text: str, tokens: int) -> tuple[str, ...]:
    """The summary as an item: its beginning where the question leaves no room for more."""
    while text:
        first = items.item("user", SUMMARY + text)
        if items.weigh(first) <= tokens:
            return (first,)
        text = text[: len(text) * 3 // 4]
    return ()


def outgrown(tx: Execute, thread: ThreadId, assistant: Assistant, tokens: int) -> bool:
    """Whether the oldest turns are to be summarised now, or are still to be."""
    if assistant.truncation_strategy["type"] != "summary":
        return False
    summary = summaries.find(tx, thread)
    return summary.due or items.weigh(summary.text) + items.weight(tx, thread, summary.upto) > tokens * FULL


def shortened(history: tuple[str, ...], room: int | None = None) -> tuple[str, ...]:
    """About the newer half, or less where `room` tokens are told to be there for it.

    It begins with something a person said; a summary at its head stays. Where there is nothing but the
    summary, it goes too.
    """
    head = history[:1] if history and SUMMARY.strip() in history[0] else ()
    rest = history[len(head) :]
    if not rest:
        return ()
    for at in range((len(rest) + 1) // 2, len(rest)):
        fits = room is None or items.weigh(*head, *rest[at:]) <= room
        if fits and json.loads(rest[at]).get("role") == "user":
            return head + rest[at:]
    return head if room is None or items.weigh(*head) <= room else ()
