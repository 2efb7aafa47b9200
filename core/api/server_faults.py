"""What the model server refuses or cannot do, as what a client is told: with our ids, never the server's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from core.api.refusal import Refusal
from core.errors import Permanent, Retryable, SpoolError
from core.ports import GONE

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
