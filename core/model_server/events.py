"""The server-sent events of a response, and what a whole one says: only what matters is decoded.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from core.model_server.faults import fault
from core.types import Finished

TERMINAL = {"response.completed", "response.incomplete", "response.failed", "error"}
ITEMS = {"response.output_item.added", "response.output_item.done"}
DELTAS = {"response.output_text.delta", "response.refusal.delta"}
WANTED = TERMINAL | ITEMS | DELTAS | {"response.created"}
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""The escape of half a character: mostly its other half follows."""


async def frames(chunks: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """The events of a server-sent stream that matter, decoded. Events without a name are decoded to see."""
    rest = b""
    async for chunk in chunks:
        rest = (rest + chunk).replace(b"\r\n", b"\n")
        *frames, rest = rest.split(b"\n\n")
        for frame in frames:
            if data := _decoded(frame):
                yield data
    if data := _decoded(rest):  # a server may end without the blank line
        yield data


def _decoded(frame: bytes) -> dict[str, Any] | None:
    name, data = "", b""
    for line in frame.split(b"\n"):
        if line.startswith(b"data:"):
            data += line[5:]
        elif line.startswith(b"event:"):
            name = line[6:].strip().decode(errors="replace")
    if not data or (name and name not in WANTED):
        return None
    try:
        event = json.loads(data.decode())
        if _HALF.search(data):
            event = _whole(event)
    except ValueError:  # "[DONE]" of some servers; half a frame of a cut stream
        return None
    if not isinstance(event, dict):
        return None
    kind = event.setdefault("type", name)
    return event if isinstance(kind, str) and kind in WANTED else None


def _whole(event: Any) -> Any:
    """The same without lone halves of characters, which can be stored and sent nowhere."""
    text = json.dumps(event, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def finished(kind: str, data: Mapping[str, Any]) -> Finished:
    """The terminal event as a value; a failure is raised."""
    if kind == "error":
        error = data.get("error") if isinstance(data.get("error"), dict) else data
        raise fault(str((error or {}).get("code") or "server_error"))
    response = data.get("response") or {}
    if kind == "response.failed":
        raise fault(str((response.get("error") or {}).get("code") or "server_error"))
    reason = (response.get("incomplete_details") or {}).get("reason") or ""
    usage = _usage(response.get("usage"))
    return Finished("completed" if kind == "response.completed" else "incomplete", reason, usage)


def _usage(usage: Any) -> dict[str, int] | None:
    if not isinstance(usage, dict):
        return None
    cached = (usage.get("input_tokens_details") or {}).get("cached_tokens", 0)
    return {
        "input_tokens": usage.get("input_tokens", 0),
        "output_tokens": usage.get("output_tokens", 0),
        "cached_tokens": cached,
    }


def decoded_body(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:  # a proxy's page
        return {}
    return found if isinstance(found, dict) else {}
