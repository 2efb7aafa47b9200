"""What was done besides talking, against what people asked for: effects, questions, and files both ways.

Pure. Every effect happens at most once, what is on record is not done again, a question stands there once,
and files are posted exactly once each.
"""

from __future__ import annotations

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from standins.script.script import outputs
from tests.crash.history import DECISIONS, INTERRUPTED, Finding, Said, Shown
from tests.crash.oracle import WORD, Question
from tests.crash.remembered import Items, told

UNKNOWN = "error: the program was interrupted"
"""How the result of a call begins of which nobody knows whether it took effect."""
Called = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Done:
    """What is left in the end. Calls go by their ids, times are Unix seconds."""

    looked: Called = ()
    paid: Called = ()
    recorded: Mapping[str, float] = field(default_factory=dict)
    """When the first step of a call was recorded: of `look` its result."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """What was decided about a call."""
    kept: Sequence[str] = ()
    """Files whose bytes are still in the database."""


def check(
    said: Sequence[Said], shown: Sequence[Shown], requests: Sequence[Items], done: Done
) -> list[Finding]:
    given = {id: text for items in requests for id, text in outputs(items).items()}
    findings = [Finding("stub", "database", f"the bytes of {name} are kept") for name in done.kept]
    for one in said:
        if question := one.question:
            findings += _looked(one, question, done, given)
            findings += _paid(one, question, shown, done, given)
    findings += _asked(said, shown, done)
    findings += _brought(said, shown)
    return findings + _seen(said, requests)


def _looked(one: Said, question: Question, done: Done, given: Mapping[str, str]) -> list[Finding]:
    """Calls that only read: carried out, and not again once the result is on record."""
    findings = []
    for id in question.calls if question.does == "two" else ():
        times = [at for name, at in done.looked if name == id]
        if given.get(id) != f"found {id.removeprefix('call_')}" or not times:
            findings.append(Finding("lost", one.text, f"{id} gave the model {given.get(id)!r}"))
        if any(at > done.recorded.get(id, float("inf")) for at in times):
            findings.append(
                Finding("doubled", one.text, f"{id} was carried out again though its result was on record")
            )
    return findings


def _paid(
    one: Said, question: Question, shown: Sequence[Shown], done: Done, given: Mapping[str, str]
) -> list[Finding]:
    """Calls with effects: never twice, with a yes only; when it is not known, the answer says so."""
    if question.does != "pay":
        return []
    (id,) = question.calls
    times, state, output = sum(name == id for name, _ in done.paid), done.decided.get(id), given.get(id, "")
    unknown = output.startswith(UNKNOWN)
    told = any(INTERRUPTED in post.text for post in shown if (question.tag, "0") in WORD.findall(post.text))
    findings = []
    if times > 1:
        findings.append(Finding("doubled", one.text, f"paid {times} times"))
    if times and state != "approved":
        findings.append(Finding("doubled", one.text, f"paid, but {state}"))
    if times != 1 and output.startswith("paid"):
        findings.append(Finding("lost", one.text, f"paid {times} times, and the model was told {output!r}"))
    if state == "approved" and not (unknown or output.startswith("paid")):
        findings.append(Finding("lost", one.text, f"approved, and the model was told {output!r}"))
    if told != unknown:
        findings.append(Finding("stub", one.text, f"the note stands there: {told}, interrupted: {unknown}"))
    return findings


def _asked(said: Iterable[Said], shown: Iterable[Shown], done: Done) -> list[Finding]:
    """One question for each payment, in its topic; none may be missing but for what was refused unasked."""
    most, least = Counter[str](), Counter[str]()
    for one in said:
        if one.question and one.question.does == "pay":
            most[one.topic] += 1
            least[one.topic] += done.decided.get(one.question.calls[0]) == "approved"
    seen = Counter(post.topic for post in shown if post.text in DECISIONS)
    return [
        Finding("doubled" if seen[topic] > most[topic] else "lost", f"questions in {topic}", f"{seen[topic]}")
        for topic in most | seen
        if not least[topic] <= seen[topic] <= most[topic]
    ]


def _brought(said: Iterable[Said], shown: Iterable[Shown]) -> list[Finding]:
    """Each file of an answer is posted once, where it belongs."""
    wanted: defaultdict[str, Counter[tuple[str, bytes]]] = defaultdict(Counter)
    seen: defaultdict[str, Counter[tuple[str, bytes]]] = defaultdict(Counter)
    for one in said:
        wanted[one.topic].update(one.question.brings if one.question else ())
    for post in shown:
        seen[post.topic].update(post.files)
    findings = []
    for topic in {*wanted, *seen}:
        more, less = seen[topic] - wanted[topic], wanted[topic] - seen[topic]
        findings += [Finding("doubled", f"files in {topic}", f"{name} once more") for name, _ in more]
        findings += [Finding("lost", f"files in {topic}", f"no {name}") for name, _ in less]
    return findings


def _seen(said: Iterable[Said], requests: Iterable[Items]) -> list[Finding]:
    """The model is given the files of the newest question, byte by byte."""
    sent = {one.question.tag: one.question.sends for one in said if one.question and one.question.sends}
    findings: dict[str, Finding] = {}
    for items in requests:
        tag = told(items).newest
        for name, content in sent.get(tag, ()):
            wanted = base64.b64encode(content).decode() if name.endswith("png") else content.decode().strip()
            if wanted not in json.dumps(items):
                findings[name] = Finding("lost", name, "the model was not given it")
    return list(findings.values())
