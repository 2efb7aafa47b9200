"""A question in Block Kit: its text, and a button for each answer."""

from __future__ import annotations

from typing import Any

from bots.replies.safe_text import harmless
from core.types import Question

APPROVE, REFUSE = "approve", "refuse"
"""`action_id` of the buttons; their `value` is the id of the approval."""
_MARKDOWN, _SECTION, _NOTICE = 11_000, 3000, 300
"""Characters that a block, and the text of a notification, may have."""


def asking(question: Question, *, markdown: bool) -> dict[str, Any]:
    """The body of chat.postMessage; without `markdown` only blocks that every server knows."""
    text = harmless(question.text)
    body: dict[str, Any] = {"type": "markdown", "text": _cut(text, _MARKDOWN)}
    if not markdown:
        body = {"type": "section", "text": {"type": "plain_text", "text": _cut(text, _SECTION)}}
    yes, no = _button(APPROVE, question.yes, question.id), _button(REFUSE, question.no, question.id)
    actions = {"type": "actions", "elements": [yes | {"style": "primary"}, no]}
    return {"text": _cut(text, _NOTICE), "blocks": [body, actions]}


def _button(action: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": _cut(label, 75)}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
