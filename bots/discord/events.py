"""Discord's message payloads as the core's values: pure functions, no I/O.

Which messages carry content without a privileged intent: direct messages, those that mention the bot, and
replies to it with the ping on (https://docs.discord.com/developers/events/gateway#message-content-intent).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bots.discord.files import attachments, snapshots
from bots.intake.said import By, Said, wanted
from bots.replies.safe_text import printable
from core.types import Address, Kind

EPOCH = 1_420_070_400.0
_ID = re.compile(r"[0-9]{1,20}")
_SPOKEN_TYPES = (0, 19)  # default, reply


def sent_at(snowflake: str) -> float:
    """When an id was made, in Unix seconds."""
    return (int(snowflake) >> 22) / 1000 + EPOCH


def snowflake(at: float) -> int:
    """The smallest id that can be made at that time."""
    return max(0, int((at - EPOCH) * 1000)) << 22


def address(payload: Mapping[str, Any], guild: str | None = None) -> Address:
    """Where a message stands. History does not tell the guild, so it may be given."""
    channel = str(payload["channel_id"])
    workspace = str(payload.get("guild_id") or "") if guild is None else guild
    return Address("discord", workspace, channel, channel)


def read(message: Mapping[str, Any], me: str, role: str | None, guild: str | None = None) -> Said | None:
    """A message as the gateway or a history tells it, or what it forwards; None for what is none.

    `role`: the bot's managed role in `guild`, which a history does not tell.
    """
    author = message.get("author")
    if not isinstance(author, Mapping) or not _sound(message, author):
        return None
    where = address(message, guild)
    text, files = printable(_plain(message, me, role)).strip(), attachments(message)
    addressed = not where.workspace or _addressed(message, me, role)
    perhaps = bool(text or files) and not _to_others(message)
    return Said(
        id=str(message["id"]),
        address=where,
        by=_by(message, author, me),
        to="us" if addressed else "perhaps" if perhaps else "others",
        user=str(author["id"]),
        text=text,
        sent_at=sent_at(str(message["id"])),
        kind=_kind(text, message, where) if addressed and (text or not files) else "ask",
        author=printable(_name(message)),
        files=files,
    )


def _by(message: Mapping[str, Any], author: Mapping[str, Any], me: str) -> By:
    if author["id"] == me:
        return "us"
    strange = author.get("bot") or author.get("system") or message.get("webhook_id")
    return "other" if strange or message.get("type", 0) not in _SPOKEN_TYPES else "person"


def _addressed(payload: Mapping[str, Any], me: str, role: str | None) -> bool:
    if any(str(user.get("id")) == me for user in payload.get("mentions") or ()):
        return True
    if role and role in map(str, payload.get("mention_roles") or ()):
        return True
    answered = payload.get("referenced_message") or {}
    return str((answered.get("author") or {}).get("id")) == me


def _sound(payload: Mapping[str, Any], author: Mapping[str, Any]) -> bool:
    """Whether the ids are ids and the content is text: what else comes is nobody's question."""
    ids = [payload.get("id"), payload.get("channel_id"), author.get("id"), payload.get("guild_id") or "0"]
    content = payload.get("content")
    return all(isinstance(one, str) and _ID.fullmatch(one) for one in ids) and isinstance(content, str | None)


def _to_others(payload: Mapping[str, Any]) -> bool:
    """True when a message is a word to somebody: a reply to them, or a mention of them."""
    return bool(payload.get("message_reference") or payload.get("mentions") or payload.get("mention_roles"))


def _plain(payload: Mapping[str, Any], me: str, role: str | None) -> str:
    text = str(payload.get("content") or "") or _forwarded(payload)
    text = re.sub(rf"<@!?{me}>" + (rf"|<@&{role}>" if role else ""), "", text)
    for user in payload.get("mentions") or ():
        name = str(user.get("global_name") or user.get("username") or user.get("id"))
        text = re.sub(rf"<@!?{re.escape(str(user.get('id')))}>", lambda _, name=name: f"@{name}", text)  # type: ignore[misc]
    return re.sub(r"<a?(:\w+:)\d+>", r"\1", text).strip()


def _forwarded(payload: Mapping[str, Any]) -> str:
    """What somebody passed on stands in snapshots."""
    return "\n".join(str(message.get("content") or "") for message in snapshots(payload))


def _kind(text: str, payload: Mapping[str, Any], where: Address) -> Kind:
    if text:
        return wanted(text)
    if payload.get("attachments") or payload.get("sticker_items") or payload.get("stickers"):
        return "unreadable"
    if payload.get("content"):
        return "help"  # the mention alone
    return "empty_reply" if where.workspace else "unreadable"


def _name(payload: Mapping[str, Any]) -> str:
    author = payload.get("author") or {}
    nick = (payload.get("member") or {}).get("nick")
    return str(nick or author.get("global_name") or author.get("username") or "")


def managed_role(roles: list[Mapping[str, Any]], me: str) -> str | None:
    """The role Discord made for the bot in a guild: people pick it by mistake, it looks like the bot."""
    for role in roles:
        if str((role.get("tags") or {}).get("bot_id")) == me:
            return str(role["id"])
    return None
