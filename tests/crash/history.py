"""The history checker: what people said and did against what they see in the end.

Pure: it is given values and gives findings. A history without a finding is perfect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.store.threads import Extent
from core.texts import TEXTS, ended
from tests.crash.oracle import RESET, WORD, Files, Question

Kind = Literal["lost", "doubled", "stub", "order", "memory", "bill"]
CONFIRMATIONS = tuple(ended(extent, spoken) for extent in get_args(Extent) for spoken in TEXTS)
DECISIONS = tuple(TEXTS["en"][f"approval_{state}"].format(name="pay") for state in ("approved", "refused"))
"""What a question of the tool `pay` shows once it is over."""
INTERRUPTED = TEXTS["en"]["tool_interrupted"].format(name="pay")
"""The note under an answer when nobody knows whether something was paid."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a person. `lane`: what is answered in order. `topic`: where its answer must stand.

    `memory`: how often the lane had been reset before.
    """

    lane: str
    topic: str
    id: str
    text: str
    memory: int

    @property
    def at(self) -> int:
        """Orders the messages of a platform."""
        return order(self.id)

    @property
    def question(self) -> Question | None:
        return None if self.text == RESET else Question.parse(self.text)


@dataclass(frozen=True, slots=True)
class Shown:
    """A post of the bot as people see it in the end. `unfinished`: how it shows that it is not.

    `answers`: the message it is a reply to, where the platform shows that. `files`: names and bytes.
    """

    id: str
    topic: str
    text: str
    answers: str = ""
    unfinished: str = ""
    files: Files = ()


def order(id: str) -> int:
    """A Slack `ts` or a Discord snowflake as a number that grows with time."""
    return int(id.replace(".", ""))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person would complain about."""

    kind: Kind
    about: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}: {self.detail}"


@dataclass
class Sight:
    """What is seen of one answer: its words in the order of the posts, and those posts."""

    words: list[int] = field(default_factory=list)
    posts: list[Shown] = field(default_factory=list)


def check(said: Sequence[Said], shown: Iterable[Shown]) -> list[Finding]:
    """Everything that is wrong on the screen. `shown` in its order."""
    sights, findings = _sort(said, shown)
    findings += [found for one in said if one.question for found in _answered(one, sights[one.question.tag])]
    findings += _confirmed(said, sights)
    return findings + _ordered(said, sights)


def _sort(said: Sequence[Said], shown: Iterable[Shown]) -> tuple[dict[str, Sight], list[Finding]]:
    """What is seen of each tag (confirmations under their topic), and the posts nobody can explain."""
    sights: dict[str, Sight] = defaultdict(Sight)
    known = {one.question.tag for one in said if one.question}
    strange: list[Finding] = []
    for post in shown:
        words = WORD.findall(post.text)
        rest = WORD.sub("", post.text).replace(INTERRUPTED, "").strip()
        tags = {tag for tag, _ in words}
        if post.text.strip() in CONFIRMATIONS:
            sights[f"{RESET} {post.topic}"].posts.append(post)
        elif post.text in DECISIONS or (post.files and not post.text):
            pass  # `tests.crash.deeds` judges these
        elif len(tags) == 1 and tags <= known and not rest:
            sight = sights[tags.pop()]
            sight.posts.append(post)
            sight.words += [int(number) for _, number in words]
        else:
            strange.append(Finding("stub", post.id, f"in {post.topic}: {post.text[:200]!r}"))
        if post.unfinished:
            strange.append(Finding("stub", post.id, f"{post.unfinished}: {post.text[:60]!r}"))
    return sights, strange


def _answered(one: Said, sight: Sight) -> list[Finding]:
    """Exactly one complete answer, where it belongs."""
    assert one.question is not None
    wanted, seen = list(range(one.question.words)), sight.words
    about = f"{one.text!r} in {one.lane}"
    if not sight.posts:
        return [Finding("lost", about, "no answer")]
    posts = f"{len(sight.posts)} posts"
    if len(set(seen)) < len(seen):
        return [Finding("doubled", about, f"{len(seen)} words of {len(wanted)} in {posts}")]
    if set(seen) != set(wanted):
        return [Finding("stub", about, f"{len(seen)} words of {len(wanted)} in {posts}")]
    if seen != wanted:
        return [Finding("order", about, "its parts are in the wrong order")]
    right = {(one.topic, answers) for answers in ("", one.id)}
    wrong = [post.topic for post in sight.posts if (post.topic, post.answers) not in right]
    return [Finding("order", about, f"answered in {wrong}")] if wrong else []


def _confirmed(said: Sequence[Said], sights: Mapping[str, Sight]) -> list[Finding]:
    """As many confirmations in a topic as resets."""
    findings = []
    wanted: dict[str, int] = defaultdict(int)
    for one in said:
        wanted[one.topic] += one.question is None
    for topic, count in wanted.items():
        seen = len(sights[f"{RESET} {topic}"].posts) if f"{RESET} {topic}" in sights else 0
        if seen != count:
            kind: Kind = "lost" if seen < count else "doubled"
            findings.append(Finding(kind, f"reset in {topic}", f"{seen} confirmations for {count}"))
    return findings


def _ordered(said: Sequence[Said], sights: Mapping[str, Sight]) -> list[Finding]:
    """Within one memory, answers begin in the order of the questions."""
    last: dict[tuple[str, int], tuple[int, str]] = {}
    findings = []
    for one in sorted(said, key=lambda one: one.at):
        if one.question is None or not (posts := sights[one.question.tag].posts):
            continue
        began = order(posts[0].id)
        before = last.get((one.lane, one.memory), (0, ""))
        if began < before[0]:
            findings.append(Finding("order", f"{one.text!r} in {one.lane}", f"answered before {before[1]!r}"))
        last[one.lane, one.memory] = (began, one.text)
    return findings
