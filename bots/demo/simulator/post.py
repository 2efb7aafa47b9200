"""A post as somebody sees it in a window, and a place where the posts of one network are."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bots.demo.town import BOT, GENERAL, PEOPLE, Resident

BIGGEST_PICTURE: Final = 200_000
_PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
TALK: Final = f"@{BOT}"
"""How the direct talk with the bot is called; everybody has one."""
CHANNELS: Final = dict.fromkeys(("slack", "discord"), (GENERAL, TALK))
"""What the windows show, that which is open first."""
Upload = tuple[str, bytes, str]
"""A file's name, bytes and MIME type, "" where nobody told."""


@dataclass(frozen=True, slots=True)
class Part:
    """Of a post. `kind`: text (Markdown), small, or a task: doing, done, failed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """What can be pressed under a post. `style`: primary, danger or ""."""

    id: str
    label: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """`place` and `id` are the network's own. `only`: the name of the one person who sees it, "" for all.

    `whispered`: it is told to that one alone, and stands nowhere. `asks`: it is for the bot beyond doubt.
    `growing`: more of it is to come. `status`: what the network says the bot is doing about it.
    """

    platform: str
    place: str
    channel: str
    id: str
    person: str
    at: float
    parts: tuple[Part, ...]
    thread: str = ""
    bot: bool = False
    only: str = ""
    whispered: bool = False
    files: tuple[tuple[str, str, bytes], ...] = ()
    buttons: tuple[Button, ...] = ()
    edited: bool = False
    growing: bool = False
    status: str = ""
    asks: bool = False

    @property
    def topic(self) -> tuple[str, str, str]:
        """Where an answer to it stands: of Slack a thread."""
        return self.platform, self.place, (self.thread or self.id) if self.platform == "slack" else ""

    @property
    def text(self) -> str:
        """Its words, without what is small."""
        return "\n".join(part.text for part in self.parts if part.kind == "text")

    def to_json(self) -> Mapping[str, Any]:
        """As docs/console-api.md has it."""
        same = (
            "platform",
            "channel",
            "id",
            "person",
            "at",
            "bot",
            "only",
            "whispered",
            "edited",
            "growing",
            "status",
        )
        return {
            **{name: getattr(self, name) for name in same},
            "thread": self.thread or None,
            "parts": [{"kind": part.kind, "text": part.text} for part in self.parts],
            "files": [_file(*file) for file in self.files],
            "buttons": [{"id": one.id, "label": one.label, "style": one.style} for one in self.buttons],
        }


def _file(name: str, type: str, content: bytes) -> Mapping[str, Any]:
    told: dict[str, Any] = {"name": name, "type": type, "size": len(content)}
    if type in _PICTURES and len(content) <= BIGGEST_PICTURE:
        told["data"] = f"data:{type};base64,{base64.b64encode(content).decode()}"
    return told


class Made:
    """Posts as they were made, until something of what they show is different: most of them never change."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, Post]] = {}

    def of(self, id: str, looks: object, make: Callable[[], Post]) -> Post:
        """`looks`: what is equal as long as the post is."""
        known = self._made.get(id)
        if known is None or known[0] != looks:
            known = self._made[id] = (looks, make())
        return known[1]


class Posts(Protocol):
    """Where posts stand."""

    def posts(self) -> Iterable[Post]:
        """All of them, in any order."""
        ...


class Window(Posts, Protocol):
    """One network, as its people use it. LookupError: there is no such post, button or command."""

    name: str

    async def say(
        self, person: Resident, channel: str, text: str, thread: str, files: Sequence[Upload]
    ) -> None: ...

    async def command(self, person: Resident, channel: str, name: str, rest: str) -> str:
        """Use a slash command. Gives what the network itself says, where the bot did not answer, or ""."""
        ...

    async def press(self, person: Resident, post: str, button: str) -> str:
        """Gives the same."""
        ...

    def under_way(self, post: Post) -> bool:
        """Whether the bot is still to be told of it."""
        ...

    async def cut(self, on: bool) -> None:
        """Whether the bot is cut off from it."""
        ...

    def deliver_twice(self, on: bool) -> None: ...


def named(name: str) -> Resident:
    """LookupError where nobody is called so."""
    for one in PEOPLE:
        if one.name == name:
            return one
    raise LookupError(f"Nobody here is called {name!r}.")
