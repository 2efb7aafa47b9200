"""Usage: what each request to the model server cost. Rows are only added; they outlive runs and threads."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from core.store.database import Execute
from core.types import Address, ThreadId

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
    """Which request for the same it is. Counted when it is written."""


_COLUMNS = [item.name for item in fields(Usage) if item.name != "attempt"]
_NAMES, _MARKS = ", ".join(_COLUMNS), ", ".join("?" for _ in _COLUMNS)
_ATTEMPT = "(SELECT COUNT(*) + 1 FROM usage WHERE run_id = ? AND kind = ? AND step = ?)"
_ADD = f"INSERT INTO usage ({_NAMES}, attempt) VALUES ({_MARKS}, {_ATTEMPT})"


def add(tx: Execute, *rows: Usage) -> None:
    """Write the row of each request."""
    for one in rows:
        values = [getattr(one, name) for name in _COLUMNS]
        tx.execute(_ADD, (*values, one.run_id, one.kind, one.step)).fetchall()


def of_run(tx: Execute, run: str) -> tuple[int, int] | None:
    """Tokens of all requests for the answer of a run: input and output; None where nothing was told."""
    rows = tx.execute(
        "SELECT SUM(input), SUM(output) FROM usage WHERE run_id = ? AND kind = 'answer'", (run,)
    ).fetchall()
    return (rows[0][0], rows[0][1] or 0) if rows[0][0] is not None else None


def place_and_person(address: Address, user: str) -> tuple[str, str]:
    """How the ledger names them."""
    if address.platform == "api":
        return address.workspace, user
    return address.channel, f"{address.platform}:{user}"


def for_thread(tx: Execute, thread: ThreadId, one: Usage) -> Usage:
    """A request for the whole of a thread, such as a summary: it counts for whoever wrote there last."""
    rows = tx.execute(
        "SELECT platform, workspace, channel, topic, person FROM messages "
        "WHERE thread_id = ? AND role = 'user' ORDER BY sent_at DESC, seq DESC LIMIT 1",
        (thread,),
    ).fetchall()
    if not rows:
        return replace(one, thread_id=thread)
    address = Address(*rows[0][:4])
    place, person = place_and_person(address, rows[0][4])
    return replace(one, thread_id=thread, platform=address.platform, place=place, person=person)
