"""Slack on 127.0.0.1: Web API and Socket Mode, as strict as the real ones."""

from standins.slack.api import Call
from standins.slack.commands import Reply
from standins.slack.file import File, Upload
from standins.slack.message import Ephemeral, Post
from standins.slack.standin import SlackStandin
from standins.slack.timing import Timing

__all__ = ["Call", "Ephemeral", "File", "Post", "Reply", "SlackStandin", "Timing", "Upload"]
