"""Adding many files to an assistant's documents: what became of each, said as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bots.commands.paths import Found
from bots.commands.progress import Progress
from core import documents
from core.errors import Permanent, Retryable
from core.library import AT_ONCE, Library

HOPELESS = ("model_auth", "billing", "model_missing")
"""Notices after which the next file fares no better."""
PATIENCE = 3
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

    def __init__(self, library: Library, owner: str, progress: Progress) -> None:
        self._library, self._owner, self._progress = library, owner, progress
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stopped = ""
        self._misses = 0

    async def add(self, files: Sequence[Found]) -> list[Outcome]:
        """All of them, several at a time; then those of earlier times that are not searchable (any more)."""
        outcomes = list(await asyncio.gather(*map(self._one, files)))
        if not self._stopped:
            for row in await self._library.settle(self._owner):
                why = row.error or "it is not searchable yet: try again later"
                self._progress.say(f"failed   {row.name}: {why}")
                outcomes.append(Outcome(Path(row.name), "failed", why, row.digest))
        return outcomes

    async def _one(self, file: Found) -> Outcome:
        async with self._slots:
            outcome = await self._tried(file)
        reason = f": {outcome.reason}" if outcome.reason else ""
        self._progress.done(str(file.path), file.size, f"{outcome.state:<8} {file.path}{reason}")
        return outcome

    async def _tried(self, file: Found) -> Outcome:
        if file.problem:
            return Outcome(file.path, "failed" if file.named else "skipped", file.problem)
        try:
            return await self._added(file.path)
        except Permanent as error:
            if error.notice in HOPELESS:
                self._stopped = error.code
            missing = "the model server keeps no documents: " if error.notice == "model_missing" else ""
            return Outcome(file.path, "failed", missing + error.code)
        except Retryable as error:
            self._misses += 1
            if self._misses >= PATIENCE:
                self._stopped = error.code
            why = "the model server cannot be reached" if error.code == "connection_error" else error.code
            return Outcome(file.path, "failed", f"{why}; add it again later")
        except OSError as error:
            return Outcome(file.path, "failed", error.strerror or str(error))

    async def _added(self, path: Path) -> Outcome:
        if self._stopped:
            return Outcome(path, "failed", f"not tried after {self._stopped}")
        source = await asyncio.to_thread(documents.read, path)
        await self._say_namesakes(source)
        key = str(path)
        added = await self._library.add(
            self._owner, source, progress=lambda sent: self._progress.moved(key, sent)
        )
        self._misses = 0
        if added.new:
            return Outcome(path, "added", digest=source.digest)
        other = "" if added.name == source.name else f"the same bytes as {added.name}"
        return Outcome(path, "known", other, source.digest)

    async def _say_namesakes(self, source: documents.Source) -> None:
        rows = await self._library.documents(self._owner)
        alike = [row for row in rows if row.name == source.name and row.digest != source.digest]
        if alike and all(row.digest != source.digest for row in rows):
            ids = " ".join(row.remote or row.digest for row in alike)
            self._progress.say(
                f"note     {source.name} is there with other contents: both are kept. "
                f"To drop the former one: files remove {self._owner} {ids}"
            )
