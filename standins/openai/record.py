"""What the stand-in remembers of each `POST /v1/responses`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class Request:
    """One request. Times are monotonic seconds, None while it has not happened.

    `headers` have lower-case names. `status` is the HTTP status it got, 0 before its answer began.
    `tokens` counts the deltas generated for it. `cut_at` is when its connection was lost or cut before the
    answer's end; a foreground answer ends there, a background one goes on.
    """

    body: Mapping[str, Any]
    at: float
    headers: Mapping[str, str]
    status: int = 0
    response_id: str | None = None
    tokens: int = 0
    first_token_at: float | None = None
    finished_at: float | None = None
    cut_at: float | None = None
