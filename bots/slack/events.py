"""Slack events as the core's values: pure functions, no I/O.

Which events are messages: https://docs.slack.dev/reference/events/message
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.intake import orders
from bots.replies.safe_text import printable
from bots.slack import richtext
from bots.slack.files import attachments
from core.types import Address, IncomingMessage, Kind

_SPOKEN = (None, "file_share", "thread_broadcast")
_TS = re.compile(r"\d{1,11}\.\d{1,9}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A person's message, and whether it is addressed to the assistant beyond doubt."""

    message: IncomingMessage
    addressed: bool
    """False: only a follow-up in a topic; whether it is meant for us is the inbox's to know."""


def spoken(event: Mapping[str, Any], team: str, me: str) -> Spoken | None:
    """What a person said, or None: an edit, a join, a bot's post, our own, or not for us at all."""
    user, ts, channel = (_name(event.get(key)) for key in ("user", "ts", "channel"))
    if not (user and channel and _TS.fullmatch(ts)) or user in (me, "USLACK", "USLACKBOT"):
        return None
    if event.get("subtype") not in _SPOKEN or event.get("bot_id") or event.get("hidden"):
        return None
    direct = event.get("channel_type") == "im" or channel.startswith("D")
    topic = _name(event.get("thread_ts"))
    inside = bool(_TS.fullmatch(topic)) and topic != ts
    addressed = direct or richtext.mentions(event, me)
    if not addressed and (not inside or event.get("type") == "app_mention"):
        return None
    text = printable(richtext.plain(event, me)).strip()
    files = attachments(event)
    if not (addressed or text or event.get("files")):
        return None
    message = IncomingMessage(
        id=ts,
        address=Address("slack", team, channel, topic if inside else ts),
        user=user,
        text=text,
        sent_at=float(ts),
        kind=_kind(text, event, addressed) if text or not files else "ask",
        inside_topic=inside and not direct,
        files=files,
    )
    return Spoken(message, addressed)


def _name(value: object) -> str:
    """An id as a string, "" for whatever is none."""
    return value if isinstance(value, str) else ""


def _kind(text: str, event: Mapping[str, Any], addressed: bool) -> Kind:
    if not text:
        return "unreadable" if event.get("files") else "help"
    return orders.kind(text) if addressed else "ask"


def deleted(event: Mapping[str, Any], team: str) -> tuple[Address, str] | None:
    """The message that was deleted; one with replies is not deleted but becomes a tombstone."""
    changed = event.get("message")
    ts = event.get("deleted_ts")
    if event.get("subtype") == "message_changed" and isinstance(changed, Mapping):
        ts = changed.get("ts") if changed.get("subtype") == "tombstone" else None
    elif event.get("subtype") != "message_deleted":
        return None
    channel = event.get("channel")
    if not isinstance(ts, str) or not isinstance(channel, str):
        return None
    return Address("slack", team, channel, ts), ts
