"""Events API payloads: what the app is told of what happens in the workspace.

Source: docs.slack.dev/apis/events-api, /reference/events/message and app_mention.
"""

from __future__ import annotations

import random
import time
import uuid

from standins.slack.channel import Channel
from standins.slack.deliveries import Deliveries
from standins.slack.message import Message
from standins.slack.wire import Json
from standins.slack.workspace import Workspace


class Events:
    """Tells the app; a message of a channel it is not in is not told, a mention is.

    echo: tell it of its own messages too, as Slack does.
    """

    def __init__(
        self, workspace: Workspace, deliveries: Deliveries, rng: random.Random, *, echo: bool
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._rng = rng
        self._echo = echo

    def publish(self, event: Json, **changes: object) -> str:
        """Put the event in an `event_callback`; `changes` replace fields of that. Returns event_id."""
        who = self._workspace.identity
        payload: Json = {
            "token": "verification-token",
            "team_id": who.team,
            "context_team_id": who.team,
            "context_enterprise_id": None,
            "api_app_id": who.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{uuid.uuid4().hex[:10].upper()}",
            "event_time": int(time.time()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": who.team,
                    "user_id": who.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{uuid.uuid4().hex}",
            **changes,
        }
        self._deliveries.publish(payload)
        return str(payload["event_id"])

    def said(self, room: Channel, message: Message, order: str) -> None:
        """A person wrote. order: `message`, `mention` (that one first) or `random`."""
        base = self._event(room, message)
        events: list[Json] = []
        if room.bot_in:
            events.append({**base, "channel_type": room.event_type})
        if not room.is_direct and self._names_bot(message.text):
            events.append({key: base[key] for key in base if key != "subtype"} | {"type": "app_mention"})
        if order == "mention" or (order == "random" and self._rng.random() < 0.5):
            events.reverse()
        for event in events:
            self.publish(event)

    def own(self, room: Channel, message: Message) -> None:
        """The app wrote; it hears itself."""
        if self._echo:
            self.publish({**self._event(room, message), "channel_type": room.event_type})

    def changed(self, room: Channel, before: Json, after: Json, ts: str) -> None:
        self._hidden(room, ts, subtype="message_changed", message=after, previous_message=before)

    def changed_own(self, room: Channel, before: Json, message: Message) -> None:
        if self._echo:
            self.changed(room, before, room.raw(message), self._workspace.stamps.next())

    def deleted(self, room: Channel, before: Json, ts: str) -> None:
        self._hidden(room, ts, subtype="message_deleted", previous_message=before, deleted_ts=before["ts"])

    def deleted_own(self, room: Channel, before: Json) -> None:
        if self._echo:
            self.deleted(room, before, self._workspace.stamps.next())

    def _hidden(self, room: Channel, ts: str, **fields: object) -> None:
        if room.bot_in:
            place = {"channel": room.id, "channel_type": room.event_type}
            self.publish({"type": "message", "hidden": True, **fields, **place, "ts": ts, "event_ts": ts})

    def _event(self, room: Channel, message: Message) -> Json:
        event = message.raw() | {"channel": room.id, "event_ts": message.ts}
        root = room.by_ts.get(message.root)
        if message.is_reply and root is not None:
            event["parent_user_id"] = root.user
        return event

    def _names_bot(self, text: str) -> bool:
        bot = self._workspace.identity.bot_user
        return f"<@{bot}>" in text or f"<@{bot}|" in text
