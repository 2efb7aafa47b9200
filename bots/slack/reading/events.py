"""Slack's messages as the core's values: pure functions, no I/O.

Which events are messages: https://docs.slack.dev/reference/events/message
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bots.intake.said import By, Said, wanted
from bots.slack.reading.content import Content, author, content
from bots.slack.reading.rich_text import mentions, shallow
from core.types import Address, Kind

_STRANGE = ("bot_id", "bot_profile", "app_id", "hidden")
_SPOKEN = (None, "file_share", "thread_broadcast", "me_message")
_TS = re.compile(r"\d{1,11}\.\d{1,9}")
_ID = re.compile(r"[A-Z][A-Z0-9]{1,31}")


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are in Slack: the bot's user, the workspace (or enterprise) of its token, and its enterprise."""

    user: str
    team: str
    enterprise: str = ""


def read(message: Mapping[str, Any], us: Us, told_to: str = "") -> Said | None:
    """A message as an event, a history or a thread tells it; None for what is none. Never raises.

    A history tells no channel: it is to be put in. `told_to`: the team that the envelope of an event names.
    """
    changed = message.get("subtype") == "message_changed"
    inner = _inner(message) if changed else message
    try:
        said = _read(inner, us, told_to)
    except RecursionError:  # nested deeper than anything Slack sends
        said = _read(shallow(inner), us, told_to)
    return replace(said, changed=True) if said and changed else said


def _inner(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a message became, in the place that only the event about it tells."""
    changed = event.get("message")
    place = {key: event.get(key) for key in ("channel", "channel_type")}
    return {**changed, **place} if isinstance(changed, Mapping) else {}


def _read(message: Mapping[str, Any], us: Us, told_to: str) -> Said | None:
    user, channel = (id_of(message.get(key)) for key in ("user", "channel"))
    ts, topic = (_name(message.get(key)) for key in ("ts", "thread_ts"))
    if not (channel and _TS.fullmatch(ts)):
        return None
    by = _by(message, user, us)
    direct = message.get("channel_type") == "im" or channel.startswith("D")
    inside = bool(_TS.fullmatch(topic)) and topic != ts
    addressed = direct or mentions(message, us.user)
    found = content(message, us.user, app=by == "other")
    perhaps = inside and not found.empty and message.get("type") != "app_mention"
    return Said(
        id=ts,
        address=Address("slack", us.team, channel, topic if inside else ts),
        by=by,
        to="us" if addressed else "perhaps" if perhaps else "others",
        user=user or _name(message.get("bot_id")),
        text=found.text,
        sent_at=float(ts),
        kind=_kind(found, addressed),
        author="" if by == "us" else author(message),
        files=found.files,
        inside=inside and not direct,
        team=_team(message, told_to or us.team),
        quotes=found.quotes,
        mentions=found.mentions,
    )


def _by(message: Mapping[str, Any], user: str, us: Us) -> By:
    if user == us.user:
        return "us"
    strange = message.get("subtype") not in _SPOKEN or any(message.get(key) for key in _STRANGE)
    return "other" if strange or user in ("", "USLACK", "USLACKBOT") else "person"


def _name(value: object) -> str:
    """A text, "" for whatever is none."""
    return value if isinstance(value, str) else ""


def id_of(value: object) -> str:
    """A person's or a channel's id, "" for whatever is none: who may speak is decided by it."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _team(event: Mapping[str, Any], otherwise: str) -> str:
    """The workspace of who wrote, which need not be ours; an enterprise (E…) only where no team is told."""
    told = [_name(event.get(key)) for key in ("user_team", "source_team", "team")]
    teams = [team for team in (*told, otherwise) if team]
    return next((team for team in teams if team.startswith("T")), teams[0] if teams else "")


def _kind(found: Content, addressed: bool) -> Kind:
    if not found.readable:
        return "help" if found.empty else "unreadable"
    return wanted(found.text) if addressed else "ask"


def deleted(event: Mapping[str, Any], team: str) -> tuple[Address, str] | None:
    """The message that was deleted; one with replies is not deleted but becomes a tombstone."""
    changed = event.get("message")
    ts = event.get("deleted_ts")
    if event.get("subtype") == "message_changed" and isinstance(changed, Mapping):
        ts = changed.get("ts") if changed.get("subtype") == "tombstone" else None
    elif event.get("subtype") != "message_deleted":
        return None
    channel, before = event.get("channel"), event.get("previous_message")
    if not (isinstance(ts, str) and _TS.fullmatch(ts)) or not isinstance(channel, str):
        return None
    topic = _name(before.get("thread_ts")) if isinstance(before, Mapping) else ""
    return Address("slack", team, channel, topic or ts), ts
