"""Threads that are summarised early, by a model that keeps only the facts it is given."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.runs.summaries import INSTRUCTIONS
from standins.script.script import Say
from tests.core.fakes import Heard
from tests.core.served import assistant
from tests.core.whole import Core, core, rules

START = INSTRUCTIONS.split(".", maxsplit=1)[0]
WHO = assistant(truncation_strategy={"type": "summary"})
BUDGET = 600


class Notes(Heard):
    """A model that summarises by keeping the facts it is given ("fact 7 is x"), and nothing else.

    `broken`: what happens to the next summaries instead.
    """

    def __init__(self, *answers: Any) -> None:
        super().__init__(*answers)
        self.summaries: list[str] = []
        self.broken: list[Any] = []

    def play(self, instructions: str, items: Any, tools: Any = ()) -> Any:
        """See `standins.script.script.Script`."""
        if not instructions.startswith(START):
            return super().play(instructions, items, tools)
        text = "\n".join(str(item["content"]) for item in items)
        self.summaries.append(text)
        self.news.tell()
        if self.broken:
            return self.broken.pop(0)
        facts = dict.fromkeys(re.findall(r"fact \d+ is \w+", text))
        return [Say("; ".join(facts) or "small talk")]

    def asked(self) -> list[list[Any]]:
        """The requests for answers."""
        return [items for _, items in self.requests]


@asynccontextmanager
async def opened(
    directory: Path, *answers: Any, budget: int = BUDGET, **more: Any
) -> AsyncIterator[tuple[Core, Notes]]:
    """A core whose threads are summarised early, and what the model says."""
    script = Notes(*answers)
    policy = rules(budget=budget, scope=more.pop("scope", "user"))
    async with core(directory, script, **{"assistant": WHO, "policy": policy, **more}) as spool:
        yield spool, script
