"""Calls of Slack's Web API, with its errors sorted by what we do about them.

Error names: https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.replies.posts import Count, Gone, Unclear, uncounted
from bots.slack.words import POSTING_CURES, REVOKED
from core.concurrency import Turns
from core.errors import Retryable, SpoolError, Unreachable

logger = logging.getLogger(__name__)

_UNKNOWN_OUTCOME = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "timeout"}
_NEVER = {
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "is_inactive",
    "thread_not_found",
    "messages_tab_disabled",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_thread_locked",
    "restricted_action_non_threadable_channel",
    "user_is_restricted",
    "team_access_not_granted",
    "access_denied",
    "ekm_access_denied",
    "cannot_dm_bot",
    "user_disabled",
}


FORBIDDEN: Final = {"missing_scope", "no_permission", "not_allowed_token_type"}
"""No other form of the same would be taken."""


class Refused(SpoolError):
    """Slack understood the call and will not do it; `error` is its name for why."""

    def __init__(self, error: str, cure: str = "") -> None:
        super().__init__(error)
        self.error, self.cure = error, cure

    def unreachable(self) -> Unreachable:
        """The same where nothing else can be tried."""
        error = Unreachable(self.error)
        error.cure = self.cure
        return error


class Limited(Retryable):
    """429: nothing happened, try after `retry_after`."""


_POSTING: Final = {
    **dict.fromkeys(("chat.postMessage", "chat.startStream"), "create"),
    **dict.fromkeys(("chat.update", "chat.appendStream", "chat.stopStream"), "edit"),
    "chat.delete": "delete",
}


class Client(AsyncWebClient):
    """The SDK's, which tells what became of each post."""

    count: Count = staticmethod(uncounted)

    async def api_call(self, api_method: str, **more: Any) -> Any:
        """As the SDK's, of which all its methods are made."""
        code = "unclear"
        try:
            answer = await super().api_call(api_method, **more)
            code = "ok"
            return answer
        except SlackApiError as error:
            code = str(_sorted(error))
            raise
        finally:
            if op := _POSTING.get(api_method):
                self.count(op, code)


async def call(request: Awaitable[Any]) -> Any:
    """The response of a Web API call. Raises Limited, Unclear, Retryable, Gone, Unreachable or Refused."""
    try:
        return await request
    except SlackApiError as error:
        raise _sorted(error) from error
    except (AttributeError, KeyError, ValueError) as error:  # the SDK met a body that is not Slack's
        raise Unclear("unreadable_response") from error
    except (
        aiohttp.ClientError,
        TimeoutError,
        OSError,
        RuntimeError,
    ) as error:  # RuntimeError: session closed
        raise Unclear(type(error).__name__) from error


def _sorted(error: SlackApiError) -> SpoolError:
    response: Any = error.response
    if not hasattr(response, "status_code"):  # a raw response: its body could not be read (a proxy's page)
        return Unclear(f"http_{getattr(response, 'status', 'unknown')}")
    status, name = response.status_code, _name(response)
    if status == 429 or name in ("ratelimited", "rate_limited"):
        return Limited("ratelimited", retry_after=seconds(response.headers) or 1.0)
    if status >= 500 or name in _UNKNOWN_OUTCOME:
        return Unclear(name)
    if name in REVOKED:
        return Retryable(name, retry_after=30.0)
    if name in ("message_not_found", "cant_update_message", "cant_delete_message"):
        return Gone(name)
    refused = Refused(name, _cure(name, response))
    return refused.unreachable() if name in _NEVER else refused


def _cure(name: str, response: Any) -> str:
    if name != "missing_scope":
        return POSTING_CURES.get(name, "")
    scope = str(response.data.get("needed") or "it needs")[:100]
    return (
        f"The app lacks the scope {scope}: add it under OAuth & Permissions, Reinstall to Workspace, then "
        "copy the token again."
    )


def _name(response: Any) -> str:
    data = response.data
    return str(data.get("error", "unknown")) if isinstance(data, dict) else f"http_{response.status_code}"


def seconds(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header, None without one."""
    value = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    try:
        return max(0.0, float(value)) if math.isfinite(float(value)) else None
    except ValueError:
        return None


PER_MINUTE: Final = {
    "chat.startStream": 18,
    "chat.stopStream": 18,
    "chat.update": 46,
}
"""A little below the documented tiers (20, 100, 20, 50), for clocks differ."""
FASTEST_APPEND = 0.5
"""Seconds between two appends of one stream, so that a lone answer flows and does not rattle."""
APPEND_BURST = 30
APPEND_SPACING = 60 / (94 - APPEND_BURST)
"""Seconds between turns: a burst and a minute of turns stay below the 100 of the tier."""
FASTEST_UPDATE = 1.2
POST_SPACING = 1.1


class Budget:
    """Counts the calls of the last minute. All times are of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._made: dict[str, deque[float]] = defaultdict(deque)
        self._blocked: dict[str, float] = {}
        self._limited: set[str] = set()
        self._turns = Turns()
        self._post_turns: dict[str, float] = {}
        self._next_update = 0.0
        self._next_append = 0.0
        self.streams = 0
        """Streams that are open now."""

    def note(self, method: str) -> None:
        """A call is made."""
        self._made[method].append(time.monotonic())
        self.used(method)  # which forgets the older ones

    def limited(self, method: str, retry_after: float) -> None:
        """Slack said 429 (`method` may name a channel, for posts): from now on its tier is kept to."""
        self._limited.add(method)
        self._blocked[method] = time.monotonic() + retry_after

    def used(self, method: str) -> int:
        """Calls in the last minute."""
        made, horizon = self._made[method], time.monotonic() - 60
        while made and made[0] < horizon:
            made.popleft()
        return len(made)

    def may_stream(self) -> bool:
        """Whether one more stream may be opened, and closed when its time comes."""
        if time.monotonic() < max(
            self._blocked.get("chat.startStream", 0.0), self._blocked.get("chat.stopStream", 0.0)
        ):
            return False
        if not self._limited & {"chat.startStream", "chat.stopStream"}:
            return True
        ending = self.used("chat.stopStream") + self.streams
        room = PER_MINUTE["chat.startStream"]
        return self.used("chat.startStream") < room and ending < room

    def append_wait(self) -> float:
        """Seconds until one more append fits the tier; 0 now. All open streams share these turns.

        Turns are a fixed time apart, and so many may be taken ahead of it as make a burst.
        """
        now = time.monotonic()
        early = APPEND_BURST * APPEND_SPACING
        return max(0.0, self._next_append - early - now, self._blocked.get("chat.appendStream", 0.0) - now)

    def appended(self) -> None:
        """A turn is taken."""
        self._next_append = max(time.monotonic(), self._next_append) + APPEND_SPACING

    def may_update(self) -> bool:
        """Whether an answer may still be shown while it grows, and not only when it is whole."""
        return self.used("chat.update") < PER_MINUTE["chat.update"] / 2

    def update_pause(self) -> float:
        """Seconds until an update that is not the last of its post may be made; the tail is never gated."""
        if not self.may_update():
            return FASTEST_UPDATE
        return max(0.0, self._next_update - time.monotonic())

    def updated(self) -> None:
        """An update is made."""
        self.note("chat.update")
        self._next_update = time.monotonic() + FASTEST_UPDATE

    async def post_turn(self, channel: str, person: str, *, later: bool = False) -> None:
        """Wait for this person's turn in the channel (see `Turns`), once Slack has asked for turns there."""
        if channel not in self._limited:
            return
        async with self._turns.of(channel, person, later=later):
            while (left := self._next_post(channel) - time.monotonic()) > 0:  # noqa: ASYNC110 - it may be put off
                await asyncio.sleep(left)
            self._post_turns[channel] = time.monotonic() + POST_SPACING

    def _next_post(self, channel: str) -> float:
        return max(self._blocked.get(channel, 0.0), self._post_turns.get(channel, 0.0))
