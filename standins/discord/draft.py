"""The body of a request that writes a message, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standins.discord import form
from standins.discord.component import check_components
from standins.discord.error import EMPTY_MESSAGE, JSON, NOT_PLAYED, ApiError, invalid, required, too_long
from standins.discord.mention import check_allowed

CONTENT_LIMIT = 2000
NONCE_LIMIT = 25
_NOT_PLAYED = ("poll", "sticker_ids", "shared_client_theme")


@dataclass(frozen=True, slots=True)
class Reference:
    """The message a new one answers. `strict`: refuse when it is gone, else send without it."""

    message: str
    channel: str | None
    strict: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request asks to be written; None where it does not speak of a field."""

    content: str | None
    components: list[JSON] | None
    embeds: list[JSON] | None
    attachments: form.Wanted | None
    flags: int | None
    allowed: JSON | None
    nonce: str | int | None
    unique: bool
    """Whether the nonce is to be enforced."""
    reference: Reference | None

    def require_something(self) -> Draft:
        """Itself; 50006 when it would be a message without anything in it."""
        files = self.attachments is not None and self.attachments.kept
        if not (self.content or self.embeds or files or self.components):
            raise ApiError(*EMPTY_MESSAGE)
        return self


def read_draft(body: Any, files: Mapping[int, form.File] | None = None) -> Draft:
    """The body, with the files that came with it, as a draft. Raises ApiError 50035 where Discord would."""
    if not isinstance(body, dict):
        raise invalid("_misc", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    for name in _NOT_PLAYED:
        if body.get(name):
            raise ApiError(*NOT_PLAYED)
    components = body.get("components")
    return Draft(
        content=_content(body),
        components=None if components is None else check_components(components),
        embeds=_embeds(body),
        attachments=form.read(body, files or {}),
        flags=_flags(body),
        allowed=check_allowed(body.get("allowed_mentions")),
        nonce=_nonce(body),
        unique=body.get("enforce_nonce") is True,
        reference=_reference(body.get("message_reference")),
    )


def _content(body: JSON) -> str | None:
    if "content" not in body:
        return None
    content = body["content"] or ""
    if not isinstance(content, str):
        raise invalid("content", "STRING_TYPE_CONVERT", "Could not interpret the value as string.")
    if len(content) > CONTENT_LIMIT:
        raise too_long("content", CONTENT_LIMIT)
    return content.strip()


def _nonce(body: JSON) -> str | int | None:
    nonce = body.get("nonce")
    if nonce is None:
        return None
    if not isinstance(nonce, (str, int)) or isinstance(nonce, bool):
        raise invalid("nonce", "NONCE_TYPE_INVALID_TYPE", "This field must be a string or integer.")
    if len(str(nonce)) > NONCE_LIMIT:
        raise invalid("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer characters long.")
    return nonce


def _flags(body: JSON) -> int | None:
    flags = body.get("flags")
    if flags is None:
        return None
    if not isinstance(flags, int):
        raise invalid("flags", "NUMBER_TYPE_COERCE", f'Value "{flags}" is not int.')
    if flags & (1 << 13 | 1 << 15):
        raise ApiError(*NOT_PLAYED)
    return flags


def _objects(body: JSON, name: str, most: int) -> list[JSON] | None:
    value: Any = body.get(name)
    if value is None:
        return [] if name in body else None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid(name, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    if len(value) > most:
        raise invalid(name, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    return value


def _embeds(body: JSON) -> list[JSON] | None:
    embeds = _objects(body, "embeds", 10)
    for index, embed in enumerate(embeds or ()):
        if len(embed.get("description") or "") > 4096:
            raise too_long(f"embeds.{index}.description", 4096)
    if sum(len(e.get("description") or "") + len(e.get("title") or "") for e in embeds or ()) > 6000:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return embeds


def _reference(value: object) -> Reference | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid("message_reference", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    if value.get("type"):
        raise ApiError(*NOT_PLAYED)
    if value.get("message_id") is None:
        raise required("message_reference.message_id")
    channel = value.get("channel_id")
    return Reference(
        message=str(value["message_id"]),
        channel=None if channel is None else str(channel),
        strict=value.get("fail_if_not_exists") is not False,
    )
