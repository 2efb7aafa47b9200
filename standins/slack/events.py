"""Events API: what the app is told of what happens in the workspace.

Source: docs.slack.dev/apis/events-api, /reference/events/message and app_mention.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from standins.slack.channel import Channel
from standins.slack.deliveries import Deliveries
from standins.slack.message import Message
from standins.slack.payloads import event_callback, message_event
from standins.slack.wire import Json
from standins.slack.workspace import Workspace


@dataclass(frozen=True)
class Events:
    """Tells the app; a message of a channel it is not in is not told, a mention is.

    echo: tell it of its own messages too, as Slack does.
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
