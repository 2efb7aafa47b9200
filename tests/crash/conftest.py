"""What every test that kills the product needs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.crash.process import Forks, fork_server


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Processes of the product in milliseconds; it is imported once for each of pytest's workers."""
    with fork_server() as forks:
        yield forks


@pytest.fixture(autouse=True)
def _hung_up_on(caplog: pytest.LogCaptureFixture) -> None:
    """The stand-ins' server logs each client that dies, or listens no more, in the middle of an answer."""
    caplog.set_level(logging.CRITICAL, "aiohttp.server")
