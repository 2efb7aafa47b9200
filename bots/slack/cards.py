"""The task cards of one streamed post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bots.replies.activity import title
from bots.replies.safe_text import harmless
from core.types import Task


class Cards:
    """What people see of the tasks there, so that only what is new is sent."""

    def __init__(self) -> None:
        self._shown: dict[str, Task] = {}

    def __bool__(self) -> bool:
        return bool(self._shown)

    def news(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks that began or changed since; not those that were over before they were ever seen."""
        return [
            task
            for task in tasks
            if self._shown.get(task.id) != task and (task.id in self._shown or task.state == "in_progress")
        ]

    def note(self, tasks: Sequence[Task]) -> None:
        """These were sent."""
        self._shown.update({task.id: task for task in tasks})


def chunks(text: str, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Text and tasks as chunks of a stream. https://docs.slack.dev/reference/methods/chat.appendStream#chunks"""
    said: list[dict[str, Any]] = [{"type": "markdown_text", "text": text}] if text else []
    return said + [
        {
            "type": "task_update",
            "id": task.id[:250],
            "title": harmless(title(task)) or "…",
            "status": task.state,
        }
        for task in tasks
    ]
