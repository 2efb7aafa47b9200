"""Calls of Discord's REST API through discord.py's rate limiter, with errors sorted by what we do about them.

Everything here needs only ids: no gateway and no cache. Error codes:
https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterable
from secrets import token_hex
from typing import Any, Final

import aiohttp
import discord
from discord.http import HTTPClient, Route

from bots.replies.posts import Count, Gone, Unclear, uncounted
from core.errors import Retryable, SpoolError, TooLarge, Unreachable
from core.types import Standing

NO_MEMBER = (10007, 10013)
"""Nobody of that id is there, or anywhere."""
UNKNOWN_MESSAGE, ENTITY_TOO_LARGE, INVALID_FORM = 10008, 40005, 50035
UNKNOWN_HOOK, HOOK_OVER = 10015, 50027
NO_READING, NO_QUOTING, ARCHIVED, LOCKED = 160002, 160009, 50083, 160005
CURES: Final = {
    10003: "The channel is gone.",
    UNKNOWN_HOOK: "The command was not answered in time, so nothing can be shown. Ask again.",
    HOOK_OVER: "Discord shows the answer to a command for 15 minutes only. Ask again, or give the bot “Send "
    "Messages” there: then it answers in the channel.",
    50001: "The bot cannot see this channel: give it “View Channel” there.",
    50007: "This person takes no direct messages from the bot.",
    50013: "A permission is missing: give the bot “Send Messages” there, in threads “Send Messages in "
    "Threads”, for files “Attach Files”.",
    ARCHIVED: "The thread is archived and locked: unlock it, or give the bot “Manage Threads”.",
    LOCKED: "The thread is locked: unlock it, or give the bot “Manage Threads”.",
    NO_READING: "Give the bot “Read Message History” there.",
    200000: "AutoMod of this server does not let the text through.",
}
"""What an operator can do about a refusal."""
LARGEST_FILE = 10 * 1024**2
"""Bytes of a file in any server; a boosted one takes more, which a bot is not told."""
NO_PINGS = {"parse": [], "replied_user": False}
"""Sent with every create and every edit: an edit without it would parse the text for pings again."""
SUPPRESS_EMBEDS = 4
PAGE = 100
EPOCH = 1_420_070_400.0
_ID = re.compile(r"[0-9]{1,20}")
_POSTING: Final = {"POST": "create", "PATCH": "edit", "DELETE": "delete"}


def is_id(value: object) -> bool:
    """Whether it is an id in Discord's JSON."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def sent_at(snowflake: str) -> float:
    """When an id was made, in Unix seconds; 0 for what is none."""
    return (int(snowflake) >> 22) / 1000 + EPOCH if is_id(snowflake) else 0.0


def snowflake(at: float) -> int:
    """The smallest id that can be made at that time."""
    return max(0, int((at - EPOCH) * 1000)) << 22


class Refused(Unreachable):
    """Discord does not do that there; `about_reference`: because it would quote the question."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(f"{status}:{code} {text[:100]}")
        self.code, self.status = code, status
        self.about_reference = code in (NO_READING, NO_QUOTING) or (
            code == INVALID_FORM and "message_reference" in text
        )

    def at(self, guild: str, channel: str) -> Unreachable:
        """The same with the place, which is a link that opens it, and the cure."""
        forbidden = "The bot may not do that there: check its permissions." if self.status == 403 else ""
        place = f"https://discord.com/channels/{guild or '@me'}/{channel}"
        error = Unreachable(str(self))
        error.cure = f"at {place} {CURES.get(self.code, forbidden)}".strip()
        return error


class DiscordApi:
    """The calls we make. Raises Retryable, Gone or Refused."""

    nonces = True
    """Whether a post that is made twice within minutes is made once."""
    repeats = True
    """Whether an answer can be asked for once more where this one stands."""

    count: Count = staticmethod(uncounted)
    """Told what became of each post."""

    def __init__(self, http: HTTPClient) -> None:
        self._http = http

    async def call(self, method: str, path: str, body: Any = None, **route: Any) -> Any:
        """One request; `route` fills the path and `query` the query string.

        `form` goes instead of a body; `files` are those in it, rewound before each of the SDK's own attempts.
        """
        op = _POSTING.get(method) if "/messages" in path or path.startswith("/webhooks") else None
        code = "unclear"
        try:
            answer = await self._call(method, path, body, **route)
            code = "ok"
            return answer
        except SpoolError as error:
            code = str(error).partition(" ")[0]
            raise
        finally:
            if op:
                self.count(op, code)

    async def _call(self, method: str, path: str, body: Any, **route: Any) -> Any:
        query, parts, files = route.pop("query", None), route.pop("form", None), route.pop("files", None)
        try:
            more: dict[str, Any] = {} if body is None else {"json": body}
            more |= ({"params": query} if query else {}) | ({"form": parts, "files": files} if parts else {})
            return await self._http.request(Route(method, path, **route), **more)
        except discord.HTTPException as error:
            raise _sorted(error) from error
        except discord.RateLimited as error:
            raise Retryable("rate_limited", retry_after=error.retry_after) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unclear(type(error).__name__) from error

    def quiet(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body of a message that pings nobody and shows no previews."""
        return {"allowed_mentions": NO_PINGS, "flags": SUPPRESS_EMBEDS, **body}

    async def post(
        self, channel: str, body: dict[str, Any], file: tuple[str, str, bytes] | None = None
    ) -> dict[str, Any]:
        """Create a message, with a file (name, MIME type, bytes) or without.

        With a nonce, doing it twice within minutes gives the first one again. Raises TooLarge, too.
        """
        body = self.quiet(body)
        path = "/channels/{channel_id}/messages"
        sent: dict[str, Any] = {"body": body} if file is None else form(body, *file)
        created: dict[str, Any] = await self.call("POST", path, **sent, channel_id=channel)
        return created

    async def edit(self, channel: str, message: str, body: dict[str, Any]) -> None:
        """Replace the content of an own message."""
        body = self.quiet(body)
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

    async def unarchive(self, thread: str) -> None:
        """Open a thread again. Whoever may write there may do so, unless it is locked."""
        await self.call("PATCH", "/channels/{channel_id}", {"archived": False}, channel_id=thread)

    async def history(self, channel: str, after: int) -> list[dict[str, Any]]:
        """Up to PAGE messages after that id, oldest first."""
        query = {"after": str(after), "limit": str(PAGE)}
        page = await self.call("GET", "/channels/{channel_id}/messages", channel_id=channel, query=query)
        return sorted(page, key=lambda message: int(message["id"]))

    async def before(self, channel: str, message: str, most: int) -> list[dict[str, Any]]:
        """Up to PAGE messages before that id, oldest first."""
        query = {"before": message, "limit": str(most)}
        page = await self.call("GET", "/channels/{channel_id}/messages", channel_id=channel, query=query)
        return sorted(page, key=lambda one: int(one["id"]))

    async def direct(self, user: str, words: str) -> None:
        """Post what only that person sees; a discord.py that repeats it makes it once."""
        opened = await self.call("POST", "/users/@me/channels", {"recipient_id": user})
        await self.post(str(opened["id"]), {"content": words, "nonce": token_hex(12), "enforce_nonce": True})

    async def standing(self, guilds: Iterable[str], person: str) -> Standing | None:
        """A member of one of these servers, or of none; None where it cannot be told now."""
        told = await asyncio.gather(*(self._member(guild, person) for guild in guilds))
        return None if None in told and True not in told else Standing(member=True in told)

    async def _member(self, guild: str, person: str) -> bool | None:
        path = "/guilds/{guild_id}/members/{user_id}"
        try:
            await self.call("GET", path, guild_id=guild, user_id=person)
        except SpoolError as error:
            return False if isinstance(error, Refused) and error.code in NO_MEMBER else None
        return True

    async def typing(self, channel: str) -> None:
        """Show the typing indicator for ten seconds."""
        await self.call("POST", "/channels/{channel_id}/typing", channel_id=channel)


def form(body: dict[str, Any], name: str, kind: str, content: bytes) -> dict[str, Any]:
    """What `call` is given for a message with a file: its name, MIME type and bytes."""
    payload = json.dumps(body | {"attachments": [{"id": 0, "filename": name}]})
    given = discord.File(io.BytesIO(content), filename=name)
    parts = [
        {"name": "payload_json", "value": payload},
        {"name": "files[0]", "value": given.fp, "filename": name, "content_type": kind},
    ]
    return {"form": parts, "files": [given]}


def _sorted(error: discord.HTTPException) -> SpoolError:
    name = f"{error.status}:{error.code}"
    if error.status == 413 or error.code == ENTITY_TOO_LARGE:
        return TooLarge(LARGEST_FILE)
    if error.code == HOOK_OVER:
        return Refused(error.status, error.code, error.text)
    if error.status in (401, 429):
        return Retryable(name, retry_after=_retry_after(error))
    if error.status == 408 or error.status >= 500:
        return Unclear(name)
    if error.code == UNKNOWN_MESSAGE:
        return Gone(name)
    return Refused(error.status, error.code, error.text)


def _retry_after(error: discord.HTTPException) -> float:
    """Seconds; 30 where nothing sensible is said. discord.py itself has waited for ordinary limits."""
    try:
        return float(error.response.headers.get("Retry-After", ""))
    except ValueError:
        return 30.0
