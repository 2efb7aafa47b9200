"""What a request carries: an object of JSON, or a form with one file that is counted while it is read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from standins.openai.refusal import refused
from standins.openai.rules import OBJECT

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of a form."""

    name: str
    content: bytes = field(repr=False)


async def body(http: web.Request) -> Json:
    """An object. Raises Refusal for anything else."""
    try:
        found = json.loads(await http.read())
    except ValueError:
        raise refused("no JSON") from None
    OBJECT("", found)
    return dict(found)


async def form(http: web.Request, limit: int) -> Json:
    """The fields; a file is a `Sent` of at most `limit` bytes, `a[b]` stands in an object. Raises Refusal."""
    if not http.content_type.startswith("multipart/"):
        raise refused("no form")
    fields: Json = {}
    try:
        async for part in await http.multipart():
            if not isinstance(part, BodyPartReader):
                raise ValueError
            value = await part.text() if part.filename is None else await _sent(part, limit)
            outer, inner = re.fullmatch(r"(.*?)(?:\[(.*)\])?", part.name or "", re.DOTALL).groups()  # type: ignore[union-attr]
            if inner:
                fields.setdefault(outer, {})[inner] = value
            else:
                fields[outer] = value
    except (ValueError, TypeError):
        raise refused("broken form") from None
    return fields


async def _sent(part: BodyPartReader, limit: int) -> Sent:
    content = bytearray()
    while chunk := await part.read_chunk(2**18):
        content += chunk
        if len(content) > limit:
            raise refused("big", limit=limit, size=len(content))
    return Sent(part.filename or "", bytes(content))
