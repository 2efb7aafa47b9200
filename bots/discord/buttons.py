"""Buttons under posts, and what pressing them says.

https://docs.discord.com/developers/components/reference#button
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bots.replies.safe_text import printable
from core.types import Question

GREEN, GREY = 3, 2
_ROW, _BUTTON = 1, 2
_LABEL = 80
_YES, _NO = "spool:yes:", "spool:no:"
_ANSWERS: Final = {_YES: True, _NO: False}


def row(*buttons: tuple[str, str, int]) -> list[dict[str, Any]]:
    """The components of a post: buttons given as `custom_id`, label and style."""
    made = [
        {"type": _BUTTON, "style": style, "label": label[:_LABEL], "custom_id": custom_id}
        for custom_id, label, style in buttons
    ]
    return [{"type": _ROW, "components": made}]


def asking(question: Question, limit: int) -> dict[str, Any]:
    """The body of a post of at most so many characters that asks."""
    text = printable(question.text)
    yes, no = (_YES + question.id, question.yes, GREEN), (_NO + question.id, question.no, GREY)
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return {"content": shown, "components": row(yes, no)}


def answered(custom_id: str) -> tuple[str, bool]:
    """The question a button belongs to and whether it says yes; ("", False) for any other button."""
    for begins, yes in _ANSWERS.items():
        if custom_id.startswith(begins):
            return custom_id.removeprefix(begins), yes
    return "", False


def custom_ids(post: Mapping[str, Any]) -> Iterator[str]:
    """The `custom_id` of everything that can be pressed under a post."""
    for line in post.get("components") or ():
        for component in line.get("components") or ():
            yield str(component.get("custom_id") or "")
