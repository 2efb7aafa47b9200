"""Access: which hosts are answered, whose key it is, and how much one key may ask for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Final

from aiohttp import web

from core.api.key import Key
from core.api.refusal import Refusal

LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
Find = Callable[[str], Awaitable[Key | None]]
"""Whose a secret is."""
AT_ONCE: Final = 1000
"""Requests of one key under way at once, open streams among them."""
SHOWN: Final = 4
"""Characters of a wrong key that are repeated, at each end of one that is long enough."""


def host_allowed(request: web.Request, hosts: Collection[str]) -> bool:
    """Whether it names a host of ours: what a page of a stranger asks for names the stranger's.

    A proxy's way of asking (`GET http://host/`) names a second one.
    """
    named = request.headers.getall("Host", [])
    if len(named) != 1 or not request.raw_path.startswith(("/", "*")):
        return False
    host, colon, port = named[0].rpartition(":")
    if not colon or not port.isdecimal() or named[0].endswith("]"):
        host = named[0]
    return host.lower().rstrip(".") in hosts


class Access:
    """Says whose request it is, and counts. Nothing of a refused one is read."""

    def __init__(self, find: Find, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._find, self._per_minute, self._clock = find, per_minute, clock
        self._left: dict[str, tuple[float, float]] = {}
        """By key: how many requests it may send at once, and at what time that was so."""
        self._open: dict[str, int] = {}

    async def key_of(self, request: web.Request) -> Key:
        """Whose it is. Raises Refusal."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        secret = secret.strip()
        if scheme.lower() != "bearer" or not secret:
            raise Refusal(
                "You didn't provide an API key. Send it in the header Authorization: Bearer YOUR_KEY; "
                "`spool keys create NAME` makes one.",
                status=401,
            )
        key = await self._find(secret)
        if key is None:
            told = f"Incorrect API key provided: {_masked(secret)}. `spool keys list` shows which there are."
            raise Refusal(told, status=401, code="invalid_api_key")
        return key

    @contextlib.contextmanager
    def admitted(self, key: Key) -> Iterator[None]:
        """For as long as the request takes. Raises Refusal where it is one too many."""
        self._count(key)
        if self._open.get(key.id, 0) >= AT_ONCE:
            told = f"{AT_ONCE} requests of this key are open. Wait until one has ended."
            raise _too_many(told, "too_many_requests", 1.0)
        self._open[key.id] = self._open.get(key.id, 0) + 1
        try:
            yield
        finally:
            self._open[key.id] -= 1

    def _count(self, key: Key) -> None:
        """A minute's requests may come at once; after that as many as are refilled."""
        most, now = float(self._per_minute), self._clock()
        left, at = self._left.get(key.id, (most, now))
        left = min(most, left + (now - at) * most / 60)
        self._left[key.id] = max(left - 1, 0.0) if left >= 1 else left, now
        if left < 1:
            told = f"Rate limit reached: {most:.0f} requests a minute (API_REQUESTS_PER_MINUTE)."
            wait = (1 - left) * 60 / most
            raise _too_many(f"{told} Try again in {wait:.1f} s.", "rate_limit_exceeded", wait)


def _too_many(told: str, code: str, seconds: float) -> Refusal:
    return Refusal(told, status=429, code=code, retry_after=seconds)


def _masked(secret: str) -> str:
    """Its ends, for whoever looks for it; nothing of one that is short."""
    shown = "".join(letter if "!" <= letter <= "~" else "?" for letter in secret)
    if len(shown) < 4 * SHOWN:
        return "*" * min(len(shown), 4 * SHOWN)
    return f"{shown[:SHOWN]}{'*' * 8}{shown[-SHOWN:]}"
