"""Answers to a command used on a message: in the channel, or where the bot may not write by its hook.

A hook is what Discord lets a command be answered through for 15 minutes. What it shows only the person sees.
https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from typing import Any, Final

from bots.discord import events
from bots.discord.api import SUPPRESS_EMBEDS, DiscordApi, form, sent_at
from bots.discord.channels import thread_parent
from bots.discord.reader import Reader
from bots.discord.wording import Payload, inner, word
from bots.replies.posts import Gone
from core.concurrency import Background, Backoff, retry
from core.errors import SpoolError
from core.inbox import Inbox
from core.texts import text
from core.types import IncomingMessage

logger = logging.getLogger(__name__)

ASK: Final = "Ask about this"
"""The command's name; Korean clients show that of `bots.discord.bot`."""
HOOKS: Final = "discord:hooks"
"""The fact in which they are kept."""
_STORED = 2.0
"""Seconds in which a command is stored: later Discord would give up."""
ACKNOWLEDGED = 3.0
"""Seconds in which Discord has been told that there will be an answer, or never will be."""
ORIGINAL: Final = "@original"
"""The name of the first post of a hook."""
_AWAY = "away"
TELLING: Final = Backoff(first=0.2, tries=4, seconds=1.0)
_KEPT, _MOST = 86_400.0, 500
_COMMAND, _ON_MESSAGE, _LATER = 2, 3, 5
"""Type of an interaction, of a command, of a callback."""
_EPHEMERAL, _LOADING = 1 << 6, 1 << 7
_VIEW, _SEND, _SEND_IN_THREADS, _ADMINISTRATOR = 1 << 10, 1 << 11, 1 << 38, 1 << 3
_GUILD_INSTALL = "0"
_PRIVATE_CHANNEL = 2
"""The context of direct messages between others."""


@dataclass(frozen=True, slots=True)
class Hook:
    """What a command used on a message is answered through; `here`: in the channel, replying to `target`."""

    token: str
    target: str
    here: bool


def hook_of(used: Payload) -> Hook:
    """That of a command used on a message."""
    return Hook(word(used.get("token")), word(inner(used, "data").get("target_id")), _may_post(used))


def _may_post(used: Payload) -> bool:
    """Whether the bot is there, not only the command, and may write."""
    owners = used.get("authorizing_integration_owners")
    if isinstance(owners, Mapping) and _GUILD_INSTALL not in owners:
        return False
    if used.get("context") == _PRIVATE_CHANNEL:
        return False
    told = word(used.get("app_permissions"))
    if not used.get("guild_id") or not told.isdecimal():
        return True
    write = _SEND_IN_THREADS if thread_parent(inner(used, "channel")) else _SEND
    needed, may = _VIEW | write, int(told)
    return bool(may & _ADMINISTRATOR) or may & needed == needed


class Hooks:
    """Of the commands of the last day, over restarts. `load()` before any is added."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox, self._loaded = inbox, False
        self._hooks: dict[str, Hook] = {}
        self._telling: dict[str, asyncio.Task[Any]] = {}

    async def load(self) -> None:
        """Know those that were stored."""
        if not self._loaded:
            stored = await self._inbox.fact(HOOKS)
            kept = stored if isinstance(stored, dict) else {}
            self._hooks = {id: Hook(*one) for id, one in kept.items()} | self._hooks
            self._loaded = True

    def add(self, id: str, hook: Hook) -> dict[str, object]:
        """The facts to store with the message that the command is."""
        new = [one for one in self._hooks.items() if sent_at(one[0]) > time.time() - _KEPT]
        self._hooks = dict([*new, (id, hook)][-_MOST:])
        return {HOOKS: {one: astuple(kept) for one, kept in self._hooks.items()}}

    async def of(self, id: str) -> Hook | None:
        """That of the command with this id; None for a message that is no command."""
        await self.load()
        return self._hooks.get(id)

    def telling(self, id: str, task: asyncio.Task[Any]) -> None:
        """Discord is being told that there will be an answer."""
        self._telling[id] = task
        task.add_done_callback(lambda _: self._telling.pop(id, None))

    async def told(self, id: str) -> None:
        """Returns once the hook can be used."""
        if task := self._telling.get(id):
            await asyncio.wait({task}, timeout=ACKNOWLEDGED)


class HookApi(DiscordApi):
    """The calls of a poster in a hook instead of a channel. There are no nonces and nobody else's messages.

    The first post takes the place of what says that the bot is thinking.
    """

    nonces = False
    repeats = False  # a press is no command on a message: what it leads to could only go into the channel

    def __init__(
        self,
        api: DiscordApi,
        application: str,
        token: str,
        ready: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._api = api
        self._route = {"webhook_id": application, "webhook_token": token}
        self._ready, self._original = ready, ""

    async def _hook(self, method: str, message: str = "", body: Any = None, **more: Any) -> Any:
        path = "/webhooks/{webhook_id}/{webhook_token}" + (f"/messages/{message}" if message else "")
        return await self._api.call(method, path, body, **self._route, **more)

    async def _first(self) -> dict[str, Any]:
        if self._ready:
            await self._ready()
        found: dict[str, Any] = {}
        with suppress(Gone):  # the person put it away
            found = await self._hook("GET", ORIGINAL)
        self._original = str(found.get("id") or _AWAY)
        return found

    async def post(
        self, channel: str, body: dict[str, Any], file: tuple[str, str, bytes] | None = None
    ) -> dict[str, Any]:
        """See `DiscordApi.post`."""
        left_out = ("nonce", "enforce_nonce", "message_reference")
        body = self.quiet({name: value for name, value in body.items() if name not in left_out})
        first = not self._original and _loading(await self._first())
        if not first:
            body["flags"] = _EPHEMERAL | SUPPRESS_EMBEDS
        sent = {"body": body} if file is None else form(body, *file)
        made: dict[str, Any] = await self._hook(*(("PATCH", ORIGINAL) if first else ("POST",)), **sent)
        return made

    async def fill(self, body: dict[str, Any], file: tuple[str, str, bytes] | None = None) -> None:
        """That is what the first post says from now on; done twice it is the same."""
        body = self.quiet(body)
        await self._hook("PATCH", ORIGINAL, **({"body": body} if file is None else form(body, *file)))

    async def edit(self, channel: str, message: str, body: dict[str, Any]) -> None:
        """See `DiscordApi.edit`."""
        await self._hook("PATCH", await self._name(message), self.quiet(body))

    async def delete(self, channel: str, message: str) -> None:
        """See `DiscordApi.delete`."""
        await self._hook("DELETE", await self._name(message))

    async def _name(self, message: str) -> str:
        if message != ORIGINAL and not self._original:
            await self._first()
        return ORIGINAL if message == self._original else message

    async def history(self, channel: str, after: int) -> list[dict[str, Any]]:
        """The first post, if there is one: Discord lists no others."""
        first = await self._first()
        return [] if not first or _loading(first) or int(self._original) <= after else [first]

    async def typing(self, channel: str) -> None:
        """The hook shows by itself that an answer is on its way."""


def _loading(message: Payload) -> bool:
    """Whether it still says that the bot is thinking."""
    return bool(int(message.get("flags") or 0) & _LOADING)


class Asking:
    """Takes the command in: a message to us that answers the one it was used on."""

    def __init__(
        self, reader: Reader, api: DiscordApi, hooks: Hooks, me: Callable[[], str], language: str
    ) -> None:
        self._reader, self._api, self._hooks, self._me = reader, api, hooks, me
        self._language, self._background = language, Background()

    def take(self, used: Payload) -> bool:
        """Take it in behind what was said there before; False for anything else. Does not block the socket.

        It is stored, then Discord is told that an answer comes, within its three seconds in any case: the
        event is repeated until it is stored.
        """
        data = inner(used, "data")
        if (used.get("type"), data.get("type"), data.get("name")) != (_COMMAND, _ON_MESSAGE, ASK):
            return False
        locale, known = word(used.get("locale")), self._reader.channels.known(word(used.get("guild_id")))
        asked = events.command(used, self._me(), text("about_message", locale, self._language), known)
        if asked is None:
            return False
        asked, hook = replace(asked, parent=thread_parent(inner(used, "channel"))), hook_of(used)
        kept = asyncio.Event()
        self._hooks.telling(asked.id, self._background.start(self._tell(used, hook, kept), "interaction"))
        self._reader.behind(asked.address.channel, lambda: self._receive(asked, hook, kept))
        return True

    def _receive(self, asked: IncomingMessage, hook: Hook, kept: asyncio.Event) -> None:
        stored = self._reader.receive(asked, self._hooks.add(asked.id, hook))
        stored.add_done_callback(lambda _: kept.set())

    async def _tell(self, used: Payload, hook: Hook, kept: asyncio.Event) -> None:
        """That an answer comes; then, where it comes in the channel, that in place of "thinking"."""
        path = f"/interactions/{used.get('id')}/{{token}}/callback"
        thinking = {"type": _LATER, "data": {"flags": _EPHEMERAL}}
        with suppress(TimeoutError):
            async with asyncio.timeout(_STORED):
                await kept.wait()
        try:
            await retry(
                lambda: self._api.call("POST", path, thinking, token=hook.token), TELLING, "interaction"
            )
        except SpoolError as error:  # too late, or a repetition
            logger.info("interaction not acknowledged", extra={"error": str(error)})
        if hook.here:
            api = HookApi(self._api, word(used.get("application_id")), hook.token)
            with suppress(SpoolError):
                words = text("answer_comes", word(used.get("locale")), self._language)
                await api.edit("", ORIGINAL, {"content": words})
