"""Asking the services: one short request each, through the proxy of the environment."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from bots.intake.connector import Connector
from bots.version import DISTRIBUTION
from core.errors import loggable

SECONDS = 5.0
"""Seconds a service has to answer."""
AGENT = f"DiscordBot ({DISTRIBUTION}, 1)"
"""Discord answers only what names itself so; the others take any."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 where nothing came, and `problem` then says why. `body`: None unless it was JSON."""

    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body where it is an object, else nothing."""
        return self.body if isinstance(self.body, dict) else {}


class Web:
    """Asks, and remembers by how many seconds each service's clock is ahead of ours."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.ahead: dict[str, float] = {}
        """By the service's name."""

    async def ask(self, service: str, method: str, url: str, key: str, **more: Any) -> Answer:
        """The answer. `key`: the value of the header Authorization; `more`: see aiohttp. Never raises."""
        headers = {"Authorization": key, "User-Agent": AGENT}
        asked = time.time()
        try:
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            request = self._session.request(
                method, url, headers=headers, timeout=timeout, allow_redirects=False, **more
            )
            async with request as response:
                self._compare(service, response.headers.get("Date", ""), asked)
                return Answer(response.status, _json(await response.read()), response.headers)
        except TimeoutError:
            return Answer(problem=f"no answer within {SECONDS:.0f} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            return Answer(problem=loggable(inner))  # nothing of what was sent

    def _compare(self, service: str, date: str, asked: float) -> None:
        with contextlib.suppress(ValueError, TypeError):
            told = parsedate_to_datetime(date).timestamp() + 0.5  # it tells whole seconds
            self.ahead[service] = told - (asked + time.time()) / 2


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Web]:
    """For as long as some checks take."""
    async with aiohttp.ClientSession(connector=Connector(limit=0)) as session:
        yield Web(session)
