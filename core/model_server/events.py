"""The server-sent events of a response, and what a whole one says: only what matters is decoded.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

from core.errors import Permanent
from core.model_server.assembly import mended, messages_of, output_of
from core.model_server.faults import failure
from core.types import Finished

TERMINAL = {"response.completed", "response.incomplete", "response.failed", "error"}
DELTAS = {"response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta"}
ENDS = {
    "response.output_text.done",
    "response.refusal.done",
    "response.content_part.done",
    "response.function_call_arguments.done",
}
ITEMS = {"response.output_item.added", "response.output_item.done"}
WANTED = TERMINAL | ITEMS | DELTAS | ENDS | {"response.created"}
DETAILS = {"response.output_text.annotation.added", "response.code_interpreter_call_code.delta"}
"""Wanted by those only who are told how an answer comes about."""
_PARTS: Final = {
    "input_tokens_details": ("cached_tokens", "cache_write_tokens"),
    "output_tokens_details": ("reasoning_tokens",),
}
LARGEST_EVENT = 32 * 2**20
"""Bytes: a drawn picture is one event."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""The escape of half a character: mostly its other half follows."""
_JSON = re.compile(rb"\s*\{")
_LENIENT = json.JSONDecoder(strict=False)


class Frames:
    """The events of a server-sent stream that matter, decoded as its bytes come.

    Events without a name are decoded to see. A body that is one JSON object is read as its last event.
    """

    def __init__(self, *, details: bool = False) -> None:
        self._wanted = WANTED | DETAILS if details else WANTED
        self._rest, self._looked = bytearray(), 0
        self._begun = self._after_return = False

    def take(self, chunk: bytes) -> list[dict[str, Any]]:
        """The events that end in this chunk. Raises Permanent for one beyond LARGEST_EVENT."""
        rest, found = self._rest, []
        rest += _newlines(chunk, self._after_return)
        self._after_return = chunk.endswith(b"\r") if chunk else self._after_return
        while (self._begun or not _JSON.match(rest)) and (end := rest.find(b"\n\n", self._looked)) >= 0:
            frame = bytes(rest[:end])
            del rest[: end + 2]
            self._looked, self._begun = 0, self._begun or bool(frame.strip())
            if data := _decoded(frame, self._wanted):
                found.append(data)
        self._looked = max(0, len(rest) - 1)  # only new bytes are searched
        if not found:  # else that is heard first
            self._bounded()
        return found

    def end(self) -> list[dict[str, Any]]:
        """The event the stream ended in: a server may leave out the blank line after it. Raises as `take`."""
        self._bounded()
        body = bytes(self._rest)
        events = self._begun or not _JSON.match(body)
        data = _decoded(body, self._wanted) if events else _last_event(_loaded(body) or {})
        return [data] if data else []

    def _bounded(self) -> None:
        if len(self._rest) > LARGEST_EVENT:
            raise Permanent("event_too_large", notice="answer_limit")


def _newlines(chunk: bytes, after_return: bool) -> bytes:
    """The chunk with one kind of newline, of the three there are; a pair may be cut into two chunks."""
    if after_return and chunk.startswith(b"\n"):
        chunk = chunk[1:]
    return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in chunk else chunk


def _decoded(frame: bytes, wanted: Collection[str]) -> dict[str, Any] | None:
    name, lines = "", []
    for line in frame.split(b"\n"):
        if line.startswith(b"data:"):
            lines.append(line[5:])
        elif line.startswith(b"event:"):
            name = line[6:].strip().decode(errors="replace")
    if not lines or (name and name not in wanted):
        return None
    event = _loaded(b"\n".join(lines), name)
    return event if event and isinstance(event["type"], str) and event["type"] in wanted else None


def _loaded(data: bytes, name: str = "") -> dict[str, Any] | None:
    """The object. Only deltas keep lone halves of characters, which can be stored and sent nowhere."""
    try:
        found = _LENIENT.decode(data.decode(errors="replace"))
        if not isinstance(found, dict):
            return None
        found.setdefault("type", name or ("error" if found.get("error") else ""))  # some name nothing
        if not _HALF.search(data) or str(found["type"]) in DELTAS:
            return found
        return dict(json.loads(mended(json.dumps(found, ensure_ascii=False))))
    except (ValueError, RecursionError):  # "[DONE]" of some servers; half a frame of a cut stream
        return None


def _last_event(body: dict[str, Any]) -> dict[str, Any] | None:
    """What a server says that does not stream: a whole response, an error, or an event."""
    if str(body.get("type")) in WANTED:
        return body
    status = body.get("status") or ("completed" if messages_of(body) or output_of(body) else "")
    if body.get("error") and status != "failed":
        return {**body, "type": "error"}
    return {"type": f"response.{status}", "response": body} if f"response.{status}" in TERMINAL else None


def finished(kind: str, data: Mapping[str, Any]) -> Finished:
    """The terminal event as a value; a failure is raised."""
    if kind == "error":
        failed = failure(data)
        failed.request = "failed"
        raise failed
    response = data.get("response") or {}
    told = {name: value for name in ("model", "service_tier") if isinstance(value := response.get(name), str)}
    usage, model, tier = usage_of(response.get("usage")), told.get("model", ""), told.get("service_tier", "")
    if kind == "response.failed":
        failed = failure(response.get("error"))
        failed.told, failed.request = Finished("incomplete", "", usage, model, tier), "failed"
        raise failed
    reason = (response.get("incomplete_details") or {}).get("reason") or ""
    ending: Literal["completed", "incomplete"] = "completed" if kind == "response.completed" else "incomplete"
    return Finished(ending, reason, usage, model, tier)


def usage_of(usage: Any) -> dict[str, int] | None:
    """The tokens that were told, by our names; None where there are none."""
    if not isinstance(usage, dict):
        return None
    found: dict[str, Any] = {name: usage.get(name) for name in ("input_tokens", "output_tokens")}
    for part, names in _PARTS.items():
        details = usage.get(part)
        found |= {name: details.get(name) for name in names} if isinstance(details, dict) else {}
    return {name: count for name, count in found.items() if type(count) is int and count >= 0}


def decoded_body(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):  # a proxy's page
        return {}
    return found if isinstance(found, dict) else {}
