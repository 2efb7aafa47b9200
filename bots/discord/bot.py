"""The Discord client: what it asks Discord for, and the commands it registers."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any, Final

import discord
from discord import app_commands

from bots.discord.hooks import ASK
from bots.discord.identifies import Identifies
from bots.intake.connector import Connector
from core.inbox import Inbox

logger = logging.getLogger(__name__)
SYNCED = "discord:commands"
_KOREAN: Final = {
    "reset": "초기화",
    "Start a fresh conversation": "새 대화를 시작합니다",
    "assistant": "어시스턴트",
    "Show the assistants, or choose this channel's": "어시스턴트를 보거나 이 채널의 어시스턴트를 선택합니다",
    "name": "이름",
    "Name or id of who is to answer here; none: nobody in particular": (
        "여기서 답할 어시스턴트의 이름이나 id, none은 지정 해제"
    ),
    "model": "모델",
    "Show the model that answers here, or choose another": "여기서 답하는 모델을 보거나 바꿉니다",
    "Name of the model; default: that of the settings": "모델 이름, default는 설정의 모델",
    "memory": "기억",
    "privacy": "개인정보",
    "What is kept of you; have it as a file, or erased": "보관 중인 내 데이터를 보고, 파일로 받거나 지웁니다",
    "access": "권한",
    "What is in force here for somebody, and which setting says so (admins)": (
        "여기서 누구에게 답하는지, 어떤 설정 때문인지 관리자에게 보여 드립니다"
    ),
    "person": "사람",
    "Whom to look at; nobody: yourself": "누구를 볼지, 비우면 본인",
    "console": "콘솔",
    "A link to the web page (admins)": "관리자를 위한 웹 페이지 링크를 드립니다",
    "How much I remember of us here": "여기서 나눈 대화를 얼마나 기억하는지 알려 드립니다",
    ASK: "이 메시지에 대해 묻기",
}
"""What Korean clients show in place of it; nobody types it in another language."""


class Bot(discord.Client):
    """Needs no privileged intent: direct messages, mentions and replies carry their content."""

    def __init__(self, inbox: Inbox, identifies: Identifies, *, content: bool) -> None:
        intents = discord.Intents(guilds=True, messages=True)
        intents.message_content = content
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            connector=Connector(limit=0),
        )
        self._inbox, self._identifies = inbox, identifies
        self.tree = app_commands.CommandTree(self)

        for command in _commands():
            self.tree.add_command(
                app_commands.allowed_installs(guilds=True, users=False)(
                    app_commands.allowed_contexts(guilds=True, dms=True)(command)
                )
            )
        self.tree.add_command(_ask())

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Put it on record; when it may be sent was decided before the connection was made."""
        await self._identifies.note(str(self.application_id))

    async def sync(self) -> None:
        """Register the commands, only when they differ from what was registered last. Never raises.

        Discord takes 200 new ones a day; what somebody else removed meanwhile is put back.
        """
        try:
            await self.tree.set_translator(_Korean())
            commands = [
                await command.get_translated_payload(self.tree, _Korean())
                for command in self.tree.get_commands(type=None)
            ]
            wanted = hashlib.sha256(json.dumps([self.application_id, commands]).encode()).hexdigest()
            if await self._inbox.fact(SYNCED) != wanted or not await self._registered():
                await self.tree.sync()
                await self._inbox.remember(SYNCED, wanted)
        except Exception as error:  # also what a closed session raises at the end
            logger.warning(
                "commands not registered, some may be missing", extra={"error": type(error).__name__}
            )

    async def _registered(self) -> bool:
        there = {command.name for command in await self.tree.fetch_commands()}
        return there >= {command.name for command in self.tree.get_commands(type=None)}


class _Korean(app_commands.Translator):
    """Names and descriptions of commands for Korean clients."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        return _KOREAN.get(string.message) if locale is discord.Locale.korean else None


def _ask() -> app_commands.ContextMenu:
    """The command on a message. People who have it with their account can use it anywhere."""

    async def ask(interaction: discord.Interaction, message: discord.Message) -> None: ...

    menu = app_commands.ContextMenu(name=ASK, callback=ask, type=discord.AppCommandType.message)
    contexts = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    return app_commands.allowed_installs(guilds=True, users=True)(contexts(menu))


_PLAIN: Final = {
    "reset": "Start a fresh conversation",
    "memory": "How much I remember of us here",
    "privacy": "What is kept of you; have it as a file, or erased",
    "console": "A link to the web page (admins)",
}
"""Commands without options, and their descriptions."""


def _commands() -> list[app_commands.Command[Any, ..., None]]:
    """Their callbacks are never called: `bots.discord.interactions` takes the raw event, in order."""

    async def plain(interaction: discord.Interaction) -> None: ...

    async def assistant(interaction: discord.Interaction, name: str = "") -> None: ...

    async def model(interaction: discord.Interaction, name: str = "") -> None: ...

    async def access(interaction: discord.Interaction, person: discord.User | None = None) -> None: ...

    explain = app_commands.Command[Any, ..., None](
        name="access",
        description="What is in force here for somebody, and which setting says so (admins)",
        callback=access,
    )
    app_commands.describe(person="Whom to look at; nobody: yourself")(explain)
    switch = app_commands.Command[Any, ..., None](
        name="assistant",
        description="Show the assistants, or choose this channel's",
        callback=assistant,
    )
    app_commands.describe(name="Name or id of who is to answer here; none: nobody in particular")(switch)
    another = app_commands.Command[Any, ..., None](
        name="model", description="Show the model that answers here, or choose another", callback=model
    )
    app_commands.describe(name="Name of the model; default: that of the settings")(another)
    plainly = app_commands.Command[Any, ..., None]
    alone = [plainly(name=name, description=told, callback=plain) for name, told in _PLAIN.items()]
    return [*alone, switch, another, explain]
