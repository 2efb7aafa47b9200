"""Discord's message payloads as the core's values: pure functions, no I/O.

Which messages carry content without a privileged intent: direct messages, those that mention the bot, and
replies to it with the ping on (https://docs.discord.com/developers/events/gateway#message-content-intent).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from bots.discord.api import is_id, sent_at
from bots.discord.channels import thread_parent
from bots.discord.files import attachments
from bots.discord.quotes import forwards, quotes
from bots.discord.wording import (
    Known,
    Payload,
    inner,
    maps,
    name_of,
    nothing_known,
    people,
    poll,
    referenced,
    snapshots,
    spoken,
    tokens,
    word,
)
from bots.intake.said import By, Said, wanted
from bots.replies.safe_text import printable
from core.policy.access import Act
from core.policy.access import Kind as ActKind
from core.types import Address, IncomingMessage, Kind, Quote

_USES: dict[object, ActKind] = {2: "command", 3: "button", 4: "autocomplete", 5: "form"}
"""What an interaction of a type is."""
_SPOKEN_TYPES = (0, 19)  # default, reply
_NAMED = 25
"""Channels and roles of one message whose names are asked for."""


def address(payload: Payload, guild: str | None = None) -> Address:
    """Where a message stands. History does not tell the guild, so it may be given."""
    channel = str(payload["channel_id"])
    workspace = str(payload.get("guild_id") or "") if guild is None else guild
    return Address("discord", workspace, channel, channel)


def read(
    message: Payload,
    me: str,
    role: str | None,
    guild: str | None = None,
    known: Known = nothing_known,
) -> Said | None:
    """A message as the gateway or a history tells it, and what it points at; None for what is none.

    `role`: the bot's managed role in `guild`, which a history does not tell. `known`: names there.
    """
    author = message.get("author")
    if not isinstance(author, Mapping) or not _sound(message, author):
        return None
    where, pointed_at = address(message, guild), quotes(message, me, known)
    text, files = _text(message, me, role, known), attachments(message)
    addressed = not where.workspace or _addressed(message, me, role)
    perhaps = bool(text or files or pointed_at) and not _to_others(message)
    return Said(
        id=str(message["id"]),
        address=where,
        by=_by(message, author, me),
        to="us" if addressed else "perhaps" if perhaps else "others",
        user=str(author["id"]),
        text=text,
        sent_at=sent_at(str(message["id"])),
        kind=_kind(text, message, where, pointed_at) if addressed and (text or not files) else "ask",
        author=printable(name_of(author, inner(message, "member"))),
        files=files,
        quotes=pointed_at,
        mentions=_unnamed(message, known),
    )


def command(used: Payload, me: str, question: str, known: Known = nothing_known) -> IncomingMessage | None:
    """A command used on a message as a message to us that answers it; None for what is none.

    Its content comes with the command, whatever the bot may read else.
    """
    data, member = inner(used, "data"), inner(used, "member")
    target = inner(inner(inner(data, "resolved"), "messages"), word(data.get("target_id")))
    reply = {"author": inner(member, "user") or inner(used, "user"), "member": member, "content": question}
    pointing: dict[str, Any] = {"referenced_message": target, "message_reference": {"type": 0}}
    place = {name: used.get(name) for name in ("id", "channel_id", "guild_id")}
    said = read({**place, **reply, **(pointing if target else {})}, me, None, known=known)
    if said is None:
        return None
    shown = tuple(replace(one, ref="") for one in said.quotes)  # also where it is the newest answer
    said = replace(said, kind="ask" if shown else "unreadable", quotes=shown)
    return replace(said.incoming(), locale=word(used.get("locale")))


def used(payload: Payload) -> Act:
    """What somebody does who uses a command, a button or a form."""
    where, member = address(payload), inner(payload, "member")
    return Act(
        _USES.get(payload.get("type"), "command"),
        "discord",
        word((inner(member, "user") or inner(payload, "user")).get("id")),
        where.channel,
        parent=thread_parent(inner(payload, "channel")),
        workspace=where.workspace,
        direct=where.direct,
    )


def posted(payload: Payload, where: Address) -> Act | None:
    """That a bot or a webhook wrote a message; None for what people wrote, and what Discord itself did."""
    author, webhook = inner(payload, "author"), word(payload.get("webhook_id"))
    spoken = payload.get("type", 0) in _SPOKEN_TYPES and not author.get("system")
    if not (spoken and (author.get("bot") or webhook)):
        return None
    apps = (webhook, word(payload.get("application_id")))
    told = Act("mention", "discord", word(author.get("id")), where.channel, workspace=where.workspace)
    return replace(told, by="app", apps=apps)


def _by(message: Payload, author: Payload, me: str) -> By:
    if author["id"] == me:
        return "us"
    strange = author.get("bot") or author.get("system") or message.get("webhook_id")
    return "other" if strange or message.get("type", 0) not in _SPOKEN_TYPES else "person"


def _addressed(payload: Payload, me: str, role: str | None) -> bool:
    """What is quoted calls nobody, and passing on what we said is no reply to it."""
    if any(user.get("id") == me for user in maps(payload.get("mentions"), 100)):
        return True
    roles = payload.get("mention_roles")
    if role and isinstance(roles, list) and role in roles:
        return True
    authors = (inner(answered, "author") for answered in referenced(payload))
    return not forwards(payload) and any(author.get("id") == me for author in authors)


def _sound(payload: Payload, author: Payload) -> bool:
    """Whether the ids are ids and the content is text: what else comes is nobody's question."""
    ids = [payload.get("id"), payload.get("channel_id"), author.get("id"), payload.get("guild_id") or "0"]
    return all(map(is_id, ids)) and isinstance(payload.get("content"), str | None)


def _to_others(payload: Payload) -> bool:
    """True when a message is a word to somebody: a reply to them, or a mention of them."""
    reply = payload.get("message_reference") and not forwards(payload)
    return bool(reply or payload.get("mentions") or payload.get("mention_roles"))


def _text(payload: Payload, me: str, role: str | None, known: Known) -> str:
    """The words of who wrote it, without the mention of us, and their poll."""
    us = frozenset({f"@{me}", f"@&{role}" if role else ""})
    written = spoken(payload.get("content"), people(payload), known, us)
    return printable("\n\n".join(filter(None, [written, poll(payload)]))).strip()


def _unnamed(payload: Payload, known: Known) -> tuple[str, ...]:
    """Tokens of channels and roles in its words and in what it points at."""
    pointed_at = [one for message in referenced(payload) for one in (message, *snapshots(message))]
    every = (payload, *snapshots(payload), *pointed_at)
    return tuple(islice(dict.fromkeys(token for one in every for token in tokens(one, known)), _NAMED))


def _kind(text: str, payload: Payload, where: Address, pointed_at: tuple[Quote, ...]) -> Kind:
    if text:
        return wanted(text)
    said = payload.get("content") or forwards(payload)
    if said and pointed_at:
        return "ask"
    if any(payload.get(name) for name in ("attachments", "sticker_items", "stickers")):
        return "unreadable"
    if payload.get("content"):
        return "help"  # the mention alone
    return "empty_reply" if where.workspace else "unreadable"


def managed_role(roles: object, me: str) -> str | None:
    """The role Discord made for the bot in a guild: people pick it by mistake, it looks like the bot."""
    for role in maps(roles, 1000):
        if inner(role, "tags").get("bot_id") == me:
            return word(role.get("id"))
    return None
