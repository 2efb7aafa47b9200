"""Calls of Slack's Web API, with its errors sorted by what we do about them.

Error names: https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bots.replies.posts import Gone, Unclear
from core.errors import Retryable, SpoolError, Unreachable

logger = logging.getLogger(__name__)

REVOKED = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
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


class Refused(SpoolError):
    """Slack understood the call and will not do it; `error` is its name for why."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Limited(Retryable):
    """429: nothing happened, try after `retry_after`."""


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
        return Limited("ratelimited", retry_after=_retry_after(response))
    if status >= 500 or name in _UNKNOWN_OUTCOME:
        return Unclear(name)
    if name in REVOKED:
        return Retryable(name, retry_after=30.0)
    if name in ("message_not_found", "cant_update_message", "cant_delete_message"):
        return Gone(name)
    if name in _NEVER:
        return Unreachable(name)
    return Refused(name)


def _name(response: Any) -> str:
    data = response.data
    return str(data.get("error", "unknown")) if isinstance(data, dict) else f"http_{response.status_code}"


def _retry_after(response: Any) -> float:
    value = next((v for k, v in response.headers.items() if k.lower() == "retry-after"), "1")
    try:
        return float(value)
    except ValueError:
        return 1.0
