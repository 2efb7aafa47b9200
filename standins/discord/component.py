"""The buttons and menus under a message: rows of at most five, checked as Discord checks them."""

from __future__ import annotations

from collections.abc import Iterator

from standins.discord.error import JSON, invalid, required, too_long

ROW, BUTTON = 1, 2
SELECTS = (3, 5, 6, 7, 8)
LINK = 5
_STYLES = range(1, 6)


def check_components(value: object, path: str = "components") -> list[JSON]:
    """The rows with an `id` given to every component; 50035 where one is malformed."""
    if not isinstance(value, list):
        raise invalid(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    if len(value) > 5:
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    seen: set[str] = set()
    rows = [_row(row, f"{path}.{index}", seen) for index, row in enumerate(value)]
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


def _row(row: object, path: str, seen: set[str]) -> JSON:
    if not isinstance(row, dict) or row.get("type") != ROW:
        raise invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
    children = row.get("components")
    if not isinstance(children, list) or not 1 <= len(children) <= 5:
        raise invalid(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    parts = [_child(c, f"{path}.components.{i}", seen) for i, c in enumerate(children)]
    if len(parts) > 1 and any(c["type"] in SELECTS for c in parts):
        raise invalid(
            path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
        )
    return {**row, "components": parts}


def _child(child: object, path: str, seen: set[str]) -> JSON:
    if not isinstance(child, dict) or child.get("type") not in (BUTTON, *SELECTS):
        raise invalid(
            f"{path}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be a button or a select."
        )
    if child["type"] == BUTTON:
        _check_button(child, path)
    if child.get("style") != LINK or child["type"] != BUTTON:
        _check_custom_id(child, path, seen)
    return dict(child)


def _check_button(button: JSON, path: str) -> None:
    style = button.get("style")
    if style not in _STYLES:
        raise invalid(f"{path}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5).")
    if not button.get("label") and not button.get("emoji"):
        raise invalid(path, "BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji")
    if len(button.get("label") or "") > 80:
        raise too_long(f"{path}.label", 80)
    if style == LINK:
        if not button.get("url"):
            raise required(f"{path}.url")
        if button.get("custom_id"):
            raise invalid(
                path, "BUTTON_COMPONENT_CUSTOM_ID_URL", "A custom id and url cannot both be specified"
            )


def _check_custom_id(component: JSON, path: str, seen: set[str]) -> None:
    custom_id = component.get("custom_id")
    if not custom_id:
        raise required(f"{path}.custom_id")
    if len(custom_id) > 100:
        raise too_long(f"{path}.custom_id", 100)
    if custom_id in seen:
        raise invalid(
            f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
        )
    seen.add(custom_id)
