"""Turns: whose queued run may begin. Beyond the limits a run waits, and people go round.

Who is next is asked in the transaction that ends a run, so there is nothing to remember: it is the person
whose name follows that of the person who has just made room. A start goes round from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.policy.limits import Limits
from core.store import runs
from core.store.database import Execute


@dataclass(frozen=True, slots=True)
class Turns:
    """How many answers `owner` may carry out at once, and for which platforms. Own texts wait for nobody."""

    owner: str = ""
    limits: Limits = field(default_factory=Limits)
    platforms: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        """Whether anybody may have to wait."""
        return bool(self.limits.runs or self.limits.person_runs)

    def allow(self, tx: Execute, person: str) -> bool:
        """Whether one more of that person may begin now."""
        return self._room(tx) > 0 and self._has_room(tx, person)

    def _room(self, tx: Execute) -> int:
        most = self.limits.runs
        return most - runs.at_once(tx, self.owner) if most else 1

    def _has_room(self, tx: Execute, person: str) -> bool:
        most = self.limits.runs_of(person)
        return not most or runs.at_once(tx, self.owner, person) < most

    def next(self, tx: Execute, person: str, lane: str = "") -> Iterator[tuple[str, str]]:
        """The lanes whose oldest run is to begin now, one after the other, and whose run each is.

        That person has made room, in that lane; "": all who wait are looked at. Each is to be begun before
        the next one is asked for.
        """
        if not self.limited:
            return
        anybody = not lane or (self.limits.runs and self._room(tx) == 1)  # else only these two wait for it
        while self._room(tx) > 0:
            near = (runs.oldest(tx, lane) or ("", ""))[1], person
            for one in self._round(tx, person) if anybody else filter(None, near):
                if self._has_room(tx, one) and (found := runs.idle_lane(tx, one, self.platforms)):
                    break
            else:
                return
            yield found, one
            person = one if anybody else person

    def _round(self, tx: Execute, person: str) -> Iterator[str]:
        """Everybody of whom a run is queued, that person last."""
        for at, last in ((person, None), ("", person)):
            while (at := runs.queued_after(tx, at)) and (last is None or at <= last):
                yield at
