"""Records: what one response of a client's run has said and done, as the journal keeps it.

A record becomes a step of the API and, where something is said, a message. Their ids are made of the run's
and of the place in it: a run that goes on after a crash repaints the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.model_server.assembly import parts_of
from core.store.thread_messages import ThreadMessage
from core.types import Finished, RunId, ThreadId

Record = dict[str, Any]


def named(prefix: str, run: str, *place: object) -> str:
    """An id that is the same whenever it is made."""
    digest = hashlib.sha256("/".join([run, prefix, *map(str, place)]).encode()).hexdigest()
    return f"{prefix}{digest[:24]}"


def file_id(run: str, key: str) -> str:
    """Of a file that the run's answer has made."""
    return named("file-", run, key)


def said(run: RunId, number: int, place: int, at: float) -> Record:
    """The model begins to say something."""
    step, message = named("step_", run, number, place), named("msg_", run, number, place)
    told = {"type": "message", "id": step, "message": message, "at": at, "ended": None}
    return {**told, "status": "in_progress", "reason": None, "text": "", "annotations": [], "pictures": []}


def called(run: RunId, number: int, place: int, at: float) -> Record:
    """The model begins to use tools."""
    told = {"type": "tools", "id": named("step_", run, number, place), "at": at, "ended": None}
    return {**told, "status": "in_progress", "calls": []}


def message(record: Mapping[str, Any], thread: ThreadId, run: RunId, assistant: str | None) -> ThreadMessage:
    """What was said, as a message of the thread."""
    kept = {name: record[name] for name in ("status", "reason") if record[name]}
    kept["ended_at"] = record["ended"] or record["at"]
    kept["content"] = content(record)
    if kept["content"] == [text_of(record)] and not record["annotations"]:
        del kept["content"]
    named = (record["message"], thread, "assistant", record["at"], run, assistant, record["text"])
    return ThreadMessage(*named, kept, "")


def content(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parts of its message: the words, then the pictures."""
    pictures = [
        {"type": "image_file", "image_file": {"file_id": id, "detail": "auto"}} for id in record["pictures"]
    ]
    return [*([text_of(record)] if record["text"] or not pictures else []), *pictures]


def text_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The words as a part."""
    return {"type": "text", "text": {"value": record["text"], "annotations": list(record["annotations"])}}


def drawn(item: Mapping[str, Any]) -> dict[str, str]:
    """Pictures that code has drawn and the server gives whole: their addresses, by their keys."""
    outputs = enumerate(item.get("outputs") or () if item.get("type") == "code_interpreter_call" else ())
    urls = {f"{item.get('id')}-{number}": str(one.get("url") or "") for number, one in outputs}
    return {key: url for key, url in urls.items() if url.startswith("data:image/")}


def interpreted(run: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """What code was run, and what it gave."""
    pictures, outputs = drawn(item), list[dict[str, Any]]()
    for number, one in enumerate(item.get("outputs") or ()):
        key = f"{item.get('id')}-{number}"
        if one.get("type") == "logs":
            outputs.append({"type": "logs", "logs": str(one.get("logs") or "")})
        elif key in pictures:
            outputs.append({"type": "image", "image": {"file_id": file_id(run, key)}})
    return {"input": str(item.get("code") or ""), "outputs": outputs}


def searched(item: Mapping[str, Any], tool: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a search has found."""
    ranking = ((tool or {}).get("file_search") or {}).get("ranking_options") or {}
    told = {"ranker": ranking.get("ranker", "auto"), "score_threshold": ranking.get("score_threshold", 0.0)}
    return {"ranking_options": told, "results": [_result(one) for one in item.get("results") or ()]}


def _result(found: Mapping[str, Any]) -> dict[str, Any]:
    text = [{"type": "text", "text": str(found.get("text") or "")}]
    named = {"file_id": found.get("file_id") or "", "file_name": found.get("filename") or ""}
    return {**named, "score": float(found.get("score") or 0.0), "content": text}


def usage(ended: Finished) -> dict[str, int] | None:
    """The tokens of a response in the API's words."""
    told = ended.usage or {}
    if "input_tokens" not in told and "output_tokens" not in told:
        return None
    asked, given = told.get("input_tokens", 0), told.get("output_tokens", 0)
    return {"prompt_tokens": asked, "completion_tokens": given, "total_tokens": asked + given}


def spent(records: Iterable[Mapping[str, Any]]) -> int:
    """Tokens of the answer that these responses had."""
    return sum((one.get("usage") or {}).get("completion_tokens", 0) for one in records)


def files_of(told: Mapping[str, Any]) -> Iterator[str]:
    """The server's ids of files that an annotation names, or the annotations or results of an item."""
    for one in (told, *citations(told), *(told.get("results") or ())):
        if one.get("type") != "container_file_citation" and one.get("file_id"):
            yield str(one["file_id"])


def texts(those: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that say something in words."""
    return [one for one in those if one["type"] == "message" and one["text"]]


def citations(item: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """All annotations of a message."""
    parts = (part.get("annotations") or () for part in parts_of(item))
    return [one for annotations in parts for one in annotations if isinstance(one, Mapping)]


def place(annotation: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells one citation of a text from another."""
    return tuple(str(annotation.get(name)) for name in ("type", "file_id", "url", "index"))
