"""Block Kit as far as it can refuse a message, and as far as a reader can read it.

Limits: docs.slack.dev/reference/block-kit/blocks and block-elements/button-element; 12,000 characters of
markdown a message.
Slack makes blocks of its own out of markdown: headings, dividers and tables count to the 50 of a message
(measured by others: metabase#79908, PyPI's slack-markdown-parser), and one table is all it may have.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from markdown_it import MarkdownIt

from standins.slack.wire import Json, refuse

MOST_BLOCKS = 50
MOST_MARKDOWN = 12_000
_KINDS = (
    "actions alert card carousel container context context_actions data_table divider file header image "
    "input markdown plan rich_text section table task_card video"
)
KINDS = frozenset(_KINDS.split())
LONGEST_ID = 255
_CONTROLS = (
    "button checkboxes datepicker datetimepicker overflow radio_buttons timepicker static_select "
    "external_select users_select conversations_select channels_select multi_static_select "
    "multi_external_select multi_users_select workflow_button multi_conversations_select "
    "multi_channels_select feedback_buttons icon_button"
)
CONTROLS = frozenset(_CONTROLS.split())
_OF_CONTEXT = ("feedback_buttons", "icon_button")
_THUMBS = ("positive_button", "negative_button")
_TOO_MANY = f"no more than {MOST_BLOCKS} items allowed"
_EXPANDED = ("heading_open", "hr", "table_open")
# Kinds and length of the text, and most children, of the kinds that limit them.
_TEXT = {"section": (("plain_text", "mrkdwn"), 3000), "header": (("plain_text",), 150)}
_ELEMENTS = {"actions": 25, "context": 10, "context_actions": 5}


def check(blocks: Any) -> list[Json]:
    """The blocks as kept, or ApiError: invalid_blocks_format, invalid_blocks, msg_blocks_too_long."""
    listed = isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks)
    refuse(not listed, "invalid_blocks_format")
    _invalid(len(blocks) > MOST_BLOCKS, _TOO_MANY)
    for at, block in enumerate(blocks):
        _check_block(block, f"[json-pointer:/blocks/{at}]")
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    refuse(len(ids) != len(set(ids)), "invalid_blocks", "`block_id` already exists")
    markdown = [block["text"] for block in blocks if block["type"] == "markdown"]
    refuse(sum(map(len, markdown)) > MOST_MARKDOWN, "msg_blocks_too_long")
    check_markdown("\n\n".join(markdown), blocks)
    return [_kept(block) for block in blocks]


def check_markdown(markdown: str, blocks: list[Json] | None = None) -> None:
    """ApiError invalid_blocks for a message that becomes too many blocks, or has two tables."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    kinds = [token.type for token in tokens if token.type in _EXPANDED]
    others = [block["type"] for block in blocks or () if block["type"] != "markdown"]
    _invalid(kinds and len(kinds) + len(others) >= MOST_BLOCKS, _TOO_MANY)
    _invalid(kinds.count("table_open") + others.count("table") > 1, "only_one_table_allowed")


def _invalid(condition: object, why: str, where: str = "[json-pointer:/blocks]") -> None:
    refuse(condition, "invalid_blocks", f"{why} {where}")


def _says(text: Any, kinds: tuple[str, ...]) -> bool:
    """Whether it is a text object of one of the kinds, not empty."""
    return isinstance(text, dict) and text.get("type") in kinds and bool(text.get("text"))


def _check_block(block: Json, where: str) -> None:
    kind: Any = block.get("type")
    _invalid(kind not in KINDS, f"unsupported type: {kind}", where)
    _invalid(len(str(block.get("block_id", ""))) > LONGEST_ID, "block_id is too long", where)
    said: Any = block.get("text")
    if kind == "markdown":
        _invalid(not (isinstance(said, str) and said), "missing required field: text", where)
    if kind in _TEXT and not (said is None and kind == "section" and block.get("fields")):
        _invalid(not _says(said, _TEXT[kind][0]), "missing required field: text", where)
        longest = _TEXT[kind][1]
        _invalid(len(said["text"]) > longest, f"must be less than {longest + 1} characters", where)
    if kind in ("actions", "context_actions"):
        kinds = {isinstance(e, dict) and e.get("type") in _OF_CONTEXT for e in block.get("elements") or ()}
        _invalid((kind == "actions") in kinds, "unsupported type of element", where)
    if kind in _ELEMENTS:
        children: Any = block.get("elements")
        _invalid(not isinstance(children, list) or not children, "missing required field: elements", where)
        most = _ELEMENTS[kind]
        _invalid(len(children) > most, f"no more than {most} items allowed", where)
    _check_controls(block, where)


def text_of(blocks: list[Json]) -> str:
    """What a reader reads in the blocks, top to bottom; controls and images say nothing."""
    return "\n".join(part for part in map(_block_text, blocks) if part)


def _block_text(block: Json) -> str:
    kind = block.get("type")
    if kind == "markdown":
        return str(block["text"])
    if kind == "rich_text":
        return "\n".join(_flat(element) for element in block.get("elements", []))
    if kind == "context":
        return " ".join(str(e["text"]) for e in block["elements"] if isinstance(e.get("text"), str))
    texts = [block.get("text"), *block.get("fields", [])]
    return "\n".join(str(text["text"]) for text in texts if isinstance(text, dict) and "text" in text)


def _flat(element: Json) -> str:
    if "elements" in element:
        return "".join(_flat(inner) for inner in element["elements"])
    if element.get("type") == "user":
        return f"<@{element['user_id']}>"
    return str(element.get("text") or element.get("url") or "")


def _check_controls(block: Json, where: str) -> None:
    controls = list(controls_of(block))
    for element in controls:
        _check_control(element, where)
    ids = [element["action_id"] for element in controls if element.get("action_id")]
    _invalid(len(ids) != len(set(ids)), "`action_id` already exists", where)


def controls_of(block: Json) -> Iterator[Any]:
    """The controls of a block, be they well-formed or not."""
    if block.get("type") in ("actions", "context_actions"):
        yield from block["elements"]
    accessory = block.get("accessory") if block.get("type") == "section" else None
    if accessory is not None and not (isinstance(accessory, dict) and accessory.get("type") == "image"):
        yield accessory


def _kept(block: Json) -> Json:
    """The block as Slack keeps it: every control can be told from the others."""
    if not any(True for _ in controls_of(block)):
        return block
    kept = {"block_id": uuid.uuid4().hex[:5], **block}
    if block["type"] == "section":
        return kept | {"accessory": _named(block["accessory"])}
    return kept | {"elements": [_named(element) for element in block["elements"]]}


def find(blocks: list[Json], action_id: str, value: str = "") -> Json:
    """What a press of that control (of two: with the value) tells the app. LookupError: there is none."""
    for block in blocks:
        for element in controls_of(block):
            two = [element[name] for name in _THUMBS if name in element]
            for one in [one for one in two or [element] if element["action_id"] == action_id]:
                if two and one["value"] != value:
                    continue
                told = {name: one[name] for name in ("text", "value", "style") if name in one}
                ids = {"action_id": action_id, "block_id": block["block_id"], "type": element["type"]}
                return ids | told
    raise LookupError(f"there is no {action_id!r} on this message")


def _named(element: Json) -> Json:
    return {"action_id": uuid.uuid4().hex[:5], **element}


def _check_control(element: Any, where: str) -> None:
    known = isinstance(element, dict) and element.get("type") in CONTROLS
    _invalid(not known, "unsupported type of element", where)
    action_id = element.get("action_id", "-")
    fits = isinstance(action_id, str) and 0 < len(action_id) <= LONGEST_ID
    _invalid(not fits, f"action_id must have 1 to {LONGEST_ID} characters", where)
    if element["type"] == "button":
        _check_button(element, where)
    for thumb in _THUMBS if element["type"] == "feedback_buttons" else ():
        button = element.get(thumb)
        _invalid(not isinstance(button, dict), f"missing required field: {thumb}", where)
        _invalid(not button.get("value"), "missing required field: value", where)
        _check_button(button, where)


def _check_button(button: Json, where: str) -> None:
    label: Any = button.get("text")
    _invalid(not _says(label, ("plain_text",)), "missing required field: text (plain_text)", where)
    for value, longest in (
        (label["text"], 75),
        (button.get("value", ""), 2000),
        (button.get("url", ""), 3000),
        (button.get("accessibility_label", ""), 75),
    ):
        long = not isinstance(value, str) or len(value) > longest
        _invalid(long, f"must be less than {longest + 1} characters", where)
    styled = button.get("style", "primary") in ("primary", "danger")
    _invalid(not styled, "style must be primary or danger", where)
