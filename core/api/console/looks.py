"""What the page reads: lists, one run as it went, and, with the right to, what people said."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final, TypeVar

from core.api.console.rows import run_row, thread_row, view_of
from core.api.console.timeline import called, deaths, timeline
from core.api.key import Key
from core.api.page import listed
from core.api.refusal import Refusal, not_found
from core.runs.prompt import history
from core.runs.summaries import held
from core.store import (
    audit,
    client_runs,
    console,
    copies,
    feedback,
    messages,
    summaries,
    thread_messages,
    threads,
    uploads,
    usage,
)
from core.store.audit import Entry
from core.store.console import Filters, Row, StepRow
from core.store.database import Database, Execute
from core.store.paging import Page
from core.store.reading import Reading, TooSlow
from core.types import RunId, ThreadId

T = TypeVar("T")
MOST_RUNS: Final = 50
"""Of one thread."""
MOST_MESSAGES: Final = 200


class Looks:
    """Reads for somebody who is logged in; a run or thread that is not theirs to see is not there."""

    def __init__(self, db: Database, read: Reading) -> None:
        self._db, self.read = db, read

    async def look(self, work: Callable[[Execute], T]) -> T:
        """What is found. Raises Refusal."""
        try:
            return await self.read(work)
        except TooSlow:
            told = "That look took too long and was given up. Search for less, or for an id."
            raise Refusal(told, status=503, code="too_slow") from None

    async def runs(self, key: Key, filters: Filters, limit: int, after: str | None, language: str) -> Row:
        """One page, the newest first."""
        view = view_of(key)
        found = await self._page("run", lambda tx: console.runs(tx, view, filters, limit + 1, after), after)
        rows = [run_row(one, language) for one in found[:limit]]
        return listed(rows, more=len(found) > limit)

    async def threads(self, key: Key, filters: Filters, limit: int, after: str | None) -> Row:
        """One page, those with the newest runs first."""
        view = view_of(key)
        found = await self._page(
            "thread", lambda tx: console.threads(tx, view, filters, limit + 1, after), after
        )
        return listed([thread_row(one) for one in found[:limit]], more=len(found) > limit)

    async def _page(self, kind: str, work: Callable[[Execute], list[Row]], after: str | None) -> list[Row]:
        try:
            return await self.look(work)
        except LookupError:
            raise not_found(kind, after or "") from None

    async def thread(self, key: Key, id: str, language: str, budget: int) -> Row:
        """One thread with its newest runs, and how much of it the next request has."""

        def work(tx: Execute) -> Row:
            found = console.threads(tx, view_of(key), Filters(thread=id), 1)
            if not found:
                raise not_found("thread", id)
            runs = console.runs(tx, view_of(key), Filters(thread=id), MOST_RUNS)
            thread, last = ThreadId(id), summaries.assistant(tx, ThreadId(id))
            room = history.room(tx, thread, last, budget)
            memory = asdict(held(tx, thread, budget)) | {"room": room}
            told = {"runs": [run_row(one, language) for one in runs], "memory": memory}
            return thread_row(found[0]) | told

        return await self.look(work)

    async def run(self, key: Key, id: str, language: str) -> Row:
        """One run as it went. `post` and `where`: its first post, for whoever makes a link of it."""

        def work(tx: Execute) -> Row:
            row, steps = _run(tx, key, id), console.steps(tx, id)
            requests = usage.rows(tx, id)
            what = (row, steps, requests, console.asked(tx, run=id))
            died = deaths(*what, console.ends(tx, id))
            line = timeline(*what, died)
            more = ("cached", "reasoning", "price_list", "posts", "edits", "requests")
            told = {name: row[name] for name in more} | {"post": _posts(steps)[:1], "where": where(row)}
            return run_row(row, language) | told | {"timeline": line, "deaths": died}

        return await self.look(work)

    async def run_texts(self, key: Key, id: str) -> Row:
        """What was said in it: this is written down before it is told. Raises Refusal."""

        def find(tx: Execute) -> tuple[Row, str | None]:
            row = _run(tx, key, id)
            return row, _readers(tx, row["thread_id"])

        row, readers = await self.look(find)
        await self.noted(key, readers, "texts.run", id)

        def work(tx: Execute) -> Row:
            steps = {step.name: step for step in console.steps(tx, id)}
            answers = thread_messages.page(tx, ThreadId(row["thread_id"]), Page(100, "asc"), id)[0]
            answer = steps["answer"].value if "answer" in steps else None
            said = "\n\n".join(one.text for one in answers) or (answer or {}).get("text", "")
            return {
                "question": question_of(tx, id),
                "answer": said,
                "steps": _step_texts(steps),
                "posts": _posts(list(steps.values())),
                "feedback": feedback.of_run(tx, id),
                "where": where(row),
            }

        return await self.look(work)

    async def thread_texts(self, key: Key, id: str) -> Row:
        """The same of a thread."""

        def find(tx: Execute) -> str | None:
            if not console.threads(tx, view_of(key), Filters(thread=id), 1):
                raise not_found("thread", id)
            return _readers(tx, id)

        await self.noted(key, await self.look(find), "texts.thread", id)

        def work(tx: Execute) -> Row:
            said = thread_messages.page(tx, ThreadId(id), Page(MOST_MESSAGES))[0]
            names, files = console.speakers(tx, id), console.files(tx, id)
            told = [_message(tx, one, names.get(one.id) or "") for one in reversed(said)]
            runs = list(dict.fromkeys(one["run_id"] for one in told))
            first = {run: _calls(tx, run) for run in runs if run}  # before what it said first
            for one in told:
                one |= {
                    "files": one["files"] + files.get(one["id"], []),
                    "calls": first.pop(one["run_id"], []),
                }
            return {"messages": told, "summary": summaries.find(tx, ThreadId(id)).text}

        return await self.look(work)

    async def copy(self, key: Key, id: str) -> Row:
        """A thread of the key's project that goes on from here; the original is never touched.

        One commit holds the row of the audit and all of the copy: a crash leaves both or neither.
        """

        def work(tx: Execute) -> Row:
            there = threads.get(tx, id)
            if there is None or not (key.admin or there.project in (None, key.project)):
                raise not_found("thread", id)
            may_read(key, there.readers)
            audit.add(tx, Entry(time.time(), key.name, "threads.copy", id))
            return {"thread_id": copies.copy(tx, there, key.project, time.time())}

        return await self._db(work)

    async def questions(self, key: Key, thread: str) -> Row:
        """What that person was asked of late."""

        def work(tx: Execute) -> Row:
            return listed(question_objects(tx, console.questions(tx, key.person, thread)), more=False)

        return await self.look(work)

    async def question(self, key: Key, id: str) -> Row:
        """One of them. Raises Refusal."""

        def work(tx: Execute) -> Row:
            mine = [one for one in console.asked(tx, [id]) if one.person == key.person]
            if not mine:
                raise not_found("question", id)
            return question_objects(tx, mine)[0]

        return await self.look(work)

    async def noted(self, key: Key, project: str | None, action: str, id: str) -> None:
        """Whoever reads what people said is written down. Raises Refusal where they may not."""
        may_read(key, project)
        entry = Entry(time.time(), key.name, action, id)
        await self._db(lambda tx: audit.add(tx, entry))


def may_read(key: Key, project: str | None) -> None:
    """Whether they may see what people said there. Raises Refusal."""
    if not key.read_chats and project != key.project:
        told = "This key may not read what people say; `spool keys create NAME --console --read-chats` may."
        raise Refusal(told, status=403, code="read_chats")


def question_objects(tx: Execute, found: list[console.Question]) -> list[Row]:
    """Questions with their tools, and the very arguments."""
    told = []
    for one in found:
        steps = {step.name: step for step in console.steps(tx, one.run_id)}
        call = next((call for _, call in called(steps) if call["id"] == one.call_id), {})
        facts = asdict(one)
        hidden = ("call_id", "person", "project")
        told.append(
            {name: value for name, value in facts.items() if name not in hidden}
            | {"tool": call.get("name", ""), "arguments": call.get("arguments", "")}
        )
    return told


Deciding = Callable[[str, str, bool], Awaitable[str]]
"""Takes an approval, a person and their answer; gives the `Decision`."""


def _readers(tx: Execute, thread: str) -> str | None:
    """The project whose keys may see what was said there; None: those that may read chats."""
    there = threads.get(tx, thread)
    return there.readers if there else None


def _run(tx: Execute, key: Key, id: str) -> Row:
    row = console.run(tx, view_of(key), id)
    if row is None:
        raise not_found("run", id)
    return row


def where(row: Row) -> tuple[str | None, ...]:
    """Where a run was asked, for whoever makes links: platform, workspace, channel, topic."""
    return row["platform"], row["workspace"], row["place"], row["topic"]


def question_of(tx: Execute, run: str) -> str:
    """What a run that is there was asked: of a client's, what its person wrote last before it."""
    asked = [one.body.get("text", "") for one in messages.rows_of(tx, RunId(run)) if not one.gone]
    row = client_runs.of(tx, RunId(run))
    if asked or not row.options:
        return "\n\n".join(asked)
    said = thread_messages.asked(tx, row.thread, row.created_at + 0.001)
    return said.text if said else ""


def _step_texts(steps: dict[str, StepRow]) -> dict[str, Row]:
    """Words of rounds, arguments and results of calls."""
    told: dict[str, Row] = {}
    for name, step in steps.items():
        if name.startswith("round:") and step.value:
            told[name] = {"result": step.value.get("text", "")}
    for _, call in called(steps):
        done = steps.get(f"call:{call['id']}")
        result = (done.value or {}).get("output") if done else None
        told[f"call:{call['id']}"] = {"arguments": call["arguments"], "result": result}
    return told


def _calls(tx: Execute, run: str) -> list[Row]:
    """Functions that a run has called, with what they were given and gave."""
    steps = {step.name: step for step in console.steps(tx, run)}
    told = _step_texts(steps)
    return [{"name": call.get("name", ""), **told[f"call:{call['id']}"]} for _, call in called(steps)]


def _posts(steps: list[StepRow]) -> list[Row]:
    """Posts that stand there, in their order."""
    found = [step for step in steps if step.name.startswith("post:") and step.value and "id" in step.value]
    found.sort(key=lambda step: int(step.name.partition(":")[2]))
    return [{"id": step.value["id"], "at": step.created_at} for step in found]


def _message(tx: Execute, one: thread_messages.ThreadMessage, person: str) -> Row:
    ids = [str(file["file_id"]) for file in one.object.get("attachments") or ()]
    found = [(id, uploads.find(tx, id, time.time())) for id in ids]
    files = [
        {"name": row.name, "type": "", "size": row.size} if row else {"name": id, "type": "", "size": -1}
        for id, row in found
    ]
    told = {"id": one.id, "role": one.role, "at": one.sent_at, "text": one.text, "files": files}
    return told | {"run_id": one.run, "person": person}
