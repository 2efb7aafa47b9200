"""REST for channels and their messages."""

from __future__ import annotations

import time
from typing import Any

from standins.discord.channel import Channel
from standins.discord.draft import read_draft
from standins.discord.error import (
    ARCHIVED,
    JSON,
    LOCKED,
    MISSING_PERMISSIONS,
    NO_READING,
    NOT_IN_DM,
    NOT_PLAYED,
    NOT_YOURS,
    ApiError,
    invalid,
)
from standins.discord.message import Message
from standins.discord.request import Ask
from standins.discord.world import World


class MessageRoutes:
    """Handlers; each returns what the reply's JSON is (None: 204)."""

    def __init__(self, world: World, typing: list[tuple[float, str]]) -> None:
        self._world = world
        self._typing = typing

    async def create(self, ask: Ask) -> JSON:
        """POST messages. A known enforced nonce returns the message it was first used for."""
        channel = self._channel(ask)
        draft = read_draft(ask.body, ask.files).require_something()
        if draft.unique and (known := self._world.nonces.find(self._world.bot.id, draft.nonce)):
            return self._with_nonce(known)
        if channel.locked:
            raise ApiError(*(ARCHIVED if channel.archived else LOCKED))
        if draft.reference is not None and not channel.readable:
            raise ApiError(*NO_READING)
        self._world.archive(channel, False)
        message = self._world.compose(channel, draft)
        self._world.nonces.add(message)
        return self._with_nonce(self._world.create(message))

    async def edit(self, ask: Ask) -> JSON:
        channel = self._open(ask)
        draft = read_draft(ask.body, ask.files)
        message = channel.find(ask.path["message"])
        if message.author is not self._world.bot:
            raise ApiError(*NOT_YOURS)
        return self._world.rewrite(message, draft).payload(self._world.bot)

    async def delete(self, ask: Ask) -> None:
        channel = self._open(ask)
        message = channel.find(ask.path["message"])
        if message.author is not self._world.bot:
            raise ApiError(*(NOT_IN_DM if channel.guild is None else MISSING_PERMISSIONS))
        self._world.delete(message)

    async def get(self, ask: Ask) -> JSON:
        channel = self._channel(ask, reading=True)
        return channel.find(ask.path["message"]).payload(self._world.bot)

    async def page(self, ask: Ask) -> list[JSON]:
        """GET messages: 1 to 100 of them, newest first."""
        channel = self._channel(ask, reading=True)
        marks = {name: _snowflake(ask.query, name) for name in ("before", "after", "around")}
        if sum(value is not None for value in marks.values()) > 1:
            raise invalid("_misc", "MUTUALLY_EXCLUSIVE", "before, after and around exclude one another.")
        found = channel.page(_limit(ask.query), **marks) if channel.readable else []
        return [message.payload(self._world.bot) for message in found]

    async def type(self, ask: Ask) -> None:
        channel = self._open(ask)
        self._typing.append((time.monotonic(), channel.id))
        self._world.changes.touch(channel.id)

    async def channel(self, ask: Ask) -> JSON:
        return self._channel(ask, reading=True).payload()

    async def change(self, ask: Ask) -> JSON:
        """PATCH of a thread: all that is played is to open it."""
        channel = self._channel(ask)
        if ask.body != {"archived": False} or channel.parent is None:
            raise ApiError(*NOT_PLAYED)
        if channel.locked or not channel.opens:
            raise ApiError(*MISSING_PERMISSIONS)
        self._world.archive(channel, False)
        return channel.payload()

    def _open(self, ask: Ask) -> Channel:
        """A place where something may be changed."""
        channel = self._channel(ask)
        if channel.archived:
            raise ApiError(*ARCHIVED)
        return channel

    def _channel(self, ask: Ask, *, reading: bool = False) -> Channel:
        channel_id = ask.path["channel"]
        if not channel_id.isdigit():
            raise invalid("channel_id", "NUMBER_TYPE_COERCE", f'Value "{channel_id}" is not snowflake.')
        return self._world.channel(channel_id, reading=reading)

    def _with_nonce(self, message: Message) -> JSON:
        reply = message.payload(self._world.bot)
        return reply if message.nonce is None else {**reply, "nonce": message.nonce}


def _limit(query: Any) -> int:
    raw = query.get("limit", "50")
    if not raw.isdigit():
        raise invalid("limit", "NUMBER_TYPE_COERCE", f'Value "{raw}" is not int.')
    if not 1 <= int(raw) <= 100:
        code, side = ("NUMBER_TYPE_MAX", "less") if int(raw) else ("NUMBER_TYPE_MIN", "greater")
        bound = 100 if int(raw) else 1
        raise invalid("limit", code, f"int value should be {side} than or equal to {bound}.")
    return int(raw)


def _snowflake(query: Any, name: str) -> int | None:
    raw = query.get(name)
    if raw is None:
        return None
    if not raw.isdigit():
        raise invalid(name, "NUMBER_TYPE_COERCE", f'Value "{raw}" is not snowflake.')
    return int(raw)
