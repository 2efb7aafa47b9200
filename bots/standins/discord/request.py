"""A REST request as handlers get it, and the record of it that tests read."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bots.standins.discord.error import INVALID_JSON, JSON, TOO_LARGE, ApiError, invalid

FILE_LIMIT = 10 * 1024 * 1024
"""Bytes per uploaded file."""

Files = list[tuple[str, bytes]]
"""(name, bytes) of each uploaded file."""

Result = JSON | list[JSON] | None
"""What the reply's JSON is; None is 204 without a body."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is without `/api/v10`, `at` monotonic; `status` 0: the connection was cut."""

    method: str
    path: str
    body: Any
    at: float
    status: int


@dataclass(frozen=True, slots=True)
class Ask:
    """The parsed request. `body` is {} when there is none."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Files


Handler = Callable[[Ask], Awaitable[Result]]


async def read_body(request: web.Request) -> tuple[Any, Files]:
    """JSON, or the `payload_json` and `files[n]` of a form. Raises ApiError 50109 or 50035."""
    if not request.can_read_body:
        return {}, []
    if request.content_type == "multipart/form-data":
        return await _read_form(request)
    raw = await request.read()
    if not raw:
        return {}, []
    if request.content_type != "application/json":
        message = "Expected \"Content-Type\" header to be one of {'application/json'}."
        raise invalid("_misc", "CONTENT_TYPE_INVALID", message)
    return _parsed(raw), []


async def _read_form(request: web.Request) -> tuple[Any, Files]:
    body: Any = {}
    files: Files = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = _parsed(data)
        else:
            if len(data) > FILE_LIMIT:
                raise ApiError(*TOO_LARGE)
            files.append((part.filename or "unknown", data))
    return body, files


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise ApiError(*INVALID_JSON) from None
