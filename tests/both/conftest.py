"""The whole product between real sockets: chat networks on one side, a model server with everything it has on
the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import bots.discord.platform
import bots.slack.platform  # noqa: F401
import core.model_server.model
import core.model_server.service  # noqa: F401
from standins.discord import DiscordStandin
from standins.slack import SlackStandin
from tests.both.chats import Chat
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import Office
from tests.conftest import Product
from tests.discord import conversation as discord_conversation
from tests.discord.people import GUILD, ROOM
from tests.slack import conversation as slack_conversation
from tests.slack.conftest import USUAL


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandin]:
    """A workspace without rate limits; whatever happens in a test, nothing unseemly is posted there."""
    async with SlackStandin(**USUAL) as standin:
        yield standin
        assert [] == slack_conversation.unseemly(standin)


@pytest.fixture
async def discord() -> AsyncIterator[DiscordStandin]:
    """A server with one channel and no rate limits; nothing unseemly is posted there either."""
    async with DiscordStandin(limits=False) as standin:
        standin.add_channel(GUILD, ROOM)
        yield standin
        assert [] == discord_conversation.unseemly(standin)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "data")


@pytest.fixture(params=["slack", "discord"])
def chat(request: pytest.FixtureRequest, office: Office) -> Chat:
    """A channel with two people in it, once on each network."""
    standin: Any = request.getfixturevalue(request.param)
    return SlackChat(standin, office) if request.param == "slack" else DiscordChat(standin, office)


@pytest.fixture
def spool(request: pytest.FixtureRequest) -> Product:
    """`product` with a model server that has every tool; connected to the networks the test asks for."""
    if "chat" in request.fixturenames:
        request.getfixturevalue("chat")  # before the product looks which networks there are
    run: Product = request.getfixturevalue("product")
    return partial(run, openai_features="full")
