"""The buttons and menus under a message, in rows."""

from __future__ import annotations

from collections.abc import Iterator

from standins.discord.error import JSON

ROW, BUTTON = 1, 2
SELECTS = (3, 5, 6, 7, 8)
LINK = 5
"""The style of a button that is an address."""


def numbered(rows: list[JSON]) -> list[JSON]:
    """The checked rows with an `id` given to every component."""
    rows = [{**row, "components": [dict(child) for child in row["components"]]} for row in rows]
    for number, component in enumerate(_every(rows), start=1):
        component.setdefault("id", number)
    return rows


def find_button(rows: list[JSON], custom_id: str) -> JSON:
    """The button a person can press; LookupError when it is absent or disabled."""
    for component in _every(rows):
        if component["type"] == BUTTON and component.get("custom_id") == custom_id:
            if component.get("disabled"):
                raise LookupError(f"the button {custom_id!r} is disabled")
            return component
    raise LookupError(f"there is no button {custom_id!r} on this message")


def _every(rows: list[JSON]) -> Iterator[JSON]:
    for row in rows:
        yield row
        yield from row["components"]
