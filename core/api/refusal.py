"""What is refused to a client, in the shape of the API's errors."""

from __future__ import annotations

from typing import Any

from core.errors import SpoolError


class Refusal(SpoolError):
    """`{"error": {message, type, param, code}}` with that HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        param: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.param, self.code = message, status, param, code
        self.retry_after = retry_after
        """Seconds, of a 429."""

    @property
    def type(self) -> str:
        """The API's word for the kind of error."""
        return _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        told = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": told}


_TYPES = {429: "rate_limit_error"}


def not_found(kind: str, id: str) -> Refusal:
    """There is none with this id, or none that this key may see: word for word the same."""
    return Refusal(f"No {kind} found with id '{id}'.", status=404)
