"""Programs of the API's first version (`OpenAI-Beta: assistants=v1`): what they send and read, as of today.

`retrieval` became `file_search`; `file_ids` of assistants and messages became tool resources and attachments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

NESTED: Final = ("messages", "additional_messages")
RENAMED: Final = {"retrieval": "file_search"}
BOTH: Final = ({"type": "file_search"}, {"type": "code_interpreter"})


def speaks(headers: Iterable[str]) -> bool:
    """Whether that version is asked for; without any word of it, today's is."""
    return any("assistants=v1" in header for header in headers)


def incoming(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A body as today's API would have it. What is not of that version passes as it is."""
    body = dict(sent)
    if isinstance(tools := body.get("tools"), list):
        body["tools"] = [_renamed(tool, RENAMED) for tool in tools]
    for name in NESTED:
        if isinstance(messages := body.get(name), list):
            body[name] = [incoming(one) if isinstance(one, dict) else one for one in messages]
    if isinstance(thread := body.get("thread"), dict):
        body["thread"] = incoming(thread)
    if isinstance(files := body.get("file_ids"), list):
        del body["file_ids"]
        if "role" in body or "content" in body:
            body.setdefault("attachments", [{"file_id": file, "tools": list(BOTH)} for file in files])
        else:
            body.setdefault("tool_resources", _resources(files, body.get("tools")))
    return body


def outgoing(told: Mapping[str, Any]) -> dict[str, Any]:
    """An object as that version had it."""
    answer = dict(told)
    kind = answer.get("object")
    if kind == "list":
        answer["data"] = [outgoing(one) if isinstance(one, Mapping) else one for one in answer["data"]]
    if isinstance(tools := answer.get("tools"), list):
        answer["tools"] = [_renamed(tool, {"file_search": "retrieval"}) for tool in tools]
    if kind == "assistant":
        code = (answer.pop("tool_resources", None) or {}).get("code_interpreter") or {}
        answer["file_ids"] = list(code.get("file_ids", ()))
    elif kind == "thread":
        answer.pop("tool_resources", None)
    elif kind == "thread.message":
        answer["file_ids"] = [one["file_id"] for one in answer.pop("attachments", None) or ()]
    elif kind == "thread.run":
        answer["file_ids"] = []
    elif kind == "thread.run.step":
        answer["step_details"] = _details(answer["step_details"])
    elif kind == "thread.run.step.delta":
        answer["delta"] = {**answer["delta"], "step_details": _details(answer["delta"]["step_details"])}
    return answer


def _resources(files: list[Any], tools: Any) -> dict[str, Any]:
    """The files for the code, and in a store where they are to be searched."""
    resources: dict[str, Any] = {"code_interpreter": {"file_ids": files}}
    if files and (tools is None or {"type": "file_search"} in tools):
        resources["file_search"] = {"vector_stores": [{"file_ids": files}]}
    return resources


def _renamed(tool: Any, names: Mapping[str, str]) -> Any:
    type = tool.get("type") if isinstance(tool, Mapping) else None
    return {"type": names[type]} if isinstance(type, str) and type in names else tool


def _details(details: Mapping[str, Any]) -> Mapping[str, Any]:
    calls = details.get("tool_calls")
    return details if calls is None else {**details, "tool_calls": [_call(call) for call in calls]}


def _call(call: Mapping[str, Any]) -> Mapping[str, Any]:
    if call.get("type") != "file_search":
        return call
    kept = {name: call[name] for name in ("index", "id") if name in call}
    return {**kept, "type": "retrieval", "retrieval": {}}
