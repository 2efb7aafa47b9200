"""A strict, protocol-faithful local stand-in for Discord: REST v10 and gateway v10."""

from __future__ import annotations

from standins.discord.attachment import Attachment, Upload
from standins.discord.command import Reply
from standins.discord.message import Message as Post
from standins.discord.request import Call
from standins.discord.rules import Rules
from standins.discord.standin import DiscordStandin

__all__ = ["Attachment", "Call", "DiscordStandin", "Post", "Reply", "Rules", "Upload"]
