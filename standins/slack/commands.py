"""Slash commands, message shortcuts and buttons, and the response_url that comes with them.

Source: docs.slack.dev/interactivity (acknowledge within 3 s; a response_url takes 5 posts in 30 minutes).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from standins.slack import events
from standins.slack.blocks import find
from standins.slack.channel import Channel
from standins.slack.chat import Chat
from standins.slack.deliveries import Answer, Deliveries
from standins.slack.message import Content, Ephemeral, Message
from standins.slack.views import Modal, Views, filled
from standins.slack.wire import ApiError, Json, decoded, refuse
from standins.slack.workspace import Workspace

MOST_POSTS = 5
HOOK_SECONDS = 1800.0


@dataclass(eq=False)
class Reply:
    """What the person got. `texts` grows as posts to the response_url come in. acked_after: seconds; None
    when it was not acknowledged in time, with that payload. source: the message with the button. error:
    what the client shows: '', operation_timeout, dispatch_failed or not_a_command.
    """

    user: str
    channel: str
    response_url: str
    acked_after: float | None = None
    error: str = ""
    texts: list[str] = field(default_factory=list)
    posts: int = 0
    source: Message | None = None
    payload: Json | None = None
    made: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Commands:
    """`base_url` is where response_urls are served."""

    workspace: Workspace
    deliveries: Deliveries
    chat: Chat
    base_url: Callable[[], str]
    ring: Callable[[], None]
    views: Views
    replies: dict[str, Reply] = field(default_factory=dict)

    async def slash(self, user: str, channel: str, command: str, text: str = "") -> Reply:
        """Returns when it is acknowledged, or failed; of one that is not registered the app never hears."""
        room = self.workspace.open(channel, user)
        if self.workspace.commands is not None and command not in self.workspace.commands:
            return Reply(user, channel, "", error="not_a_command")
        payload = events.slash_command(self.workspace.identity, user, room, command, text)
        return await self._ask(self._reply(user, channel), "slash_commands", payload)

    async def shortcut(self, user: str, channel: str, message_ts: str, callback_id: str) -> Reply:
        """A person chooses the app's shortcut in a message's menu. KeyError: no such message."""
        room = self.workspace.open(channel, user)
        own = events.message_action(room, room.by_ts[message_ts], callback_id)
        return await self._interact(user, room, own, None)

    async def press(
        self, user: str, channel: str, message_ts: str, action: str | Json, value: str = ""
    ) -> Reply:
        """A person uses a control in a message: that of the action_id (and, where it is two, of the value),
        or `action` whatever the blocks say.
        KeyError: no such message. LookupError: no such control on it.
        """
        room = self.workspace.open(channel, user)
        message = room.by_ts[message_ts]
        used = find(message.blocks, action, value) if isinstance(action, str) else action
        return await self._interact(user, room, events.block_actions(room, message, used), message)

    async def submit(self, user: str, modal: Modal, values: Mapping[str, str]) -> Reply:
        """A person sends the form, with what they typed into its blocks. It closes unless the app says no."""
        payload = events.view_submission(self.workspace.identity, user, filled(modal.view, values))
        reply = await self._ask(self._reply(user, ""), "interactive", payload)
        told = reply.payload or {}
        modal.errors = dict(told.get("errors") or {}) if told.get("response_action") == "errors" else {}
        modal.closed = not reply.error and not modal.errors
        return reply

    async def press_private(self, user: str, seen: Ephemeral, action: str) -> Reply:
        """A control in a message that only that person sees. LookupError: not theirs, or no such control."""
        if seen.user != user:
            raise LookupError(f"{user} does not see it")
        room = self.workspace.open(seen.channel, user)
        return await self._interact(user, room, events.private_actions(room, find(seen.blocks, action)), None)

    async def _interact(self, user: str, room: Channel, own: Json, source: Message | None) -> Reply:
        payload = events.interaction(self.workspace.identity, user, room, own)
        return await self._ask(self._reply(user, room.id, source), "interactive", payload)

    async def _ask(self, reply: Reply, kind: str, payload: Json) -> Reply:
        known = asyncio.Event()
        self.views.triggers[payload["trigger_id"]] = (reply.user, time.monotonic())

        def heard(answer: Answer) -> None:
            self._acknowledged(reply, kind, answer)
            known.set()

        self.deliveries.ask(kind, payload | {"response_url": reply.response_url}, heard)
        await known.wait()
        self.ring()
        return reply

    def _acknowledged(self, reply: Reply, kind: str, answer: Answer) -> None:
        reply.error = answer.error
        if answer.error:
            return
        reply.acked_after = answer.after
        reply.payload = answer.payload if isinstance(answer.payload, dict) else None
        body = {"text": answer.payload} if isinstance(answer.payload, str) else answer.payload or {}
        if kind == "slash_commands" and (body.get("text") or body.get("blocks")):
            self._show(reply, body, "ack")

    def _reply(self, user: str, channel: str, source: Message | None = None) -> Reply:
        key = uuid.uuid4().hex
        reply = Reply(user, channel, f"{self.base_url()}/response/{key}", source=source)
        self.replies[key] = reply
        return reply

    async def respond(self, request: web.Request) -> web.Response:
        reply = self.replies.get(request.match_info["key"])
        try:
            if reply is None or reply.posts >= MOST_POSTS:
                raise ApiError("used_url")
            refuse(time.monotonic() - reply.made > HOOK_SECONDS, "expired_url")
            body = decoded(await request.read(), "invalid_payload")
            refuse(not isinstance(body, dict), "invalid_payload")
            reply.posts += 1
            self._respond(reply, body)
        except ApiError as error:
            return web.json_response(error.body(), status=404 if "url" in error.error else 400)
        self.ring()
        return web.Response(text="ok")

    def _respond(self, reply: Reply, body: Json) -> None:
        """Say more, or change or take away the message with the button while it is still there."""
        source = reply.source
        there = source is not None and source.ts in self.workspace.channels[reply.channel].by_ts
        if body.get("delete_original"):
            if there and source is not None:
                self.chat.remove(source)
        elif body.get("replace_original") and there and source is not None:
            self.chat.replace(source, Content.of(body))
        else:
            self._show(reply, body, "response_url")

    def _show(self, reply: Reply, body: Json, source: str) -> None:
        content = Content.of(body)
        thread_ts: str | None = body.get("thread_ts") or None
        if body.get("response_type") == "in_channel":
            room = self.workspace.channels[reply.channel]
            self.chat.publish(room, content, thread_ts, None, {})
            return
        reply.texts.append(content.shown())
        self.workspace.whisper(reply.channel, reply.user, content, source, thread_ts)
