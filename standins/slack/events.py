"""What the app is told: a builder for each kind of payload, and the Events API.

Source: docs.slack.dev/apis/events-api, /interactivity, /reference/events and /reference/interaction-payloads.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass

from standins.slack.channel import Channel
from standins.slack.deliveries import Deliveries
from standins.slack.message import Message
from standins.slack.wire import Json
from standins.slack.workspace import Identity, Workspace

_TOKEN = "verification-token"


def event_callback(who: Identity, event: Json) -> Json:
    installed: Json = {"enterprise_id": None, "team_id": who.team, "user_id": who.bot_user}
    place = {"team_id": who.team, "context_team_id": who.team, "context_enterprise_id": None}
    ids = {"event_id": f"Ev{uuid.uuid4().hex[:10].upper()}", "event_context": f"4-{uuid.uuid4().hex}"}
    return {
        **{"token": _TOKEN, **place, "api_app_id": who.app_id, **ids, "event_time": int(time.time())},
        **{"type": "event_callback", "event": event, "is_ext_shared_channel": False},
        "authorizations": [installed | {"is_bot": True, "is_enterprise_install": False}],
    }


def message_event(room: Channel, message: Message) -> Json:
    """A message somebody wrote; also the base of `app_mention`, which has no channel_type."""
    event = message.raw() | {"channel": room.id, "event_ts": message.ts}
    root = room.by_ts.get(message.root)
    if message.is_reply and root is not None:
        event["parent_user_id"] = root.user
    return event


def slash_command(who: Identity, user: str, room: Channel, command: str, text: str) -> Json:
    """`response_url` is for whoever sends it to add, here and in interactions."""
    name = "directmessage" if room.is_direct else room.id.lower()
    return {
        **{"token": _TOKEN, "team_id": who.team, "team_domain": "standin", "channel_id": room.id},
        **{"channel_name": name, "user_id": user, "user_name": user.lower(), "command": command},
        **{
            "text": text,
            "api_app_id": who.app_id,
            "is_enterprise_install": "false",
            "trigger_id": _trigger(),
        },
    }


def message_action(room: Channel, message: Message, callback_id: str) -> Json:
    """The part of a message shortcut that is its own; `interaction` adds the rest."""
    told = {"message_ts": message.ts, "message": room.raw(message), "action_ts": f"{time.time():.6f}"}
    return {"type": "message_action", "callback_id": callback_id, **told}


def block_actions(room: Channel, message: Message, used: Json) -> Json:
    """The part of a press that is its own; `interaction` adds the rest."""
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": room.id}
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return {
        **{"type": "block_actions", "container": container | {"is_ephemeral": False}},
        **{"message": room.raw(message), "state": {"values": {}}},
        "actions": [{"action_ts": f"{time.time():.6f}", **used}],
    }


def private_actions(room: Channel, used: Json) -> Json:
    """The same under a message that only the person sees: the app is not told what that says."""
    stamp = f"{time.time():.6f}"
    container: Json = {"type": "message", "message_ts": stamp, "channel_id": room.id, "is_ephemeral": True}
    own = {"type": "block_actions", "container": container, "state": {"values": {}}}
    return own | {"actions": [{"action_ts": stamp, **used}]}


def interaction(who: Identity, user: str, room: Channel, own: Json) -> Json:
    name = user.lower()
    return {
        **{"token": _TOKEN, "team": {"id": who.team, "domain": "standin"}, "api_app_id": who.app_id},
        **{"user": {"id": user, "username": name, "name": name, "team_id": who.team}},
        **{"channel": {"id": room.id, "name": room.id.lower()}, "trigger_id": _trigger()},
        **{"is_enterprise_install": False, "enterprise": None, **own},
    }


def view_submission(who: Identity, user: str, view: Json) -> Json:
    """Of no channel: a form stands in none."""
    name = user.lower()
    return {
        **{"type": "view_submission", "token": _TOKEN, "team": {"id": who.team, "domain": "standin"}},
        **{"user": {"id": user, "username": name, "name": name, "team_id": who.team}},
        **{"api_app_id": who.app_id, "trigger_id": _trigger(), "response_urls": [], "view": view},
        **{"is_enterprise_install": False, "enterprise": None},
    }


def _trigger() -> str:
    return f"{time.time_ns()}.{uuid.uuid4().hex}"


@dataclass(frozen=True)
class Events:
    """Tells the app; a message of a channel it is not in is not told, a mention is. echo: tell it of its own
    messages too, as Slack does.
    """

    workspace: Workspace
    deliveries: Deliveries
    rng: random.Random
    echo: bool

    def publish(self, event: Json, **changes: object) -> str:
        """Put the event in an `event_callback`; `changes` replace fields of that. Returns event_id."""
        payload = event_callback(self.workspace.identity, event) | changes
        self.deliveries.publish(payload)
        return str(payload["event_id"])

    def said(self, room: Channel, message: Message, order: str) -> None:
        """A person wrote. order: `message`, `mention` (that one first) or `random`."""
        base = message_event(room, message)
        events: list[Json] = []
        if room.bot_in:
            events.append({**base, "channel_type": room.kind})
        bot = self.workspace.identity.bot_user
        if not room.is_direct and (f"<@{bot}>" in message.text or f"<@{bot}|" in message.text):
            events.append({key: base[key] for key in base if key != "subtype"} | {"type": "app_mention"})
        if order == "mention" or (order == "random" and self.rng.random() < 0.5):
            events.reverse()
        for event in events:
            self.publish(event)

    def posted(self, room: Channel, message: Message) -> None:
        """The app writes: it stands in the room, ends the thread's status, and the app hears itself."""
        room.add(message, own=True)
        self.workspace.statuses.clear(room.id, message.root)
        if self.echo:
            self.publish({**message_event(room, message), "channel_type": room.kind})

    def changed(self, room: Channel, before: Json, after: Json, ts: str) -> None:
        self._hidden(room, ts, subtype="message_changed", message=after, previous_message=before)

    def changed_own(self, room: Channel, before: Json, message: Message) -> None:
        if self.echo:
            self.changed(room, before, room.raw(message), self.workspace.stamps.next())

    def deleted(self, room: Channel, before: Json, ts: str) -> None:
        self._hidden(room, ts, subtype="message_deleted", previous_message=before, deleted_ts=before["ts"])

    def deleted_own(self, room: Channel, before: Json) -> None:
        if self.echo:
            self.deleted(room, before, self.workspace.stamps.next())

    def _hidden(self, room: Channel, ts: str, **fields: object) -> None:
        if room.bot_in:
            place = {"channel": room.id, "channel_type": room.kind, "ts": ts, "event_ts": ts}
            self.publish({"type": "message", "hidden": True, **fields, **place})
