"""The usual server of these tests, and what must hold at the end of every one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import core.model_server.model  # noqa: F401 - imported here once, not while the first test waits
from standins.discord import DiscordStandin
from tests.discord.conversation import unseemly
from tests.discord.people import GUILD, ROOM
from tests.slack.stage import Stage


@pytest.fixture
def script() -> Stage:
    return Stage()


@pytest.fixture
async def discord(request: pytest.FixtureRequest) -> AsyncIterator[DiscordStandin]:
    """Discord without rate limits, with one server; `conversation.discord_with` changes it for one test."""
    how: dict[str, Any] = {"limits": False, **getattr(request, "param", {})}
    async with DiscordStandin(**how) as standin:
        standin.add_channel(GUILD, ROOM)
        yield standin
        assert [] == unseemly(standin)
