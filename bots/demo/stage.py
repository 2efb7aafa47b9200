"""The demo's stage: stand-ins, offline model, page and simulator, and the bot in its process between them."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from bots import older_demo
from bots.demo import api
from bots.demo.folder import Folder
from bots.demo.forward import Forwarder
from bots.demo.order import Order
from bots.demo.process import BotProcess
from bots.demo.server import served
from bots.demo.simulator.routes import routes
from bots.demo.simulator.simulator import Simulator
from bots.demo.simulator.trouble import Model
from bots.demo.takeover import DATABASE, take_over
from bots.demo.terminal.people import DISCORD_USER, SLACK_USER, DiscordPerson, Person, SlackPerson
from bots.demo.terminal.words import command
from bots.demo.town import furnish
from core.api.console.sessions import Sessions
from core.settings import INSTRUCTIONS, Settings
from core.settings.http import CONSOLE, SERVED
from core.store import approvals, runs, threads
from core.store.database import Database
from core.store.reading import Reading
from standins.discord import DiscordStandin
from standins.openai import OpenAIStandin
from standins.script.offline import Offline
from standins.slack import SlackStandin

FREE: Final[Mapping[str, Any]] = {"openai_api_key": "offline", "openai_features": "full"}
"""Settings of the model that is none."""
PACE: Final[Mapping[bool, Mapping[str, float]]] = {True: {}, False: {"delay": 0.0}}
"""How fast it speaks, where somebody sees it and where nobody does."""


class Before(NamedTuple):
    """What the last demos left: whether anything is remembered, and whether an answer was cut off."""

    remembered: bool
    cut_off: bool
    elsewhere: Path | None
    """A database of an older demo that had to stay where it is."""


class Stage(NamedTuple):
    """A demo whose bot is connected."""

    folder: Folder
    bot: BotProcess
    people: dict[str, Person]
    lines: str
    """What a browser opens, and what programs are told."""
    before: Before
    offline: bool
    """Whether the model is the one that needs no key."""


@contextlib.asynccontextmanager
async def staged(settings: Settings, bot: BotProcess, spool: str, *, seen: bool) -> AsyncIterator[Stage]:
    """Entered once the bot is connected; on leaving it has ended. Raises ConfigError.

    `seen`: somebody watches answers grow. A program types faster than Discord lets anybody be answered.
    """
    folder = Folder(settings.data_dir)
    elsewhere = take_over(settings.data_dir, folder)
    offline = not (settings.openai_api_key or settings.openai_base_url)
    async with contextlib.AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackStandin())
        discord = await stack.enter_async_context(DiscordStandin(limits=seen))
        furnish(slack, discord, settings.language)
        config, model = _local(settings, folder, slack, discord), None
        if offline:
            script = Offline(usual=INSTRUCTIONS, command=command(folder.path, spool), **PACE[seen])
            model = Model(await stack.enter_async_context(OpenAIStandin(script, models=None)), script)
            config = dataclasses.replace(config, openai_base_url=model.server.base_url, **FREE)
        db = stack.enter_context(contextlib.closing(Database(folder.path / DATABASE)))
        before, secret = await _looked_back(db, elsewhere), await api.key(db)
        simulator = Simulator(slack, discord, model, bot, Reading(folder.path / DATABASE))
        stack.push_async_callback(simulator.close)
        forwarder, sessions = await stack.enter_async_context(Forwarder(bot)), Sessions(db, None)
        own = routes(simulator, sessions)
        url = await stack.enter_async_context(served(config, sessions, own, forwarder))
        stack.callback(simulator.feed.close)
        config = dataclasses.replace(config, http=url.removeprefix("http://"))
        bot.begin(Order(config, folder.tools(config.tools_directory), offline))
        stack.push_async_callback(bot.end)  # the first to go
        await bot.connected()
        people: dict[str, Person] = {"slack": SlackPerson(slack), "discord": DiscordPerson(discord)}
        yield Stage(folder, bot, people, api.lines(url, secret), before, offline)


async def _looked_back(db: Database, elsewhere: Path | None) -> Before:
    """Chats begin empty each time: a question of a demo that was killed can be answered by nobody."""
    left = await db(lambda tx: runs.unfinished(tx, ("slack", "discord")))
    for person in older_demo.PEOPLE:
        await db(partial(approvals.refuse_person, person=person))
    remembered = await db(lambda tx: threads.remembered(tx, older_demo.PEOPLE))
    return Before(remembered, bool(left), elsewhere)


def _local(settings: Settings, folder: Folder, slack: SlackStandin, discord: DiscordStandin) -> Settings:
    """The settings with both networks replaced, and the demo's own folder."""
    return dataclasses.replace(
        settings,
        data_dir=folder.path,
        tools_dir=str(settings.tools_directory),
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        discord_bot_token=discord.token,
        discord_api_url=discord.api_url,
        discord_gateway_url=discord.gateway_url,
        admins=(*settings.admins, SLACK_USER, DISCORD_USER),
        http=api.address(settings.http),
        http_serve=(*SERVED, CONSOLE),
        feedback=True,
    )
