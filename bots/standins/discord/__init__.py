"""A strict, protocol-faithful local stand-in for Discord: REST v10 and gateway v10."""

from __future__ import annotations

from bots.standins.discord.attachment import Attachment, Upload
from bots.standins.discord.interaction import Reply
from bots.standins.discord.message import Post
from bots.standins.discord.request import Call
from bots.standins.discord.rules import Rules
from bots.standins.discord.standin import DiscordStandin

__all__ = ["Attachment", "Call", "DiscordStandin", "Post", "Reply", "Rules", "Upload"]
