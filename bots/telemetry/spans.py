"""A run as OpenTelemetry has it, of what is on disk, in the names of semantic-conventions-genai v0.1.0.

Nobody's words are in it, no person and no place. https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bots.telemetry.tally import OTHER
from core.api.console.timeline import timeline
from core.policy.ledger import BUCKETS
from core.store import assistants, client_runs, console, summaries, usage
from core.store.console import View
from core.store.database import Execute
from core.store.usage import Usage
from core.types import Assistant, RunId, ThreadId
from core.types.assistant import EVERY_FUNCTION

Attributes = Mapping[str, Any]
OPERATION: Final = "gen_ai.operation.name"
TOOL: Final = "gen_ai.tool.name"
ERROR: Final = "error.type"
OF_METRICS: Final = (
    *(OPERATION, "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", TOOL, ERROR),
)
"""Attributes of spans that metrics have, too: no ids."""
FIRST: Final = "gen_ai.response.time_to_first_chunk"
FETCH: Final = "fetch_response"
TOKENS: Final = {
    "input": "input_tokens",
    "cached": "cache_read.input_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning.output_tokens",
}
"""Of the ledger; behind `gen_ai.usage.` of a span, and `gen_ai.client.inference.usage.` of a counter."""
_AGENT_BUCKETS: Final = tuple(round(10 * edge, 1) for edge in BUCKETS[:13])
_CALLS: Final = tuple(2**power for power in range(8))
INFERENCE, AGENT, EXECUTION = "gen_ai.client.inference", "gen_ai.invoke_agent", "gen_ai.execute_tool"
HISTOGRAMS: Final = {
    f"{INFERENCE}.duration": ("s", BUCKETS),
    f"{INFERENCE}.time_to_first_chunk": ("s", BUCKETS),
    f"{AGENT}.duration": ("s", _AGENT_BUCKETS),
    f"{AGENT}.inference_calls": ("{inference_call}", _CALLS),
    f"{AGENT}.tool_calls": ("{tool_call}", _CALLS),
    f"{EXECUTION}.duration": ("s", BUCKETS),
}
"""Unit, and upper ends of the buckets."""
COUNTERS: Final = {name: f"{INFERENCE}.usage.{name}" for name in TOKENS.values()}
MODALITY: Final = {"gen_ai.token.modality": "unknown"}
"""The ledger does not tell text from pictures."""
_OTHERS: Final = {"embedding": "embeddings", "transcription": "generate_content", "image": "generate_content"}


@dataclass(frozen=True, slots=True)
class Span:
    """Times are Unix seconds. `kind`: INFERENCE, AGENT or EXECUTION. Not `seen`: nobody saw its end, so how
    long it took is no measure.
    """

    kind: str
    name: str
    began: float
    ended: float
    attributes: Attributes
    inner: tuple[Span, ...] = ()
    seen: bool = True


def of_run(tx: Execute, id: str) -> Span | None:
    """A run that has ended, with its requests and calls; None where no assistant was asked."""
    row = console.run(tx, View(None), id)
    requests, asked = usage.rows(tx, id), console.asked(tx, run=id)
    if row is None or not (row["ended_at"] and row["assistant_id"]):
        return None
    steps, thread = console.steps(tx, id), ThreadId(row["thread_id"])
    lines, journal = timeline(row, steps, requests, asked), {step.name: step.value for step in steps}
    name, version, who = row["assistant_name"], str(row["assistant_version"]), _answering(tx, row)
    died, taken = console.ends(tx, id), console.ends(tx, id, died=False)
    shared = {
        "gen_ai.provider.name": "openai",
        "gen_ai.conversation.id": thread,
        "gen_ai.conversation.compacted": True if summaries.find(tx, thread).upto else None,
    }
    prompt = {"gen_ai.prompt.name": name, "gen_ai.prompt.version": version}
    level = {"gen_ai.request.reasoning.level": who and who.reasoning_effort}
    inner = []
    for one in requests:
        answers = one.kind in ("answer", "evaluation")
        more = {**shared, **prompt, **({**level, **_of_journal(one, journal)} if answers else {})}
        inner.append(_request(one, more, died))
        inner += _fetched(inner[-1], taken) if answers else ()
    inner += [_call(line, who) for line in lines if line["kind"] == "tool" and line["step"]]
    agent = {
        "gen_ai.agent.name": name,
        "gen_ai.agent.id": row["assistant_id"],
        "gen_ai.agent.version": version,
    }
    failed = (row["error"] or row["status"]) if row["status"] in ("failed", "expired") else ""
    told = _told({OPERATION: "invoke_agent", **shared, **agent, ERROR: failed.partition(":")[0]})
    began = row["began_at"] or row["created_at"]
    return Span(AGENT, f"invoke_agent {name}", began, row["ended_at"], told, tuple(inner))


def _answering(tx: Execute, row: console.Row) -> Assistant | None:
    """The version that answered, as it counted for this run."""
    found = assistants.get(tx, row["assistant_id"], row["assistant_version"])
    of_client = client_runs.get(tx, ThreadId(row["thread_id"]), RunId(row["id"]))
    options = of_client and of_client.options
    return options.applied(found) if options and found else found


def _of_journal(one: Usage, journal: Mapping[str, Any]) -> Attributes:
    """Of a request for an answer: the id of a background response, and why it ended."""
    asked_for = (journal.get(one.step or "") or {}).get("calls")
    limit = "content_filter" if one.error == "content_filter" else "length"
    reason = {"completed": "tool_call" if asked_for else "stop", "incomplete": limit}.get(one.outcome)
    return {
        "gen_ai.response.id": journal.get((one.step or "").replace("round:", "response:").replace(":0", "")),
        "gen_ai.response.finish_reasons": (reason,) if reason else None,
    }


def _fetched(one: Span, taken: Sequence[float]) -> list[Span]:
    """A background response that other processes went on to follow. Its tokens are those of the request."""
    kept = ("gen_ai.provider.name", "gen_ai.conversation.id", "gen_ai.request.model", "gen_ai.response.id")
    if kept[-1] not in one.attributes or not one.seen:
        return []
    told = {OPERATION: FETCH, **{name: one.attributes[name] for name in kept}}
    name = f"{FETCH} {one.attributes[kept[2]]}"
    return [Span(INFERENCE, name, at, one.ended, told) for at in taken if one.began < at < one.ended]


def _request(one: Usage, shared: Attributes, died: Sequence[float]) -> Span:
    """One of which nobody saw the end lasted until another process went on, as far as is known."""
    operation = _OTHERS.get(one.kind, "chat")
    failed = "" if one.outcome in ("completed", "incomplete") else (one.error or one.outcome)
    told = {
        OPERATION: operation,
        **shared,
        "gen_ai.request.model": one.model,
        "gen_ai.request.stream": True if one.kind == "answer" else None,
        "gen_ai.response.model": one.served_model,
        FIRST: one.first_at and one.first_at - one.began_at,
        **{f"gen_ai.usage.{name}": getattr(one, field) for field, name in TOKENS.items()},
        ERROR: failed,
    }
    unseen = next((at for at in died if at > one.began_at), one.first_at or one.began_at)
    name, seen = f"{operation} {one.model}", one.ended_at is not None
    return Span(INFERENCE, name, one.began_at, one.ended_at or unseen, _told(told), seen=seen)


def _call(line: Mapping[str, Any], who: Assistant | None) -> Span:
    """Its name, where there is such a tool: a model may name anything."""
    offered, found = who.functions() if who else (), line["outcome"] == "once" and who
    elsewhere = found and (EVERY_FUNCTION in found.functions() or "mcp" in found.hosted())
    name = line["detail"] if line["detail"] in offered or elsewhere else OTHER
    told = {
        OPERATION: "execute_tool",
        TOOL: name,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": line["name"].removeprefix("call:"),
        ERROR: line["outcome"] if line["outcome"] in ("failed", "unknown") else "",
    }
    return Span(EXECUTION, f"execute_tool {name}", line["began_at"], line["ended_at"], _told(told))


def _told(attributes: Attributes) -> dict[str, Any]:
    """Those that are known."""
    return {name: value for name, value in attributes.items() if value not in (None, "")}


def measured(span: Span) -> Sequence[tuple[str, float, Attributes]]:
    """The metrics of a span and of what is in it: instrument, value and attributes."""
    seconds, told = max(0.0, span.ended - span.began), span.attributes
    short = {name: told[name] for name in OF_METRICS if name in told}
    found = [(f"{span.kind}.duration", seconds, short)] if span.seen else []
    if span.kind == AGENT:
        for name, kind in (("inference_calls", INFERENCE), ("tool_calls", EXECUTION)):
            calls = [one for one in span.inner if one.kind == kind and one.attributes[OPERATION] != FETCH]
            found.append((f"{AGENT}.{name}", len(calls), short))
    if FIRST in told:
        found.append((f"{INFERENCE}.time_to_first_chunk", told[FIRST], short))
    for name, counter in COUNTERS.items():
        if f"gen_ai.usage.{name}" in told:
            found.append((counter, told[f"gen_ai.usage.{name}"], short | MODALITY))
    return [*found, *(more for one in span.inner for more in measured(one))]
