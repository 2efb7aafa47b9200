"""Limits: how much one person, one place and all may have. Dollars are `core.policy.budget`'s.

People, places and keys go by one function and one table, in the transaction that accepts what they want: so
a limit survives any death, and no two processes give the same room twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from core.policy.budget import Money
from core.settings import Settings
from core.store import buckets, runs
from core.store.database import Execute
from core.types import Over

WINDOW: Final = 60.0
"""Seconds in which a bucket is refilled; one notice stands for all that is refused in them."""
_EXACT: Final = 0.001
"""Seconds by which sums of parts of a minute may be wrong."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Each as its setting has it; 0 is no limit. A key has the API's own size in place of a person's."""

    person_minute: int = 0
    place_minute: int = 0
    open: int = 0
    person_runs: int = 0
    runs: int = 0
    key_minute: int = 0
    money: Money = field(default_factory=Money)

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Those in force."""
        return cls(
            settings.limit_person_minute,
            settings.limit_place_minute,
            settings.limit_open,
            settings.limit_person_runs,
            settings.limit_runs,
            settings.api_requests_per_minute,
            Money.of(settings),
        )

    def over(self, tx: Execute, person: str, place: str, now: float) -> Over | None:
        """The limit that forbids this person (`slack:U1`, `key:NAME`) one more there (`slack:C1` or "").

        None: it is counted, in the transaction that accepts it.
        """
        if waiting := self.waiting(tx, person, now):
            return waiting
        sizes = [
            ("LIMIT_PERSON_MINUTE", person, self.person_minute),
            ("LIMIT_PLACE_MINUTE", place, self.place_minute),
        ]
        if person.startswith("key:"):
            sizes = [("API_REQUESTS_PER_MINUTE", person, self.key_minute)]
        taken = []
        for about, subject, most in sizes:
            if not (most and subject):
                continue
            full = min(buckets.full_at(tx, about, subject), now + WINDOW)  # clocks are set back, too
            full = max(full, now) + WINDOW / most
            if full > now + WINDOW + _EXACT:
                return Over(about, full - WINDOW)
            taken.append((about, subject, full))
        for about, subject, full in taken:  # what is refused takes nothing
            buckets.fill(tx, about, subject, full)
        return None

    def waiting(self, tx: Execute, person: str, now: float) -> Over | None:
        """The same of what waits for its answer alone: it is free again once one of them is answered."""
        many = self.open and not person.startswith("key:") and runs.open_messages(tx, person) >= self.open
        return Over("LIMIT_OPEN", now) if many else None

    def runs_of(self, person: str) -> int:
        """How many answers to that person there may be at once; 0: any number."""
        return 0 if person.startswith("key:") else self.person_runs


def told_until(over: Over, now: float) -> float:
    """Until when a person who was told of it is told no more."""
    return max(over.again_at, now + WINDOW)
