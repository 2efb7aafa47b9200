"""What a check finds, and how one is carried out: it never raises, and never takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.errors import loggable

State = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `what` was found, in one line; `cure`: what to do about it."""

    id: str
    state: State
    what: str
    cure: str = ""

    @property
    def sentence(self) -> str:
        """Both, for a log."""
        return f"{self.what} {self.cure}".strip()


def advised(id: str, state: State, text: str) -> Check:
    """A check of a text whose first sentence says what is wrong, and the others what to do."""
    what, stop, cure = text.partition(". ")
    return Check(id, state, what + stop.strip(), cure)


async def finished(id: str, work: Awaitable[Iterable[Check]], seconds: float) -> list[Check]:
    """What the check found, or that it came to nothing."""
    try:
        async with asyncio.timeout(seconds):
            return list(await work)
    except TimeoutError:
        return [Check(id, "fail", f"This check did not end within {seconds:.0f} seconds.", "Try it again.")]
    except Exception as error:  # no check may keep the others from being told
        ours = "Please report this as a fault of Spool."
        cure = "Run this as the user Spool runs as." if isinstance(error, OSError) else ours
        return [Check(id, "fail", f"This check could not be made ({loggable(error)}).", cure)]
