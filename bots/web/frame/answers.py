"""Answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web


def reply(
    told: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The answer with that body."""
    return web.Response(body=encoded(told), status=status, headers=headers, content_type="application/json")


def encoded(told: Mapping[str, Any]) -> bytes:
    """JSON on one line. Half a character, which a chat may have left behind, becomes a question mark."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
