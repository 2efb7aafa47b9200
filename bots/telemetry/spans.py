"""A run as OpenTelemetry has it, of what is on disk, in the names of semantic-conventions-genai v0.1.0.

Nobody's words are in it, no person and no place. https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.api.console.timeline import timeline
from core.policy.ledger import BUCKETS
from core.store import console, summaries, usage
from core.store.console import View
from core.store.database import Execute
from core.store.usage import Usage
from core.types import ThreadId

Attributes = Mapping[str, Any]
OPERATION: Final = "gen_ai.operation.name"
TOOL: Final = "gen_ai.tool.name"
ERROR: Final = "error.type"
OF_METRICS: Final = (
    *(OPERATION, "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", TOOL, ERROR),
)
"""Attributes of spans that metrics have, too: no ids."""
FIRST: Final = "gen_ai.response.time_to_first_chunk"
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
    """Times are Unix seconds. `kind`: INFERENCE, AGENT or EXECUTION."""

    kind: str
    name: str
    began: float
    ended: float
    attributes: Attributes
    inner: tuple[Span, ...] = ()


def of_run(tx: Execute, id: str) -> Span | None:
    """A run that has ended, with its requests and calls; None where no assistant was asked."""
    row = console.run(tx, View(None), id)
    requests, asked = usage.rows(tx, id), console.asked(tx, run=id)
    if row is None or not (row["ended_at"] and row["assistant_id"]):
        return None
    lines, thread = timeline(row, console.steps(tx, id), requests, asked), ThreadId(row["thread_id"])
    name, version = row["assistant_name"], str(row["assistant_version"])
    shared = {
        "gen_ai.provider.name": "openai",
        "gen_ai.conversation.id": thread,
        "gen_ai.conversation.compacted": True if summaries.find(tx, thread).upto else None,
    }
    prompt = {"gen_ai.prompt.name": name, "gen_ai.prompt.version": version}
    inner = [_request(one, {**shared, **prompt}) for one in requests]
    inner += [_call(line) for line in lines if line["kind"] == "tool" and line["step"]]
    agent = {
        "gen_ai.agent.name": name,
        "gen_ai.agent.id": row["assistant_id"],
        "gen_ai.agent.version": version,
    }
    failed = (row["error"] or row["status"]) if row["status"] in ("failed", "expired") else ""
    told = _told({OPERATION: "invoke_agent", **shared, **agent, ERROR: failed.partition(":")[0]})
    began = row["began_at"] or row["created_at"]
    return Span(AGENT, f"invoke_agent {name}", began, row["ended_at"], told, tuple(inner))


def _request(one: Usage, shared: Attributes) -> Span:
    """One of which nobody saw the end is as long as it was seen."""
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
    ended = one.ended_at or one.first_at or one.began_at
    return Span(INFERENCE, f"{operation} {one.model}", one.began_at, ended, _told(told))


def _call(line: Mapping[str, Any]) -> Span:
    told = {
        OPERATION: "execute_tool",
        TOOL: line["detail"],
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": line["name"].removeprefix("call:"),
        ERROR: line["outcome"] if line["outcome"] in ("failed", "unknown") else "",
    }
    return Span(EXECUTION, f"execute_tool {line['detail']}", line["began_at"], line["ended_at"], _told(told))


def _told(attributes: Attributes) -> dict[str, Any]:
    """Those that are known."""
    return {name: value for name, value in attributes.items() if value not in (None, "")}


def measured(span: Span) -> Sequence[tuple[str, float, Attributes]]:
    """The metrics of a span and of what is in it: instrument, value and attributes."""
    seconds, told = max(0.0, span.ended - span.began), span.attributes
    short = {name: told[name] for name in OF_METRICS if name in told}
    found = [(f"{span.kind}.duration", seconds, short)]
    if span.kind == AGENT:
        for name, kind in (("inference_calls", INFERENCE), ("tool_calls", EXECUTION)):
            found.append((f"{AGENT}.{name}", sum(one.kind == kind for one in span.inner), short))
    if FIRST in told:
        found.append((f"{INFERENCE}.time_to_first_chunk", told[FIRST], short))
    for name, counter in COUNTERS.items():
        if f"gen_ai.usage.{name}" in told:
            found.append((counter, told[f"gen_ai.usage.{name}"], short | MODALITY))
    return [*found, *(more for one in span.inner for more in measured(one))]
