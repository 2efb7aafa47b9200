"""Apps that mention us and are not in ACCESS_BOTS: two of them could talk for ever; the operator is told."""

from __future__ import annotations

import logging

from bots.intake.said import Said

logger = logging.getLogger(__name__)
MOST = 1000


class Apps:
    """Those that were told of already."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def note(self, said: Said) -> None:
        """A message of an app: one line of log for each that mentions us."""
        if said.changed:
            return
        app = said.user or said.author
        if app not in self._told and len(self._told) < MOST:
            self._told.add(app)
            logger.info(
                "an app or a workflow mentioned the assistant, which answers only people and ACCESS_BOTS",
                extra={"app": app, "channel": said.address.channel},
            )
