"""The Discord client: commands and buttons as discord.py gives them, messages as raw events in order."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

import discord
from discord import app_commands

from bots.discord.poster import STOP, reference
from core.inbox import Inbox
from core.texts import text
from core.types import Address

logger = logging.getLogger(__name__)
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # there is no voice here
SYNCED = "discord:commands"


class Bot(discord.Client):
    """Needs no privileged intent: direct messages, mentions and replies carry their content."""

    def __init__(self, inbox: Inbox, *, language: str, content: bool) -> None:
        intents = discord.Intents(guilds=True, messages=True)
        intents.message_content = content
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._inbox, self._language = inbox, language
        self.tree = app_commands.CommandTree(self)

        async def reset(interaction: discord.Interaction) -> None:
            await self._reset(interaction)

        command: app_commands.Command[Any, ..., None] = app_commands.Command(
            name="reset", description="Start a fresh conversation", callback=reset
        )
        self.tree.add_command(app_commands.allowed_contexts(guilds=True, dms=True)(command))

    async def sync(self) -> None:
        """Register the commands, only when they differ from what was registered last. Never raises.

        Discord takes 200 new ones a day; what somebody else removed meanwhile is put back.
        """
        try:
            commands = [command.to_dict(self.tree) for command in self.tree.get_commands()]
            wanted = hashlib.sha256(json.dumps([self.application_id, commands]).encode()).hexdigest()
            if await self._inbox.fact(SYNCED) != wanted or not await self._registered():
                await self.tree.sync()
                await self._inbox.remember(SYNCED, wanted)
        except (discord.DiscordException, OSError) as error:
            logger.warning(
                "commands not registered, /reset may be missing", extra={"error": type(error).__name__}
            )

    async def _registered(self) -> bool:
        there = {command.name for command in await self.tree.fetch_commands()}
        return there >= {command.name for command in self.tree.get_commands()}

    async def _reset(self, interaction: discord.Interaction) -> None:
        done = await self._inbox.reset(_address(interaction), str(interaction.user.id))
        await self._say(interaction, "reset" if done else "reset_topic")

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """The stop button: it works for whoever asked."""
        data: Any = interaction.data or {}
        if interaction.type is not discord.InteractionType.component or data.get("custom_id") != STOP:
            return
        post = interaction.message
        stopped = (
            await self._inbox.stop_post(reference(str(post.id)), str(interaction.user.id)) if post else None
        )
        await self._say(interaction, {True: "stopping", False: "stop_refused", None: "stop_over"}[stopped])

    async def _say(self, interaction: discord.Interaction, key: str) -> None:
        said = text(key, str(interaction.locale.value), self._language)
        try:
            await interaction.response.send_message(said, ephemeral=True)
        except discord.HTTPException as error:  # too late: what was asked for is done all the same
            logger.warning("interaction not answered", extra={"error": error.code})


def _address(interaction: discord.Interaction) -> Address:
    channel = str(interaction.channel_id)
    return Address("discord", str(interaction.guild_id or ""), channel, channel)
