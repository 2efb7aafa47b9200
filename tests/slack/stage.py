"""A model whose answers wait for the test, so that no test has to guess how long something takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from standins.script.script import Beat, Scenario, Wait, spoken, text_of

FENCE = "fence"
"""A message that is always echoed, whatever is enqueued: once it is answered, earlier ones were heard."""


@dataclass
class Pause:
    """Part of an answer: nothing is said until `end()`."""

    over: bool = False

    def end(self) -> None:
        self.over = True

    def __iter__(self) -> Iterator[Beat]:
        while not self.over:
            yield Wait(0.01)


class Stage(Scenario):
    """`Scenario` whose answers may contain pauses."""

    def perform(self, *parts: Beat | str | Pause) -> None:
        """Like `enqueue`, with pauses; each is entered only when the parts before it were said."""
        beats = itertools.chain.from_iterable(self._staged(part) for part in parts)
        self.answers.append(cast("Sequence[Beat]", beats))

    def _staged(self, part: Beat | str | Pause) -> Iterable[Beat]:
        if isinstance(part, str):
            return spoken(part, delay=self.delay)
        return part if isinstance(part, Pause) else [part]

    def play(
        self,
        instructions: str,
        items: Sequence[Mapping[str, object]],
        tools: Sequence[Mapping[str, object]] = (),
    ) -> Iterable[Beat]:
        """The fence is echoed and leaves the enqueued answers alone."""
        if text_of(items[-1]).endswith(FENCE):
            self.requests.append((instructions, [dict(item) for item in items]))
            return spoken(f"echo: {FENCE}")
        return super().play(instructions, items, tools)

    @property
    def asked(self) -> list[list[str]]:
        """The texts of the items of each request, oldest request first; without fences."""
        texts = [[text_of(item) for item in items] for _, items in self.requests]
        return [said for said in texts if not said[-1].endswith(FENCE)]
