"""Slack's messages as the core's values: pure functions, no I/O.

Which events are messages: https://docs.slack.dev/reference/events/message
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bots.intake import orders
from bots.intake.said import By, Said
from bots.replies.safe_text import printable
from bots.slack.files import attachments
from core.types import Address, Kind

_SPOKEN = (None, "file_share", "thread_broadcast")
_TS = re.compile(r"\d{1,11}\.\d{1,9}")


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are in Slack: the bot's user, and the workspace (or enterprise) of its token."""

    user: str
    team: str


def read(message: Mapping[str, Any], us: Us, told_to: str = "") -> Said | None:
    """A message as an event, a history or a thread tells it; None for what is none. Never raises.

    A history tells no channel: it is to be put in. `told_to`: the team that the envelope of an event names.
    """
    if message.get("subtype") == "message_changed":
        said = _read(_inner(message), us, told_to)
        return replace(said, changed=True) if said else None
    return _read(message, us, told_to)


def _inner(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a message became, in the place that only the event about it tells."""
    changed = event.get("message")
    place = {key: event.get(key) for key in ("channel", "channel_type")}
    return {**changed, **place} if isinstance(changed, Mapping) else {}


def _read(message: Mapping[str, Any], us: Us, told_to: str) -> Said | None:
    user, ts, channel, topic = (_name(message.get(key)) for key in ("user", "ts", "channel", "thread_ts"))
    if not (channel and _TS.fullmatch(ts)):
        return None
    direct = message.get("channel_type") == "im" or channel.startswith("D")
    inside = bool(_TS.fullmatch(topic)) and topic != ts
    addressed = direct or mentions(message, us.user)
    text, files = printable(plain(message, us.user)).strip(), attachments(message)
    perhaps = inside and bool(text or message.get("files")) and message.get("type") != "app_mention"
    return Said(
        id=ts,
        address=Address("slack", us.team, channel, topic if inside else ts),
        by=_by(message, user, us),
        to="us" if addressed else "perhaps" if perhaps else "others",
        user=user,
        text=text,
        sent_at=float(ts),
        kind=_kind(text, message, addressed) if text or not files else "ask",
        files=files,
        inside=inside and not direct,
        team=_team(message, told_to or us.team),
    )


def _by(message: Mapping[str, Any], user: str, us: Us) -> By:
    if user == us.user:
        return "us"
    strange = message.get("subtype") not in _SPOKEN or message.get("bot_id") or message.get("hidden")
    return "other" if strange or user in ("", "USLACK", "USLACKBOT") else "person"


def _name(value: object) -> str:
    """An id as a string, "" for whatever is none."""
    return value if isinstance(value, str) else ""


def _team(event: Mapping[str, Any], otherwise: str) -> str:
    """The workspace of who wrote, which need not be ours; an enterprise (E…) only where no team is told."""
    told = [_name(event.get(key)) for key in ("user_team", "source_team", "team")]
    teams = [team for team in (*told, otherwise) if team]
    return next((team for team in teams if team.startswith("T")), teams[0] if teams else "")


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
    channel, before = event.get("channel"), event.get("previous_message")
    if not (isinstance(ts, str) and _TS.fullmatch(ts)) or not isinstance(channel, str):
        return None
    topic = _name(before.get("thread_ts")) if isinstance(before, Mapping) else ""
    return Address("slack", team, channel, topic or ts), ts


_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_QUOTED = re.compile(r"^(?:&gt;|>).*$", re.MULTILINE)
_ENTITY = re.compile(r"<([^<>\n]+)>")


def plain(event: Mapping[str, Any], me: str) -> str:
    """The message's text without entities and without the mention of `me`."""
    blocks = _rich(event)
    written = "\n".join(_block(block, me) for block in blocks) if blocks else _from_text(_text(event), me)
    return re.sub(r"[ \t]+\n", "\n", written).strip()


def mentions(event: Mapping[str, Any], me: str) -> bool:
    """True when `me` is mentioned outside code and quotes."""
    blocks = _rich(event)
    if blocks:
        return any(_mentions(element, me) for block in blocks for element in _elements(block))
    text = _QUOTED.sub("", _CODE.sub("", _text(event)))
    return bool(re.search(rf"<@{re.escape(me)}(?:\|[^>]*)?>", text))


def _text(event: Mapping[str, Any]) -> str:
    text = event.get("text")
    return text if isinstance(text, str) else ""


def _rich(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    blocks = event.get("blocks")
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        return []
    return [block for block in blocks if isinstance(block, Mapping) and block.get("type") == "rich_text"]


def _elements(block: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    elements = block.get("elements")
    if not isinstance(elements, Sequence):
        return ()
    return (element for element in elements if isinstance(element, Mapping))


def _mentions(element: Mapping[str, Any], me: str) -> bool:
    kind = element.get("type")
    if kind in ("rich_text_preformatted", "rich_text_quote"):
        return False
    if kind == "user":
        style = element.get("style")
        return element.get("user_id") == me and not (isinstance(style, Mapping) and style.get("code"))
    return any(_mentions(inner, me) for inner in _elements(element))


def _block(block: Mapping[str, Any], me: str) -> str:
    parts = []
    for element in _elements(block):
        kind, inner = element.get("type"), _inline(element, me)
        if kind == "rich_text_preformatted":
            parts.append(f"```\n{inner}\n```")
        elif kind == "rich_text_quote":
            parts.append("\n".join(f"> {line}" for line in inner.split("\n")))
        elif kind == "rich_text_list":
            parts.append(_list(element, me))
        else:
            parts.append(inner)
    return "\n".join(part.strip("\n") for part in parts if part.strip())


def _list(element: Mapping[str, Any], me: str) -> str:
    indent = "  " * _number(element.get("indent"))
    ordered = element.get("style") == "ordered"
    first = _number(element.get("offset")) + 1
    return "\n".join(
        f"{indent}{f'{number}.' if ordered else '-'} {_inline(item, me)}"
        for number, item in enumerate(_elements(element), start=first)
    )


def _number(value: object) -> int:
    return value if type(value) is int else 0


def _inline(element: Mapping[str, Any], me: str) -> str:
    return "".join(_leaf(leaf, me) for leaf in _elements(element))


def _leaf(leaf: Mapping[str, Any], me: str) -> str:
    match leaf.get("type"):
        case "text":
            text = str(leaf.get("text") or "")
            style = leaf.get("style")
            return f"`{text}`" if isinstance(style, Mapping) and style.get("code") else text
        case "link":
            url, text = str(leaf.get("url") or ""), str(leaf.get("text") or "")
            return f"{text} ({url})" if text and text != url else url
        case "user":
            return "" if leaf.get("user_id") == me else f"@{leaf.get('user_id')}"
        case "usergroup":
            return f"@{leaf.get('usergroup_id')}"
        case "channel":
            return f"#{leaf.get('channel_id')}"
        case "broadcast":
            return f"@{leaf.get('range')}"
        case "emoji":
            return _emoji(leaf)
        case "date":
            return str(leaf.get("fallback") or leaf.get("timestamp") or "")
        case "color":
            return str(leaf.get("value") or "")
        case _:  # kinds that Slack adds later
            said = (leaf.get(key) for key in ("text", "url", "fallback", "name"))
            return _inline(leaf, me) or next((text for text in said if isinstance(text, str)), "")


def _emoji(leaf: Mapping[str, Any]) -> str:
    try:
        return "".join(chr(int(code, 16)) for code in str(leaf["unicode"]).split("-"))
    except (KeyError, ValueError, OverflowError):
        return f":{leaf.get('name')}:"


def _from_text(text: str, me: str) -> str:
    return html.unescape(_ENTITY.sub(lambda match: _entity(match[1], me), text))


def _entity(inside: str, me: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return "" if target[1:] == me else f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].split('^')[0]}"
    return f"{label} ({target})" if label and label != target else target
