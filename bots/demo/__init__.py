"""`python -m bots demo`: the real bot with its real SDKs, against stand-ins on this machine.

No account, no key, no network. What is typed goes to the local Slack or Discord as a person's message; what
the bot posts there is printed as it grows. With OPENAI_API_KEY or OPENAI_BASE_URL set, the model is that one.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

from bots.app import REAL, assembled
from bots.demo.conversation import HELP, TRY, Conversation
from bots.demo.folder import Folder
from bots.demo.people import DISCORD_USER, SLACK_USER, DiscordPerson, Person, SlackPerson
from bots.demo.terminal import Screen
from bots.intake.connection import keep
from core.runs.lanes import Lanes
from core.settings import INSTRUCTIONS, Settings
from core.store import approvals, facts, runs
from core.store.data_dir import data_directory, only_runner
from core.store.database import Database
from core.types import Assistant, settings_assistant
from standins.discord import DiscordStandin
from standins.openai import OpenAIStandin
from standins.script.script import Offline
from standins.slack import SlackStandin

OFFLINE: Final = "offline"
"""The key of the model that is none."""
CUT_OFF: Final = """\
The last demo was ended in the middle of an answer. Its chats are gone; an open question counts as a no.
"""
OWN: Final = "demo-data"
"""The demo's directory where a real bot has the other."""


async def talk(settings: Settings) -> None:
    """Talk until standard input ends or /quit; every message is answered before this returns."""
    logging.getLogger().setLevel(logging.WARNING)
    settings = await _apart(settings)
    with only_runner(settings.data_dir):
        async with contextlib.AsyncExitStack() as stack:
            slack = await stack.enter_async_context(SlackStandin())
            discord = await stack.enter_async_context(DiscordStandin())
            people: dict[str, Person] = {"slack": SlackPerson(slack), "discord": DiscordPerson(discord)}
            config = await _local(settings, slack, discord, stack)
            folder = Folder(settings.data_dir)
            cut_off = await _forget_questions(settings.data_dir / "spool.sqlite3")
            lanes = await stack.enter_async_context(_bot(config, folder.tools(config.tools_directory)))
            _keep_the_terminal()
            await Conversation(people, lanes, Screen(folder)).hold(_greeting(config, cut_off=cut_off))


def _keep_the_terminal() -> None:
    """From here on it belongs to the conversation; a log that goes elsewhere keeps its warnings."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream.isatty():
            handler.setLevel(logging.ERROR)


async def _apart(settings: Settings) -> Settings:
    """The demo's own directory inside, where a real bot has worked: its runs must not be answered here."""
    db = Database(data_directory(settings.data_dir) / "spool.sqlite3")
    try:
        real = await db(lambda tx: facts.find(tx, REAL))
    finally:
        db.close()
    if not real:
        return settings
    own = data_directory(settings.data_dir / OWN)
    return dataclasses.replace(settings, data_dir=own, tools_dir=str(settings.tools_directory))


async def _forget_questions(path: Path) -> bool:
    """Chats begin empty each time: a question of a demo that was killed can be answered by nobody.

    True when the last demo ended in the middle of something.
    """
    db = Database(path)
    try:
        left = await db(lambda tx: runs.unfinished(tx, ("slack", "discord")))
        for person in (SLACK_USER, DISCORD_USER):
            await db(partial(approvals.refuse_person, person=person))
    finally:
        db.close()
    return bool(left)


def _greeting(config: Settings, *, cut_off: bool) -> str:
    model = "an offline model" if _is_offline(config) else "your model"
    begun = f"Spool's demo: a local Slack, a local Discord and {model}.\n"
    if config.data_dir.name == OWN:
        begun += f"Its data: {config.data_dir}. Commands for it: DATA_DIR={config.data_dir} scripts/run …\n"
    if cut_off:
        begun += CUT_OFF
    return f"{begun}{HELP}{TRY}"


def _is_offline(config: Settings) -> bool:
    return config.openai_api_key == OFFLINE


async def _local(
    settings: Settings, slack: SlackStandin, discord: DiscordStandin, stack: contextlib.AsyncExitStack
) -> Settings:
    """The settings with every remote replaced, but for a model that was configured."""
    config = dataclasses.replace(
        settings,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        discord_bot_token=discord.token,
        discord_api_url=discord.api_url,
        discord_gateway_url=discord.gateway_url,
        admins=(*settings.admins, SLACK_USER, DISCORD_USER),
    )
    if settings.openai_api_key or settings.openai_base_url:
        return config
    openai = await stack.enter_async_context(OpenAIStandin(Offline(usual=INSTRUCTIONS), models=None))
    return dataclasses.replace(
        config, openai_base_url=openai.base_url, openai_api_key=OFFLINE, openai_features="full"
    )


def _assistant(config: Settings) -> Assistant:
    """That of the settings; with the offline model it has what the server carries out, too.

    With a model of one's own it is the very one that `run` has: those tools may cost something.
    """
    own = settings_assistant(config)
    hosted = ({"type": "code_interpreter"}, {"type": "image_generation"})
    return dataclasses.replace(own, tools=(*own.tools, *hosted)) if _is_offline(config) else own


@contextlib.asynccontextmanager
async def _bot(config: Settings, tools: Path) -> AsyncIterator[Lanes]:
    """The bot, connected to both."""
    built = assembled(config, ("slack", "discord"), assistant=_assistant(config), tools=[tools])
    async with built as (platforms, lanes):
        connected = [asyncio.Event() for _ in platforms]
        keeping = [
            asyncio.create_task(keep(platform, event.set))
            for platform, event in zip(platforms, connected, strict=True)
        ]
        try:
            await asyncio.gather(*(event.wait() for event in connected))
            yield lanes
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
