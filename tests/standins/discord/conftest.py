"""The Discord stand-in, with the DM of PERSON, and its clients."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from standins.discord import DiscordStandin
from tests.standins.discord.clients import CHANNEL, PERSON, Api, Bot, Socket, bare, gateway, running


@pytest.fixture
async def d(request: pytest.FixtureRequest) -> AsyncIterator[DiscordStandin]:
    async with DiscordStandin(**getattr(request, "param", {})) as standin:
        standin.add_dm(CHANNEL, PERSON)
        yield standin


@pytest.fixture
def room(d: DiscordStandin) -> str:
    """A channel in a server."""
    return d.add_channel(d.add_guild())


@pytest.fixture
async def api(d: DiscordStandin) -> AsyncIterator[Api]:
    async with bare(d) as client:
        yield client


@pytest.fixture
async def socket(d: DiscordStandin) -> AsyncIterator[Socket]:
    async with gateway(d) as client:
        yield client


@pytest.fixture
async def bot(d: DiscordStandin, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    async with running(d, Bot(), monkeypatch) as client:
        yield client
