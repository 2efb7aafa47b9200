"""The usual server of these tests, and what must hold at the end of every one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import core.model_server.model  # noqa: F401 - imported here once, not while the first test waits
from standins.discord import DiscordStandin
from tests.discord.conversation import GUILD, ROOM, unseemly
from tests.slack.stage import Stage


@pytest.fixture(scope="session", autouse=True)
def _no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing here speaks TLS, and reading the machine's certificates costs 0.1 s for every product."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("certificates")))
        yield


@pytest.fixture
def script() -> Stage:
    """What the model says; see `Stage`."""
    return Stage()


@pytest.fixture
async def discord(request: pytest.FixtureRequest) -> AsyncIterator[DiscordStandin]:
    """Discord without rate limits, with one server; `conversation.discord_with` changes it for one test."""
    how: dict[str, Any] = {"limits": False, **getattr(request, "param", {})}
    async with DiscordStandin(**how) as standin:
        standin.add_channel(GUILD, ROOM)
        yield standin
        assert [] == unseemly(standin)
