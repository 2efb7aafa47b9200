"""What a message of Slack says itself, and what it points at: the same for live and for earlier messages.

A person's own words are typed, or cells that were pasted; what was passed on, what became of links and what
apps show at it is quoted. An app's own words are all that it shows. Pure, bounded, never raises.
https://docs.slack.dev/reference/messaging/attachments
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from bots.replies.safe_text import printable
from bots.slack.files import attachments
from bots.slack.reading.blocks import TABLES, cut, words
from bots.slack.reading.rich_text import Names, mappings, marked_up
from core.types import Attachment, Quote

MOST_CARDS: Final = 20
"""Attachments of a message (Slack's word for what stands below its text) that are read."""
_NOTHING: Final = ("[no preview available]", "This content can't be displayed.")
"""What Slack puts where there is no text."""
_OF_A_MESSAGE: Final = ("is_share", "is_msg_unfurl", "is_reply_unfurl", "is_thread_root_unfurl")
_LINKS: Final = ("from_url", "original_url", "app_unfurl_url")
_MADE: Final = (*_LINKS, "title", "text", "pretext", "author_name", "service_name", "app_id", "bot_id")
"""What no attachment has that is nothing but cells a person pasted."""
Card = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """Of one message. `readable`: whether words or files are in it; `empty`: nothing at all is."""

    text: str
    quotes: tuple[Quote, ...]
    files: tuple[Attachment, ...]
    mentions: tuple[str, ...]
    readable: bool
    empty: bool


def content(message: Mapping[str, Any], me: str, *, app: bool) -> Content:
    """All of it. `app`: neither a person nor we wrote it."""
    names = Names(me)
    names.learn(message.get("text"))
    cards = list(mappings(message.get("attachments"), MOST_CARDS))
    text, worded = _shown(message, names) if app else _written(message, names)
    own, quotes = [text], list[Quote]()
    for card in cards:
        kind = _kind(card, text)
        if kind == "card" and (app or _pasted(card)):
            own.append(cut(_told(card, names, own=True)))
        elif quote := _quote(kind, card, names.aside()):
            quotes.append(quote)
    text = _tidy(_lines(*own))
    listed = [message.get("files"), *(files for card in cards for files in _files(card))]
    files = attachments({"files": [file for one in listed if one for file in mappings(one)]})
    readable = bool((text and (worded or any(own[1:]))) or quotes or files)
    shown = message.get("files") or cards or any(one.get("type") != "rich_text" for one in _blocks(message))
    return Content(text, tuple(quotes), files, tuple(names.noted), readable, not (readable or shown))


def _written(message: Mapping[str, Any], names: Names) -> tuple[str, bool]:
    """What a person wrote, and whether there is more to it than pictures."""
    blocks = _blocks(message)
    typed = [block for block in blocks if block.get("type") == "rich_text"]
    text = words(typed, names) if typed else marked_up(message.get("text"), names)
    if text.strip():
        blocks = [block for block in blocks if block.get("type") in TABLES]
    others = [block for block in blocks if block.get("type") != "rich_text"]
    worded = bool(text.strip()) or any(block.get("type") != "image" for block in others)
    return _lines(text, cut(words(others, names))), worded


def _shown(message: Mapping[str, Any], names: Names) -> tuple[str, bool]:
    """What an app shows. Its text is often what its blocks say once more, for notifications."""
    text = _told_of_nothing(marked_up(message.get("text"), names))
    return cut(_both(text, words(_blocks(message), names))), True


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(mappings(message.get("blocks")))


def _kind(card: Card, text: str) -> Literal["forward", "preview", "card"]:
    """What an attachment is: a message shown for its link, which stands in the text, was not passed on."""
    links = [url for key in _LINKS if isinstance(url := card.get(key), str) and url]
    if any(card.get(key) for key in _OF_A_MESSAGE):
        addresses = [html.unescape(url).partition("?")[0] for url in links]
        return "preview" if any(one in text for one in addresses) else "forward"
    return "preview" if links or card.get("is_app_unfurl") else "card"


def _pasted(card: Card) -> bool:
    tables = any(block.get("type") in TABLES for block in _blocks(card))
    return tables and not any(card.get(key) for key in _MADE)


def _quote(kind: Literal["forward", "preview", "card"], card: Card, names: Names) -> Quote | None:
    text = _tidy(cut(_told(card, names)))
    if not text and not any(_files(card)):
        return None
    named = ("service_name", "author_name") if kind == "card" else ("author_name", "service_name")
    author = next((name for key in named if isinstance(name := card.get(key), str) and name.strip()), "")
    for key in ("author_id", "bot_id"):
        if not author and isinstance(id := card.get(key), str) and id:
            author = names(f"@{id}")
    return Quote(kind, text, _tidy(author)[:100], _at(card.get("ts")))


def _told(card: Card, names: Names, *, own: bool = False) -> str:
    """What an attachment says. `own`: nobody else names its author."""
    names.learn(card.get("text"))
    passed = [_blocks(inner) for one in mappings(card.get("message_blocks")) for inner in _inner(one)]
    blocks = words([block for one in (*passed, _blocks(card)) for block in one], names)
    title, link = marked_up(card.get("title"), names), card.get("title_link")
    told = _lines(
        marked_up(card.get("author_name"), names) if own else "",
        marked_up(card.get("pretext"), names),
        f"{title} ({link})" if title and isinstance(link, str) and link else title,
        _both(_told_of_nothing(marked_up(card.get("text"), names)), blocks),
        *(_field(one, names) for one in mappings(card.get("fields"), 100)),
        *(_told(one, names) for one in mappings(card.get("attachments"), MOST_CARDS)),
        words(card.get("actions"), names),
    )
    return told or _told_of_nothing(marked_up(card.get("fallback"), names))


def _inner(passed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (passed, *mappings([passed.get("message")]))


def _field(field: Mapping[str, Any], names: Names) -> str:
    told = (marked_up(field.get(key), names).strip() for key in ("title", "value"))
    return ": ".join(filter(None, told))


def _files(card: Card) -> Iterator[object]:
    yield card.get("files")
    for inner in mappings(card.get("attachments"), MOST_CARDS):
        yield from _files(inner)


def _told_of_nothing(text: str) -> str:
    return "" if text.strip() in _NOTHING else text


def _both(text: str, blocks: str) -> str:
    """What is said twice once: the text, the blocks, or both where neither has all of the other."""
    said, shown = _letters(text), _letters(blocks)
    if said in shown:
        return blocks
    return text if shown in said else _lines(text, blocks)


def _letters(text: str) -> str:
    """All that does not depend on how a text is marked up."""
    return re.sub(r":[a-z0-9_+-]+:|[\W_]+", "", text.casefold())


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part.strip())


def _tidy(text: str) -> str:
    """Printable, without spaces at the ends of lines."""
    return "\n".join(line.rstrip(" \t") for line in printable(text).split("\n")).strip()


def _at(ts: object) -> float:
    """The second a message was sent at, 0 for none."""
    try:
        at = float(ts) if isinstance(ts, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return at if math.isfinite(at) and 0 < at < 2**33 else 0.0


def author(message: Mapping[str, Any]) -> str:
    """The name of who wrote it, where the message itself tells that: an app's, or a person's own."""
    bot, person = (list(mappings([message.get(key)])) for key in ("bot_profile", "user_profile"))
    told = [message.get("username"), *(one.get("name") for one in bot)]
    told += [one.get(key) for one in person for key in ("display_name", "real_name", "name")]
    return next((name for one in told if isinstance(one, str) and (name := _tidy(one))), "")[:100]
