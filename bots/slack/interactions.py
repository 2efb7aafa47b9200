"""Commands, buttons and the shortcut: carried out at once, answered so that only the person sees it.

Slack gives three seconds: what is not known by then is left out of the answer, not the answer.
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bots.intake.door import Door
from bots.replies.commands import access_text, choice_text, console_text, memory_text, model_text, reset_text
from bots.replies.privacy import FILE, Privacy, Told
from bots.slack.api import call
from bots.slack.poster import APPROVE, RATE, REFUSE, reference
from bots.slack.reading import acts
from bots.slack.reading.events import Us
from core.concurrency import Background
from core.errors import SpoolError
from core.inbox import Inbox
from core.policy.access import Kind
from core.policy.feedback import LONGEST_REASON
from core.texts import text
from core.types import Address, File, IncomingMessage, Vote, Wish

logger = logging.getLogger(__name__)
ANY = re.compile(".*")
PRIVATE = re.compile("privacy:.*")
NAMED = re.compile(r"^(?:<@|slack:)?([UW][A-Z0-9]+)\b")
"""Somebody in the text of a command."""
WHY = "why"
"""What the form that asks for a reason, and its one field, are called."""
_VOTES: dict[str, Vote] = {"good": "good", "bad": "bad"}
Does = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
"""Takes what Slack tells, and how it is acknowledged and answered."""
LONGEST_TEXT = 3000
"""Characters of a text that is shown as the answer to a command."""


@dataclass(frozen=True, slots=True)
class Means:
    """What they work with. `direct` and `send` tell a person, or give a file, so that nobody else sees it."""

    inbox: Inbox
    door: Door
    us: Us
    language: str
    locale: Callable[[str], Awaitable[str]]
    direct: Callable[[str, str], Awaitable[None]]
    send: Callable[[str, File], Awaitable[None]]


class Interactions:
    """Registers with the Bolt app what people do other than writing, each behind the door."""

    def __init__(self, app: AsyncApp, means: Means) -> None:
        self._inbox, self._us, self._language = means.inbox, means.us, means.language
        self._door, self._locale, self._direct = means.door, means.locale, means.direct
        self._client, self._background, self._send = app.client, Background(), means.send
        self._own_data = Privacy(means.inbox.data, "slack", means.language)
        commands: dict[str | re.Pattern[str], Does] = {
            "/reset": self._reset,
            "/assistant": self._assistant,
            "/model": self._model,
            "/console": self._console,
            "/memory": self._memory,
            "/privacy": self._privacy,
            "/access": self._access,
            ANY: self._stale_command,
        }
        buttons: dict[str | re.Pattern[str], Does] = {
            APPROVE: self._decide,
            REFUSE: self._decide,
            "again": self._wish,
            "shorter": self._wish,
            RATE: self._rate,
            PRIVATE: self._private,
            ANY: self._stale,
        }
        for command, does in commands.items():
            app.command(command)(self._behind("command", does))
        for action, does in buttons.items():
            app.action(action)(self._behind("button", does))
        app.shortcut("reset_thread")(self._behind("shortcut", self._shortcut))
        app.shortcut(ANY)(self._behind("shortcut", self._stale))
        app.view(WHY)(self._behind("form", self._why))

    def _behind(self, kind: Kind, does: Does) -> Does:
        """The same for those who may; others are told so where the answer would stand, once a day."""

        async def listener(body: dict[str, Any], ack: Any, respond: Any) -> None:
            act = acts.of_interaction(kind, body, self._us)
            verdict = await self._door.decide(act)
            if verdict.allowed:
                await does(body, ack, respond)
                return
            words = await self._door.words(act, verdict, await self._quickly(act.person))
            if words and kind == "command":
                await self._answer(ack, words)
            elif words and kind == "form":
                await ack(response_action="errors", errors={WHY: words})
            else:
                await ack()
            if words and kind in ("button", "shortcut"):
                self._later(respond, act.person, lambda *_: words)

        return listener

    def _address(self, channel: object, topic: str = "") -> Address:
        return Address("slack", self._us.team, str(channel or ""), topic)

    async def _reset(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user = str(body["user_id"])
        extent = await self._inbox.reset(self._address(body["channel_id"]), user)
        await self._answer(ack, reset_text(extent, await self._quickly(user), self._language))

    async def _assistant(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user, wanted = str(body["user_id"]), str(body.get("text") or "").strip()
        choice = await self._inbox.assistants(self._address(body["channel_id"]), "", user, wanted)
        await self._answer(ack, choice_text(choice, await self._quickly(user), self._language))

    async def _model(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user, wanted = str(body["user_id"]), str(body.get("text") or "").strip()
        choice = await self._inbox.model(self._address(body["channel_id"]), "", user, wanted)
        await self._answer(ack, model_text(choice, await self._quickly(user), self._language))

    async def _console(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user = str(body["user_id"])
        url, locale = await self._inbox.console(f"slack:{user}"), await self._quickly(user)
        await self._answer(ack, await console_text(url, partial(self._direct, user), locale, self._language))

    async def _memory(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user = str(body["user_id"])
        held = await self._inbox.memory(self._address(body["channel_id"]), user)
        await self._answer(ack, memory_text(held, await self._quickly(user), self._language))

    async def _privacy(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user = str(body["user_id"])
        told = await self._own_data.told(user, await self._quickly(user))
        await ack(response_type="ephemeral", **_with_buttons(told))

    async def _private(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """A button under what is kept of somebody: on disk before the acknowledgement."""
        user, does = str(body["user"]["id"]), str(_pressed(body).get("value") or "")
        locale = await self._quickly(user)
        told = None if does == "export" else await self._own_data.pressed(does, user, locale)
        await ack()

        async def answered() -> None:
            said = _with_buttons(told or Told(await self._exported(user, locale)))
            with suppress(Exception):  # Slack did not take it, and nothing else can be told
                await respond(response_type="ephemeral", replace_original=False, **said)

        self._background.start(answered(), "privacy")

    async def _exported(self, user: str, locale: str) -> str:
        """What to say of the file, which is in a direct message then, where only that person sees it."""
        try:
            content = await self._own_data.file(user)
            if content:
                await self._send(user, File(FILE, "application/json", content))
                return self._own_data.say("sent", locale)
        except SpoolError as error:
            logger.info("the file could not be sent", extra={"error": str(error)})
        return self._own_data.failed(user, locale)

    async def _access(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """As if that person, or who asks, mentioned the bot there."""
        asked, named = acts.of_interaction("command", body, self._us), str(body.get("text") or "").strip()
        found = NAMED.search(named)
        if named and not found:
            await self._answer(ack, await self._say("access_whom", asked.person))
            return
        act = replace(asked, kind="mention", direct=asked.channel.startswith("D"))
        if found:
            act = replace(act, person=found[1], team="", standing=None)
        told = await self._inbox.explained(await self._door.learnt(act), asked.person)
        await self._answer(ack, access_text(told, await self._quickly(asked.person), self._language))

    async def _answer(self, ack: Any, said: str) -> None:
        await ack(text=_plain(said), response_type="ephemeral")

    async def _shortcut(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user, message = str(body["user"]["id"]), body.get("message") or {}
        topic = str(message.get("thread_ts") or message.get("ts") or "")
        extent = await self._inbox.reset(self._address((body.get("channel") or {}).get("id"), topic), user)
        await ack()
        self._later(respond, user, partial(reset_text, extent))

    async def _decide(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """A button works for whoever was asked."""
        user, action = str(body["user"]["id"]), _pressed(body)
        yes = action.get("action_id") == APPROVE
        decision = await self._inbox.decide(str(action.get("value") or ""), user, yes)
        await ack()
        if decision != "done":  # else the question itself changes
            self._confirm(respond, f"approval_{decision}", user)

    async def _wish(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """A button under an answer is a message of whoever asked; its id is the press's."""
        user, action = str(body["user"]["id"]), _pressed(body)
        wish: Wish = "again" if action.get("action_id") == "again" else "shorter"
        address = self._address((body.get("channel") or {}).get("id"))
        post = str((body.get("message") or {}).get("ts") or "")
        words, at = await self._say(f"wish_{wish}", user), str(action.get("action_ts") or "")
        order = IncomingMessage(at, address, user, words, float(at))
        decision = await self._inbox.press(reference(address, post), order, wish)
        await ack()
        if decision != "done":  # else the answer tells
            self._confirm(respond, f"answer_{decision}", user)

    async def _rate(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """A thumb, of anybody. Slack shows by itself which one was pressed, so a good one needs no answer.

        It is on disk before the acknowledgement; taking a thumb back looks like pressing it again.
        """
        user, action = str(body["user"]["id"]), _pressed(body)
        vote = _VOTES.get(str(action.get("value")))
        if vote is None:
            await self._stale(body, ack, respond)
            return
        address = self._address((body.get("channel") or {}).get("id"))
        post = reference(address, str((body.get("message") or {}).get("ts") or ""))
        run = await self._inbox.feedback.rate(post, f"slack:{user}", vote, float(action["action_ts"]))
        await ack()
        if run is None:
            self._confirm(respond, "rate_over", user)
        elif vote == "bad":
            self._background.start(self._ask_why(run, str(body.get("trigger_id")), user), "reason")

    async def _ask_why(self, run: str, trigger: str, user: str) -> None:
        """Within three seconds of the press; where that is too late the vote counts without a reason."""
        try:
            view = asking_why(run, await self._quickly(user), self._language)
            await call(self._client.views_open(trigger_id=trigger, view=view))
        except SpoolError as error:
            logger.info("nobody was asked for a reason", extra={"error": str(error)})

    async def _why(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """Stored before the form closes; what is refused or failed leaves it open, with what was typed."""
        user, view = str(body["user"]["id"]), body["view"]
        given = ((view.get("state") or {}).get("values") or {}).get(WHY, {}).get(WHY, {}).get("value")
        run = str(view.get("private_metadata") or "")
        if await self._inbox.feedback.explain(run, f"slack:{user}", str(given or "")):
            await ack()
        else:
            await ack(response_action="errors", errors={WHY: await self._say("rate_over", user)})

    def _confirm(self, respond: Any, key: str, user: str) -> None:
        self._later(respond, user, partial(text, key))

    def _later(self, respond: Any, user: str, words: Callable[[str, str], str]) -> None:
        """An acknowledgement leaves only when its listener returns. `words`: of a locale and a language."""
        self._background.start(self._respond(respond, user, words), "confirmation")

    async def _respond(self, respond: Any, user: str, words: Callable[[str, str], str]) -> None:
        try:
            said = words(await self._quickly(user), self._language)
            await respond(text=said, response_type="ephemeral", replace_original=False)
        except Exception as error:
            logger.info("an interaction could not be confirmed", extra={"error": type(error).__name__})

    async def _stale_command(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        await self._answer(ack, await self._say("stale", str(body.get("user_id") or "")))

    async def _stale(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        """What a bot before us has left behind. A global shortcut has no place for an answer."""
        await ack()
        if body.get("response_url"):
            self._confirm(respond, "stale", str((body.get("user") or {}).get("id") or ""))

    async def _say(self, key: str, user: str) -> str:
        return text(key, await self._quickly(user), self._language)

    async def _quickly(self, user: str) -> str:
        """The person's locale, if Slack tells it before it gets impatient for the acknowledgement."""
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._locale(user), 0.5)
        return ""


def asking_why(run: str, locale: str, language: str) -> dict[str, Any]:
    """The form that asks for a reason. Who sends it is told by Slack, and the run by the form itself."""

    def plain(key: str, most: int = 24) -> dict[str, str]:
        return {"type": "plain_text", "text": text(f"why_{key}", locale, language)[:most]}

    written = {"type": "plain_text_input", "action_id": WHY, "multiline": True, "max_length": LONGEST_REASON}
    field = {"type": "input", "block_id": WHY, "optional": True, "label": plain("label")}
    field["element"] = written | {"placeholder": plain("hint", 150)}
    form = {"type": "modal", "callback_id": WHY, "private_metadata": run, "blocks": [field]}
    return form | {"title": plain("title"), "submit": plain("send"), "close": plain("skip")}


def _with_buttons(told: Told) -> dict[str, Any]:
    """As a message of Slack. Nothing in it is markup."""

    def button(does: str, label: str) -> dict[str, Any]:
        style = {"style": "danger"} if does.startswith("sure") else {}
        shown = {"type": "plain_text", "text": label}
        return {
            "type": "button",
            "action_id": f"privacy:{does.partition(':')[0]}",
            "value": does,
            "text": shown,
        } | style

    section = {"type": "section", "text": {"type": "plain_text", "text": told.text}}
    actions = {"type": "actions", "elements": [button(*one) for one in told.buttons]}
    return {"text": _plain(told.text), "blocks": [section, *([actions] if told.buttons else [])]}


def _pressed(body: Mapping[str, Any]) -> Mapping[str, Any]:
    actions = body.get("actions") or [{}]
    return actions[0] if isinstance(actions[0], Mapping) else {}


def _plain(said: str) -> str:
    """Names in it were chosen by people: nothing in it is markup for Slack."""
    short = said if len(said) <= LONGEST_TEXT else said[: LONGEST_TEXT - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
