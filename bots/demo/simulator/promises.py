"""Whether every question has its answer, once: by what stands there and in the bot's own journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bots.demo.simulator.post import Post
from bots.intake.said import wanted
from core.store.overview import Asked, Chats
from core.texts import TEXTS

PATIENCE: Final = 15.0
"""Seconds in which a bot that is there has a message on record that it was told of."""
ADMINS: Final = tuple(
    words[name].partition("{")[0] for words in TEXTS.values() for name in ("console_link", "alert")
)
"""How that begins which admins are sent: no answers, and in no journal."""
SETTLING: Final = 3.0
"""Seconds after the end of a run in which its posts are brought to their last state."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What counts as late. `there`: since when the bot can be told. `under_way`: it is still to be told."""

    now: float
    there: float
    under_way: Callable[[Post], bool]


class Promises:
    """Of the questions among the posts, how many are `lost` (without a visible end), how many answered
    `twice`: by two posts that say the same, or by one that no journal names.
    """

    def __init__(self, posts: Iterable[Post], chats: Chats, moment: Moment) -> None:
        self._posts, self._chats, self._moment = [one for one in posts if not one.whispered], chats, moment
        self._ended = {self._run_of(one) for one in self._posts if one.text.strip() and not one.growing}
        self._asked = {(one.platform, one.channel, one.id): one for one in chats.asked}
        questions = sorted(filter(_is_question, self._posts), key=lambda one: one.at)
        self._questions = [
            (post, self._asked.get((post.platform, post.place, post.id))) for post in questions
        ]
        self.lost = sum(self._is_lost(post, asked) for post, asked in self._questions)
        self.twice = len({*self._repeated(), *self._unnamed()})

    def _over(self, asked: Asked | None) -> bool:
        ended = asked.ended_at if asked else None
        return ended is not None and self._moment.now - ended > SETTLING

    def _is_lost(self, post: Post, asked: Asked | None) -> bool:
        if asked is None:
            late = self._moment.now - max(post.at, self._moment.there) > PATIENCE
            return late and not self._moment.under_way(post)
        if not self._over(asked) or asked.status == "cancelled":
            return False
        return asked.run not in self._ended

    def _run_of(self, post: Post) -> str:
        return self._chats.posts.get(post.id, ("", ""))[0]

    def _repeated(self) -> Iterable[str]:
        """Questions whose answer is there again, to its end: full posts of it may be the same."""
        said = defaultdict[str, list[tuple[int, str]]](list)
        for one in self._posts:
            run, step = self._chats.posts.get(one.id, ("", ""))
            if step.startswith("post:") and one.text:
                said[run].append((int(step.removeprefix("post:")), one.text))
        runs = {run for run, posts in said.items() if [text for _, text in posts].count(max(posts)[1]) > 1}
        return [post.id for post, asked in self._questions if asked and asked.run in runs]

    def _unnamed(self) -> Iterable[str]:
        """Questions behind which the bot has said something of which it knows nothing."""
        for one in self._posts:
            known = one.id in self._chats.posts or one.text.startswith(ADMINS)
            if one.bot and not known and one.text.strip():
                before = [(post, asked) for post, asked in self._questions if _follows(one, post)]
                if before and self._over(before[-1][1]):
                    yield before[-1][0].id


def _follows(post: Post, question: Post) -> bool:
    return post.topic == question.topic and post.at > question.at


def _is_question(post: Post) -> bool:
    words = " ".join(word for word in post.text.split() if not word.startswith("@"))
    return post.asks and bool(words or post.files) and wanted(words) == "ask"
