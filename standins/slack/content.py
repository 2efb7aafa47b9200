"""What a call wants to show: text, blocks or markdown, checked against Slack's limits.

Source: docs.slack.dev/reference/methods/chat.postMessage and chat.update, with the byte limit on
updates found in practice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from standins.slack import blocks as block_kit
from standins.slack.wire import ApiError, Json

MOST_MARKDOWN = block_kit.MOST_MARKDOWN
TRUNCATED_AT = 40_000
MOST_UPDATE_BYTES = 4_000


@dataclass(frozen=True)
class Content:
    """`blocks` None: the call gave none. truncated: Slack cut the text at 40,000 characters."""

    text: str
    blocks: list[Json] | None = None
    truncated: bool = False
    markdown: bool = False
    attachments: list[Json] = field(default_factory=list)

    @classmethod
    def of(cls, args: Json) -> Content:
        """Raises ApiError markdown_text_conflict, msg_too_long, no_text, or those of blocks."""
        text, markdown = args.get("text", ""), args.get("markdown_text")
        blocks = block_kit.check(args["blocks"]) if "blocks" in args else None
        attachments = args.get("attachments") or []
        if markdown is not None and (text or blocks):
            raise ApiError("markdown_text_conflict")
        if markdown is not None:
            block_kit.check_markdown(markdown_within(markdown))
            return cls(markdown, None, markdown=True)
        if not (text.strip() or blocks or attachments):
            raise ApiError("no_text")
        return cls(text[:TRUNCATED_AT], blocks, len(text) > TRUNCATED_AT, attachments=attachments)


def markdown_within(markdown: str, before: int = 0) -> str:
    """The markdown if it fits after `before` characters; ApiError no_text, msg_too_long."""
    if not markdown:
        raise ApiError("no_text")
    if before + len(markdown) > MOST_MARKDOWN:
        raise ApiError("msg_too_long")
    return markdown


def checked_metadata(metadata: object) -> Json:
    """Message metadata; `{}` removes it. ApiError invalid_metadata_format."""
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict):
        raise ApiError("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not (isinstance(kind, str) and kind and isinstance(payload, dict)):
        raise ApiError("invalid_metadata_format")
    return metadata
