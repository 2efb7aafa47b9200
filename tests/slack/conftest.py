"""The usual workspace of these tests, and what must hold at the end of every one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import bots.slack.platform  # noqa: F401 - imported late by the product: here it costs no test its time
import core.model_server.model  # noqa: F401
from standins.slack import SlackStandin
from tests.slack.conversation import unseemly
from tests.slack.stage import Stage

USUAL: dict[str, Any] = {"limits": False, "redeliver_after": 0.5, "retry_delays": (0.1,) * 40}
"""No rate limits, and a Slack that does not wait long to repeat itself."""


@pytest.fixture
def script() -> Stage:
    return Stage()


@pytest.fixture
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[SlackStandin]:
    """The usual workspace; `conversation.workspace(...)` changes it for one test."""
    how = USUAL | getattr(request, "param", {})
    async with SlackStandin(**how) as standin:
        yield standin
        assert [] == unseemly(standin)
