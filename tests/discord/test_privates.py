"""What we use of discord.py without its word for it is still there, in the one minor version we allow."""

from __future__ import annotations

import inspect
import tomllib
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name

import discord
import pytest
from discord.gateway import DiscordWebSocket

from bots.discord.gateway import PRIVATES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("owner", "member"), [(owner, one) for owner in PRIVATES for one in PRIVATES[owner]])
def test_each_private_is_where_it_was(owner, member):
    """As a member of the class, or annotated or set in its source as one of its instances."""
    kind = resolve_name(owner)
    assert (
        hasattr(kind, member) or member in kind.__annotations__ or f"self.{member}" in inspect.getsource(kind)
    )


def test_a_session_is_opened_with_what_we_give():
    """A resume from another process is nothing but these arguments."""
    given = set(inspect.signature(DiscordWebSocket.from_client).parameters)
    assert {"initial", "gateway", "session", "sequence", "resume"} <= given
    assert "code" in inspect.signature(DiscordWebSocket.close).parameters


def test_handlers_are_taken_by_their_event():
    """The parsers of a client are a dictionary of its own, by the names of the gateway's events."""
    one, other = (discord.Client(intents=discord.Intents.none())._connection.parsers for _ in range(2))
    assert one is not other
    assert {"MESSAGE_CREATE", "READY", "RESUMED"} <= set(one)


def test_no_other_minor_version_is_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    (pinned,) = (line for line in project["dependencies"] if line.startswith("discord.py"))
    assert pinned.endswith(",<2.8")
    assert version("discord.py").startswith("2.7.")
