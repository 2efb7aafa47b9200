"""What a reader finds in Slack's Block Kit, as plain text and Markdown tables. Pure, bounded, never raises.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from bots.slack.reading.rich_text import Names, mappings, marked_up, rich

MOST_BLOCKS: Final = 100
MOST_ROWS: Final = 200
MOST_CELLS: Final = 50
MOST_CHARACTERS: Final = 12_000
"""Of a table, and of whatever else a message shows or points at."""
TABLES: Final = ("table", "data_table")
_READ: Final = (
    *("title", "subtitle", "header", "caption", "text", "body", "description", "fields", "accessory"),
    *("elements", "blocks", "child_blocks", "details", "output", "actions"),
)
"""Where blocks have what is to be read, in the order in which it is shown."""


def words(value: Any, names: Names) -> str:
    """Of a block, a text object, an element, or a list of any of them. Controls say nothing, links do."""
    if isinstance(value, list):
        found = (words(one, names) for one in islice(value, MOST_BLOCKS))
        return "\n".join(filter(None, found))
    if not isinstance(value, Mapping):
        return marked_up(value, names)
    match value.get("type"):
        case "rich_text":
            return rich(value, names)
        case "table" | "data_table":
            return "\n".join(filter(None, [words(value.get("caption"), names), table(value, names)]))
        case "image":
            return picture(value, names)
        case "button" | "workflow_button" | "link_button":
            return _button(value, names)
        case "context":
            return " ".join(filter(None, (words(one, names) for one in mappings(value.get("elements"), 50))))
        case _:
            return "\n".join(filter(None, (_part(key, value.get(key), names) for key in _READ)))


def _part(key: str, value: Any, names: Names) -> str:
    if key == "fields" and isinstance(value, list):
        return "\n".join(" ".join(words(one, names).split("\n")) for one in islice(value, MOST_BLOCKS))
    return words(value, names)


def picture(block: Mapping[str, Any], names: Names) -> str:
    """A picture as its description: its bytes are not Slack's."""
    told = words(block.get("alt_text"), names) or words(block.get("title"), names)
    return f"[Image: {' '.join(told.split())}]" if told.strip() else "[Image]"


def _button(button: Mapping[str, Any], names: Names) -> str:
    url = button.get("url")
    label = words(button.get("text"), names)
    return f"{label} ({url})".lstrip() if isinstance(url, str) and url else ""


def table(block: Mapping[str, Any], names: Names) -> str:
    """The rows as a Markdown table, as many as there is room for, and how many more there are."""
    rows = block.get("rows")
    listed = [_row(row, names) for row in islice(rows, MOST_ROWS)] if isinstance(rows, list) else []
    width = max(map(len, listed), default=0)
    if not width:
        return ""
    told, room = list[str](), MOST_CHARACTERS
    for cells in listed:
        line = "| " + " | ".join([*cells, *[""] * (width - len(cells))]) + " |"
        room -= len(line) + 1
        if room < 0 and told:
            break
        told.append(cut(line))
    told.insert(1, "| " + " | ".join(["---"] * width) + " |")
    left = len(rows or ()) - (len(told) - 1)
    return "\n".join([*told, f"({left} more rows)"] if left else told)


def _row(row: Any, names: Names) -> list[str]:
    cells = row.get("cells") if isinstance(row, Mapping) else row
    return [_cell(cell, names) for cell in islice(cells, MOST_CELLS)] if isinstance(cells, list) else []


def _cell(cell: Any, names: Names) -> str:
    """One line; `raw_text` is no markup, a `raw_number` may have nothing but its value."""
    if not isinstance(cell, Mapping):
        return ""
    if cell.get("type") == "rich_text":
        said = rich(cell, names)
    else:
        told = (cell.get("text"), cell.get("value"))
        said = next((str(one) for one in told if isinstance(one, str | int | float)), "")
    return " ".join(said[:MOST_CHARACTERS].split()).replace("|", "\\|")


def cut(text: str) -> str:
    """The text, or as much of it as is read."""
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 4] + " […]"
