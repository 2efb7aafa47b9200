"""`spool demo`: the real bot with its real SDKs, against stand-ins on this machine.

No account. What is typed goes to the local Slack or Discord as a person's message; what the bot posts there
is printed as it grows. With OPENAI_API_KEY or OPENAI_BASE_URL set, the model is that one, and is paid for;
otherwise there is no key and no network.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

from bots import older_demo
from bots.app import Running, assembled
from bots.demo import api
from bots.demo.conversation import Conversation
from bots.demo.folder import Folder
from bots.demo.history import History
from bots.demo.keyboard import keyboard
from bots.demo.people import DISCORD_USER, SLACK_USER, DiscordPerson, Person, SlackPerson
from bots.demo.screen import Screen
from bots.demo.takeover import DATABASE, take_over
from bots.demo.words import Words, command, words
from bots.intake.connection import keep
from core.assistants.of_settings import settings_assistant
from core.settings import INSTRUCTIONS, Settings
from core.settings.http import CONSOLE, SERVED
from core.store import approvals, runs, threads
from core.store.data_dir import only_runner
from core.store.database import Database
from core.types import Assistant
from standins.discord import DiscordStandin
from standins.openai import OpenAIStandin
from standins.script.offline import Offline
from standins.slack import SlackStandin

OFFLINE: Final = "offline"
"""The key of the model that is none."""
LOCALES: Final = {"en": ("en-US", "en-US"), "ko": ("ko-KR", "ko")}
"""What the person's Slack and Discord are set to."""


async def talk(settings: Settings, spool: str = "spool") -> None:
    """Talk until standard input ends or /quit; every message is answered before this returns.

    `spool`: what the person typed to get here.
    """
    logging.getLogger().setLevel(logging.WARNING)
    folder = Folder(settings.data_dir)
    said = words(settings.language, folder.path, spool)
    own = dataclasses.replace(settings, data_dir=folder.path, tools_dir=str(settings.tools_directory))
    with only_runner(folder.path):
        left = take_over(settings.data_dir, folder)
        async with contextlib.AsyncExitStack() as stack:
            slack = await stack.enter_async_context(SlackStandin())
            discord = await stack.enter_async_context(DiscordStandin())
            locales = LOCALES[settings.language]
            people: dict[str, Person] = {
                "slack": SlackPerson(slack, locales[0]),
                "discord": DiscordPerson(discord, locales[1]),
            }
            config = await _local(own, slack, discord, stack, spool)
            before = await _looked_back(folder.path / DATABASE)
            secret = await api.key(folder.path / DATABASE)
            running = await stack.enter_async_context(_bot(config, folder.tools(config.tools_directory)))
            _keep_the_terminal()
            screen = Screen(folder, said)
            typed = stack.enter_context(contextlib.closing(keyboard(History(folder.history), screen.write)))
            greeting = _greeting(config, said, before, left)
            await Conversation(people, running.lanes, screen, said).hold(
                greeting, typed, api.lines(running.url, secret)
            )


def _keep_the_terminal() -> None:
    """From here on it belongs to the conversation; a log that goes elsewhere keeps its warnings."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream.isatty():
            handler.setLevel(logging.ERROR)


@dataclasses.dataclass(frozen=True, slots=True)
class Before:
    """What the last demos left: whether anything is remembered, and whether an answer was cut off."""

    remembered: bool
    cut_off: bool


async def _looked_back(path: Path) -> Before:
    """Chats begin empty each time: a question of a demo that was killed can be answered by nobody."""
    db = Database(path)
    try:
        left = await db(lambda tx: runs.unfinished(tx, ("slack", "discord")))
        for person in older_demo.PEOPLE:
            await db(partial(approvals.refuse_person, person=person))
        remembered = await db(lambda tx: threads.remembered(tx, older_demo.PEOPLE))
    finally:
        db.close()
    return Before(remembered=remembered, cut_off=bool(left))


def _greeting(config: Settings, said: Words, before: Before, left: Path | None) -> str:
    return "".join(
        (
            said.greeting if _is_offline(config) else said.greeting_own,
            said.remembers if before.remembered else "",
            said.cut_off if before.cut_off else "",
            said.kept_apart.format(path=left) if left else "",
            said.help,
            said.tries,
        )
    )


def _is_offline(config: Settings) -> bool:
    return config.openai_api_key == OFFLINE


async def _local(
    settings: Settings,
    slack: SlackStandin,
    discord: DiscordStandin,
    stack: contextlib.AsyncExitStack,
    spool: str,
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
        answer_buttons=False,  # a terminal has no room for them
        http=api.address(settings.http),
        http_serve=(*SERVED, CONSOLE),
    )
    if settings.openai_api_key or settings.openai_base_url:
        return config
    pace = {} if sys.stdout.isatty() else {"delay": 0.0}  # nobody watches a pipe grow word by word
    offline = Offline(usual=INSTRUCTIONS, command=command(settings.data_dir, spool), **pace)
    openai = await stack.enter_async_context(OpenAIStandin(offline, models=None))
    return dataclasses.replace(
        config, openai_base_url=openai.base_url, openai_api_key=OFFLINE, openai_features="full"
    )


def _assistant(config: Settings) -> Assistant:
    """That of the settings; with the offline model it has what the server carries out, too.

    With a model of one's own it is the very one that `run` has: those tools may cost something.
    """
    own = settings_assistant(config)
    hosted = ({"type": "code_interpreter"}, {"type": "image_generation"})
    more = [one for one in hosted if one not in own.tools]
    return dataclasses.replace(own, tools=(*own.tools, *more)) if _is_offline(config) else own


@contextlib.asynccontextmanager
async def _bot(config: Settings, tools: Path) -> AsyncIterator[Running]:
    """The bot, connected to both."""
    built = assembled(config, ("slack", "discord"), assistant=_assistant(config), tools=[tools])
    async with built as running:
        connected = [asyncio.Event() for _ in running.platforms]
        keeping = [
            asyncio.create_task(keep(platform, event.set))
            for platform, event in zip(running.platforms, connected, strict=True)
        ]
        try:
            await asyncio.gather(*(event.wait() for event in connected))
            yield running
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
