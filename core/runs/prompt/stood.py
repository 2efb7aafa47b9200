"""What stood in a run's request, for who judges what the model says: found out only where it is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.store import steps
from core.store.steps import Done, Journal
from core.types import Earlier, IncomingMessage

_GIVEN = ("user", "system", "developer")
_FOUND = ("output", "outputs", "results", "annotations", "annotation", "sources")
"""Where items tell what was found: by tools, ours and the server's, and what an answer cites."""


class Stood:
    """Of one run. A process that takes over after the answer knows all but the words of files."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.request: tuple[str, ...] = ()
        """The newest one: the instructions and the input items."""
        self.found: list[Mapping[str, Any]] = []
        """What this process has heard since: items that are done, and citations."""
        self._told: tuple[object, ...] = ()
        self._words = ""

    def __call__(self, strict: bool) -> str:
        """All its words; `strict`: without what the model said itself, now or before."""
        now = (strict, id(self.request), len(self.found))
        if now != self._told:
            self._told, self._words = now, "\n".join(self._each(strict))
        return self._words

    def _each(self, strict: bool) -> Iterator[str]:
        claim, journal = self._journal.claim, self._journal
        yield from self.request[:1] or (claim.assistant.instructions if claim.assistant else "",)
        said: tuple[IncomingMessage | Earlier, ...] = (*claim.messages, *(journal.get(steps.CONTEXT) or ()))
        yield from (words for one in said for words in one.words)
        for id in journal.names("call:"):
            if isinstance(state := journal.get(steps.call(id)), Done):
                yield state.output
        for item in self.request[1:] or claim.history:
            known = (
                not strict and item in claim.history
            )  # what this run has said itself is nobody's but its own
            yield from _words(json.loads(item), known)
        for found in self.found:
            yield from _words(found, False)


def _words(value: Any, given: bool) -> Iterator[str]:
    """The texts in it: all where it is `given`, else those that people gave or tools found."""
    if isinstance(value, str):
        if given and not value.startswith("data:"):
            yield value
            yield from _inside(value)
    elif isinstance(value, Mapping):
        given = given or value.get("role") in _GIVEN
        for name, one in value.items():
            yield from _words(one, given or name in _FOUND)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one, given)


def _inside(text: str) -> Iterator[str]:
    """A tool's result is often JSON itself, which writes its texts in another way."""
    if text[:1] in ("{", "["):
        try:
            yield from _words(json.loads(text), True)
        except (ValueError, RecursionError):
            return
