"""REST for answering commands and buttons; the token in the path is the only credential."""

from __future__ import annotations

from standins.discord.draft import read_draft
from standins.discord.error import JSON, UNKNOWN_WEBHOOK, ApiError
from standins.discord.interaction import Interaction, Interactions
from standins.discord.message import Message
from standins.discord.request import Ask
from standins.discord.world import World


class InteractionRoutes:
    """Handlers; each returns what the reply's JSON is (None: 204)."""

    def __init__(self, world: World, interactions: Interactions, application_id: str) -> None:
        self._world = world
        self._interactions = interactions
        self._application_id = application_id

    async def callback(self, ask: Ask) -> JSON | None:
        interaction = self._interactions.called(ask.path["interaction"], ask.path["token"])
        told = interaction.answer(ask.body, ask.files, self._application_id)
        return told if ask.query.get("with_response") in ("1", "true") else None

    async def follow_up(self, ask: Ask) -> JSON:
        message = self._webhook(ask).follow_up(read_draft(ask.body, ask.files), self._application_id)
        self._world.changes.touch(message.channel.id)
        return message.payload(self._world.bot)

    async def get(self, ask: Ask) -> JSON:
        return self._message(ask).payload(self._world.bot)

    async def edit(self, ask: Ask) -> JSON:
        interaction, draft = self._webhook(ask), read_draft(ask.body, ask.files)
        message = self._message(ask)
        if message is interaction.original:
            interaction.edit_original(draft)
        else:
            self._world.rewrite(message, draft)
        self._world.changes.touch(message.channel.id)
        return message.payload(self._world.bot)

    async def delete(self, ask: Ask) -> None:
        message = self._message(ask)
        if message.id in message.channel.messages:
            self._world.delete(message)
        message.deleted = True

    def _webhook(self, ask: Ask) -> Interaction:
        if ask.path["application"] != self._application_id:
            raise ApiError(*UNKNOWN_WEBHOOK)
        return self._interactions.webhook(ask.path["token"])

    def _message(self, ask: Ask) -> Message:
        return self._webhook(ask).message(ask.path["message"])
