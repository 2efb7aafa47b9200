"""One page of a list, as clients ask for it and as it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Page:
    """`after` and `before` are ids of objects of the same list."""

    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


def listed(data: Sequence[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    """The API's list object. `more`: there are others in the direction that was asked for."""
    ends = [data[0]["id"], data[-1]["id"]] if data else [None, None]
    told = {"object": "list", "data": list(data), "first_id": ends[0], "last_id": ends[1]}
    return {**told, "has_more": more}
