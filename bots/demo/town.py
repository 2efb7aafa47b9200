"""Who and what there is in the demo: three people, and where they meet on its Slack and on its Discord.

Always the same ids, so that the demo's memory lasts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

from bots import older_demo
from standins.discord import DiscordStandin
from standins.slack import SlackStandin

BOT: Final = "Spool"
SLACK_CHANNEL: Final = "C0GENERAL1"
SERVER, DISCORD_CHANNEL = "400000000000000001", "400000000000000002"
GENERAL: Final = "general"
"""What both channels are called."""
LOCALES: Final = {"en": ("en-US", "en-US"), "ko": ("ko-KR", "ko")}
"""What people's Slack and Discord are set to."""


@dataclass(frozen=True, slots=True)
class Resident:
    """The ids of a person on both networks, and of their direct talks with the bot."""

    name: str
    slack: str
    discord: str
    slack_talk: str
    discord_talk: str


PEOPLE: Final = (
    Resident("Mina", *older_demo.PEOPLE, "D0MINA0001", "300000000000000001"),
    Resident("Jonas", "U0JONAS001", "200000000000000002", "D0JONAS001", "300000000000000002"),
    Resident("Ari", "U0ARI00001", "200000000000000003", "D0ARI00001", "300000000000000003"),
)
"""The first is the person at the terminal, and an admin."""


def furnish(slack: SlackStandin, discord: DiscordStandin, language: str) -> None:
    """All of it, in stand-ins that are empty."""
    discord.add_guild(SERVER, "Acme")
    discord.add_channel(SERVER, DISCORD_CHANNEL, GENERAL)
    for one in PEOPLE:
        on_slack, on_discord = LOCALES[language]
        slack.set_locale(one.slack, on_slack)
        slack.workspace.person(one.slack).name = one.name
        slack.add_dm(one.slack_talk, one.slack)
        discord.add_user(one.discord, one.name, locale=on_discord)
        discord.add_dm(one.discord_talk, one.discord)
    manifest = resources.files("bots.slack").joinpath("manifest.yaml").read_text("utf-8")
    slack.workspace.commands = frozenset(re.findall(r"command: (/\w+)", manifest))
    slack.add_channel(SLACK_CHANNEL, members=[one.slack for one in PEOPLE], bot_in=True).name = GENERAL
