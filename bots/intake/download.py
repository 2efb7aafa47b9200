"""Fetching a file over HTTP: bounded while it is read, never redirected; errors say what to do about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from core.errors import FileRefused, Retryable, SpoolError

TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)
_CHUNK = 65536
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
"""Not the zone of an IPv6 address, say, whose end may be any name."""
_STATUSES = {401: "file_forbidden", 403: "file_forbidden", 404: "file_deleted", 410: "file_deleted"}


class Redirected(SpoolError):
    """The server sends us elsewhere; the text is where to."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts files may be fetched from, over https. `api` is the address of the platform's API.

    Where that is not in the domain `usual` (a stand-in, a proxy), its origin and its subdomains are too.
    """

    api: str
    usual: str
    own: frozenset[str]
    domains: tuple[str, ...] = ()
    """Domains all of whose subdomains are allowed, as ".slack.com"."""

    def allowed(self, address: str) -> URL | None:
        """The address as it will be asked for, None when it may not be."""
        try:
            url, api = URL(address), URL(self.api)
            strange = url.user or url.password or not url.host or "\\" in address
            if not strange and (self._ours(url) or self._beside(url, api)):
                return url
        except ValueError:
            pass
        return None

    def _ours(self, url: URL) -> bool:
        host = url.host or ""
        known = host in self.own or (host.endswith(self.domains) and _HOST.fullmatch(host))
        return bool(known) and url.scheme == "https" and url.port == 443

    def _beside(self, url: URL, api: URL) -> bool:
        if not api.host or api.host == self.usual or api.host.endswith(f".{self.usual}"):
            return False
        below = (url.host or "").endswith(f".{api.host}") and url.scheme == "https"
        return url.origin() == api.origin() or below


async def download(
    session: aiohttp.ClientSession, url: URL, limit: int, headers: Mapping[str, str] | None = None
) -> tuple[str, bytes]:
    """The type the server claims, in lower case and without parameters, and at most `limit` bytes.

    Raises FileRefused, Retryable or Redirected.
    """
    given = {"Accept-Encoding": "identity", **(headers or {})}  # else a few bytes could become very many
    try:
        async with session.get(
            url,
            headers=given,
            allow_redirects=False,
            timeout=TIMEOUT,
            raise_for_status=False,
        ) as response:
            _check(response, limit)
            return response.content_type.casefold(), await _body(response.content, limit)
    except (
        aiohttp.ClientError,
        TimeoutError,
        OSError,
        RuntimeError,
    ) as error:  # RuntimeError: session closed
        raise Retryable(type(error).__name__) from error


def _check(response: aiohttp.ClientResponse, limit: int) -> None:
    status = response.status
    if 300 <= status < 400:
        raise Redirected(response.headers.get("Location", ""))
    if status in (408, 425, 429) or status >= 500:
        raise Retryable(f"http_{status}", retry_after=_seconds(response.headers.get("Retry-After", "")))
    if status != 200:
        raise FileRefused(_STATUSES.get(status, "file_unavailable"))
    if response.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise FileRefused("file_unavailable")
    if (response.content_length or 0) > limit:
        raise FileRefused("file_too_large")


async def _body(stream: aiohttp.StreamReader, limit: int) -> bytes:
    parts = bytearray()
    async for part in stream.iter_chunked(_CHUNK):
        parts += part
        if len(parts) > limit:
            raise FileRefused("file_too_large")
    return bytes(parts)


def _seconds(text: str) -> float | None:
    try:
        return min(max(0.0, float(text)), 60.0)
    except ValueError:
        return None


def words(values: Iterable[object], longest: int) -> str:
    """The first that is a printable ASCII word of at most that length, "" when none is."""
    fits = (value for value in values if isinstance(value, str) and 0 < len(value) <= longest)
    return next((value for value in fits if value.isascii() and value.isprintable() and " " not in value), "")
