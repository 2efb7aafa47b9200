"""Commands and buttons: taken in order like messages, answered so that only the person sees it.

A resume repeats interactions too, so a command is carried out once for each id, in line with the messages
around it. https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from bots.discord.api import DiscordApi
from bots.discord.channels import thread_parent
from bots.discord.poster import STOP, answered, reference
from core.concurrency import Background
from core.errors import SpoolError
from core.inbox import Inbox
from core.texts import text
from core.types import Address

logger = logging.getLogger(__name__)
_COMMAND, _COMPONENT = 2, 3
_MESSAGE, _NOTHING = 4, 6
_EPHEMERAL, _SUPPRESS_EMBEDS = 64, 4
_MOST = 2000


class Interactions:
    """The handler of INTERACTION_CREATE; does not block the socket."""

    def __init__(
        self,
        inbox: Inbox,
        api: DiscordApi,
        *,
        progress: Callable[[], dict[str, object]],
        behind: Callable[[str, Callable[[], None]], None],
        language: str,
    ) -> None:
        self._inbox, self._api, self._progress, self._language = inbox, api, progress, language
        self._behind = behind  # the messages before it: a new conversation begins after them
        self._background = Background()

    def take(self, payload: Mapping[str, Any]) -> None:
        """Carry out what was asked for, and say so."""
        data = payload.get("data") or {}
        if payload.get("type") == _COMMAND and data.get("name") == "reset":
            self._behind(str(payload["channel_id"]), lambda: self._reset(payload))
        elif payload.get("type") == _COMMAND and data.get("name") == "assistant":
            self._background.start(self._assistant(payload, data), "assistant")
        elif payload.get("type") == _COMMAND and data.get("name") == "memory":
            self._background.start(self._memory(payload), "memory")
        elif payload.get("type") == _COMPONENT:
            self._press(payload, str(data.get("custom_id") or ""))

    def _press(self, payload: Mapping[str, Any], custom_id: str) -> None:
        question, yes = answered(custom_id)
        if custom_id == STOP:
            self._background.start(self._stop(payload), "stop")
        elif question:
            self._background.start(self._decide(payload, question, yes), "decision")

    def _reset(self, payload: Mapping[str, Any]) -> None:
        order, facts = str(payload["id"]), self._progress()
        done = self._inbox.reset(_address(payload), _person(payload), order=order, facts=facts)
        self._background.start(self._confirm(payload, done), "reset")

    async def _confirm(self, payload: Mapping[str, Any], done: asyncio.Future[bool]) -> None:
        await self._say(payload, "reset" if await done else "reset_topic")

    async def _stop(self, payload: Mapping[str, Any]) -> None:
        """The button works for whoever asked."""
        post = str((payload.get("message") or {}).get("id"))
        stopped = await self._inbox.stop_post(reference(post), _person(payload))
        await self._say(payload, {True: "stopping", False: "stop_refused", None: "stop_over"}[stopped])

    async def _decide(self, payload: Mapping[str, Any], question: str, yes: bool) -> None:
        """A button works for whoever was asked; the question itself then shows what was decided."""
        decision = await self._inbox.decide(question, _person(payload), yes)
        if decision == "done":
            await self._answer(payload, {"type": _NOTHING})
        else:
            await self._say(payload, f"approval_{decision}")

    async def _assistant(self, payload: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        given = [str(option.get("value") or "") for option in data.get("options") or ()]
        wanted = given[0].strip() if given else ""
        parent = thread_parent(payload.get("channel") or {})
        said = await self._inbox.assistants(
            _address(payload), parent, _person(payload), wanted, _locale(payload)
        )
        await self._tell(payload, said)

    async def _memory(self, payload: Mapping[str, Any]) -> None:
        address, person = _address(payload), _person(payload)
        await self._tell(payload, await self._inbox.memory(address, person, _locale(payload)))

    async def _say(self, payload: Mapping[str, Any], key: str) -> None:
        await self._tell(payload, text(key, _locale(payload), self._language))

    async def _tell(self, payload: Mapping[str, Any], said: str) -> None:
        short = said if len(said) <= _MOST else said[: _MOST - 1] + "…"
        data = {"content": short, "flags": _EPHEMERAL | _SUPPRESS_EMBEDS, "allowed_mentions": {"parse": []}}
        await self._answer(payload, {"type": _MESSAGE, "data": data})

    async def _answer(self, payload: Mapping[str, Any], answer: dict[str, Any]) -> None:
        path = "/interactions/{interaction_id}/{interaction_token}/callback"
        try:
            await self._api.call(
                "POST", path, answer, interaction_id=payload["id"], interaction_token=payload["token"]
            )
        except SpoolError as error:  # too late, or a repetition: what was asked for is done all the same
            logger.info("interaction not answered", extra={"error": str(error)})


def _locale(payload: Mapping[str, Any]) -> str:
    return str(payload.get("locale") or "")


def _address(payload: Mapping[str, Any]) -> Address:
    channel = str(payload["channel_id"])
    return Address("discord", str(payload.get("guild_id") or ""), channel, channel)


def _person(payload: Mapping[str, Any]) -> str:
    """In a guild the person comes as a member."""
    user = payload.get("user") or (payload.get("member") or {}).get("user") or {}
    return str(user["id"])
