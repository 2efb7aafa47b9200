"""What a call wants to show: text, blocks or markdown, checked against Slack's limits.

Source: docs.slack.dev/reference/methods/chat.postMessage and chat.update, with the byte limit on
updates found in practice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from standins.slack.blocks import MOST_MARKDOWN, check, check_markdown, text_of
from standins.slack.wire import ApiError, Json, refuse

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
        blocks = check(args["blocks"]) if "blocks" in args else None
        attachments = args.get("attachments") or []
        if markdown is not None:
            refuse(text or blocks, "markdown_text_conflict")
            check_markdown(markdown_within(markdown))
            return cls(markdown, None, markdown=True)
        refuse(not (text.strip() or blocks or attachments), "no_text")
        return cls(text[:TRUNCATED_AT], blocks, len(text) > TRUNCATED_AT, attachments=attachments)

    def shown(self) -> str:
        """What a reader reads."""
        return text_of(self.blocks or []) or self.text


def markdown_within(markdown: str, before: int = 0) -> str:
    """The markdown if it fits after `before` characters; ApiError no_text, msg_too_long."""
    refuse(not markdown, "no_text")
    refuse(before + len(markdown) > MOST_MARKDOWN, "msg_too_long")
    return markdown


def checked_metadata(metadata: Json | None) -> Json | None:
    """Message metadata, None for none; `{}` removes it. ApiError invalid_metadata_format."""
    if metadata is None or metadata == {}:
        return metadata
    if not isinstance(metadata, dict):  # whatever the app sent
        raise ApiError("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    refuse(not (isinstance(kind, str) and kind and isinstance(payload, dict)), "invalid_metadata_format")
    return metadata
