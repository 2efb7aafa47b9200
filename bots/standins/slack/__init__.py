"""Slack on 127.0.0.1: Web API and Socket Mode, as strict as the real ones."""

from bots.standins.slack.api import Call
from bots.standins.slack.commands import Reply
from bots.standins.slack.file import File, Upload
from bots.standins.slack.message import Ephemeral, Post
from bots.standins.slack.standin import SlackStandin
from bots.standins.slack.timing import Timing

__all__ = ["Call", "Ephemeral", "File", "Post", "Reply", "SlackStandin", "Timing", "Upload"]
