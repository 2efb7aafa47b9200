"""An HTTP error in the API's own JSON shape."""

from __future__ import annotations

from typing import Final

from standins.script.script import Fault

_BILLING: Final = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_TYPE_BY_CODE: Final = {
    "rate_limit_exceeded": "requests",
    "server_is_overloaded": "service_unavailable_error",
}


class Refusal(Exception):
    """The request gets `status` and an error object. `retry_after` in seconds becomes a header."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": kind, "param": param, "code": code}
        self.headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}


def scripted(ill: Fault) -> Refusal:
    """The refusal a script asks for."""
    if ill.code in _BILLING:
        kind = "insufficient_quota"
    elif ill.status >= 500:
        kind = _TYPE_BY_CODE.get(ill.code, "server_error")
    else:
        kind = _TYPE_BY_CODE.get(ill.code, "invalid_request_error")
    refusal = Refusal(
        ill.message or f"The script refuses: {ill.code}.",
        status=ill.status,
        kind=kind,
        code=ill.code,
        retry_after=ill.retry_after,
    )
    refusal.headers |= ill.headers
    return refusal


def not_found(response_id: str) -> Refusal:
    """No such response, or not any more."""
    return Refusal(f"Response with id '{response_id}' not found.", status=404)
