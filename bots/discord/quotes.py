"""What a Discord message points at and does not say itself: a reply, a forward, the preview of a link.

https://docs.discord.com/developers/resources/message#message-reference-types
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bots.discord.api import sent_at
from bots.discord.files import attachments
from bots.discord.poster import reference
from bots.discord.wording import (
    MOST,
    Known,
    Payload,
    card,
    cut,
    inner,
    maps,
    name_of,
    people,
    referenced,
    snapshots,
    spoken,
    whole,
    word,
)
from bots.replies.safe_text import printable
from core.types import Quote

FORWARD: Final = 1
"""The type of a reference that passes a message on."""
HIDDEN: Final = (
    "[The text of this message could not be read here: Discord shows it only to bots with the Message "
    "Content Intent. If it matters, ask for a copy of it.]"
)
"""For the model, in place of a text that Discord keeps from us."""
_WRITTEN = (0, 19, 20, 23)
"""Types of messages that somebody wrote: default, reply, the answers to commands."""
_CONTENT = (
    *("content", "attachments", "embeds", "components", "poll"),
    *("sticker_items", "stickers", "message_snapshots"),
)
YOU: Final = "you"
"""The author of a post of ours, in front of the model."""


def forwards(message: Payload) -> bool:
    """Whether it passes a message on: that is no reply to whoever wrote it."""
    return (
        bool(message.get("message_snapshots")) or inner(message, "message_reference").get("type") == FORWARD
    )


def hidden(message: Payload) -> bool:
    """Whether Discord keeps from us what somebody wrote: what it shows of a message is never empty else."""
    return message.get("type", 0) in _WRITTEN and not any(message.get(name) for name in _CONTENT)


def quotes(message: Payload, me: str, known: Known) -> tuple[Quote, ...]:
    """Everything it points at, of at most MOST characters together. Never raises."""
    passed_on = list(_snapshots(message, known))
    pointed_at = [] if passed_on else _referenced(message, me, known)
    left, bounded = MOST, []
    for one in (*passed_on, *pointed_at, *_previews(message, known)):
        bounded.append(replace(one, text=cut(one.text, left) if left else ""))
        left -= len(bounded[-1].text)
    return tuple(bounded)


def _snapshots(message: Payload, known: Known) -> Iterator[Quote]:
    at = sent_at(word(inner(message, "message_reference").get("message_id")))
    for one in snapshots(message):
        text = whole(one, people(one, message), known)
        if text or attachments(one):
            yield Quote("forward", text, at=at)


def _referenced(message: Payload, me: str, known: Known) -> Iterator[Quote]:
    for one in referenced(message):
        names, author, id = people(message, one), inner(one, "author"), word(one.get("id"))
        ours = bool(me) and author.get("id") == me
        text = whole(one, names, known)
        text = HIDDEN if hidden(one) and not ours else text
        if text or attachments(one):
            yield Quote(
                "forward" if forwards(message) else "reply",
                text,
                YOU if ours else names.get(word(author.get("id"))) or name_of(author, inner(one, "member")),
                sent_at(id),
                reference(id) if ours and id else "",
            )


def _previews(message: Payload, known: Known) -> Iterator[Quote]:
    for one in maps(message.get("embeds"), 10):
        app = inner(message, "author").get("bot") or message.get("webhook_id")
        if text := spoken(card(one), people(message), known):
            author = word(inner(one, "provider").get("name"))
            yield Quote("card" if app else "preview", printable(text), author)
