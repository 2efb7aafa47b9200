"""A command or a button press: 3 s to acknowledge it, 15 minutes to go on answering."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from standins.discord.channel import DM, Channel
from standins.discord.draft import Draft, read_draft
from standins.discord.error import (
    ALREADY_ACKNOWLEDGED,
    INVALID_WEBHOOK_TOKEN,
    JSON,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    ApiError,
    invalid,
)
from standins.discord.form import File
from standins.discord.guild import PERMISSIONS
from standins.discord.message import COMMAND, EPHEMERAL, LOADING, REPLY, Message
from standins.discord.user import User
from standins.discord.world import World

SLASH, PRESS, COMPLETE, SUBMIT = 2, 3, 4, 5
SAY, SAY_LATER, UPDATE_LATER, UPDATE, SUGGEST = 4, 5, 6, 7, 8
ALLOWED = {SLASH: (SAY, SAY_LATER), COMPLETE: (SUGGEST,)}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person saw. `acked_after` is in seconds, None when `failed` (nothing came in time)."""

    acked_after: float | None
    text: str
    ephemeral: bool
    failed: bool
    kind: int
    """The callback type (4 message, 5 thinking, 6 nothing, 7 the message changed), 0 when failed."""
    components: list[JSON]
    followups: list[str]


class Interaction:
    """One use of a command or button by a person. `source` is the message with the button."""

    def __init__(self, world: World, kind: int, user: User, channel: Channel, source: Message | None) -> None:
        self.id = world.ids.next()
        self.token = secrets.token_urlsafe(48)
        self.kind = kind
        self.user = user
        self.channel = channel
        self.source = source
        self.original: Message | None = None
        self.followups: dict[str, Message] = {}
        self.acked = asyncio.Event()
        self.shown = asyncio.Event()
        self.acked_after: float | None = None
        self.callback = 0
        self._world = world
        self._born = time.monotonic()

    def age(self) -> float:
        return time.monotonic() - self._born

    def owners(self) -> JSON:
        """Whose installation let it happen: the guild's, or in a DM the bot's own ("0")."""
        return {"0": "0" if self.channel.guild is None else self.channel.guild.id}

    def payload(self, application_id: str, locale: str, data: JSON) -> JSON:
        """INTERACTION_CREATE."""
        guild, channel = self.channel.guild, self.channel.payload()
        event: JSON = {
            "id": self.id,
            "application_id": application_id,
            "type": self.kind,
            "token": self.token,
            "version": 1,
            "channel_id": self.channel.id,
            "channel": {**channel, "permissions": PERMISSIONS} if self.channel.kind != DM else channel,
            "data": data,
            "locale": locale,
            "app_permissions": PERMISSIONS,
            "entitlements": [],
            "attachment_size_limit": 10 * 1024 * 1024,
            "authorizing_integration_owners": self.owners(),
            "context": 1 if guild is None else 0,
        }
        if self.source is not None:
            event["message"] = self.source.payload(self._world.bot)
        if guild is None:
            return {**event, "user": self.user.payload()}
        member = {**guild.member(self.user), "user": self.user.payload(), "permissions": PERMISSIONS}
        about = {"id": guild.id, "locale": "en-US", "features": []}
        return {**event, "guild_id": guild.id, "guild": about, "guild_locale": "en-US", "member": member}

    def answer(self, body: JSON, files: Mapping[int, File], application_id: str) -> JSON:
        """The callback. Returns the `with_response` object."""
        if self.age() > self._world.rules.interaction_deadline:
            raise ApiError(*UNKNOWN_INTERACTION)
        if self.acked.is_set():
            raise ApiError(*ALREADY_ACKNOWLEDGED)
        kind = body.get("type")
        allowed = ALLOWED.get(self.kind, (SAY, SAY_LATER, UPDATE_LATER, UPDATE))
        if not isinstance(kind, int) or kind not in allowed:
            raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
        if kind != SUGGEST:
            self._act(kind, read_draft(body.get("data") or {}, files), application_id)
        self.callback, self.acked_after = kind, self.age()
        self.acked.set()
        self._world.changes.touch(self.channel.id)
        return self._told(kind)

    def edit_original(self, draft: Draft) -> Message:
        if self.original is None:
            raise ApiError(*UNKNOWN_MESSAGE)
        self.original.flags &= ~LOADING
        message = self._world.rewrite(self.original, draft)
        self.shown.set()
        return message

    def follow_up(self, draft: Draft, application_id: str) -> Message:
        """A further message; the first one after "thinking" takes that one's place."""
        if self.original is not None and self.original.flags & LOADING:
            return self.edit_original(draft.require_something())
        message = self._compose(draft.require_something(), application_id)
        self._deliver(message)
        self.followups[message.id] = message
        return message

    def message(self, message_id: str) -> Message:
        """One of the messages this interaction made; 10008 when it made no such one."""
        found = self.original if message_id == "@original" else self.followups.get(message_id)
        if found is None or found.deleted:
            raise ApiError(*UNKNOWN_MESSAGE)
        return found

    def reply(self) -> Reply:
        """What has been seen until now."""
        said = self.original if self.callback in (SAY, SAY_LATER, UPDATE) else None
        return Reply(
            acked_after=self.acked_after,
            text="" if said is None else said.content,
            ephemeral=said is not None and bool(said.flags & EPHEMERAL),
            failed=not self.acked.is_set(),
            kind=self.callback,
            components=[] if said is None else said.components,
            followups=[m.content for m in self.followups.values()],
        )

    def _act(self, kind: int, draft: Draft, application_id: str) -> None:
        if kind in (UPDATE, UPDATE_LATER):
            assert self.source is not None
            self.original = self.source if kind == UPDATE_LATER else self._world.rewrite(self.source, draft)
        else:
            self.original = self._compose(
                draft if kind == SAY_LATER else draft.require_something(), application_id
            )
            self.original.flags |= LOADING if kind == SAY_LATER else 0
            self._deliver(self.original)
        if kind != SAY_LATER:
            self.shown.set()

    def _compose(self, draft: Draft, application_id: str) -> Message:
        message = self._world.compose(self.channel, draft)
        message.kind = COMMAND if self.kind == SLASH else REPLY
        message.reference = None if self.source is None else self.source.id
        message.flags |= (draft.flags or 0) & EPHEMERAL
        message.application_id = application_id
        message.interaction = {
            "id": self.id,
            "type": self.kind,
            "user": self.user.payload(),
            "authorizing_integration_owners": self.owners(),
        }
        if self.source is not None:
            message.interaction["interacted_message_id"] = self.source.id
        return message

    def _deliver(self, message: Message) -> None:
        """Ephemeral messages are told of, but stand in no channel."""
        if message.flags & EPHEMERAL:
            self._world.tell_of("MESSAGE_CREATE", message)
        else:
            self._world.create(message)

    def _told(self, kind: int) -> JSON:
        about: JSON = {"id": self.id, "type": self.kind}
        resource: JSON = {"type": kind}
        if self.original is not None and kind not in (UPDATE_LATER, SUGGEST):
            about["response_message_id"] = self.original.id
            about["response_message_loading"] = kind == SAY_LATER
            about["response_message_ephemeral"] = bool(self.original.flags & EPHEMERAL)
            resource["message"] = self.original.payload(self._world.bot)
        return {"interaction": about, "resource": resource}


class Interactions:
    """All of them, found by id or by token."""

    def __init__(self, lifetime: float) -> None:
        self._by_id: dict[str, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}
        self._lifetime = lifetime

    def add(self, interaction: Interaction) -> None:
        self._by_id[interaction.id] = self._by_token[interaction.token] = interaction

    def called(self, interaction_id: str, token: str) -> Interaction:
        """For the callback; 10062 when id and token do not belong together."""
        found = self._by_id.get(interaction_id)
        if found is None or found.token != token:
            raise ApiError(*UNKNOWN_INTERACTION)
        return found

    def webhook(self, token: str) -> Interaction:
        """For what comes after the callback."""
        found = self._by_token.get(token)
        if found is None or not found.acked.is_set():
            raise ApiError(*UNKNOWN_WEBHOOK)
        if found.age() > self._lifetime:
            raise ApiError(*INVALID_WEBHOOK_TOKEN)
        return found
