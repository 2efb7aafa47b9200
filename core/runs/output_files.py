"""What an answer brings along: pictures the model drew, files its code made. Stored before it is recorded.

So a crash after the answer posts them again from the rows, each once, since the reply journals which stand
there; one before it makes them again with the answer.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import mimetypes
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from core.errors import Lost, SpoolError, TooLarge, Unsaved, loggable
from core.files.detect import safe_name
from core.model_server.assembly import parts_of
from core.ports import Service
from core.runs.client import records
from core.runs.run import Run
from core.store import files, steps, uploads
from core.store.steps import Answer
from core.types import File

logger = logging.getLogger(__name__)
LARGEST_OUTPUT: Final = 64 * 2**20
"""Bytes of one file that an answer may bring along."""
_SANDBOX = re.compile(r"!?\[([^\]\n]*)\]\(sandbox:[^)\s]*\)")
_BARE = re.compile(r"sandbox:/mnt/data/([\w.\-]+)")


class Found(NamedTuple):
    """What output items bring along: files by their rows' ids, and names of documents that were cited."""

    files: list[str]
    lost: list[str]
    """Names of files that could not be had."""
    documents: list[str]


async def collect(run: Run, service: Service, items: Sequence[Mapping[str, Any]]) -> Found:
    """Store the files of these output items."""
    work = [_stored(run, key, name, content) for key, name, content in _pictures(items)]
    noted = cited(items)
    work += [_fetched(run, service, one) for one in _containers(noted)]
    done = await asyncio.gather(*work)
    files, lost = [id for id, _ in done if id], [name for id, name in done if not id]
    return Found(files, lost, documents(noted))


def _pictures(items: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str, bytes]]:
    number = 0
    for item in items:
        for key, url in records.drawn(item).items():
            kind, _, data = url.partition(";base64,")
            yield key, safe_name(f"{key}.{kind.rpartition('/')[2]}"), base64.b64decode(data)
        if item.get("type") != "image_generation_call" or not item.get("result"):
            continue
        number += 1
        ending = str(item.get("output_format") or "png")
        try:
            content = base64.b64decode(str(item["result"]), validate=True)
        except ValueError:
            logger.warning("picture cannot be decoded")
            continue
        yield str(item.get("id") or f"picture-{number}"), safe_name(f"picture-{number}.{ending}"), content


def _containers(noted: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Files of a container that the text cites, each once."""
    files = [one for one in noted if one.get("type") == "container_file_citation"]
    return list(
        {one["file_id"]: one for one in files if one.get("file_id") and one.get("container_id")}.values()
    )


def cited(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All annotations of the messages among these output items."""
    parts = [part for item in items if item.get("type") == "message" for part in parts_of(item)]
    return [one for part in parts for one in part.get("annotations") or () if isinstance(one, Mapping)]


async def _fetched(run: Run, service: Service, citation: Mapping[str, Any]) -> tuple[str, str]:
    """A file out of its container, which lives for 20 minutes only: now or never."""
    name = safe_name(str(citation.get("filename") or "file"))
    try:
        content = await service.produced(
            str(citation["container_id"]), str(citation["file_id"]), limit=LARGEST_OUTPUT
        )
    except SpoolError as error:
        facts = {"run_id": run.claim.run, "error": loggable(error)}
        logger.warning("file of the code interpreter is lost", extra=facts)
        return "", name
    return await _stored(run, str(citation["file_id"]), name, content)


async def _stored(run: Run, key: str, name: str, content: bytes) -> tuple[str, str]:
    if client := run.claim.options:
        id, made, now = records.file_id(run.claim.run, key), run.claim.run, time.time()
        await run.db(lambda tx: uploads.add_output(tx, id, client.project, made, name, content, now))
        return id, name
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    claim, file, now = run.claim, File(name, kind, content), time.time()
    row = await run.db(lambda tx: files.add_output(tx, claim.run, claim.thread, key, file, now))
    return row.id, name


async def attach(run: Run, answer: Answer) -> Answer:
    """Post the answer's files, each once; what is not taken is said under the answer."""
    refused = [words for id in answer.files if (words := await _attached(run, id))]
    if not refused:
        return answer
    answer = replace(answer, note="\n".join(filter(None, [answer.note, *refused])), files=())
    await run.journal.record(steps.ANSWER, answer)
    async with run.opened() as again:
        await again.finish(answer.shown, answer.note)
    return answer


async def _attached(run: Run, id: str) -> str:
    """Post the file; gives what is to be said where it is not taken, else ""."""
    row = await run.db(lambda tx: files.get(tx, id))
    content = await run.db(lambda tx: files.content(tx, id))
    if row is None or content is None:
        return ""
    try:
        await run.reply.attach(row.id, File(row.name, row.type, content))
    except TooLarge as error:
        return await run.say("file_out_large", name=f"`{row.name}`", megabytes=error.limit // 2**20)
    except (Lost, Unsaved):
        raise
    except SpoolError as error:
        logger.error("file cannot be shown", extra={**run.place, "error": loggable(error)})
        return await run.say("file_out_refused", name=f"`{row.name}`")
    return ""


def plain(text: str) -> str:
    """Links into a container, which lead nowhere in a chat, become the plain names of the files."""
    if "sandbox:" not in text:
        return text
    return _BARE.sub(r"\1", _SANDBOX.sub(r"\1", text))


def documents(noted: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of the documents that were cited, each once."""
    named = [one for one in noted if one.get("type") == "file_citation"]
    return list(dict.fromkeys([safe_name(str(one.get("filename") or "")) for one in named]))


def footnotes(names: Iterable[str]) -> str:
    """The documents that were cited, each once, as one short line; "" when none was."""
    each = dict.fromkeys(names)
    return "📄 " + " · ".join(each) if each else ""
