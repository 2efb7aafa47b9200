"""Slash commands, message shortcuts and buttons, and the response_url that comes with them.

Source: docs.slack.dev/interactivity (acknowledge within 3 s; a response_url takes 5 posts in 30 minutes).
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from standins.slack import elements
from standins.slack.chat import Chat
from standins.slack.content import Content
from standins.slack.deliveries import Answer, Deliveries
from standins.slack.message import Ephemeral, Message
from standins.slack.wire import ApiError, Json
from standins.slack.workspace import Workspace

MOST_POSTS = 5
HOOK_SECONDS = 1800.0


@dataclass(eq=False)
class Reply:
    """What the person got. `texts` grows as posts to the response_url come in.

    acked_after: seconds; None when it was not acknowledged in time. source: the message with the button.
    error: what the client shows: '', operation_timeout or dispatch_failed.
    """

    user: str
    channel: str
    response_url: str
    acked_after: float | None = None
    error: str = ""
    texts: list[str] = field(default_factory=list)
    posts: int = 0
    source: Message | None = None
    made: float = field(default_factory=time.monotonic)


class Commands:
    """`base_url` is where response_urls are served."""

    def __init__(
        self,
        workspace: Workspace,
        deliveries: Deliveries,
        chat: Chat,
        base_url: Callable[[], str],
        ring: Callable[[], None],
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._chat = chat
        self._base_url = base_url
        self._ring = ring
        self._replies: dict[str, Reply] = {}

    async def slash(self, user: str, channel: str, command: str, text: str) -> Reply:
        """Returns when it is acknowledged, or failed."""
        room = self._workspace.open(channel, user)
        reply = self._reply(user, channel)
        who = self._workspace.identity
        payload: Json = {
            "token": "verification-token",
            "team_id": who.team,
            "team_domain": "standin",
            "channel_id": channel,
            "channel_name": "directmessage" if room.is_direct else channel.lower(),
            "user_id": user,
            "user_name": user.lower(),
            "command": command,
            "text": text,
            "api_app_id": who.app_id,
            "is_enterprise_install": "false",
            "response_url": reply.response_url,
            "trigger_id": f"{time.time_ns()}.{uuid.uuid4().hex}",
        }
        await self._ask(reply, "slash_commands", payload)
        return reply

    async def shortcut(self, user: str, channel: str, message_ts: str, callback_id: str) -> Reply:
        """A person chooses the app's shortcut in a message's menu. KeyError: no such message."""
        room = self._workspace.open(channel, user)
        return await self._interact(
            user,
            channel,
            {
                "type": "message_action",
                "callback_id": callback_id,
                "action_ts": f"{time.time():.6f}",
                "message_ts": message_ts,
                "message": room.raw(room.by_ts[message_ts]),
            },
        )

    async def press(self, user: str, channel: str, message_ts: str, action: str | Json) -> Reply:
        """A person uses a control in a message: that of the action_id, or `action` whatever the blocks say.

        KeyError: no such message. LookupError: no such control on it.
        """
        room = self._workspace.open(channel, user)
        message = room.by_ts[message_ts]
        used = elements.find(message.blocks, action) if isinstance(action, str) else action
        container: Json = {"type": "message", "message_ts": message_ts, "channel_id": channel}
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        payload = {
            "type": "block_actions",
            "container": container | {"is_ephemeral": False},
            "message": room.raw(message),
            "state": {"values": {}},
            "actions": [{"action_ts": f"{time.time():.6f}", **used}],
        }
        return await self._interact(user, channel, payload, message)

    async def _interact(self, user: str, channel: str, payload: Json, source: Message | None = None) -> Reply:
        reply = self._reply(user, channel)
        reply.source = source
        who = self._workspace.identity
        everywhere: Json = {
            "token": "verification-token",
            "team": {"id": who.team, "domain": "standin"},
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": who.team},
            "channel": {"id": channel, "name": channel.lower()},
            "is_enterprise_install": False,
            "enterprise": None,
            "api_app_id": who.app_id,
            "trigger_id": f"{time.time_ns()}.{uuid.uuid4().hex}",
            "response_url": reply.response_url,
        }
        await self._ask(reply, "interactive", everywhere | payload)
        return reply

    async def _ask(self, reply: Reply, kind: str, payload: Json) -> None:
        known = asyncio.Event()

        def heard(answer: Answer) -> None:
            self._acknowledged(reply, kind, answer)
            known.set()

        self._deliveries.ask(kind, payload, heard)
        await known.wait()
        self._ring()

    def _acknowledged(self, reply: Reply, kind: str, answer: Answer) -> None:
        reply.error = answer.error
        if answer.error:
            return
        reply.acked_after = answer.after
        body = {"text": answer.payload} if isinstance(answer.payload, str) else answer.payload or {}
        if kind == "slash_commands" and (body.get("text") or body.get("blocks")):
            self._show(reply, body, "ack")

    def _reply(self, user: str, channel: str) -> Reply:
        key = uuid.uuid4().hex
        reply = Reply(user, channel, f"{self._base_url()}/response/{key}")
        self._replies[key] = reply
        return reply

    async def respond(self, request: web.Request) -> web.Response:
        """A post to a response_url."""
        reply = self._replies.get(request.match_info["key"])
        try:
            if reply is None or reply.posts >= MOST_POSTS:
                raise ApiError("used_url")
            if time.monotonic() - reply.made > HOOK_SECONDS:
                raise ApiError("expired_url")
            body = _object(await request.read())
            reply.posts += 1
            self._respond(reply, body)
        except ApiError as error:
            return web.json_response(error.body(), status=404 if "url" in error.error else 400)
        self._ring()
        return web.Response(text="ok")

    def _respond(self, reply: Reply, body: Json) -> None:
        """Say more, or change or take away the message with the button while it is still there."""
        source = reply.source
        there = source is not None and source.ts in self._workspace.channels[reply.channel].by_ts
        if body.get("delete_original"):
            if there and source is not None:
                self._chat.remove(source)
        elif body.get("replace_original") and there and source is not None:
            self._chat.replace(source, Content.of(body))
        else:
            self._show(reply, body, "response_url")

    def _show(self, reply: Reply, body: Json, source: str) -> None:
        content = Content.of(body)
        thread_ts: str | None = body.get("thread_ts") or None
        if body.get("response_type") == "in_channel":
            room = self._workspace.channels[reply.channel]
            self._chat.publish(room, content, thread_ts, None, {})
            return
        shown = Message(reply.channel, "0.0", "", content.text, thread_ts, content.blocks or [])
        reply.texts.append(shown.shown())
        now = time.monotonic()
        self._workspace.ephemerals.append(
            Ephemeral(reply.channel, reply.user, shown.shown(), source, now, thread_ts, shown.blocks)
        )


def _object(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except ValueError:
        raise ApiError("invalid_payload") from None
    if not isinstance(body, dict):
        raise ApiError("invalid_payload")
    return body
