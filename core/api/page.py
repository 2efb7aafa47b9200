"""One page of a list, as clients ask for it and as it is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.api.refusal import not_found
from core.store.paging import Page as Page


def listed(data: Sequence[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    """The API's list object. `more`: there are others in the direction that was asked for."""
    ends = [data[0]["id"], data[-1]["id"]] if data else [None, None]
    told = {"object": "list", "data": list(data), "first_id": ends[0], "last_id": ends[1]}
    return {**told, "has_more": more}


@contextmanager
def cursors(kind: str) -> Iterator[None]:
    """Refuses an `after` or `before` that the list does not have."""
    try:
        yield
    except LookupError as error:
        raise not_found(kind, str(error.args[0])) from None
