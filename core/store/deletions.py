"""Deleted messages: what they said leaves every place it was put in. The answers stay.

What makes each step safe: the mark in a message's body is committed with the order to stop, so a process that
goes on with its run finds it, however often that is killed. What a live run still repeats is blanked by the
transaction that ends it (`settle`), never later: no text comes to disk behind its deletion.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from core.store import (
    copies,
    files,
    items,
    messages,
    runs,
    saved_questions,
    summaries,
    trials,
    vector_stores,
)
from core.store.database import Execute
from core.store.messages import DELETED, GONE, Row
from core.types import Address, RunId, ThreadId

_KEPT: Final[tuple[str, ...]] = ("kind", "locale", "inside_topic", "parent", "team", "app")
_TOLD: Final = {
    "items": (
        "SELECT seq, item FROM items WHERE thread_id = ?",
        "SELECT item FROM items WHERE seq = ?",
        "",
    ),
    "messages": (
        "SELECT seq, body FROM messages WHERE thread_id = ?",
        "SELECT body FROM messages WHERE seq = ?",
        "UPDATE messages SET body = ? WHERE seq = ?",
    ),
    "steps": (
        "SELECT id, value FROM steps WHERE run_id IN (SELECT id FROM runs WHERE thread_id = ?)",
        "SELECT value FROM steps WHERE id = ?",
        "UPDATE steps SET value = ? WHERE id = ?",
    ),
}
"""Words of a thread by table: all of them with their keys, those of one key, and how these are written."""
_SHORTEST: Final = 4
"""Characters of a text that is looked for where a tool was given it: shorter ones stand everywhere."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What the deletion of a message led to."""

    cancelled: RunId | None = None
    """A run that had not begun and has nothing left to answer."""
    stopped: tuple[RunId, ...] = ()
    """Runs under way that have nothing left to answer: they are to end, and their posts go."""
    wiped: bool = False
    """Something was removed that is to leave the disk: `Database.wipe`."""


def delete(tx: Execute, address: Address, id: str, sent_at: float) -> Deletion:
    """The message with this id is gone, whether it was for us or not. `sent_at`: not before then."""
    cancelled = messages.withdraw(tx, address, id)
    found = messages.row(tx, address, id)
    again = messages.repeating(tx, address, id, sent_at) if found else []
    stopped = [_delete(tx, address, one) for one in (id, *again)]
    wiped = _out_of_contexts(tx, address, id, sent_at) or found is not None
    return Deletion(cancelled, tuple(run for run in stopped if run), wiped)


def _delete(tx: Execute, address: Address, id: str) -> RunId | None:
    """Blank a message now, or when its run ends; gives that if nothing is left for it."""
    messages.withdraw(tx, address, id)
    found = messages.row(tx, address, id)
    if found is None or found.gone:
        return None
    if not (found.run and runs.alive(tx, found.run)):
        _blank(tx, found)
        return None
    messages.write(tx, found.seq, found.body | {GONE: True})  # from here on no crash forgets it
    return runs.cancel(tx, found.run) if all_gone(tx, found.run) else None


def all_gone(tx: Execute, run: RunId) -> bool:
    """Whether all that the run answers was deleted."""
    return all(row.gone for row in messages.rows_of(tx, run))


def settle(tx: Execute, run: RunId) -> bool:
    """The run ends: blank what it has put on record of messages that were deleted meanwhile, if any."""
    gone = [row for row in messages.rows_of(tx, run) if row.gone]
    for row in gone:
        _blank(tx, row)
    earlier = [one for one in _context(tx, run) if GONE in one]
    if earlier:
        _forget_earlier(tx, run, earlier)
    return bool(gone or earlier)


def _context(tx: Execute, run: RunId) -> list[dict[str, Any]]:
    """What the run was told of its topic, as it is on record; [] for nothing."""
    told = runs.step(tx, run, "context")
    return told if isinstance(told, list) else []


def _blank(tx: Execute, row: Row) -> None:
    """The message, its files, and what the run that has answered it repeats of them."""
    place = "/".join(messages.identity(tx, row.seq))
    known = files.of_message(tx, place)
    if row.run:
        said = [row.body.get("text", ""), *(file.transcript or "" for file in known)]
        said += [quote["text"] for quote in row.body.get("quotes", ())]
        for thread in (row.thread, *copies.of(tx, row.thread)):
            _out_of_turn(tx, replace(row, thread=thread), [one for one in said if len(one) >= _SHORTEST])
        runs.blank_steps(tx, row.run)
    _drop_files(tx, row.thread, place)
    copies.forget_message(tx, row.seq)
    kept: dict[str, object] = {name: row.body[name] for name in _KEPT if name in row.body}
    messages.write(tx, row.seq, {"text": "", **kept, GONE: True})
    if row.run and all_gone(tx, row.run):
        saved_questions.forget(tx, row.run)
    trials.forget(tx, row.thread)


def _drop_files(tx: Execute, thread: ThreadId, place: str) -> None:
    for file in files.of_message(tx, place):
        if vector_stores.holds(tx, thread, file.name, file.size):
            vector_stores.close_store(tx, thread)  # what was searched in it may be sent again
    files.drop(tx, place)


def _out_of_turn(tx: Execute, row: Row, said: list[str]) -> None:
    """Each message of a run is one of the first items of its turn, in their order."""
    assert row.run is not None
    turn = items.turn(tx, row.thread, row.run)
    asked, place = _questions(turn), [one.seq for one in messages.rows_of(tx, row.run)]
    at = len(asked) - len(place) + place.index(row.seq)
    mine = asked[at : at + 1] if at >= 0 else asked
    for seq, _ in mine:
        items.replace(tx, seq, items.item("user", DELETED))
    spelled = _spelled(said)
    for seq, item in turn[len(asked) :]:
        told = {name: item[name] for name in ("arguments", "output") if name in item}
        if (without := _without(told, spelled)) != told:
            items.replace(tx, seq, json.dumps(item | without, ensure_ascii=False))
    if turn:
        summaries.drop(tx, row.thread, turn[0][0])


def _questions(turn: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, dict[str, Any]]]:
    return list(itertools.takewhile(lambda one: one[1].get("role") == "user", turn))


def _spelled(said: Iterable[str]) -> list[str]:
    """How these texts are written, also where they are JSON inside of a text."""
    each = ((one, json.dumps(one, ensure_ascii=False)[1:-1], json.dumps(one)[1:-1]) for one in said)
    return list(dict.fromkeys(itertools.chain.from_iterable(each)))


def _without(value: Any, spelled: Iterable[str]) -> Any:
    """A call or its output without these texts."""
    if isinstance(value, dict):
        return {name: _without(one, spelled) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, spelled) for one in value]
    if not isinstance(value, str):
        return value
    clean = value
    for written in spelled:
        clean = clean.replace(written, DELETED)
    return clean if clean == value or not _is_json(value) or _is_json(clean) else "{}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _out_of_contexts(tx: Execute, address: Address, id: str, sent_at: float) -> bool:
    """Runs that were asked in its topic later were told of it as of an earlier message.

    None where a topic is all of its channel: nothing is told of that, and the runs may be very many.
    """
    told = False
    if address.topic == address.channel:
        return told
    for run in messages.asked_since(tx, address, sent_at):
        told = _out_of_context(tx, run, "id", id) or told
    return told


def _out_of_context(tx: Execute, run: RunId, name: str, value: str) -> bool:
    """What a run was told of its topic with that value; whether there was anything."""
    context = _context(tx, run)
    gone = [one for one in context if one[name] == value]
    if gone and runs.alive(tx, run):
        marked = [one | {GONE: True} if one in gone else one for one in context]
        runs.write_step(tx, run, "context", marked)
    elif gone:
        _forget_earlier(tx, run, gone)
    return bool(gone)


def heard(tx: Execute, platform: str, person: str) -> list[RunId]:
    """Runs of that network that were told what that person said in their topics. Looks at every journal."""
    sql = (
        "SELECT run_id FROM steps WHERE name = 'context' AND instr(value, ?) > 0 AND EXISTS "
        "(SELECT 1 FROM messages WHERE messages.run_id = steps.run_id AND platform = ?)"
    )
    found = tx.execute(sql, (f'"user": {json.dumps(person)}', platform)).fetchall()
    return [RunId(run) for (run,) in found]


def unhear(tx: Execute, run: RunId, person: str) -> None:
    """What the run was told of that person leaves it, of a live one when that ends."""
    if not runs.gone(tx, run):
        _out_of_context(tx, run, "user", person)


def quoting(tx: Execute, thread: ThreadId, lines: Sequence[str]) -> list[tuple[str, Any]]:
    """Where any of these stands word for word in what was said and done in the thread: table and key.

    Looks at all of that for each of them, so nobody who writes is to wait for it.
    """
    spelled, found = _spelled(lines), []
    for table, (sql, _, _) in _TOLD.items():
        told = ((id, json.loads(one)) for id, one in tx.execute(sql, (thread,)).fetchall())
        found += [(table, id) for id, one in told if _without(one, spelled) != one]
    return found


def unquote(tx: Execute, thread: ThreadId, lines: Sequence[str], places: Sequence[tuple[str, Any]]) -> None:
    """These leave what stands there (`quoting`), as it is now."""
    spelled = _spelled(lines)
    for table, id in places:
        _, one, write = _TOLD[table]
        for (told,) in tx.execute(one, (id,)).fetchall():
            clean = json.dumps(_without(json.loads(told), spelled), ensure_ascii=False)
            if table == "items":
                items.replace(tx, id, clean)
                summaries.drop(tx, thread, id)
            else:
                tx.execute(write, (clean, id)).fetchall()


def _forget_earlier(tx: Execute, run: RunId, gone: list[dict[str, Any]]) -> None:
    """Take messages out of what an ended run has put on record of its topic."""
    row, asked = runs.row(tx, run), messages.rows_of(tx, run)
    for thread in (row.thread, *copies.of(tx, row.thread)):
        turn = items.turn(tx, thread, run)
        if len(_questions(turn)) > len(asked):
            seq, item = turn[0]
            content = item["content"]
            for one in gone:
                content = _without_line(content, one)
            items.replace(tx, seq, json.dumps(item | {"content": content}, ensure_ascii=False))
            summaries.drop(tx, thread, seq)
    if any(one.get("files") for one in gone):
        place = "/".join([*messages.identity(tx, asked[0].seq)[:3], f"earlier@{run}"])
        _drop_files(tx, ThreadId(row.thread), place)
    runs.write_step(tx, run, "context", [one for one in _context(tx, run) if one not in gone])


def _without_line(content: Any, gone: dict[str, Any]) -> Any:
    """The words of that message; where they cannot be told from others' (names, files), nobody's stay."""
    words = "\n    ".join(str(gone["text"]).splitlines())
    line = re.compile(rf": {re.escape(words)}$", re.MULTILINE)
    if isinstance(content, str) and words and not (gone.get("quotes") or gone.get("files")):
        clean, found = line.subn(f": {DELETED}", content)
        if found:
            return clean
    return DELETED
