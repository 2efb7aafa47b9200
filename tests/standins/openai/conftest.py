"""The OpenAI stand-in playing a script, and the SDK's client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI

from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.standins.openai.clients import served


@pytest.fixture
def script() -> Scenario:
    return Scenario()


@pytest.fixture
async def _served(
    script: Scenario, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[OpenAIStandin, AsyncOpenAI]]:
    async with served(script, **getattr(request, "param", {})) as made:
        yield made


@pytest.fixture
def api(_served: tuple[OpenAIStandin, AsyncOpenAI]) -> OpenAIStandin:
    return _served[0]


@pytest.fixture
def client(_served: tuple[OpenAIStandin, AsyncOpenAI]) -> AsyncOpenAI:
    return _served[1]
