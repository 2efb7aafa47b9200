"""Paints a text into posts that are edited while it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from bots.replies.activity import line, without_line
from bots.replies.posts import Gone, Posts
from core.types import Activity

Split = Callable[[str, int, bool], list[str]]
"""Text, characters in a post, whether the text is final → what each post shows."""


class EditBrush:
    """`bots.replies.live.Brush`: as many posts as the text needs; a full post is never touched again.

    `activities`: what the assistant is doing stands as a small line above the newest post's text.
    """

    def __init__(self, posts: Posts, split: Split, *, eager: bool = True, activities: bool = False) -> None:
        self._posts, self._split, self._eager, self._activities = posts, split, eager, activities
        self._painted: dict[int, tuple[str, bool, bool]] = {}
        self._said = False

    @property
    def visible(self) -> bool:
        """See `Brush.visible`."""
        return self._said

    def painted(self, part: int, body: str) -> None:
        """Somebody else has just created that part with this text."""
        self._painted[part], self._said = (body, False, False), True

    def pause(self) -> float:
        """See `Brush.pause`."""
        return self._posts.poster.pace()

    def due(self) -> float | None:
        """See `Brush.due`."""
        return None

    async def paint(self, text: str, activities: Sequence[Activity] = (), *, final: bool) -> bool:
        """See `Brush.paint`."""
        poster = self._posts.poster
        if not final and not self._eager and not self._posts.begun():
            return True
        parts = self._bodies(text, () if final else activities, final=final)
        for part, body in enumerate(parts):
            newest = part == len(parts) - 1
            last = newest and final and bool(poster.buttons)
            wanted = (body, poster.stoppable and newest and not final, last)
            if self._painted.get(part) == wanted:
                continue
            if newest and not final and self._posts.id(part) and poster.pace() > 0:
                return False
            await self._put(part, *wanted)
            self._painted[part] = wanted
            self._said = self._said or bool(text.strip())
        if final:
            await self._posts.trim(len(parts))
        return True

    def _bodies(self, text: str, activities: Sequence[Activity], *, final: bool) -> list[str]:
        """What each post shows. The line moves no text into another post: without room it is left out."""
        limit, waits = self._posts.poster.limit, not text.strip() and not final
        parts = [] if waits else self._split(text, limit, final)
        above = line(activities, alone=not parts) if self._activities else ""
        if not parts:  # where a process before this one showed text, that stands until there is more
            return [above] if above and (self._painted or not self._posts.begun()) else []
        if above and len(above) + 1 + len(parts[-1]) <= limit:
            parts[-1] = f"{above}\n{parts[-1]}"
        return parts

    async def _put(self, part: int, body: str, growing: bool, last: bool) -> None:
        poster, post, written = self._posts.poster, self._posts.id(part), False
        with suppress(Gone):  # somebody deleted it: it is not forced on them again
            if post is None:
                number = self._posts.number(part)
                make = partial(poster.create, body, number, first=part == 0, growing=growing, last=last)
                post, adopted = await self._posts.create(part, make)
                written = not adopted
            if not written:
                await poster.edit(post, body, growing=growing, last=last)
                self._posts.edited()

    async def read(self) -> str:
        """See `Brush.read`: without the line of activities, which is no part of the answer."""
        await self._posts.settle()
        ids = self._posts.ids()
        if not ids:
            return ""
        shown = {post.id: post.text for post in await self._posts.poster.own("") or ()}
        bodies = [shown.get(post, "") for post in ids]
        return "\n".join(without_line(body) if self._activities else body for body in bodies)
