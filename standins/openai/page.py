"""A page of a list, by cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from standins.openai.checks import one_of, within
from standins.openai.draft import Json
from standins.openai.refusal import Refusal


def page(objects: Sequence[Json], query: Mapping[str, str], *, limit: int = 20, most: int = 100) -> Json:
    """`objects` oldest first; newest first are shown unless the query says `order=asc`. Raises Refusal."""
    one_of("order", query.get("order", "desc"), ("asc", "desc"))
    wanted = _integer(query.get("limit", str(limit)))
    within("limit", wanted, 1, most, "an integer")
    listed = list(objects) if query.get("order") == "asc" else list(reversed(objects))
    if after := query.get("after"):
        places = [number for number, item in enumerate(listed) if item["id"] == after]
        listed = listed[places[0] + 1 :] if places else []
    shown = listed[:wanted]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(listed) > wanted,
    }


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Refusal("Invalid type for 'limit': expected an integer.", param="limit") from None
