"""What people think of answers, for whoever takes their presses of buttons."""

from __future__ import annotations

from typing import Final

from core.store import feedback, runs
from core.store.database import Database, Execute
from core.types import RunId, Vote

LONGEST_REASON: Final = 1000
"""Characters; what is longer is cut."""


class Feedback:
    """A person is named with the platform, as `slack:U…`. Anybody who sees an answer may rate it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def rate(self, ref: str, person: str, vote: Vote, at: float) -> RunId | None:
        """A thumb under the answer that shows this post, pressed then; gives whose it is, None: nobody's.

        Returns ⇒ it is on disk, and may be acknowledged: a kill after this line loses nothing, and a press
        that comes again has the same time.
        """

        def work(tx: Execute) -> RunId | None:
            shown = runs.showing(tx, ref)
            if shown:
                feedback.vote(tx, shown[0], person, at, good=vote == "good")
            return shown[0] if shown else None

        return await self._db(work)

    async def explain(self, run: str, person: str, reason: str) -> bool:
        """Why that person dislikes it; on disk, as above. False: there is no such vote (any more)."""
        clean = reason.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
        short = clean.strip()[:LONGEST_REASON]
        return await self._db(lambda tx: feedback.explain(tx, run, person, short))
