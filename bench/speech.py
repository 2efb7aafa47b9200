"""What the model says in a bench: words at a steady pace, with an end that can be recognised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from standins.script.script import Beat, Say, Wait, text_of

END = "that is all."
SLOWLY = "Take your time."
"""A question that says so is answered much later: its run stays open."""
LONG_THOUGHT = 45.0


@dataclass
class Speech:
    """A script (`standins.script.script.Script`) of `tokens` deltas, `pace` of them in a second.

    Its text is ordinary prose with a line break now and then, about five characters a token. `thought` is
    how many seconds the model takes before it begins, as a real one does.
    """

    tokens: int = 200
    pace: float = 50.0
    thought: float = 0.5

    def play(self, instructions: str, items: Sequence[Mapping[str, object]]) -> Iterator[Beat]:
        """The same answer to everything."""
        yield Wait(LONG_THOUGHT if items and SLOWLY in text_of(items[-1]) else self.thought)
        for number in range(self.tokens - 1):
            yield Wait(1 / self.pace)
            yield Say("\n\n" if number % 60 == 59 else "word " if number % 3 else "tokens ")
        yield Wait(1 / self.pace)
        yield Say(END)
