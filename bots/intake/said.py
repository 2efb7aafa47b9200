"""One message as its network tells it, whatever the shape: an event, a line of a history or of a thread.

Each network has one function that makes it of a payload, `events.read`. What is asked of us and what stood
in a topic before that are made of this same value.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Literal

from core.types import Address, Attachment, Earlier, IncomingMessage, Kind, Quote

By = Literal["person", "us", "other"]
"""Who wrote a message; `other`: a bot, a webhook, or the network itself."""
To = Literal["us", "perhaps", "others"]
"""Whether it is for us: beyond doubt, or perhaps, as a follow-up of somebody who spoke to us there before."""

_ORDERS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("help", "도움말"), "help"),
    **dict.fromkeys(("reset", "초기화", "리셋"), "reset"),
    **dict.fromkeys(("stop", "그만", "중지"), "stop"),
    **dict.fromkeys(("memory", "기억"), "memory"),
}
"""Words that are orders when they are the whole of a message."""
_DRESS: Final = "*_~`/!.\"'“”‘’\u200b \t\n"


def wanted(text: str) -> Kind:
    """What a message with this text wants: an order of ours, however dressed up, else an answer."""
    plain = unicodedata.normalize("NFKC", text) if len(text) < 40 else text  # full width, or letter by letter
    return _ORDERS.get(plain.strip(_DRESS).casefold(), "ask")


@dataclass(frozen=True, slots=True)
class Said:
    """A message, by whomever."""

    id: str
    address: Address
    """Its `topic` is where an answer goes."""
    by: By
    to: To
    user: str
    """The network's id of who wrote it, "" where it tells none."""
    text: str
    """Plain: without markup of the network, and without the mention of us."""
    sent_at: float
    kind: Kind = "ask"
    """What a person wants who said it to us."""
    author: str = ""
    """The name of who wrote it, where the network tells it."""
    files: tuple[Attachment, ...] = ()
    inside: bool = False
    """It stands in a topic that others may have begun."""
    team: str = ""
    """The Slack workspace of who wrote it."""
    quotes: tuple[Quote, ...] = ()
    """What it points at; its own text is without it."""
    mentions: tuple[str, ...] = ()
    """Ids in its text and quotes that people see as names."""
    followed: bool = False
    """It names nobody and is for us because it goes on with what we answered there."""
    app: bool = False
    """An app wrote it that is answered as a person is."""
    changed: bool = False
    """It is told because it was changed, not because it was said."""

    @property
    def concerns_us(self) -> bool:
        """Whether it may be a message for us: new, of a person, and not to others."""
        return self.by == "person" and self.to != "others" and not self.changed

    def taken(self, *, followed: bool = False) -> Said | None:
        """As one to us all the same; None for what says nothing. `followed`: because it goes on there."""
        if self.kind == "help" or not (self.text or self.files or self.quotes or self.kind != "ask"):
            return None
        kind = wanted(self.text) if self.kind == "ask" else self.kind
        return replace(self, to="us", kind=kind, followed=followed)

    def incoming(self, parent: str = "") -> IncomingMessage:
        """As a message to us. `parent`: the channel that its Discord thread belongs to."""
        return IncomingMessage(
            id=self.id,
            address=self.address,
            user=self.user,
            text=self.text,
            sent_at=self.sent_at,
            kind=self.kind,
            author=self.author,
            inside_topic=self.inside,
            parent=parent,
            files=self.files,
            team=self.team,
            quotes=self.quotes,
            mentions=self.mentions,
            followed=self.followed,
            app=self.app,
        )

    def earlier(self, ref: str) -> Earlier:
        """As what stood in a topic before we were asked there. `ref`: what a post is recorded under."""
        speaker = "you" if self.by == "us" else self.user or "bot"
        return Earlier(
            id=self.id,
            ref=ref,
            user=speaker,
            text=self.text,
            author=self.author,
            at=self.sent_at,
            quotes=self.quotes,
            mentions=self.mentions,
            files=self.files,
        )
