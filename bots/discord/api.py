"""Calls of Discord's REST API through discord.py's rate limiter, with errors sorted by what we do about them.

Everything here needs only ids: no gateway and no cache. Error codes:
https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route

from bots.replies.posts import Gone, Unclear
from core.errors import Retryable, SpoolError, TooLarge, Unreachable

UNKNOWN_MESSAGE, ENTITY_TOO_LARGE = 10008, 40005
LARGEST_FILE = 10 * 1024**2
"""Bytes of a file in any server; a boosted one takes more, which a bot is not told."""
NO_PINGS = {"parse": [], "replied_user": False}
"""Sent with every create and every edit: an edit without it would parse the text for pings again."""
SUPPRESS_EMBEDS = 4
PAGE = 100


class DiscordApi:
    """The calls we make. Raises Retryable, Gone or Unreachable."""

    def __init__(self, http: HTTPClient) -> None:
        self._http = http

    async def call(self, method: str, path: str, body: Any = None, **route: Any) -> Any:
        """One request; `route` fills the path and `query` the query string.

        `form` goes instead of a body; `files` are those in it, rewound before each of the SDK's own attempts.
        """
        query, form, files = route.pop("query", None), route.pop("form", None), route.pop("files", None)
        try:
            more: dict[str, Any] = {} if body is None else {"json": body}
            more |= ({"params": query} if query else {}) | ({"form": form, "files": files} if form else {})
            return await self._http.request(Route(method, path, **route), **more)
        except discord.HTTPException as error:
            raise _sorted(error) from error
        except discord.RateLimited as error:
            raise Retryable("rate_limited", retry_after=error.retry_after) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unclear(type(error).__name__) from error

    async def post(
        self, channel: str, body: dict[str, Any], file: tuple[str, str, bytes] | None = None
    ) -> dict[str, Any]:
        """Create a message, with a file (name, MIME type, bytes) or without.

        With a nonce, doing it twice within minutes gives the first one again. Raises TooLarge, too.
        """
        body = {"allowed_mentions": NO_PINGS, "flags": SUPPRESS_EMBEDS, **body}
        path = "/channels/{channel_id}/messages"
        sent: dict[str, Any] = {"body": body} if file is None else _form(body, *file)
        created: dict[str, Any] = await self.call("POST", path, **sent, channel_id=channel)
        return created

    async def edit(self, channel: str, message: str, body: dict[str, Any]) -> None:
        """Replace the content of an own message."""
        body = {"allowed_mentions": NO_PINGS, "flags": SUPPRESS_EMBEDS, **body}
        await self.call(
            "PATCH",
            "/channels/{channel_id}/messages/{message_id}",
            body,
            channel_id=channel,
            message_id=message,
        )

    async def delete(self, channel: str, message: str) -> None:
        """Delete an own message."""
        path = "/channels/{channel_id}/messages/{message_id}"
        await self.call("DELETE", path, channel_id=channel, message_id=message)

    async def history(self, channel: str, after: int) -> list[dict[str, Any]]:
        """Up to PAGE messages after that id, oldest first."""
        query = {"after": str(after), "limit": str(PAGE)}
        page = await self.call("GET", "/channels/{channel_id}/messages", channel_id=channel, query=query)
        return sorted(page, key=lambda message: int(message["id"]))

    async def typing(self, channel: str) -> None:
        """Show the typing indicator for ten seconds."""
        await self.call("POST", "/channels/{channel_id}/typing", channel_id=channel)


def _form(body: dict[str, Any], name: str, kind: str, content: bytes) -> dict[str, Any]:
    payload = json.dumps(body | {"attachments": [{"id": 0, "filename": name}]})
    given = discord.File(io.BytesIO(content), filename=name)
    form = [
        {"name": "payload_json", "value": payload},
        {"name": "files[0]", "value": given.fp, "filename": name, "content_type": kind},
    ]
    return {"form": form, "files": [given]}


def _sorted(error: discord.HTTPException) -> SpoolError:
    name = f"{error.status}:{error.code}"
    if error.status == 413 or error.code == ENTITY_TOO_LARGE:
        return TooLarge(LARGEST_FILE)
    if error.status in (401, 429):
        return Retryable(name, retry_after=_retry_after(error))
    if error.status == 408 or error.status >= 500:
        return Unclear(name)
    if error.code == UNKNOWN_MESSAGE:
        return Gone(name)
    return Unreachable(f"{name} {error.text[:100]}")


def _retry_after(error: discord.HTTPException) -> float:
    """Seconds; 30 where nothing sensible is said. discord.py itself has waited for ordinary limits."""
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return 30.0
