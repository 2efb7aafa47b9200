"""Whether the model is told what was said before: question, answer, question … since the last reset.

Pure. A request is given as its input items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.runs.prompt.history import SUMMARY
from standins.script.script import text_of
from tests.crash.history import Finding, Said
from tests.crash.oracle import Question, asked_in, known

Items = Sequence[Mapping[str, Any]]


@dataclass
class Told:
    """What a request tells: the texts up to the newest question, and the tags that are summarised."""

    texts: list[str] = field(default_factory=list)
    summarised: list[str] = field(default_factory=list)

    @property
    def newest(self) -> str:
        return self.texts[-1].split()[0]


def told(items: Items) -> Told:
    """What the items tell; calls and their outputs are no texts, the parts of one answer are one."""
    found, before = Told(), ""
    newest = max((at for at, item in enumerate(items) if item.get("role") == "user"), default=-1)
    for item in items[: newest + 1]:
        text, role = text_of(item), str(item.get("role") or "")
        if SUMMARY.strip() in text:
            found.summarised = known(text)
        elif role == "assistant" and before == "assistant":
            found.texts[-1] += f" {text}"
        elif role and not text.startswith("Earlier messages"):
            found.texts.append(asked_in(item) if role == "user" else text)
            before = role
    return found


def check(said: Sequence[Said], requests: Iterable[Items]) -> list[Finding]:
    """Each request holds the turns before it since the reset: all of them, or the newest that fit."""
    findings: dict[str, Finding] = {}
    for given in map(told, requests):
        one = _asked(said, given.newest)
        if one is None:
            findings[given.newest] = Finding("memory", given.newest, "nobody asked that")
            continue
        wanted = _turns(said, one)
        whole = given.texts == wanted[-len(given.texts) :] and len(given.texts) % 2 == 1
        alone = len(given.texts) == 1 and len(wanted) > 1 and not given.summarised
        if not whole or alone:
            findings[one.text] = _finding(one, given)
    return list(findings.values())


def forgotten(said: Sequence[Said], items: Items) -> list[Finding]:
    """What this request tells neither word for word nor in its summary."""
    given = told(items)
    one = _asked(said, given.newest)
    wanted = [text.split()[0] for text in _turns(said, one)[::2]] if one else []
    missing = set(wanted) - set(given.summarised) - {text.split()[0] for text in given.texts[::2]}
    return [_finding(one, given)] if one and missing else []


def _asked(said: Sequence[Said], tag: str) -> Said | None:
    return next((one for one in said if one.question and one.question.tag == tag), None)


def _finding(one: Said, given: Told) -> Finding:
    seen = [text[:20] for text in given.texts]
    return Finding(
        "memory", f"{one.text!r} in {one.lane}", f"the model was given {seen}, in short {given.summarised}"
    )


def _turns(said: Sequence[Said], one: Said) -> list[str]:
    """The texts of the memory up to this message: question, answer, question, …, this question."""
    memory = [each for each in said if (each.lane, each.memory) == (one.lane, one.memory)]
    texts: list[str] = []
    for each in sorted(memory, key=lambda each: each.at):
        question: Question | None = each.question
        if question is None:
            continue
        texts.append(each.text)
        if each is one:
            return texts
        texts.append(question.answer)
    return texts
