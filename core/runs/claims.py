"""Claims: the right to carry out a run, with all that is needed for it, read in one transaction."""

from __future__ import annotations

import time
from typing import NamedTuple

from core.errors import Lost
from core.policy import ledger
from core.runs.prompt import history
from core.store import assistants, deletions, files, items, messages, runs, summaries, threads
from core.store.database import Execute
from core.types import Assistant, Claim, IncomingMessage, Outcome, RunId, ThreadId


def claim(tx: Execute, lane: str, owner: str, budget: int) -> Claim | None:
    """Take the lane's live run over, else begin its oldest queued one.

    None when nothing is left to do or when the live run is this owner's already. A former owner that
    did not let go died under the run: that is counted in `deaths`.
    """
    if live := runs.live(tx, lane):
        run, holder = live
        if holder == owner:
            return None
        runs.take_over(tx, run, owner, died=holder is not None)
        return ledger.left(tx, read(tx, run, owner, budget, resumed=True))
    return _next(tx, lane, owner, budget)


def _next(tx: Execute, lane: str, owner: str, budget: int) -> Claim | None:
    """The oldest queued run of a lane in which none is live."""
    begun = runs.begin_oldest(tx, lane, owner, time.time())
    return read(tx, begun, owner, budget, resumed=False) if begun else None


def begin(tx: Execute, lane: str, owner: str, budget: int) -> Claim | None:
    """Claim the lane's next run if nothing runs there; None when the lane is busy."""
    begun = None if runs.live(tx, lane) else runs.begin_oldest(tx, lane, owner, time.time())
    return read(tx, begun, owner, budget, resumed=False) if begun else None


def reread(tx: Execute, held: Claim, budget: int) -> Claim:
    """The claim as the database has it now. Raises Lost when it is not its owner's any more."""
    if not runs.owned(tx, held.run, held.owner):
        raise Lost(held.run)
    return ledger.left(tx, read(tx, held.run, held.owner, budget, resumed=True))


class Ended(NamedTuple):
    """What the end of a run leads to."""

    following: Claim | None
    """The lane's next run."""
    due: bool
    """The thread's oldest turns are to be summarised."""
    wiped: bool = False
    """Something was removed that is to leave the disk."""


def finish(tx: Execute, held: Claim, outcome: Outcome, budget: int, now: float, *, go_on: bool) -> Ended:
    """End a run and begin the lane's next one, in one transaction. Raises Lost."""
    gone = runs.end(tx, held.run, held.owner, outcome.status, outcome.error, now)
    runs.seen(tx, held.run, *outcome.marks)
    items.add(tx, held.thread, held.run, outcome.items)
    wiped = gone and deletions.settle(tx, held.run)  # before anything of the next run is read
    files.release(tx, held.run)
    if outcome.token_ratio:
        threads.learn_ratio(tx, held.thread, outcome.token_ratio)
    due = bool(held.assistant and history.outgrown(tx, held.thread, held.assistant, held.room))
    if due:
        summaries.want(tx, held.thread, now)
    return Ended(_next(tx, held.lane, held.owner, budget) if go_on else None, due, wiped)


def read(tx: Execute, run: RunId, owner: str, budget: int, *, resumed: bool) -> Claim:
    """The run as the database has it now."""
    row = runs.row(tx, run)
    memo = runs.steps(tx, run) if resumed else {}
    asked = messages.of_run(tx, run)
    asks, texts = asked[0].kind == "ask", [words for one in asked for words in one.words]
    assistant = _assistant(tx, row, asked[0]) if asks else None
    room = history.room(tx, row.thread, assistant, budget)
    spent, context_since = items.weigh(*texts), None
    if asks and asked[0].inside_topic:
        context_since = _context_since(tx, row.thread, asked[0])
        spent += context_room(budget)
    told = history.select(tx, row.thread, assistant, room - spent, len(asked)) if asks else ()
    store, kept = files.kept(tx, row.thread, time.time()) if asks else (None, ())
    return Claim(
        run=run,
        lane=row.lane,
        thread=row.thread,
        owner=owner,
        status=row.status,
        resumed=resumed,
        attempts=row.attempts,
        deaths=row.deaths,
        created_at=row.created_at,
        messages=asked,
        memo=memo,
        history=history.belonging(told, asked[0].address.topic),
        assistant=assistant,
        room=room,
        store=store,
        kept=kept,
        context_since=context_since,
    )


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
