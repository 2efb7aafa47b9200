"""How an answer comes about, told to whoever watches, and kept as records for whoever asks later.

What is told of a text adds up to what is stored of it, whenever annotations arrive: a citation is put where
the model says, or, if more was told already, where the text has come to.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from core.model_server.assembly import item_name
from core.runs.client import objects, records
from core.runs.client.objects import Object, Outputs
from core.runs.client.readers import InTurn, Readers
from core.runs.client.records import Record
from core.runs.client.watching import Watching
from core.runs.rounds import arguments_of
from core.store.client_runs import RunRow
from core.store.steps import Call
from core.types import (
    Cited,
    Claim,
    Ending,
    Finished,
    Growing,
    ItemAdded,
    ItemDone,
    ModelEvent,
    TextDelta,
)

FIRST_CITED: Final = 4
"""The number that the original gave to its first message with citations."""
REASONS: Final[Mapping[Ending, str]] = {
    "cancelled": "run_cancelled",
    "expired": "run_expired",
    "failed": "run_failed",
}
"""Why a message is incomplete whose run ended so."""
_HOSTED: Final = {"code_interpreter_call": "code_interpreter", "file_search_call": "file_search"}
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_HALF: Final = re.compile("[\ud800-\udbff]\\Z")


class Progress:
    """Of one run of a client. `take` each event of a response, then `settle` it."""

    def __init__(self, claim: Claim, watching: Watching) -> None:
        self._claim, self._watching = claim, watching
        assistant = claim.assistant
        self._row = RunRow(
            claim.run,
            claim.thread,
            assistant.id if assistant else None,
            None,
            "in_progress",
            claim.created_at,
        )
        self.ours: dict[str, str] = {}
        """Our ids of files, by those of the server."""
        self._readers = Readers()
        self.begin(0, ())
        watching.live[claim.run] = self.now

    def begin(self, number: int, before: Iterable[Mapping[str, Any]]) -> None:
        """A response begins, perhaps anew: then nothing is told twice as long as it says the same."""
        self._number, self._said = number, sum(one["type"] == "message" for one in before)
        self._records: list[Record] = []
        self._text: Record | None = None
        self._chunks: list[str] = []
        self._raw = self._length = 0
        self._waiting: list[tuple[int, Mapping[str, Any]]] = []
        self._cited: list[Mapping[str, Any]] = []
        self._calls: Record | None = None
        self._places: dict[str, tuple[Record, int]] = {}
        self._halves: dict[str, str] = {}
        self._turns = InTurn()

    def now(self) -> list[Record]:
        """The records as far as they have come."""
        if self._text:
            self._text["text"] = "".join(self._chunks)
        return self._records

    def take(self, event: ModelEvent) -> None:
        """Another event of the response. Never waits."""
        if isinstance(event, TextDelta):
            self._say(event.text)
        elif isinstance(event, Growing):
            self._grow(event.item, event.text)
        elif isinstance(event, Cited):
            self._cite(event.annotation)
        elif isinstance(event, ItemAdded):
            self._item_begins(event.item)
        elif isinstance(event, ItemDone):
            self._item_ends(event.item)

    def _open(self) -> Record:
        record = records.said(self._claim.run, self._number, len(self._records), time.time())
        self._text, self._chunks, self._raw, self._length = record, [], 0, 0
        known = self._readers.begin(record["message"])
        self._begun(record, told=known)
        if not known:
            self._message_begins(record)
        return record

    def _message_begins(self, record: Record) -> None:
        if self._watched:
            empty = {**self._message(record), "content": []}
            self._tell("thread.message.created", empty)
            self._tell("thread.message.in_progress", empty)

    def _say(self, text: str) -> None:
        if self._text is None:
            self._open()
        while self._waiting and self._waiting[0][0] <= self._raw + len(text):
            at, annotation = self._waiting.pop(0)
            head, text = text[: at - self._raw], text[at - self._raw :]
            self._raw += len(head)
            self._emit(head)
            self._mark(annotation)
        self._raw += len(text)
        self._emit(text)

    def _emit(self, text: str, *annotations: Object) -> None:
        """More of the stored text, told."""
        if not (text or annotations):
            return
        assert self._text is not None
        self._chunks.append(text)
        self._length += len(text)
        known, news = bool(self._readers.ahead), self._readers.news(text)
        text = self._anew(self._text) if news is None else news
        if self._watched and (text or not known):
            first = len(self._text["annotations"]) - len(annotations)
            told = [{"index": first + number, **one} for number, one in enumerate(annotations)]
            part = {"index": 0, "type": "text", "text": {"value": text, "annotations": told}}
            self._message_delta(part if told else {**part, "text": {"value": text}})

    def _anew(self, record: Record) -> str:
        """Readers begin the message again: all of it so far is news."""
        self._message_begins(record)
        return self._readers.anew("".join(self._chunks))

    def _message_delta(self, part: Mapping[str, Any]) -> None:
        assert self._text is not None
        delta = {"id": self._text["message"], "object": "thread.message.delta", "delta": {"content": [part]}}
        self._tell("thread.message.delta", delta)

    def _cite(self, annotation: Mapping[str, Any]) -> None:
        """The text cites a document, perhaps before it begins."""
        self._cited.append(annotation)
        if annotation.get("type") != "file_citation":
            return
        at, begun = annotation.get("index"), self._text is not None
        if not begun or (isinstance(at, int) and at > self._raw):
            at = at if isinstance(at, int) else sys.maxsize  # its end
            self._waiting = sorted([*self._waiting, (at, annotation)], key=lambda one: one[0])
        else:
            self._mark(annotation)

    def _mark(self, annotation: Mapping[str, Any]) -> None:
        """Put the mark of a citation where the text has come to."""
        assert self._text is not None
        those, remote = self._text["annotations"], str(annotation.get("file_id") or "")
        number = FIRST_CITED + self._said + sum(one["type"] == "message" for one in self._records) - 1
        mark = f"【{number}:{len(those)}†{annotation.get('filename') or 'source'}】"
        where = {"start_index": self._length, "end_index": self._length + len(mark)}
        cited = {"file_id": self.ours.get(remote, remote)}
        those.append({"type": "file_citation", "text": mark, **where, "file_citation": cited})
        self._emit(mark, those[-1])

    def _text_ends(self, item: Mapping[str, Any]) -> None:
        """A message is done, which is told when something else begins, or once all of it is stored."""
        if self._text is None:
            return
        known = Counter(map(records.place, self._cited))
        for one in records.citations(item):
            if not known[records.place(one)]:
                self._cite(one)
            known[records.place(one)] = max(0, known[records.place(one)] - 1)
        for _, annotation in self._waiting:
            self._mark(annotation)
        self._waiting = []
        made = [one for one in self._cited if one.get("type") == "container_file_citation"]
        for one in made:
            self._made(str(one.get("file_id")), str(one.get("filename") or "file"))

    def _made(self, key: str, name: str) -> None:
        """The text brings a file along that code has made."""
        assert self._text is not None
        id, record = records.file_id(self._claim.run, key), self._text
        if name.lower().endswith(_PICTURES):
            self._picture(id)
        text = "".join(self._chunks)
        found = re.search(rf"sandbox:[^\s)\]]*{re.escape(name)}", text)
        start, end = found.span() if found else (len(text), len(text))
        if found or id not in record["pictures"]:
            where = {"text": text[start:end], "start_index": start, "end_index": end}
            record["annotations"].append({"type": "file_path", **where, "file_path": {"file_id": id}})
            self._emit("", record["annotations"][-1])

    def _picture(self, id: str) -> None:
        """A picture stands behind the words."""
        record = self._text or self._open()
        if id not in record["pictures"]:
            record["pictures"].append(id)
            place = len(record["pictures"]) - (0 if self._chunks else 1)
            self._message_delta({"index": place, "type": "image_file", "image_file": {"file_id": id}})

    def _close(self, status: Literal["completed", "incomplete"], reason: str | None = None) -> None:
        if self._text is None:
            return
        if self._readers.ahead:  # it says less than before it was cut
            whole = {"value": self._anew(self._text)}
            self._message_delta({"index": 0, "type": "text", "text": whole})
        record, self._text, self._waiting, self._cited = self._text, None, [], []
        record |= {"text": "".join(self._chunks), "status": status, "reason": reason, "ended": time.time()}
        if self._watched:
            self._tell(f"thread.message.{status}", self._message(record))
        self._ended(record)

    def _item_begins(self, item: Mapping[str, Any]) -> None:
        kind = str(item.get("type"))
        if kind == "message":
            self._close("completed")
            self._waiting, self._cited = [], []
        elif kind in _HOSTED:
            self._hosted(item, _HOSTED[kind])
        elif kind == "function_call" and item.get("call_id") and item.get("name"):
            self._function(item)

    def _item_ends(self, item: Mapping[str, Any]) -> None:
        kind = str(item.get("type"))
        if kind == "message":
            self._text_ends(item)
        elif kind in _HOSTED:
            self._hosted_ends(item, _HOSTED[kind])
        elif kind == "function_call":
            self._function_ends(item)
        elif kind == "image_generation_call" and item.get("result"):
            self._picture(records.file_id(self._claim.run, str(item.get("id"))))

    def _tools(self) -> Record:
        self._close("completed")
        record = records.called(self._claim.run, self._number, len(self._records), time.time())
        self._begun(record)
        return record

    def _function(self, item: Mapping[str, Any]) -> None:
        """The model calls a function: all calls of a response are one step."""
        id = item_name(item)
        if id in self._places:
            return
        if self._calls is None:
            self._calls = self._tools()
        self._turns.join(id)
        function = {"name": str(item.get("name") or ""), "arguments": "", "output": None}
        self._call(self._calls, id, {"id": id, "type": "function", "function": function})

    def _function_ends(self, item: Mapping[str, Any]) -> None:
        """Its arguments are whole; the next one in the line is told as far as it has come."""
        id = item_name(item)
        self._function(item)
        self._grow(id, self._rest(id, arguments_of(item)))
        for following in self._turns.done(id):
            record, number = self._places[following]
            self._step_delta(following, record["calls"][number])

    def _hosted(self, item: Mapping[str, Any], kind: str) -> None:
        """The server uses one of its own tools: a step of its own."""
        begun: Object = {"input": "", "outputs": []} if kind == "code_interpreter" else {}
        self._call(self._tools(), item_name(item), {"id": item_name(item), "type": kind, kind: begun})

    def _call(self, record: Record, id: str, call: Object) -> None:
        self._places[id] = record, len(record["calls"])
        record["calls"].append(call)
        self._step_delta(id, call)

    def _hosted_ends(self, item: Mapping[str, Any], kind: str) -> None:
        id = item_name(item)
        if id not in self._places:
            self._hosted(item, kind)
        record, number = self._places[id]
        if kind == "code_interpreter":
            self._grow(id, self._rest(id, str(item.get("code") or "")))
            found = records.interpreted(self._claim.run, item)
            outputs = [{"index": place, **one} for place, one in enumerate(found["outputs"])]
            self._step_delta(id, {"type": kind, kind: {"outputs": outputs}} if outputs else None)
        else:
            assistant = self._claim.assistant
            found = records.searched(item, assistant.tool(kind) if assistant else None)
            for one in found["results"]:
                one["file_id"] = self.ours.get(one["file_id"], one["file_id"])
            self._step_delta(id, {"type": kind, kind: found})  # readers add up deltas: an id is told once
        record["calls"][number] = {"id": id, "type": kind, kind: found}
        failed = item.get("status") == "failed"
        record |= {"status": "failed" if failed else "completed", "ended": time.time()}
        self._ended(record)

    def _grow(self, id: str, text: str) -> None:
        """More of a call's arguments, or of the code. Half a character waits for its other half."""
        if id not in self._places or not text:
            return
        text = self._halves.pop(id, "") + text
        if half := _HALF.search(text):
            self._halves[id], text = half[0], text[:-1]
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        record, number = self._places[id]
        call = record["calls"][number]
        where = "arguments" if call["type"] == "function" else "input"
        call[call["type"]][where] += text
        self._step_delta(id, {"type": call["type"], call["type"]: {where: text}})

    def _rest(self, id: str, whole: str) -> str:
        """What of the whole was not told yet."""
        record, number = self._places[id]
        call = record["calls"][number]
        told: str = call[call["type"]]["arguments" if call["type"] == "function" else "input"]
        return whole[len(told) :] if whole.startswith(told) else ""

    def _step_delta(self, id: str, call: Object | None) -> None:
        if call and self._watched and not self._turns.waits(id):
            record, number = self._places[id]
            told = {"type": "tool_calls", "tool_calls": [{"index": number, **call}]}
            delta = {"object": "thread.run.step.delta", "delta": {"step_details": told}}
            self._tell("thread.run.step.delta", {"id": record["id"], **delta})

    def settle(self, ended: Finished, calls: Sequence[Call], files: Collection[str]) -> tuple[Record, ...]:
        """The response is over, and these of its files are stored; gives its records."""
        if self._records:
            self._records[-1]["usage"] = records.usage(ended)
        if self._text is not None:
            self._stored(self._text, files)
            whole = ended.ending == "completed"
            reason = "content_filter" if ended.reason == "content_filter" else "max_tokens"
            self._close("completed" if whole else "incomplete", None if whole else reason)
        own = [call for call in calls if not call.server]
        for told, call in zip(self._calls["calls"] if self._calls else (), own, strict=False):
            told["id"], told["function"]["arguments"] = call.id, call.arguments
        return tuple(self._records)

    def _stored(self, record: Record, files: Collection[str]) -> None:
        """Without the files that could not be had."""
        record["pictures"] = [id for id in record["pictures"] if id in files]
        record["annotations"] = [
            one
            for one in record["annotations"]
            if "file_path" not in one or one["file_path"]["file_id"] in files
        ]

    def closed(self, ending: Ending) -> tuple[Record, ...]:
        """The run ends so; gives the records of the response that was not recorded as a round."""
        if reason := REASONS.get(ending):
            self._close("incomplete", reason)
            for record in self._records:
                if record["status"] == "in_progress":
                    record |= {"status": ending, "ended": time.time()}
                    self._ended(record)
        return tuple(self.now())

    def results(self, those: Iterable[Mapping[str, Any]], outputs: Outputs) -> None:
        """Functions have given these outputs here: their steps are complete."""
        for record in those:
            if outputs and record["type"] == "tools" and record["status"] == "in_progress":
                self._tell("thread.run.step.completed", objects.step(record, self._row, outputs))

    def _begun(self, record: Record, *, told: bool = False) -> None:
        self._records.append(record)
        if self._watched and not told:
            for name in ("created", "in_progress"):
                self._tell(f"thread.run.step.{name}", self._step(record))

    def _ended(self, record: Record) -> None:
        if self._watched:
            told = self._step(record)
            self._tell(f"thread.run.step.{told['status']}", told)

    def _step(self, record: Record) -> Object:
        return objects.step(record, self._row)

    def _message(self, record: Record) -> Object:
        return objects.message(
            records.message(record, self._claim.thread, self._claim.run, self._row.assistant)
        )

    @property
    def _watched(self) -> bool:
        return self._watching.watched(self._claim.run)

    def _tell(self, name: str, object: Mapping[str, Any]) -> None:
        self._watching.tell(self._claim.run, name, object)
