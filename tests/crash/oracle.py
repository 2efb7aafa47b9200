"""What the model says and does, decided by the question alone: asked again after a crash, it does the same.

A question is `tag words gulps [does]`. Its answer is that many words `tag.0 tag.1 …`, so each word on a
screen tells which answer it belongs to and where in it; it is said in so many gulps. What it `does` besides:

    two     says half of it, calls the tool `look` twice at once, and says the rest
    pay     calls the tool `pay`, which asks the person first, and then says it
    draw    draws a picture, writes a table in its container, and says it
    seen    nothing; the person sends a picture and a text along
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.runs.summaries import INSTRUCTIONS
from standins.script.picture import png
from standins.script.script import Beat, Call, Cite, Hosted, Say, Wait, text_of

WORD = re.compile(r"\b([a-z][a-z0-9]*)\.(\d+)\b")
KNOWS = "knows:"
RESET = "reset"
_QUESTION = re.compile(r"^(?:\[\d\d:\d\d\] )?(?:[^:\n]+: )?([a-z][a-z0-9]*) (\d+) (\d+)(?: (\w+))?$")
Files = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks, and thereby what is answered."""

    tag: str
    words: int
    gulps: int = 3
    does: str = ""

    @property
    def text(self) -> str:
        return f"{self.tag} {self.words} {self.gulps} {self.does}".rstrip()

    @property
    def answer(self) -> str:
        return " ".join(f"{self.tag}.{number}" for number in range(self.words))

    @property
    def calls(self) -> tuple[str, ...]:
        endings = {"two": ("0", "1"), "pay": ("pay",)}.get(self.does, ())
        return tuple(f"call_{self.tag}{ending}" for ending in endings)

    @property
    def brings(self) -> Files:
        if self.does != "draw":
            return ()
        return ("picture-1.png", _picture(self.tag)), (f"{self.tag}.csv", f"{self.tag},1\n".encode())

    @property
    def sends(self) -> Files:
        if self.does != "seen":
            return ()
        return (f"{self.tag}.png", _picture(self.tag)), (f"{self.tag}.txt", f"about {self.tag}\n".encode())

    @staticmethod
    def parse(text: str) -> Question:
        """The question with that text, whoever is said to have asked it. Raises ValueError."""
        if found := _QUESTION.match(text):
            tag, words, gulps, does = found.groups()
            return Question(tag, int(words), int(gulps), does or "")
        raise ValueError(f"that is no question: {text!r}")


def _picture(tag: str) -> bytes:
    red, green, blue = (sum(tag.encode()) * factor % 200 for factor in (1, 7, 31))
    return png(red, green, blue)


@dataclass
class Oracle:
    """A `standins.script.script.Script`. `pace`: seconds before each gulp."""

    pace: float = 0.02

    def play(self, instructions: str, items: Sequence[Mapping[str, Any]]) -> Iterator[Beat]:
        """What comes next after the newest message, or a summary of it."""
        if is_summary(instructions):
            yield Wait(self.pace)
            yield Say(f"{KNOWS} {' '.join(known(text_of(items[-1])))}")
            return
        at = max(number for number, item in enumerate(items) if item.get("role") == "user")
        question = Question.parse(asked_in(items[at]))
        yield from self._turn(question, called=at < len(items) - 1)

    def _turn(self, question: Question, *, called: bool) -> Iterator[Beat]:
        words = question.answer.split()
        half = len(words) // 2 if question.does == "two" else 0
        if question.calls and not called:
            yield from self._said(words[:half], question.gulps)
            if question.does == "pay":
                yield Call("pay", {"tag": question.tag}, question.calls[0])
            else:
                for number, id in enumerate(question.calls):
                    yield Call("look", {"tag": question.tag, "number": number}, id)
            return
        if question.does == "draw":
            (_, picture), table = question.brings
            yield Hosted("image_generation_call", {"result": base64.b64encode(picture).decode()})
            yield Hosted("code_interpreter_call", {"code": "table()"}, produces=[table])
        yield from self._said(words[half:], question.gulps)
        if question.does == "draw":
            yield Cite({"type": "container_file_citation", "filename": f"{question.tag}.csv"})

    def _said(self, words: Sequence[str], gulps: int) -> Iterator[Beat]:
        text = " ".join(words)
        size = max(1, -(-len(text) // gulps))
        for start in range(0, len(text), size):
            yield Wait(self.pace)
            yield Say(text[start : start + size])


def asked_in(item: Mapping[str, Any]) -> str:
    """What was asked with a user's item, without who asked and without files."""
    content = item["content"]
    text = content if isinstance(content, str) else next((str(part.get("text", "")) for part in content), "")
    line = text.split("\n")[0]
    return Question.parse(line).text if _QUESTION.match(line) else line


def is_summary(instructions: object) -> bool:
    return str(instructions).startswith(INSTRUCTIONS[:40])


def known(text: str) -> list[str]:
    """The tags of the answers that a text tells or has summarised."""
    tags = [tag for line in re.findall(f"{KNOWS} (.*)", text) for tag in line.split()]
    return list(dict.fromkeys(tags + [tag for tag, _ in WORD.findall(text)]))
