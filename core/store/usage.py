"""Usage: what each request to the model server cost. Rows are only added; they outlive runs and threads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from core.store.database import Execute

UsageKind = Literal["answer", "summary", "transcription", "image", "speech", "embedding", "evaluation"]
UsageOutcome = Literal["completed", "incomplete", "failed", "refused", "cancelled", "unknown"]
"""`refused`: the server turned the request away (4xx, 5xx); `unknown`: its end was never seen."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One request. Times are Unix seconds; what nobody told is None, never 0."""

    kind: UsageKind
    model: str
    """As it was asked for."""
    began_at: float
    outcome: UsageOutcome
    first_at: float | None = None
    ended_at: float | None = None
    served_model: str | None = None
    tier: str | None = None
    input: int | None = None
    cached: int | None = None
    """Part of `input`."""
    output: int | None = None
    reasoning: int | None = None
    """Part of `output`."""
    units: float | None = None
    """Minutes of audio, or pictures."""
    price_usd: float | None = None
    price_list: str | None = None
    run_id: str | None = None
    thread_id: str | None = None
    step: str | None = None
    """`round:N`: the response of that number of the run, the last one too."""
    platform: str = ""
    place: str = ""
    """The channel; of a run of the API its project."""
    person: str = ""
    """`slack:U…`, `discord:…`, `key:…`."""
    assistant_id: str | None = None
    assistant_version: int | None = None
    error: str | None = None
    attempt: int = 1


_COLUMNS = [item.name for item in fields(Usage)]
_NAMES, _MARKS = ", ".join(_COLUMNS), ", ".join("?" for _ in _COLUMNS)
_ADD = f"INSERT INTO usage ({_NAMES}) VALUES ({_MARKS})"


def add(tx: Execute, one: Usage) -> None:
    """Write the row of one request."""
    tx.execute(_ADD, tuple(getattr(one, name) for name in _COLUMNS))


def of_run(tx: Execute, run: str) -> tuple[int, int] | None:
    """Tokens of all requests for the answer of a run: input and output; None where nothing was told."""
    rows = tx.execute(
        "SELECT SUM(input), SUM(output) FROM usage WHERE run_id = ? AND kind = 'answer'", (run,)
    ).fetchall()
    return (rows[0][0], rows[0][1] or 0) if rows[0][0] is not None else None
