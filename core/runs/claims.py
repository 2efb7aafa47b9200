"""Claims: the right to carry out a run, with all that is needed for it, read in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from core.errors import Lost, Parked
from core.policy import ledger
from core.policy.turns import Turns
from core.runs.client import records, views
from core.runs.prompt import history
from core.store import (
    assistants,
    client_runs,
    deletions,
    files,
    items,
    messages,
    runs,
    summaries,
    thread_messages,
    threads,
)
from core.store.database import Execute
from core.store.thread_messages import ThreadMessage
from core.types import Address, Assistant, Claim, IncomingMessage, Outcome, RunId, RunOptions, ThreadId

EVERYBODY: Final = Turns()
"""Nobody waits for others."""


def claim(tx: Execute, lane: str, owner: str, budget: int, turns: Turns = EVERYBODY) -> Claim | None:
    """Take the lane's live run over, else begin its oldest queued one, if it is its turn.

    None when nothing is left to do, when the live run is this owner's already, or waits for its client. A
    former owner that did not let go died under the run: that is counted in `deaths`.
    """
    if live := runs.live(tx, lane):
        run, holder = live
        if holder == owner or runs.parked(tx, run):
            return None
        runs.take_over(tx, run, owner, time.time(), died=holder is not None)
        return ledger.left(tx, read(tx, run, owner, budget, resumed=True))
    return _next(tx, lane, owner, budget, turns)


def _next(tx: Execute, lane: str, owner: str, budget: int, turns: Turns) -> Claim | None:
    """The oldest queued run of a lane in which none is live. A lane of its own waits for no turn."""
    run, person = runs.oldest(tx, lane) or (None, "")
    if run is None or (lane != run and not turns.allow(tx, person)):
        return None
    begun = runs.begin(tx, run, owner, time.time())
    return read(tx, run, owner, budget, resumed=False) if begun else None


def begin(tx: Execute, lane: str, owner: str, budget: int, turns: Turns = EVERYBODY) -> Claim | None:
    """Claim the lane's next run if nothing runs there and it is its turn; None else."""
    return None if runs.live(tx, lane) else _next(tx, lane, owner, budget, turns)


def go_round(tx: Execute, budget: int, turns: Turns, person: str = "", lane: str = "") -> tuple[Claim, ...]:
    """Begin whatever may begin now that this person has made room in that lane; "": everything that may."""
    found = (_next(tx, one, turns.owner, budget, turns) for one, _ in turns.next(tx, person, lane))
    return tuple(filter(None, found))


def reread(tx: Execute, held: Claim, budget: int) -> Claim:
    """The claim as the database has it now. Raises Lost when it is not its owner's any more."""
    if not runs.owned(tx, held.run, held.owner):
        raise Lost(held.run)
    return ledger.left(tx, read(tx, held.run, held.owner, budget, resumed=True))


SAID: Final = '"role": "assistant"'
"""In an item that the model has said."""


class Ended(NamedTuple):
    """What the end of a run leads to."""

    following: Claim | None
    """The lane's next run."""
    due: bool
    """The thread's oldest turns are to be summarised."""
    wiped: bool = False
    """Something was removed that is to leave the disk."""
    told: Mapping[str, Any] | None = None
    """A client's run, as it is told now."""
    others: tuple[Claim, ...] = ()
    """Of other lanes, whose turn it is now."""


def finish(
    tx: Execute,
    held: Claim,
    outcome: Outcome,
    budget: int,
    now: float,
    turns: Turns = EVERYBODY,
    *,
    go_on: bool,
) -> Ended:
    """End a run and begin the next ones, of its lane or others, in one transaction. Raises Lost."""
    gone = runs.end(tx, held.run, held.owner, outcome, now)
    places = items.add(tx, held.thread, held.run, outcome.items)
    if held.assistant:
        _answers(tx, held, held.assistant, outcome, places, now)
    wiped = gone and deletions.settle(tx, held.run)  # before anything of the next run is read
    files.release(tx, held.run)
    if outcome.token_ratio:
        threads.learn_ratio(tx, held.thread, outcome.token_ratio)
    tried = held.options is not None and held.options.trial  # nobody goes on in such a thread
    due = not tried and bool(held.assistant and history.outgrown(tx, held.thread, held.assistant, held.room))
    if due:
        summaries.want(tx, held.thread, now)
    told = views.now(tx, held.run) if held.options else None
    following, others = _following(tx, held, budget, turns) if go_on else (None, ())
    return Ended(following, due, wiped, told, others)


def _following(tx: Execute, held: Claim, budget: int, turns: Turns) -> tuple[Claim | None, tuple[Claim, ...]]:
    """What the room leads to that a run has made: the next one of its lane, and those of other lanes."""
    if not turns.limited or held.lane == held.run:
        return _next(tx, held.lane, held.owner, budget, turns), ()
    begun = go_round(tx, budget, turns, runs.person(tx, held.run), held.lane)
    own = next((one for one in begun if one.lane == held.lane), None)
    return own, tuple(one for one in begun if one is not own)


def _answers(
    tx: Execute, held: Claim, assistant: Assistant, outcome: Outcome, places: Sequence[int], now: float
) -> None:
    """What was answered are messages of the thread, too."""
    turn = [(at, text) for at, text in zip(places, outcome.items, strict=True) if SAID in text]
    said = [(at, item) for at, item in ((at, json.loads(text)) for at, text in turn) if "role" in item]
    if held.options:
        for one in outcome.records:
            if one["type"] == "message":
                message = records.message(one, held.thread, held.run, assistant.id)
                thread_messages.add_answer(tx, message)
        for (seq, _), one in zip(said, records.texts(outcome.records), strict=False):
            items.belongs(tx, seq, one["message"])
        return
    for seq, item in said:
        id = f"msg_{held.run[4:]}_{seq}"
        named = (id, held.thread, "assistant", now, held.run, assistant.id, str(item.get("content") or ""))
        thread_messages.add_answer(tx, ThreadMessage(*named))


def park(tx: Execute, held: Claim, parked: Parked, budget: int) -> Claim | Mapping[str, Any]:
    """The run waits for outputs of its client: gives it as it is told now. One that is to be cancelled is
    given back, as the database has it now. Raises Lost.
    """
    if client_runs.park(tx, held.run, held.owner, parked):
        return views.now(tx, held.run)
    return reread(tx, held, budget)


def read(tx: Execute, run: RunId, owner: str, budget: int, *, resumed: bool) -> Claim:
    """The run as the database has it now."""
    row = runs.row(tx, run)
    if row.options:
        return _of_client(tx, row, owner, budget, resumed=resumed)
    memo = runs.steps(tx, run) if resumed else {}
    asked = messages.of_run(tx, run)
    asked = asked if asked[0].kind == "ask" else asked[:1]  # others like it were folded into our own text
    asks, texts = asked[0].kind == "ask", [words for one in asked for words in one.words]
    assistant = _assistant(tx, row, asked[0]) if asks else None
    room = history.room(tx, row.thread, assistant, budget)
    spent, context_since = items.weigh(*texts), None
    if asks and asked[0].inside_topic:
        context_since = _context_since(tx, row.thread, asked[0])
        spent += context_room(budget)
    told = history.select(tx, row.thread, assistant, room - spent, len(asked)) if asks else ()
    store, kept = files.kept(tx, row.thread, time.time()) if asks else (None, ())
    return _claim(
        row,
        owner,
        resumed=resumed,
        messages=asked,
        memo=memo,
        history=history.belonging(told, asked[0].address.topic),
        assistant=assistant,
        room=room,
        store=store,
        kept=kept,
        context_since=context_since,
    )


def _claim(row: runs.Row, owner: str, *, resumed: bool, **more: Any) -> Claim:
    """Of any run: what its row tells, and `more`."""
    return Claim(
        run=row.run,
        lane=row.lane,
        thread=row.thread,
        owner=owner,
        status=row.status,
        resumed=resumed,
        attempts=row.attempts,
        deaths=row.deaths,
        created_at=row.created_at,
        **more,
    )


def _of_client(tx: Execute, row: runs.Row, owner: str, budget: int, *, resumed: bool) -> Claim:
    """A client's run answers its thread as that stands: there is no question of its own. It may have been
    parked before, so what is recorded counts however it was begun.
    """
    options = RunOptions.from_json(json.loads(row.options or "{}"))
    kept = found.object if (found := threads.get(tx, row.thread)) else {}
    version = assistants.get(tx, row.assistant or "", row.assistant_version) or Assistant("", "", "")
    assistant = _with(options.applied(version), kept.get("tool_resources") or {})
    room = history.room(tx, row.thread, assistant, budget)
    address = Address("api", options.project, row.thread, row.thread)
    asked = IncomingMessage(row.run, address, options.person, "", row.created_at, kind="run")
    return _claim(
        row,
        owner,
        resumed=resumed,
        messages=(asked,),
        memo=runs.steps(tx, row.run),
        history=history.belonging(history.select(tx, row.thread, assistant, room, 0), kept.get("topic", "")),
        assistant=assistant,
        room=room,
        store=files.kept(tx, row.thread, time.time())[0],
        options=replace(options, searchable=tuple(kept.get("searchable") or ())),
        told=views.now(tx, row.run),
    )


def _with(assistant: Assistant, resources: Mapping[str, Any]) -> Assistant:
    """The assistant whose tools work on what its thread has, too."""
    both = {name: dict(value) for name, value in assistant.tool_resources.items()}
    for tool, given in resources.items():
        for name, ids in given.items():
            mine = both.setdefault(tool, {})
            mine[name] = list(dict.fromkeys([*mine.get(name, ()), *ids]))
    return replace(assistant, tool_resources=both)


def _assistant(tx: Execute, row: runs.Row, asked: IncomingMessage) -> Assistant | None:
    """Who answers: decided when the run begins, and kept with it whatever is changed meanwhile."""
    if row.assistant and row.assistant_version:
        return assistants.get(tx, row.assistant, row.assistant_version)
    address = asked.address
    places = [place for place in (address.channel, asked.parent, address.workspace) if place]
    if found := assistants.nearest(tx, address.platform, places):
        runs.answered_by(tx, row.run, found.id, found.version)
    return found


def context_room(budget: int) -> int:
    """Tokens kept free for what stood in a topic before the question."""
    return budget // 4


def _context_since(tx: Execute, thread: ThreadId, message: IncomingMessage) -> float:
    return messages.last_in_topic(tx, thread, message) or threads.reset_at(tx, thread) or 0.0
