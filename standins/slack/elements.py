"""The controls in blocks that people use: checked as Slack checks them, and found again when pressed.

Source: docs.slack.dev/reference/block-kit/block-elements/button-element and blocks/actions-block.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from standins.slack.wire import ApiError, Json

LONGEST_ID = 255
LONGEST_VALUE = 2000
LONGEST_LABEL = 75
LONGEST_URL = 3000
KINDS = frozenset(
    {
        *("button", "checkboxes", "datepicker", "datetimepicker", "overflow", "radio_buttons", "timepicker"),
        *("static_select", "external_select", "users_select", "conversations_select", "channels_select"),
        *("multi_static_select", "multi_external_select", "multi_users_select", "workflow_button"),
        *("multi_conversations_select", "multi_channels_select", "feedback_buttons", "icon_button"),
    }
)


def check(block: Json, where: str) -> None:
    """The controls of a block. ApiError invalid_blocks."""
    controls = list(of(block))
    for element in controls:
        _check(element, where)
    ids = [element["action_id"] for element in controls if element.get("action_id")]
    if len(ids) != len(set(ids)):
        raise ApiError("invalid_blocks", f"`action_id` already exists {where}")


def of(block: Json) -> Iterator[Any]:
    """The controls of a block, be they well-formed or not."""
    if block.get("type") == "actions":
        yield from block["elements"]
    accessory = block.get("accessory") if block.get("type") == "section" else None
    if accessory is not None and not (isinstance(accessory, dict) and accessory.get("type") == "image"):
        yield accessory


def named(block: Json) -> Json:
    """The block as Slack keeps it: every control can be told from the others."""
    if not any(True for _ in of(block)):
        return block
    kept = {"block_id": uuid.uuid4().hex[:5], **block}
    if block["type"] == "section":
        return kept | {"accessory": _named(block["accessory"])}
    return kept | {"elements": [_named(element) for element in block["elements"]]}


def find(blocks: list[Json], action_id: str) -> Json:
    """What a press of that control tells the app. LookupError: there is none."""
    for block in blocks:
        for element in of(block):
            if element["action_id"] == action_id:
                told = {name: element[name] for name in ("text", "value", "style") if name in element}
                return {
                    "action_id": action_id,
                    "block_id": block["block_id"],
                    "type": element["type"],
                    **told,
                }
    raise LookupError(f"there is no {action_id!r} on this message")


def _named(element: Json) -> Json:
    return {"action_id": uuid.uuid4().hex[:5], **element}


def _check(element: Any, where: str) -> None:
    if not isinstance(element, dict) or element.get("type") not in KINDS:
        raise ApiError("invalid_blocks", f"unsupported type of element {where}")
    action_id = element.get("action_id", "-")
    if not isinstance(action_id, str) or not 0 < len(action_id) <= LONGEST_ID:
        raise ApiError("invalid_blocks", f"action_id must have 1 to {LONGEST_ID} characters {where}")
    if element["type"] == "button":
        _check_button(element, where)


def _check_button(button: Json, where: str) -> None:
    label = button.get("text")
    if not isinstance(label, dict) or label.get("type") != "plain_text" or not label.get("text"):
        raise ApiError("invalid_blocks", f"missing required field: text (plain_text) {where}")
    for value, longest in (
        (label["text"], LONGEST_LABEL),
        (button.get("value", ""), LONGEST_VALUE),
        (button.get("url", ""), LONGEST_URL),
    ):
        if not isinstance(value, str) or len(value) > longest:
            raise ApiError("invalid_blocks", f"must be less than {longest + 1} characters {where}")
    if button.get("style", "primary") not in ("primary", "danger"):
        raise ApiError("invalid_blocks", f"style must be primary or danger {where}")
