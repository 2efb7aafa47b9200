"""What a model server's fault means to the run that met it: one table, used by every model.

Codes are those of the Responses API (`error.code` of an HTTP error, of an `error` event, or of a failed
response), read in openai-python 3.54 and in the API's error guide. The code decides where it is known,
else the HTTP status; see `docs/glossary.md` for the notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from core.errors import Permanent, Retryable

PASSING: Final = frozenset(
    {
        "rate_limit_exceeded",
        "slow_down",
        "server_error",
        "server_is_overloaded",
        "conversation_locked",
        "vector_store_timeout",
        "stream_ended_early",
        "response_gone",
    }
)
"""Worth another try whatever the status. The last two are ours: no terminal event; nothing to resume."""

LASTING: Final = {
    "insufficient_quota": "billing",
    "credit_balance_exhausted": "billing",
    "organization_spend_limit_exceeded": "billing",
    "project_spend_limit_exceeded": "billing",
    "organization_usage_limit_exceeded": "billing",
    "billing_hard_limit_reached": "billing",
    "invalid_api_key": "model_auth",
    "model_not_found": "model_missing",
    "context_length_exceeded": "too_long",
}
"""Code to notice: the same request fails again until a person changes something."""

REFUSED: Final = frozenset(
    {
        "invalid_prompt",
        "data_residency_mismatch",
        "bio_policy",
        "misalignment_policy_violation",
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "invalid_image_url",
        "image_too_large",
        "image_too_small",
        "image_parse_error",
        "image_content_policy_violation",
        "invalid_image_mode",
        "image_file_too_large",
        "unsupported_image_media_type",
        "empty_image_file",
        "failed_to_download_image",
        "image_file_not_found",
    }
)
"""The model will not answer this input."""

_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_RETRIED_STATUSES: Final = frozenset({408, 409, 429})
_NOTICE_BY_STATUS: Final = {
    401: "model_auth",
    402: "billing",
    403: "model_auth",
    404: "model_missing",
    413: "too_long",
}


def fault(code: str, status: int | None = None, retry_after: float | None = None) -> Retryable | Permanent:
    """The error to raise for a fault; the caller raises it.

    `code` may be "" where the server gave none. `status` is the HTTP status, None for a fault met inside
    a stream. `retry_after` is in seconds and kept only by a `Retryable`. A code nobody knows, met inside a
    stream, is retried: attempts are bounded, and giving up at once might lose an answer.
    """
    plain = code if _NAME.fullmatch(code) else ""  # what is no name might be somebody's words
    named = plain or ("unknown" if status is None else f"http_{status}")
    if code in LASTING:
        return Permanent(named, notice=LASTING[code])
    if code in PASSING:
        return Retryable(named, retry_after=retry_after)
    if code in REFUSED:
        return Permanent(named, notice="model_refused")
    if status is None or status >= 500 or status in _RETRIED_STATUSES:
        return Retryable(named, retry_after=retry_after)
    return Permanent(named, notice=_NOTICE_BY_STATUS.get(status, "model_refused"))


def refusal(status: int, names: Iterable[object], retry_after: str = "") -> Retryable | Permanent:
    """The error to raise for an HTTP answer.

    `names` are its `error.code` and `error.type`, as far as there are any: the first known one decides.
    `retry_after` is the header of that name.
    """
    said = [str(name) for name in names if name]
    code = next((name for name in said if name in LASTING), said[0] if said else "")
    seconds = float(retry_after) if retry_after.replace(".", "", 1).isdigit() else None
    return fault(code, status, seconds)
