"""Slack and Discord seen alike: somebody asks in a channel, and finds there what the bot posts for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.both.office import TIMEOUT, Office

YES, NO, AGAIN, SHORTER = "yes", "no", "again", "shorter"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that somebody attaches. `size`: announced bytes, where they lie."""

    name: str
    content: bytes = field(repr=False)
    voice: bool = False
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A post of the bot. `buttons`: YES and NO with the buttons as the network has them; `live`: it grows."""

    id: str
    text: str
    live: bool
    buttons: Mapping[str, Any]
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """All posts for a question, complete. `text`: what they say, without files and open questions."""

    question: str
    text: str
    files: Sequence[tuple[str, bytes]]


class Chat(ABC):
    """One channel in which two people talk to the bot. `wider`: the workspace or server it is in."""

    name: ClassVar[str]
    ann: str
    bob: str
    wider: str

    def __init__(self, standin: Any, office: Office, place: str) -> None:
        self.standin, self.office, self.place = standin, office, place

    @abstractmethod
    async def ask(self, text: str, *files: Sent, person: str = "") -> str:
        """Ann, or somebody else, mentions the bot; gives the id of the question."""

    @abstractmethod
    def posts(self, question: str) -> list[Shown]:
        """What the bot posted for it, oldest first."""

    @abstractmethod
    def doing(self, question: str, *, ever: bool = False) -> str:
        """What people see of its activities, wherever the network shows them; or all that they ever saw."""

    @abstractmethod
    async def press(self, post: Shown, button: str, person: str = "", told: str = "") -> None:
        """Ann, or somebody else, presses it, though her client may be the only one that still shows it.

        Returns once only they were told what contains `told`.
        """

    @abstractmethod
    async def stop(self, question: str) -> None:
        """Ann stops the answer with the network's own button."""

    @abstractmethod
    async def delete(self, question: str) -> None:
        """Ann deletes it."""

    @abstractmethod
    async def edit(self, question: str, text: str) -> None:
        """Ann changes it into a question to the bot with this text."""

    @abstractmethod
    async def command(self, name: str, text: str = "", person: str = "") -> str:
        """Somebody uses a slash command; gives what only they are told."""

    @abstractmethod
    def delay(self, what: str, seconds: float) -> None:
        """A "download" or an "upload" of a file takes that much longer from now on."""

    async def until(self, predicate: Callable[[], object]) -> None:
        await self.standin.until(predicate, TIMEOUT)

    def said(self, question: str) -> str:
        """What stands there now, without files and open questions."""
        return "\n".join(
            post.text for post in self.posts(question) if not post.files and YES not in post.buttons
        )

    def complete(self, question: str) -> bool:
        """Whether nothing of it grows any more."""
        return not any(post.live for post in self.posts(question))

    async def says(self, question: str, text: str) -> None:
        """Returns once that is part of what stands there."""
        await self.until(lambda: text in self.said(question))

    async def answer(self, question: str) -> Answer:
        """Returns once something was posted for it and no run is under way any more."""
        await self.until(lambda: self.posts(question))
        await self.office.over()
        await self.until(lambda: self.complete(question))
        posts = self.posts(question)
        return Answer(question, self.said(question), [file for post in posts for file in post.files])

    async def talk(self, text: str, *files: Sent, person: str = "") -> Answer:
        """Somebody asks and waits for the whole answer."""
        return await self.answer(await self.ask(text, *files, person=person))

    async def asked(self, question: str, number: int = 1) -> list[Shown]:
        """The posts with which the bot asks for a yes, once there are so many."""
        await self.until(
            lambda: len([post for post in self.posts(question) if YES in post.buttons]) == number
        )
        return [post for post in self.posts(question) if YES in post.buttons]
