"""What a person sees of the bot in a chat, whichever network it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

YES: Final = ("approve", "spool:yes:")
"""How the button for yes is named, on Slack and on Discord."""


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file at a post. `type` is its MIME type."""

    id: str
    name: str
    type: str
    content: bytes = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """One post as it is now.

    `doing`: what the bot is doing at this moment, a line each. `buttons`: what can be pressed under it, each
    as the network names it; that those of an answer go when there is a newer one is no news.
    """

    id: str
    topic: str
    text: str
    doing: tuple[str, ...] = ()
    files: tuple[SeenFile, ...] = ()
    buttons: tuple[str, ...] = field(default=(), compare=False)

    @property
    def asks(self) -> bool:
        """Whether it is a question, which has buttons for yes and no; other posts may have others."""
        return bool(self.buttons) and self.buttons[0].startswith(YES)
