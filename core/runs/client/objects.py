"""Objects in the Assistants API's shapes: the same whether they are stored, asked for or streamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from core.model_server.faults import LASTING, RATE_LIMITS
from core.store.client_runs import RunRow
from core.store.thread_messages import ThreadMessage
from core.types import Assistant

Object = dict[str, Any]
Outputs = Mapping[str, tuple[str, float]]
"""Of function calls, by their ids: what they gave, and when."""
_PROMPT: Final = {
    *("too_long", "model_refused", "file_refused", "request_refused", "tools_refused", "file_gone"),
}
"""Notices of requests that are wrong themselves."""
_BAD: Final = ("http_4", "invalid_", "unsupported_", "unknown_", "missing_")
"""How the codes of such requests begin that have no notice of their own."""
_TOLD: Final = {
    "rate_limit_exceeded": "The model server takes no more requests for now: its rate limit or quota is "
    "reached. Try again later.",
    "invalid_prompt": "The model server does not take this request. What it says stands in the log.",
    "server_error": "The model server failed, or nobody answered in time. Try again later.",
}


def thread(id: str, created_at: float, kept: Mapping[str, Any]) -> Object:
    """A thread, from what is kept of it."""
    named = {"id": id, "object": "thread", "created_at": int(created_at)}
    return {
        **named,
        "metadata": kept.get("metadata") or {},
        "tool_resources": kept.get("tool_resources") or {},
    }


def text_part(text: str, annotations: Sequence[Mapping[str, Any]] = ()) -> Object:
    """Words, as a part of a message's content."""
    return {"type": "text", "text": {"value": text, "annotations": list(annotations)}}


def message(one: ThreadMessage) -> Object:
    """A message as it is stored."""
    kept = one.object
    status, at = kept.get("status", "completed"), int(kept.get("ended_at") or one.sent_at)
    reason = kept.get("reason")
    return {
        "id": one.id,
        "object": "thread.message",
        "created_at": int(one.sent_at),
        "thread_id": one.thread,
        "status": status,
        "incomplete_details": {"reason": reason} if reason else None,
        "completed_at": at if status == "completed" else None,
        "incomplete_at": at if status == "incomplete" else None,
        "role": one.role,
        "content": kept["content"] if "content" in kept else [text_part(one.text)],
        "assistant_id": one.assistant,
        "run_id": one.run,
        "attachments": kept.get("attachments") or [],
        "metadata": kept.get("metadata") or {},
    }


def deleted(kind: str, id: str) -> Object:
    """What is answered to a deletion."""
    return {"id": id, "object": f"{kind}.deleted", "deleted": True}


def words(content: Iterable[Mapping[str, Any]]) -> str:
    """All that a message's content says."""
    return "\n\n".join(str(part["text"]["value"]) for part in content if part["type"] == "text")


def run(row: RunRow, assistant: Assistant, usage: Object | None, calls: Sequence[Object] = ()) -> Object:
    """A run as it is stored; `calls` are those whose outputs its client owes."""
    ended = int(row.ended_at) if row.ended_at else None
    ends = {name: ended if row.status == name else None for name in ("cancelled", "failed", "completed")}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": list(calls)}}
    return {
        "id": row.id,
        "object": "thread.run",
        "created_at": int(row.created_at),
        "thread_id": row.thread,
        "assistant_id": row.assistant,
        "status": row.status,
        "started_at": int(row.began_at) if row.began_at else None,
        "expires_at": int(row.expires_at) if row.expires_at and ended is None else None,
        **{f"{name}_at": at for name, at in ends.items()},
        "required_action": action if calls else None,
        "last_error": last_error(row.error) if row.status == "failed" else None,
        "incomplete_details": _incomplete(row),
        "usage": usage,
        "metadata": dict(row.metadata),
        **_set(row, assistant),
    }


def _set(row: RunRow, assistant: Assistant) -> Object:
    """What counts for the run: its client's own, else the assistant's."""
    given = row.options
    own = {name: getattr(assistant, name) for name in ("model", "instructions", "reasoning_effort")}
    own |= {"temperature": assistant.temperature, "top_p": assistant.top_p}
    if given:
        own |= {name: given.set.get(name) for name in own}
    strategy = (given and given.truncation_strategy) or {"type": "auto"}
    effective = given.applied(assistant) if given else assistant
    return {
        **own,
        "temperature": 1.0 if own["temperature"] is None else own["temperature"],
        "top_p": 1.0 if own["top_p"] is None else own["top_p"],
        "instructions": own["instructions"] or "",
        "tools": [dict(tool) for tool in effective.tools],
        "max_prompt_tokens": given and given.max_prompt_tokens,
        "max_completion_tokens": given and given.max_completion_tokens,
        "truncation_strategy": {"type": strategy["type"], "last_messages": strategy.get("last_messages")},
        "response_format": effective.response_format,
        "tool_choice": effective.tool_choice,
        "parallel_tool_calls": effective.parallel_tool_calls,
    }


def error_code(code: str) -> str:
    """The API's word for an error that a run met."""
    notice = LASTING.get(code, "")
    if code in RATE_LIMITS or notice == "billing":
        return "rate_limit_exceeded"
    bad = notice in _PROMPT or (not notice and code.startswith(_BAD))
    return "invalid_prompt" if bad else "server_error"


def last_error(error: str) -> Object:
    """Of a failed run. Its error begins with the API's word for it, where a client asked for it."""
    word = error.partition(": ")[0]
    code = word if word in _TOLD else error_code(error)
    return {"code": code, "message": _TOLD[code]}


def _incomplete(row: RunRow) -> Object | None:
    if row.status != "incomplete":
        return None
    return {"reason": "content_filter" if row.error == "content_filter" else "max_completion_tokens"}


def step(record: Mapping[str, Any], row: RunRow, outputs: Outputs | None = None) -> Object:
    """A record as a step; `outputs` of its function calls, as far as there are any."""
    done = outputs or {}
    status, ended = _step_status(record, row, done)
    at = int(ended) if ended else None
    ends = {name: at if status == name else None for name in ("expired", "cancelled", "failed", "completed")}
    return {
        "id": record["id"],
        "object": "thread.run.step",
        "created_at": int(record["at"]),
        "run_id": row.id,
        "assistant_id": row.assistant,
        "thread_id": row.thread,
        "type": "message_creation" if record["type"] == "message" else "tool_calls",
        "status": status,
        "step_details": _details(record, done),
        "last_error": last_error(row.error) if status == "failed" else None,
        **{f"{name}_at": when for name, when in ends.items()},
        "metadata": {},
        "usage": record.get("usage"),
    }


def _step_status(record: Mapping[str, Any], row: RunRow, done: Outputs) -> tuple[str, float | None]:
    if record["status"] != "in_progress":
        kept = record["status"] if record["status"] != "incomplete" else _ended(record["reason"])
        return kept, record["ended"]
    owed = [call["id"] for call in record.get("calls", ()) if call["type"] == "function"]
    if owed and all(id in done for id in owed):
        return "completed", max(done[id][1] for id in owed)
    if row.ended_at is None:
        return "in_progress", None
    return (row.status if row.status in ("expired", "cancelled") else "failed"), row.ended_at


def _ended(reason: str) -> str:
    """How the step of a message ended that is incomplete for that reason."""
    stopped = reason.removeprefix("run_")
    return stopped if stopped in ("cancelled", "expired", "failed") else "completed"


def _details(record: Mapping[str, Any], done: Outputs) -> Object:
    if record["type"] == "message":
        told = {"message_id": record["message"]}
        return {"type": "message_creation", "message_creation": told}
    return {"type": "tool_calls", "tool_calls": [_call(call, done) for call in record["calls"]]}


def _call(call: Mapping[str, Any], done: Outputs) -> Object:
    if call["type"] != "function":
        return dict(call)
    output = done[call["id"]][0] if call["id"] in done else None
    return {**call, "function": {**call["function"], "output": output}}


def without_results(told: Object) -> Object:
    """A step without what searches have found: that has to be asked for."""
    details = told["step_details"]
    if details["type"] != "tool_calls":
        return told
    calls = [_unfound(call) for call in details["tool_calls"]]
    return {**told, "step_details": {**details, "tool_calls": calls}}


def _unfound(call: Object) -> Object:
    if call["type"] != "file_search":
        return call
    found = [{name: one[name] for name in one if name != "content"} for one in call["file_search"]["results"]]
    return {**call, "file_search": {**call["file_search"], "results": found}}
