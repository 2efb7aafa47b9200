"""Rounds: one response of the model that asks for calls, with their results, as the journal keeps them.

A round is recorded before any of its calls is carried out, so the calls of a run are the same after a crash;
each result is recorded before it is sent. History keeps what was said, the calls and their outputs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.model_server.assembly import item_name, parts_of
from core.runs.client.records import texts
from core.runs.run import Run
from core.store import steps
from core.store.steps import Call, CallState, Decided, Done, Round

REMEMBERED = 4_000
"""Characters of a tool's output, and of a call's arguments, that stay in the history."""
OF_ALL = 16_000
"""Characters of all outputs of one run that do: a turn that is larger than a history is forgotten whole."""
UNKNOWN = (
    "error: the program was interrupted while this ran. Whether it took effect is not known, and it was not "
    "repeated. Say so, and how it can be checked."
)
"""The output of a call with effects that had begun and did not end."""
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")
"""A model may call what no tool can be called; a strict server would refuse a thread that holds it."""


def distinct(
    items: Sequence[Mapping[str, Any]], before: Sequence[Round], history: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """The items with call ids that no call before has: small servers begin anew at call_0, or give none."""
    taken = {call.id for one in before for call in one.calls}
    taken |= {json.loads(item)["call_id"] for item in history if '"type": "function_call"' in item}
    given: list[Mapping[str, Any]] = []
    for item in items:
        if item.get("type") == "function_call":
            first = id = item_name(item) or "call"
            number = 2
            while id in taken:
                id, number = f"{first}_{number}", number + 1
            taken.add(id)
            item = {**item, "call_id": id}
        given.append(item)
    return given


def sent_back(run: Run) -> Iterator[str]:
    """All rounds as input items, each call with its output: what the next response is asked with."""
    for one in run.rounds:
        yield from (sound(_dumped(item)) for item in one.items)
        for call in one.calls:
            yield _dumped(_output(call, run.journal.get(steps.call(call.id))))


def _output(call: Call, state: CallState | None) -> dict[str, Any]:
    if call.server:
        yes = isinstance(state, Decided) and state.approve
        return {"type": "mcp_approval_response", "approval_request_id": call.id, "approve": yes}
    assert isinstance(state, Done)
    return {"type": "function_call_output", "call_id": call.id, "output": state.output}


def remembered(run: Run) -> Iterator[str]:
    """What a thread keeps of the rounds: words, calls and outputs, always in pairs."""
    done = run.rounds
    most = max(200, min(REMEMBERED, OF_ALL // max(1, sum(len(one.calls) for one in done))))
    for one in done:
        for text in [record["text"] for record in texts(one.records)] or filter(None, [one.text]):
            yield _dumped({"role": "assistant", "content": text})
        states = {call: run.journal.get(steps.call(call.id)) for call in one.calls if not call.server}
        answered = {
            call: state.output if isinstance(state, Done) else UNKNOWN
            for call, state in states.items()
            if state
        }
        for call in answered:
            made = {"type": "function_call", "call_id": call.id, "name": call.name}
            short = (
                call.arguments if len(call.arguments) <= most else json.dumps({"cut": call.arguments[:most]})
            )
            yield _dumped(replayed({**made, "arguments": short}) or {})
        for call, output in answered.items():
            cut = output if len(output) <= most else output[:most] + " …"
            yield _dumped({"type": "function_call_output", "call_id": call.id, "output": cut})


def _dumped(item: Mapping[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False)


def arguments_of(item: Mapping[str, Any]) -> str:
    """The arguments of a call as the text they are to be; some servers give the object itself."""
    given = item.get("arguments")
    return given if isinstance(given, str) else json.dumps({} if given is None else given)


def object_of(arguments: str) -> str:
    """Arguments as every server takes them back: a JSON object, whatever a model wrote."""
    if not arguments.strip():
        return "{}"
    try:
        sound = isinstance(json.loads(arguments, parse_constant=_not_json), dict)
        arguments.encode()
    except (ValueError, RecursionError):
        sound = False
    return arguments if sound else json.dumps({"invalid": arguments})


def _not_json(constant: str) -> None:
    raise ValueError(constant)


def sound(item: str) -> str:
    """An input item as servers take it; one that an older version stored may have any arguments."""
    if '"function_call"' not in item:
        return item
    data = json.loads(item)
    if data.get("type") != "function_call" or object_of(given := arguments_of(data)) == given:
        return item
    return _dumped({**data, "arguments": object_of(given)})


def sendable(items: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """A response's output items as they are sent back within its run.

    Thoughts go with what they led to: a server refuses those without it.
    """
    sent: list[dict[str, Any]] = []
    for item, following in zip(items, [*items[1:], None], strict=True):
        alone = item.get("type") == "reasoning" and (following is None or replayed(following) is None)
        if not alone and (made := replayed(item)):
            sent.append(made)
    return tuple(sent)


def replayed(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """An output item as it is sent back within its run, None when it is not.

    Nothing is stored at the server, so ids are left out where they would be looked up (404 "Items are not
    persisted"); reasoning comes back only with its encrypted content. What a remote tool did goes with the
    yes to it, which else would be a yes to do it again; what other hosted tools did is in the text.
    """
    kind = item.get("type")
    if kind == "message":
        text = "".join(str(part.get("text") or part.get("refusal") or "") for part in parts_of(item))
        phase = {"phase": item["phase"]} if item.get("phase") else {}
        return {"role": "assistant", "content": text, **phase} if text else None
    if kind == "function_call":
        name = _NOT_A_NAME.sub("_", str(item.get("name") or ""))[:64] or "_"
        return {
            "type": kind,
            "call_id": item["call_id"],
            "name": name,
            "arguments": object_of(arguments_of(item)),
        }
    if kind == "reasoning":
        kept = ("type", "id", "summary", "encrypted_content")
        return {name: item[name] for name in kept if name in item} if item.get("encrypted_content") else None
    return dict(item) if kind in ("mcp_list_tools", "mcp_approval_request", "mcp_call") else None
