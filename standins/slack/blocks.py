"""Block Kit as far as it can refuse a message, and as far as a reader can read it.

Limits: docs.slack.dev/reference/block-kit/blocks; 12,000 characters of markdown a message.
Slack makes blocks of its own out of markdown: headings, dividers and tables count to the 50 of a message
(measured by others: metabase#79908, PyPI's slack-markdown-parser), and one table is all it may have.
"""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt

from standins.slack import elements
from standins.slack.wire import ApiError, Json

MOST_BLOCKS = 50
MOST_MARKDOWN = 12_000
KINDS = frozenset(
    {
        *("actions", "alert", "card", "carousel", "container", "context", "context_actions", "data_table"),
        *("divider", "file", "header", "image", "input", "markdown", "plan", "rich_text", "section", "table"),
        *("task_card", "video"),
    }
)
_EXPANDED = ("heading_open", "hr", "table_open")
# Longest text and most children of the kinds that limit them.
_TEXT = {"section": 3000, "header": 150}
_ELEMENTS = {"actions": 25, "context": 10, "context_actions": 5}


def check(blocks: Any) -> list[Json]:
    """The blocks as kept, or ApiError: invalid_blocks_format, invalid_blocks, msg_blocks_too_long."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ApiError("invalid_blocks_format")
    if len(blocks) > MOST_BLOCKS:
        raise ApiError("invalid_blocks", f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    for at, block in enumerate(blocks):
        _check_block(block, f"[json-pointer:/blocks/{at}]")
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        raise ApiError("invalid_blocks", "`block_id` already exists")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_MARKDOWN:
        raise ApiError("msg_blocks_too_long")
    check_markdown("\n\n".join(block["text"] for block in blocks if block["type"] == "markdown"), blocks)
    return [elements.named(block) for block in blocks]


def check_markdown(markdown: str, blocks: list[Json] | None = None) -> None:
    """ApiError invalid_blocks for a message that becomes too many blocks, or has two tables."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    kinds = [token.type for token in tokens if token.type in _EXPANDED]
    others = [block for block in blocks or () if block["type"] != "markdown"]
    if len(kinds) + len(others) >= MOST_BLOCKS and kinds:
        raise ApiError("invalid_blocks", f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    if kinds.count("table_open") + sum(block["type"] == "table" for block in others) > 1:
        raise ApiError("invalid_blocks", "only_one_table_allowed [json-pointer:/blocks]")


def _check_block(block: Json, where: str) -> None:
    kind = block.get("type")
    if kind not in KINDS:
        raise ApiError("invalid_blocks", f"unsupported type: {kind} {where}")
    if len(str(block.get("block_id", ""))) > 255:
        raise ApiError("invalid_blocks", f"block_id is too long {where}")
    if kind == "markdown" and not (isinstance(block.get("text"), str) and block["text"]):
        raise ApiError("invalid_blocks", f"missing required field: text {where}")
    if kind in _TEXT:
        _check_text(block, _TEXT[kind], where)
    if kind in _ELEMENTS:
        _check_elements(block, _ELEMENTS[kind], where)
    elements.check(block, where)


def _check_text(block: Json, longest: int, where: str) -> None:
    text = block.get("text")
    if text is None and block["type"] == "section" and block.get("fields"):
        return
    allowed = ("plain_text",) if block["type"] == "header" else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in allowed or not text.get("text"):
        raise ApiError("invalid_blocks", f"missing required field: text {where}")
    if len(text["text"]) > longest:
        raise ApiError("invalid_blocks", f"must be less than {longest + 1} characters {where}")


def _check_elements(block: Json, most: int, where: str) -> None:
    children = block.get("elements")
    if not isinstance(children, list) or not children:
        raise ApiError("invalid_blocks", f"missing required field: elements {where}")
    if len(children) > most:
        raise ApiError("invalid_blocks", f"no more than {most} items allowed {where}")


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
