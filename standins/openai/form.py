"""Multipart forms: fields, and one file counted while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from standins.openai.checks import missing
from standins.openai.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of a form."""

    name: str
    type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """`fields`: the last value of each name, as it was sent (`expires_after[seconds]`)."""

    fields: Mapping[str, str]
    sent: Sent | None

    def file(self) -> Sent:
        """The file. Raises Refusal when none was sent."""
        if self.sent is None:
            raise missing("file")
        return self.sent


async def form(http: web.Request, limit: int) -> Form:
    """Read a form whose file has at most `limit` bytes. Raises Refusal."""
    if not http.content_type.startswith("multipart/"):
        raise Refusal("Invalid body: expected multipart/form-data.")
    try:
        return await _read(http, limit)
    except ValueError:
        raise Refusal("Could not parse multipart form.") from None


async def _read(http: web.Request, limit: int) -> Form:
    fields: dict[str, str] = {}
    sent: Sent | None = None
    async for part in await http.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refusal("Invalid body: a form in a form.")
        if part.filename is None:
            fields[part.name or ""] = await part.text()
        else:
            content = await _content(part, limit)
            sent = Sent(part.filename, part.headers.get("Content-Type", ""), content)
    return Form(fields, sent)


async def _content(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(2**18):
        content += chunk
        if len(content) > limit:
            raise Refusal(
                f"Maximum content size limit ({limit}) exceeded ({len(content)} bytes read)", status=413
            )
    return bytes(content)
