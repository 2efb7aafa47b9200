"""What the operator says of messages that do not name us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.settings import Settings

INTENT: Final = (
    "FOLLOW_THREADS=1 and Discord's channels in ANSWER_IN need the Message Content Intent: turn it on at the "
    "Bot page of your application, or do without them. Going on without them on Discord."
)


@dataclass(frozen=True, slots=True)
class Following:
    """`threads`: follow-ups in topics of people who spoke to us there; None: by the strict rule, on Slack.

    `channels`: where every message of a person is for us.
    """

    threads: bool | None = None
    channels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings, platform: str) -> Following:
        """What the settings say of that platform."""
        places = (place.partition(":") for place in settings.answer_in)
        return cls(settings.follow_threads, frozenset(id for name, _, id in places if name == platform))
