"""Commands and buttons: taken in order like messages, answered so that only the person sees it.

A resume repeats interactions too, so a command is carried out once for each id, in line with the messages
around it. https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bots.discord import events
from bots.discord.api import DiscordApi, is_id, sent_at
from bots.discord.channels import thread_parent
from bots.discord.hooks import TELLING, Asking, HookApi
from bots.discord.poster import GREY, RED, STOP, answered, reference, row, thumbs, voted, wished
from bots.discord.reader import Reader
from bots.discord.wording import inner, maps, word
from bots.replies.commands import access_text, choice_text, console_text, memory_text, model_text, reset_text
from bots.replies.privacy import FILE, Privacy
from core.concurrency import Background, retry
from core.errors import SpoolError, loggable
from core.inbox import Inbox
from core.policy.access import Verdict
from core.policy.feedback import LONGEST_REASON
from core.texts import text
from core.types import Address, IncomingMessage, Vote, Wish

logger = logging.getLogger(__name__)
_COMMAND, _COMPONENT, _AUTOCOMPLETE, _SUBMITTED = 2, 3, 4, 5
_SLASH = 1
"""A command's type; the others are in context menus."""
_MESSAGE, _LATER, _NOTHING, _UPDATE, _CHOICES, _FORM = 4, 5, 6, 7, 8, 9
_TEXT_INPUT, _LABEL, _PARAGRAPH = 4, 18, 2
_WHY, _PRIVACY = "spool:why:", "spool:privacy:"
_EPHEMERAL, _SUPPRESS_EMBEDS = 64, 4
_MOST = 2000
Answer = dict[str, Any]
"""What Discord is told of an interaction."""


class Interactions:
    """The handler of INTERACTION_CREATE; does not block the socket."""

    def __init__(
        self, inbox: Inbox, api: DiscordApi, reader: Reader, asking: Asking, *, language: str
    ) -> None:
        self._inbox, self._api, self._reader, self._language = inbox, api, reader, language
        self._asking, self._background = asking, Background()
        self._own_data = Privacy(inbox.data, "discord", language)

    def take(self, payload: Mapping[str, Any]) -> None:
        """Carry out what somebody may ask for; who may not is told so, and nothing else happens.

        How they stand is asked for where that matters: whatever comes from there meanwhile waits.
        """
        if not _whole(payload):
            raise ValueError("not an interaction")
        act = events.used(payload)
        verdict = self._reader.door.judge(act)

        async def first() -> None:
            self._admit(payload, await self._reader.door.decide(act))

        if verdict.allowed is None:
            self._reader.line_up(act.channel, first)
        else:
            self._admit(payload, verdict)

    def _admit(self, payload: Mapping[str, Any], verdict: Verdict) -> None:
        if verdict.allowed and not self._asking.take(payload):
            self._use(payload)
        elif not (verdict.allowed or verdict.silent):
            self._answer(payload, _told(verdict.notice(_locale(payload), self._language)))

    def _use(self, payload: Mapping[str, Any]) -> None:
        """Carry it out, and say so. What is not ours, a bot before us has left behind."""
        data = inner(payload, "data")
        own = payload.get("type") == _COMMAND and data.get("type", _SLASH) == _SLASH
        command = data.get("name") if own else ""
        if command == "reset":  # behind the messages before it: a new conversation begins after them
            self._reader.behind(str(payload["channel_id"]), lambda: self._reset(payload))
        elif command == "assistant":
            self._do(payload, self._assistant(payload, data))
        elif command == "model":
            self._do(payload, self._model(payload, data))
        elif command == "console":
            self._do(payload, self._console(payload))
        elif command == "memory":
            self._do(payload, self._memory(payload))
        elif command == "privacy":
            self._do(payload, self._privacy(payload, ""))
        elif command == "access":
            self._do(payload, self._access(payload, data))
        elif payload.get("type") == _AUTOCOMPLETE:
            self._answer(payload, {"type": _CHOICES, "data": {"choices": []}})
        elif payload.get("type") == _COMPONENT:
            self._press(payload, str(data.get("custom_id") or ""))
        elif payload.get("type") == _SUBMITTED and str(data.get("custom_id")).startswith(_WHY):
            self._do(payload, self._why(payload, data))
        else:
            self._answer(payload, self._said(payload, "stale"))

    def _press(self, payload: Mapping[str, Any], custom_id: str) -> None:
        question, yes = answered(custom_id)
        if custom_id == STOP:
            self._do(payload, self._stop(payload))
        elif wish := wished(custom_id):
            self._reader.behind(str(payload["channel_id"]), lambda: self._wish(payload, wish))
        elif question:
            self._do(payload, self._decide(payload, question, yes))
        elif custom_id == _PRIVACY + "export":
            self._background.start(self._export(payload), "export")
        elif custom_id.startswith(_PRIVACY):
            self._do(payload, self._privacy(payload, custom_id.removeprefix(_PRIVACY)))
        elif vote := voted(custom_id):
            self._do(payload, self._rate(payload, vote))
        else:
            self._answer(payload, self._said(payload, "stale"))

    def _do(self, payload: Mapping[str, Any], act: Awaitable[Answer]) -> None:
        """First to disk, before any later position; telling the person needs the network, and may fail."""

        async def carry_out() -> None:
            self._answer(payload, await act)

        self._reader.work(carry_out(), "interaction")

    def _reset(self, payload: Mapping[str, Any]) -> None:
        order, facts, chain = str(payload["id"]), self._reader.progress(), self._reader.chain
        parent = thread_parent(inner(payload, "channel"))
        where, person = _address(payload), _person(payload)
        done = self._inbox.reset(where, person, parent=parent, order=order, facts=facts, chain=chain)

        async def confirmed() -> Answer:
            return _told(reset_text(await done, _locale(payload), self._language))

        self._do(payload, confirmed())

    async def _stop(self, payload: Mapping[str, Any]) -> Answer:
        """The button works for whoever asked."""
        post = str(inner(payload, "message").get("id"))
        stopped = await self._inbox.stop_post(reference(post), _person(payload))
        return self._said(payload, {True: "stopping", False: "stop_refused", None: "stop_over"}[stopped])

    def _wish(self, payload: Mapping[str, Any], wish: Wish) -> None:
        """A button under an answer is a message of whoever asked; its id is the interaction's."""
        post, id = str(inner(payload, "message").get("id")), str(payload["id"])
        words = text(f"wish_{wish}", _locale(payload), self._language)
        order = IncomingMessage(id, _address(payload), _person(payload), words, sent_at(id))
        facts, chain = self._reader.progress(), self._reader.chain
        pressed = self._inbox.press(reference(post), order, wish, facts=facts, chain=chain)

        async def told() -> Answer:
            decision = await pressed
            if decision != "done":
                return self._said(payload, f"answer_{decision}")
            left = thumbs(inner(payload, "message").get("components") or ())
            return {"type": _UPDATE, "data": {"components": left}}  # that answer is not the newest any more

        self._do(payload, told())

    async def _rate(self, payload: Mapping[str, Any], vote: Vote) -> Answer:
        """A thumb, of anybody: on disk before the answer, which for a bad one is the form for a reason."""
        id, post = str(payload["id"]), str(inner(payload, "message").get("id"))
        person = f"discord:{_person(payload)}"
        run = await self._inbox.feedback.rate(reference(post), person, vote, sent_at(id))
        if run and vote == "bad":
            return asking_why(run, _locale(payload), self._language)
        return self._said(payload, "rated" if run else "rate_over")

    async def _why(self, payload: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        """The form was sent; a resume may repeat it."""
        run, person = str(data["custom_id"]).removeprefix(_WHY), f"discord:{_person(payload)}"
        fields = [inner(line, "component") for line in maps(data.get("components"))]
        given = "".join(str(one.get("value") or "") for one in fields)
        known = await self._inbox.feedback.explain(run, person, given)
        return self._said(payload, "rated" if known else "rate_over")

    async def _decide(self, payload: Mapping[str, Any], question: str, yes: bool) -> Answer:
        """A button works for whoever was asked; the question itself then shows what was decided."""
        decision = await self._inbox.decide(question, _person(payload), yes)
        return {"type": _NOTHING} if decision == "done" else self._said(payload, f"approval_{decision}")

    async def _assistant(self, payload: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        parent = thread_parent(inner(payload, "channel"))
        address, person = _address(payload), _person(payload)
        choice = await self._inbox.assistants(address, parent, person, _given(data))
        return _told(choice_text(choice, _locale(payload), self._language))

    async def _model(self, payload: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        parent = thread_parent(inner(payload, "channel"))
        address, person = _address(payload), _person(payload)
        choice = await self._inbox.model(address, parent, person, _given(data))
        return _told(model_text(choice, _locale(payload), self._language))

    async def _console(self, payload: Mapping[str, Any]) -> Answer:
        person = _person(payload)
        url, direct = await self._inbox.console(f"discord:{person}"), partial(self._api.direct, person)
        return _told(await console_text(url, direct, _locale(payload), self._language))

    async def _access(self, payload: Mapping[str, Any], data: Mapping[str, Any]) -> Answer:
        """As if that person, or who asks, mentioned the bot there."""
        asked = events.used(payload)
        act = replace(
            asked, kind="direct" if asked.direct else "mention", person=_given(data) or asked.person
        )
        told = await self._inbox.explained(await self._reader.door.learnt(act), asked.person)
        return _told(access_text(told, _locale(payload), self._language))

    async def _memory(self, payload: Mapping[str, Any]) -> Answer:
        held = await self._inbox.memory(_address(payload), _person(payload))
        return _told(memory_text(held, _locale(payload), self._language))

    async def _privacy(self, payload: Mapping[str, Any], does: str) -> Answer:
        """What is kept of whoever asks, or what a button under that does; on disk before the answer."""
        person, locale, ask = _person(payload), _locale(payload), self._own_data
        told = await (ask.pressed(does, person, locale) if does else ask.told(person, locale))
        buttons = [(_PRIVACY + one, label, RED if "sure" in one else GREY) for one, label in told.buttons]
        answer = _told(told.text)
        return answer | {"data": answer["data"] | {"components": row(*buttons) if buttons else []}}

    async def _export(self, payload: Mapping[str, Any]) -> None:
        """The file comes in place of "thinking", which only that person sees: it may take its time."""
        await self._call_back(payload, {"type": _LATER, "data": {"flags": _EPHEMERAL}})
        person, locale, file = _person(payload), _locale(payload), None
        said = self._own_data.failed(person, locale)
        hook = HookApi(self._api, word(payload.get("application_id")), word(payload.get("token")))
        try:
            if content := await self._own_data.file(person):
                said, file = self._own_data.say("file", locale), (FILE, "application/json", content)
        except SpoolError as error:
            logger.warning("export not made", extra={"error": loggable(error)})
        try:
            await retry(lambda: hook.fill({"content": said}, file), TELLING, "export")
        except SpoolError as error:
            logger.warning("export not shown", extra={"error": loggable(error)})

    def _said(self, payload: Mapping[str, Any], key: str) -> Answer:
        return _told(text(key, _locale(payload), self._language))

    def _answer(self, payload: Mapping[str, Any], answer: Answer) -> None:
        self._background.start(self._call_back(payload, answer), "interaction")

    async def _call_back(self, payload: Mapping[str, Any], answer: Answer) -> None:
        path = "/interactions/{interaction_id}/{interaction_token}/callback"
        try:
            of = {"interaction_id": payload["id"], "interaction_token": payload["token"]}
            await self._api.call("POST", path, answer, **of)
        except SpoolError as error:  # too late, or a repetition: what was asked for is done all the same
            logger.info("interaction not answered", extra={"error": str(error)})


def asking_why(run: str, locale: str, language: str) -> Answer:
    """The form that asks for a reason. Who sends it is told by Discord, and the run by the form itself."""
    title, label, hint = (text(f"why_{one}", locale, language) for one in ("title", "label", "hint"))
    written = {"type": _TEXT_INPUT, "custom_id": "why", "style": _PARAGRAPH, "required": False}
    written |= {"max_length": LONGEST_REASON, "placeholder": hint[:100]}
    field = {"type": _LABEL, "label": label[:45], "component": written}
    return {"type": _FORM, "data": {"custom_id": _WHY + run, "title": title[:45], "components": [field]}}


def _told(said: str) -> Answer:
    """Only the person sees it."""
    short = said if len(said) <= _MOST else said[: _MOST - 1] + "…"
    data = {"content": short, "flags": _EPHEMERAL | _SUPPRESS_EMBEDS, "allowed_mentions": {"parse": []}}
    return {"type": _MESSAGE, "data": data}


def _given(data: Mapping[str, Any]) -> str:
    """What was filled in for the one option of a command."""
    given = [str(option.get("value") or "") for option in maps(data.get("options"))]
    return given[0].strip() if given else ""


def _locale(payload: Mapping[str, Any]) -> str:
    return word(payload.get("locale"))


def _address(payload: Mapping[str, Any]) -> Address:
    channel = str(payload["channel_id"])
    return Address("discord", str(payload.get("guild_id") or ""), channel, channel)


def _person(payload: Mapping[str, Any]) -> str:
    """In a guild the person comes as a member."""
    return word((inner(payload, "user") or inner(inner(payload, "member"), "user")).get("id"))


def _whole(payload: Mapping[str, Any]) -> bool:
    """Whether it says by whom and where, and how to answer: what does not is nobody's doing."""
    server = payload.get("guild_id") or "0"
    ids = (payload.get("id"), payload.get("channel_id"), _person(payload), server)
    return all(map(is_id, ids)) and bool(word(payload.get("token")))
