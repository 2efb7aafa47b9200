"""What the old API, or `export`, printed becomes an assistant here; what cannot come along is told."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.assistants.models import Verdict, default_effort, known
from core.assistants.refusals import Unreadable
from core.assistants.remarks import Remark
from core.assistants.validate import HOSTED, unavailable
from core.settings import Settings
from core.store import assistants
from core.store.database import Execute
from core.types import ASSISTANT_FIELDS, SETTINGS_ID, Assistant

_ID = re.compile(r"asst_[A-Za-z0-9_-]{1,64}")
_PRINTED = {"object", "assignments", "file_ids"}
"""Read, or derived; none of them is a field."""
_ONE = ("temperature", "top_p")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An assistant that is to be imported: its fields, and what of it could not come along.

    `id` is the one it has here; `given` the one it came with, if any. `ours`: Spool itself printed it.
    """

    id: str
    given: object
    fields: Mapping[str, Any]
    remarks: tuple[Remark, ...]
    ours: bool

    @property
    def label(self) -> str:
        """What its source calls it; "" when that has neither a name nor an id for it."""
        return str(self.fields.get("name") or self.given or "")


@dataclass(frozen=True, slots=True)
class Imported:
    """One of a file: the assistant it is here, what could not come along, and what holds of it now."""

    arrival: Arrival
    assistant: Assistant
    remarks: tuple[Remark, ...]
    warnings: tuple[Remark, ...] = ()


def arrival(printed: Mapping[str, Any]) -> Arrival:
    """What was printed for one. The same text always gets the same id here: so it is known again."""
    fields, remarks = translated(printed)
    given = fields.pop("id", None)
    id = given
    if not isinstance(given, str) or not _ID.fullmatch(given):
        source = json.dumps(printed if given is None else given, sort_keys=True)
        id = f"asst_{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    return Arrival(str(id), given, fields, tuple(remarks), _is_ours(printed))


def renewed(arrival: Arrival, verdict: Verdict, settings: Settings) -> Arrival:
    """With a model that is gone in the place of its successor, and with an effort that this one takes."""
    fields, remarks = dict(arrival.fields), list(arrival.remarks)
    if verdict.reason:
        fields["model"] = verdict.replacement
        facts = {"reason": verdict.reason, "model": verdict.replacement}
        remarks.append(Remark("model_replaced", facts, "model"))
    elif verdict.warning:
        remarks.append(Remark("model_warning", {"text": verdict.warning}, "model"))
    efforts, effort = known(fields["model"]).efforts, fields.get("reasoning_effort")
    if efforts and effort is not None and effort not in efforts:
        del fields["reasoning_effort"]
        facts = {"effort": str(effort), "model": fields["model"]}
        remarks.append(Remark("effort_left", facts, "reasoning_effort"))
    if not arrival.ours and (default := default_effort(settings, fields["model"])):
        fields.setdefault("reasoning_effort", default)
    return replace(arrival, fields=fields, remarks=tuple(remarks))


def objects(text: str) -> list[Mapping[str, Any]]:
    """The assistants in some JSON: objects, lists of them, or the API's {"object": "list", "data": […]}.

    Several such values may follow each other. Raises Unreadable when it is none of these.
    """
    found = [one for value in _values(text) for one in _within(value)]
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict) or not ({"id", "model"} & one.keys()):
            raise Unreadable(f"Entry {number} is not an assistant: it has neither an id nor a model.")
        if one.get("object", "assistant") != "assistant":
            raise Unreadable(f"Entry {number} is not an assistant but of the type {one['object']}.")
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
        raise Unreadable(f"This is not JSON ({error}). Give what the API printed, unchanged.") from None
    return values


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return list(value["data"])
    return value if isinstance(value, list) else [value]


def _is_ours(printed: Mapping[str, Any]) -> bool:
    """Whether `export` or `show` printed it: the old API had no versions."""
    return isinstance(printed.get("version"), int)


def translated(printed: Mapping[str, Any]) -> tuple[dict[str, Any], list[Remark]]:
    """The fields of ours, and what of it cannot come along.

    What we printed ourselves comes along as it is. The values 1 of temperature and top_p are not kept of an
    old object: they were its defaults, and many of today's models refuse to be told.
    """
    fields = {name: printed[name] for name in ASSISTANT_FIELDS if printed.get(name) is not None}
    remarks = [
        Remark("field_unknown", {"name": name}, name)
        for name in sorted(printed.keys() - {*ASSISTANT_FIELDS, *_PRINTED})
        if printed[name] not in (None, [], {}, "")
    ]
    if _is_ours(printed):
        return fields, remarks
    for name in _ONE:
        if fields.get(name) == 1:
            del fields[name]
    tools = fields.get("tools", [])
    if isinstance(tools, list):
        fields["tools"], changes = _tools(tools)
        remarks += changes
    remarks += _left_behind(fields.pop("tool_resources", {}), printed.get("file_ids"))
    return fields, remarks


def _tools(tools: list[Any]) -> tuple[list[Any], list[Remark]]:
    kept: list[Any] = []
    remarks: list[Remark] = []
    for tool in tools:
        type = tool.get("type") if isinstance(tool, dict) else None
        if type == "retrieval":
            remarks.append(Remark("retrieval_renamed", param="tools"))
            tool, type = {"type": "file_search"}, "file_search"
        if type not in (*HOSTED, "function", "mcp"):
            shown = f"{json.dumps(tool, ensure_ascii=False):.80}"
            remarks.append(Remark("tool_unknown", {"tool": shown}, "tools"))
        elif tool not in kept:
            kept.append(tool)
    return kept, remarks


def _left_behind(resources: Any, file_ids: Any) -> Iterator[Remark]:
    resources = resources if isinstance(resources, dict) else {}
    for store in _ids(resources, "file_search", "vector_store_ids"):
        yield Remark("store_left", {"id": store}, "tool_resources")
    if (resources.get("file_search") or {}).get("vector_stores"):
        yield Remark("stores_left", param="tool_resources")
    for file in _ids(resources, "code_interpreter", "file_ids"):
        yield Remark("code_file_left", {"id": file}, "tool_resources")
    for file in file_ids if isinstance(file_ids, list) else ():
        yield Remark("file_left", {"id": str(file)}, "file_ids")


def _ids(resources: Mapping[str, Any], tool: str, name: str) -> list[str]:
    ids = (resources.get(tool) or {}).get(name)
    return [str(id) for id in ids] if isinstance(ids, list) else []


def arrive(tx: Execute, arrival: Arrival, now: float, overwrite: bool, full: bool) -> Imported:
    """Make it here. What is here already stays as it is unless `overwrite`; what was deleted comes back.

    `full`: the model server has the hosted tools.
    """
    wanted, remarks = Assistant.from_json(arrival.fields).body(), list(arrival.remarks)
    present = assistants.get(tx, arrival.id) or _alike(tx, arrival, wanted)
    if present is not None:
        if present.body() == wanted:
            return Imported(arrival, present, (Remark("same_here"),))
        if not overwrite:
            return Imported(arrival, present, (Remark("differs_here"),))
        return Imported(arrival, assistants.update(tx, present.id, wanted, now), arrival.remarks)
    if assistants.known(tx, arrival.id):
        remarks.append(Remark("restored"))
        assistants.restore(tx, arrival.id, now)
        made = assistants.update(tx, arrival.id, wanted, now)
    else:
        made = assistants.create(tx, {**_born(arrival.fields), "id": arrival.id}, now)
    if arrival.given not in (None, arrival.id):
        remarks.append(Remark("id_changed", {"given": str(arrival.given), "id": made.id}, "id"))
    warnings = (*unavailable(made, full=full), *_namesakes(tx, made))
    return Imported(arrival, made, tuple(remarks), warnings)


def _namesakes(tx: Execute, assistant: Assistant) -> list[Remark]:
    """Its name alone does not say any more which one is meant."""
    others = [one.id for one in assistants.named(tx, assistant.name) if one.id != assistant.id]
    if not assistant.name or not others:
        return []
    return [Remark("namesake", {"name": assistant.name, "id": others[0]}, "name")]


def _alike(tx: Execute, arrival: Arrival, wanted: Mapping[str, Any]) -> Assistant | None:
    """One that is the same in everything, for an entry whose id cannot tell."""
    if arrival.id == arrival.given:
        return None
    return next((one for one in assistants.all(tx) if one.body() == wanted and one.id != SETTINGS_ID), None)


def _born(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without a time or a version that cannot be one."""
    wrong = {
        name
        for name in ("created_at", "version")
        if type(fields.get(name)) is not int or not 0 < fields[name] < 2**53
    }
    return {name: value for name, value in fields.items() if name not in wrong}
