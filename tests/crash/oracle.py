"""What the model says, decided by the question alone: asked again after a crash, it says the same.

A question is `tag words gulps`. Its answer is that many words `tag.0 tag.1 …`, so each word on a screen
tells which answer it belongs to and where in it; it is said in so many gulps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.script import Beat, Say, Wait, text_of

WORD = re.compile(r"\b([a-z][a-z0-9]*)\.(\d+)\b")
RESET = "reset"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks, and thereby what is answered."""

    tag: str
    words: int
    gulps: int = 3

    @property
    def text(self) -> str:
        """As the person writes it."""
        return f"{self.tag} {self.words} {self.gulps}"

    @property
    def answer(self) -> str:
        """As the model says it."""
        return " ".join(f"{self.tag}.{number}" for number in range(self.words))

    @staticmethod
    def parse(text: str) -> Question:
        """The question with that text."""
        tag, words, gulps = text.split()
        return Question(tag, int(words), int(gulps))


@dataclass
class Oracle:
    """A `core.script.Script`. `pace`: seconds before each gulp."""

    pace: float = 0.02

    def play(self, instructions: str, items: Sequence[Mapping[str, object]]) -> Iterator[Beat]:
        """The answer to the newest message."""
        question = Question.parse(text_of(items[-1]))
        size = max(1, -(-len(question.answer) // question.gulps))
        for start in range(0, len(question.answer), size):
            yield Wait(self.pace)
            yield Say(question.answer[start : start + size])
