"""`python -m bots demo`: the real bot with its real SDKs, against stand-ins on this machine.

No account, no key, no network. What is typed goes to the local Slack or Discord as a person's message; what
the bot posts there is printed as it grows. With OPENAI_API_KEY or OPENAI_BASE_URL set, the model is that one.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import signal
import sys
from collections.abc import AsyncIterator

from bots.demo.people import DiscordPerson, Person, SlackPerson
from bots.demo.terminal import Lines, Screen
from bots.run import assembled
from bots.standins.discord import DiscordStandin
from bots.standins.openai import OpenAIStandin
from bots.standins.slack import SlackStandin
from bots.supervisor import keep
from core.database import data_directory, only_runner
from core.lanes import Lanes
from core.script import Offline
from core.settings import Settings

HELP = """\
Type a message. Commands:
  /slack    go to Slack, where you mention the bot in #general
  /discord  go to Discord, where you write to the bot directly
  /reset    start a fresh conversation      /stop  end the answer      /quit  leave
"""


async def talk(settings: Settings) -> None:
    """Talk until standard input ends or /quit; every message is answered before this returns."""
    logging.getLogger().setLevel(logging.WARNING)  # the terminal belongs to the conversation
    data_directory(settings.data_dir)
    with only_runner(settings.data_dir):
        async with contextlib.AsyncExitStack() as stack:
            slack = await stack.enter_async_context(SlackStandin())
            discord = await stack.enter_async_context(DiscordStandin())
            people: dict[str, Person] = {"slack": SlackPerson(slack), "discord": DiscordPerson(discord)}
            config = await _local(settings, slack, discord, stack)
            lanes = await stack.enter_async_context(_bot(config))
            await _converse(people, lanes, offline=config.openai_api_key == "offline")


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
    )
    if settings.openai_api_key or settings.openai_base_url:
        return config
    openai = await stack.enter_async_context(OpenAIStandin(Offline(), models=None))
    return dataclasses.replace(config, openai_base_url=openai.base_url, openai_api_key="offline")


@contextlib.asynccontextmanager
async def _bot(config: Settings) -> AsyncIterator[Lanes]:
    """The bot, connected to both."""
    async with assembled(config, ("slack", "discord")) as (platforms, lanes):
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


async def _converse(people: dict[str, Person], lanes: Lanes, *, offline: bool) -> None:
    screen, lines, person = Screen(), Lines(), people["slack"]
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lines.end)
    model = "an offline model" if offline else "your model"
    screen.write(f"Spool's demo: a local Slack, a local Discord and {model}.\n{HELP}")
    while not lines.ended:
        screen.write(f"\n[{person.name}] You: ")
        line = await lines.next()
        if line is None or line == "/quit":
            break
        if not sys.stdin.isatty():
            screen.write(f"{line}\n")
        if line in ("/slack", "/discord"):
            person = people[line[1:]]
        elif line == "/help":
            screen.write(HELP)
        elif line == "/reset":
            screen.write(f"[{person.name}] (only you see this) {await person.reset()}\n")
        elif line.strip():
            await (person.stop() if line == "/stop" else person.say(line))
            await _watch(person, screen, lanes, lines)
    screen.write("\n")


async def _watch(person: Person, screen: Screen, lanes: Lanes, lines: Lines) -> None:
    """Print the answer as it grows, until it is whole; at a terminal a line typed meanwhile goes out."""
    accepted = False
    while not lines.ended:
        known = person.seen()
        screen.update(person)
        accepted = accepted or lanes.busy
        if accepted and not lanes.busy:
            screen.update(person)
            screen.write("\n")
            return
        if sys.stdin.isatty() and lines.waiting():
            return
        with contextlib.suppress(TimeoutError):
            await person.changed(known)
