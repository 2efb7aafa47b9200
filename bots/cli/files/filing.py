"""Adding many files to an assistant's documents: what became of each, said as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bots.cli.files.paths import Found
from bots.cli.files.progress import Progress
from core.errors import Permanent, Retryable
from core.files import documents
from core.files.documents import Source
from core.files.library import AT_ONCE, Library
from core.store.vector_stores import Document

HOPELESS = ("model_auth", "billing", "model_missing", "model_address")
"""Notices after which the next file fares no better."""
AWAY = "connection_error"
"""The code of a server that several tries, over seconds, did not reach."""
UNPARSED = "invalid_file"
UNTRIED = "not tried"
MOST_MISSES = 3
"""Files in a row that may fail for reasons which pass, before the rest is not tried."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. `digest` is "" where its bytes were not looked at."""

    path: Path
    state: Literal["added", "known", "skipped", "failed"]
    reason: str = ""
    digest: str = ""

    @property
    def failed(self) -> bool:
        """Whether the operator wanted it and did not get it."""
        return self.state == "failed"


class Filing:
    """One command's files, on their way to the documents of `owner`."""

    def __init__(self, library: Library, owner: str, progress: Progress, spool: str = "spool") -> None:
        """`spool`: what the person typed, for hints."""
        self._library, self._owner, self._progress, self._spool = library, owner, progress, spool
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stopped = ""
        self._misses = self._untried = 0

    async def add(self, files: Sequence[Found]) -> list[Outcome]:
        """All of them, several at a time; then those of earlier times that are not searchable (any more)."""
        outcomes = list(await asyncio.gather(*map(self._one, files)))
        remove = f"{self._spool} files remove {self._owner}"
        for note in namesakes(outcomes, await self._library.documents(self._owner), remove):
            self._progress.say(f"note     {note}")
        if self._untried:
            again = "were not tried (give the same command again later)"
            self._progress.say(f"failed   {self._untried} more {again}: {said(self._stopped)}")
        if not self._stopped:
            for row in await self._library.settle(self._owner):
                why = said(row.error) if row.error else "it is not searchable yet: try again later"
                self._progress.say(f"failed   {row.name}: {why}")
                outcomes.append(Outcome(Path(row.name), "failed", why, row.digest))
        return outcomes

    async def _one(self, file: Found) -> Outcome:
        async with self._slots:
            outcome = await self._tried(file)
        reason = f": {outcome.reason}" if outcome.reason else ""
        line = f"{outcome.state:<8} {file.path}{reason}"
        self._progress.done(str(file.path), file.size, "" if reason.startswith(f": {UNTRIED}") else line)
        return outcome

    async def _tried(self, file: Found) -> Outcome:
        if file.problem:
            return Outcome(file.path, "failed" if file.named else "skipped", file.problem)
        try:
            source = await asyncio.to_thread(documents.read, file.path)
            return await self._added(file.path, source)
        except OSError as error:
            return Outcome(file.path, "failed", error.strerror or str(error))

    async def _added(self, path: Path, source: Source) -> Outcome:
        """Added, or why not; what was there before it is there also while the server is away."""
        try:
            why = f"{UNTRIED} after {self._stopped}" if self._stopped else ""
            if not why:
                return await self._sent(path, source)
        except Permanent as error:
            if error.notice in HOPELESS:
                self._stopped = error.code
            missing = "the model server keeps no documents: " if error.notice in HOPELESS[2:] else ""
            return Outcome(path, "failed", missing + said(error.code))
        except Retryable as error:
            self._misses += 1
            if self._misses >= MOST_MISSES or error.code == AWAY:
                self._stopped = error.code
            why = f"{said(error.code)}; add it again later"
        rows = await self._library.documents(self._owner)
        if any(row.digest == source.digest and row.status == "completed" for row in rows):
            return Outcome(path, "known", digest=source.digest)
        self._untried += why.startswith(UNTRIED)
        return Outcome(path, "failed", why)

    async def _sent(self, path: Path, source: Source) -> Outcome:
        key = str(path)
        added = await self._library.add(
            self._owner, source, progress=lambda sent: self._progress.moved(key, sent)
        )
        self._misses = 0
        if added.new:
            return Outcome(path, "added", digest=source.digest)
        other = "" if added.name == source.name else f"the same bytes as {added.name}"
        return Outcome(path, "known", other, source.digest)


def said(code: str) -> str:
    """A reason in words, with its cure where there is one."""
    if code.startswith(UNPARSED):
        return f"{code} Texts must be UTF-8, and a PDF must have text."
    return "the model server cannot be reached" if code == AWAY else code


def namesakes(outcomes: Sequence[Outcome], rows: Sequence[Document], remove: str) -> Iterator[str]:
    """What to say of documents that got the name of others: how to tell them apart, or remove some."""
    paths = {outcome.digest: outcome.path for outcome in outcomes if outcome.digest}
    fresh = {outcome.digest for outcome in outcomes if outcome.state == "added"}
    for name in sorted({row.name for row in rows if row.digest in fresh}):
        alike = [row for row in rows if row.name == name]
        wanted = [row for row in alike if row.digest in paths]
        former = [row.remote or row.digest for row in alike if row.digest not in paths]
        if len(wanted) > 1:
            each = ", ".join(f"{paths[row.digest]} is {row.remote or row.digest}" for row in wanted)
            yield f"{len(wanted)} documents are called {name}: {each}."
        if former:
            yield (
                f"{name} is there with other contents: both are kept. To drop what was there before: "
                f"{remove} {' '.join(former)}"
            )
