"""What is refused to a client, in the shape of the API's errors; what the model server refuses, too."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from core.errors import Permanent, Retryable, SpoolError
from core.ports import GONE
from core.types import Over


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
        return (
            QUOTA
            if self.code == QUOTA
            else _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        )

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        told = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        return {"error": told}


_TYPES = {429: "rate_limit_error"}
QUOTA: Final = "insufficient_quota"
"""The API's word where no money is left."""


class Unaffordable(Refusal):
    """A limit on money is reached."""

    def __init__(self, over: Over, now: float) -> None:
        told = f"{over.limit} of this server is reached. Try again later, or ask its operator to raise it."
        super().__init__(told, status=429, code=QUOTA, retry_after=over.again_at - now)
        self.limit = over.limit


def not_found(kind: str, id: str) -> Refusal:
    """There is none with this id, or none that this key may see: word for word the same."""
    return Refusal(f"No {kind} found with id '{id}'.", status=404)


def no_file(files: Collection[str], param: str = "id") -> Refusal:
    """As `not_found`, in the API's own words for files."""
    return Refusal(f"No such File object: {', '.join(files)}", status=404, param=param)


_OPERATOR: Final = frozenset({"billing", "model_auth", "model_region", "model_address"})
"""Notices of what only the operator of this server can mend."""
_ID: Final = re.compile(r"\b(?:file|vs|vsfb|assistant|ibj)[-_][A-Za-z0-9]{6,}")


@contextmanager
def as_refusals(ids: Mapping[str, str], gone: Refusal) -> Iterator[None]:
    """Faults of the model server as refusals. `ids`: ours by the server's; `gone`: of what is not there."""
    try:
        yield
    except (Permanent, Retryable) as error:
        raise _refusal(error, ids, gone) from error


def _refusal(error: SpoolError, ids: Mapping[str, str], gone: Refusal) -> Refusal:
    if isinstance(error, Retryable):
        if error.code.startswith("rate_limit"):
            told = "The model server takes no more requests for the moment. Try again later."
            return Refusal(told, status=429, code="rate_limit_exceeded", retry_after=error.retry_after)
        return Refusal("The model server does not answer as it should. Try again.", status=503)
    assert isinstance(error, Permanent)
    code, _, words = error.code.partition(": ")
    if error.notice == GONE and "expired" not in words:  # one that has expired is still there
        return gone
    if error.notice in _OPERATOR:
        return Refusal("The model server refuses this server's key: tell its operator.", status=502)
    return Refusal(translated(words or code, ids))


def translated(words: str, ids: Mapping[str, str]) -> str:
    """A sentence of the model server with our ids; other ids in it are nobody's business."""
    return _ID.sub(lambda found: ids.get(found[0], "…"), words)
