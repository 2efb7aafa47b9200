"""A workspace with C1 (the app in it), C2 and G2 (it is not), without rate limits; and a client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from standins.slack import SlackStandin
from tests.standins.slack.clients import web_client


@pytest.fixture
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[SlackStandin]:
    """An agent app where a test asks for it."""
    async with SlackStandin(limits=False, agent_app=getattr(request, "param", False)) as standin:
        standin.add_channel("C1", ["U1", "U2"])
        standin.add_channel("C2", bot_in=False)
        standin.add_channel("G2", bot_in=False)
        yield standin


@pytest.fixture
async def client(slack: SlackStandin) -> AsyncIterator[AsyncWebClient]:
    async with web_client(slack) as made:
        yield made
