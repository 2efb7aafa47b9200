"""What the old API printed for an assistant, as fields of ours; whatever cannot come along is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.assistants.validate import HOSTED
from core.types import ASSISTANT_BODY, ASSISTANT_FIELDS

_PRINTED = {"object", "assignments", "file_ids"}
"""Read, or derived; none of them is a field."""
_ONE = ("temperature", "top_p")
_INPUT = "send it to the assistant in the chat when it is needed"


def objects(text: str) -> list[Mapping[str, Any]]:
    """The assistants in some JSON: objects, lists of them, or the API's {"object": "list", "data": […]}.

    Several such values may follow each other. Raises ValueError, for a person, when it is none of these.
    """
    found = [one for value in _values(text) for one in _within(value)]
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict) or not ({"id", "model"} & one.keys()):
            raise ValueError(f"Entry {number} is not an assistant: it has neither an id nor a model.")
        if one.get("object", "assistant") != "assistant":
            raise ValueError(f"Entry {number} is not an assistant but of the type {one['object']}.")
    return found


def has_more(text: str) -> bool:
    """Whether the API said that its list goes on after what it printed."""
    pages = [value for value in _values(text) if isinstance(value, dict) and "data" in value]
    return bool(pages) and pages[-1].get("has_more") is True


def _values(text: str) -> list[Any]:
    """The JSON values that stand in a text one after the other."""
    values: list[Any] = []
    rest = text.strip()
    try:
        while rest or not values:
            value, end = json.JSONDecoder().raw_decode(rest)
            values.append(value)
            rest = rest[end:].lstrip()
    except ValueError as error:
        raise ValueError(f"This is not JSON ({error}). Give what the API printed, unchanged.") from None
    return values


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return list(value["data"])
    return value if isinstance(value, list) else [value]


def is_ours(printed: Mapping[str, Any]) -> bool:
    """Whether `export` or `show` printed it: the old API had no versions."""
    return isinstance(printed.get("version"), int)


def translated(printed: Mapping[str, Any], spool: str = "spool") -> tuple[dict[str, Any], list[str]]:
    """The fields of ours, and what of it cannot come along, each as a complete sentence.

    What we printed ourselves comes along as it is. The values 1 of temperature and top_p are not kept of an
    old object: they were its defaults, and many of today's models refuse to be told. `spool`: what the
    person typed, for hints.
    """
    fields = {name: printed[name] for name in ASSISTANT_FIELDS if printed.get(name) is not None}
    notes = [
        f"The field {name} is not known here; it was left out."
        for name in sorted(printed.keys() - {*ASSISTANT_FIELDS, *_PRINTED})
        if printed[name] not in (None, [], {}, "")
    ]
    if is_ours(printed):
        return fields, notes
    for name in _ONE:
        if fields.get(name) == 1:
            del fields[name]
    tools = fields.get("tools", [])
    if isinstance(tools, list):
        fields["tools"], changes = _tools(tools)
        notes += changes
    notes += _left_behind(fields.pop("tool_resources", {}), printed.get("file_ids"), spool)
    return fields, notes


def body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the fields that can be changed: not its id, its time, its version."""
    return {name: fields[name] for name in ASSISTANT_BODY if name in fields}


def _tools(tools: list[Any]) -> tuple[list[Any], list[str]]:
    kept: list[Any] = []
    notes: list[str] = []
    for tool in tools:
        type = tool.get("type") if isinstance(tool, dict) else None
        if type == "retrieval":
            notes.append("The tool retrieval is called file_search now.")
            tool, type = {"type": "file_search"}, "file_search"
        if type not in (*HOSTED, "function", "mcp"):
            notes.append(
                f"The tool {json.dumps(tool, ensure_ascii=False):.80} is not known here; it was left out."
            )
        elif tool not in kept:
            kept.append(tool)
    return kept, notes


def _left_behind(resources: Any, file_ids: Any, spool: str) -> Iterator[str]:
    again = f"add the documents again with `{spool} files add`"
    resources = resources if isinstance(resources, dict) else {}
    for store in _ids(resources, "file_search", "vector_store_ids"):
        yield f"The vector store {store} cannot come along; {again}."
    if (resources.get("file_search") or {}).get("vector_stores"):
        yield f"The vector stores to be made cannot come along; {again}."
    for file in _ids(resources, "code_interpreter", "file_ids"):
        yield f"The file {file} of the code interpreter cannot come along; {_INPUT}."
    for file in file_ids if isinstance(file_ids, list) else ():
        yield f"The file {file} cannot come along; {again}."


def _ids(resources: Mapping[str, Any], tool: str, name: str) -> list[str]:
    ids = (resources.get(tool) or {}).get(name)
    return [str(id) for id in ids] if isinstance(ids, list) else []
