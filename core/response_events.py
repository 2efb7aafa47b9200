"""The server-sent events of a response: only those that matter are decoded.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

TERMINAL = {"response.completed", "response.incomplete", "response.failed", "error"}
WANTED = TERMINAL | {"response.created", "response.output_text.delta", "response.refusal.delta"}


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
    except ValueError:  # "[DONE]" of some servers; half a frame of a cut stream
        return None
    if not isinstance(event, dict):
        return None
    kind = event.setdefault("type", name)
    return event if isinstance(kind, str) and kind in WANTED else None
