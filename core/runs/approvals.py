"""A person's yes or no: how they are shown what they decide on, and how their answer is waited for.

What cannot be shown cannot be approved. What is decided is in the database, who waits for it is here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final

from core.store import approvals
from core.store.approvals import Approval, Decision, State
from core.store.database import Database

SECONDS = 600.0
"""How long a person may take."""


async def _nobody() -> None:
    """Where nobody waits for others."""


class Approvals:
    """Shared by those who ask (runs) and those who hear the answer (platforms)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[str, asyncio.Event] = {}
        self.asked: Callable[[], Awaitable[None]] = _nobody
        """Told whenever a run waits for a person: another one may go on meanwhile."""

    async def decide(self, id: str, person: str, yes: bool) -> Decision:
        """A button was pressed. done ⇒ it is on disk, and the run knows."""
        now = time.time()
        decision = await self._db(lambda tx: approvals.decide(tx, id, person, yes, now))
        if decision == "done":
            self.decided((id,))
        return decision

    def decided(self, ids: Iterable[str]) -> None:
        """Something was decided and is on disk: wake up whoever waits for it."""
        for id in ids:
            if event := self._waiting.get(id):
                event.set()

    async def wait(self, approval: Approval) -> State:
        """What the person says; `expired` when the time is over first."""
        event = self._waiting.setdefault(approval.id, asyncio.Event())
        try:
            if await self._db(lambda tx: approvals.state(tx, approval.id)) == "waiting":
                async with asyncio.timeout(max(0.0, approval.expires_at - time.time())):
                    await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.pop(approval.id, None)
        return await self._db(lambda tx: approvals.end(tx, approval.id))


SHOWN: Final = 1500
"""Characters of a call's arguments in a question; with all around them they fit into every network's post."""
_LENGTHS: Final = (400, 200, 100, 60, 40)
"""Characters that a text among the arguments keeps where they do not all fit, the most first."""
_STRING: Final = re.compile(r'("(?:[^"\\]|\\.)*")(:?)')
_FENCE: Final = re.compile("`{3,}")
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing, though Unicode does not count them as such."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Arguments as a question shows them: every key, and of texts that are too long both ends."""

    text: str
    whole: str = ""
    """All of it, for a file beside the question, where `text` is shortened."""


def shown(arguments: str) -> Shown | None:
    """How a person can be shown the arguments of a call, None when they cannot be shown whole."""
    try:
        whole = json.dumps(_exact(arguments), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # no JSON, or JSON that may be read in two ways: as it came
        plain = _visible(arguments)
        return Shown(plain) if len(plain) <= SHOWN else None
    if len(text := _visible(whole)) <= SHOWN:
        return Shown(text)
    for length in _LENGTHS:
        if len(text := _visible(_STRING.sub(partial(_shortened, length), whole))) <= SHOWN:
            return Shown(text, _visible(whole))
    return None


def _exact(arguments: str) -> Any:
    """The value, if nothing is lost by reading it. Raises ValueError."""
    return json.loads(arguments, object_pairs_hook=_distinct, parse_float=_number)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _number(text: str) -> float:
    value = float(text)
    if Decimal(text) != Decimal(repr(value)):
        raise ValueError("a number is not what it reads as")
    return value


def _shortened(length: int, found: re.Match[str]) -> str:
    """A text with its middle left out. What says so stands outside its quotes, where it cannot be forged."""
    value = "" if found[2] else json.loads(found[1])
    if len(value) <= length + 40:  # of a key nothing is left out
        return found[0]
    ends = [
        json.dumps(value[at], ensure_ascii=False) for at in (slice(length // 2), slice(-length // 2, None))
    ]
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{ends[0][:-1]}…{ends[1][1:]} ({len(value):,} characters, SHA-256 {digest}…)"


def _visible(text: str) -> str:
    """Nothing in it hides, turns round what stands beside it, or ends a block of code."""
    escaped = "".join(json.dumps(one)[1:-1] if _hidden(one) else one for one in text)
    return _FENCE.sub(lambda found: "\\u0060" * len(found[0]), escaped)


def _hidden(one: str) -> bool:
    if one in "\n ":
        return False
    selector = "\ufe00" <= one <= "\ufe0f" or "\U000e0100" <= one <= "\U000e01ef"
    return one in _BLANK or selector or unicodedata.category(one)[0] in "CZ"
