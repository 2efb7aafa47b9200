"""Slack and Discord seen alike: somebody asks in a channel, and finds there what the bot posts for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

TIMEOUT = 10.0
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that somebody attaches. `size`: announced bytes, where they lie."""

    name: str
    content: bytes = field(repr=False)
    voice: bool = False
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A post of the bot. `buttons`: YES and NO with what the network calls them; `live`: it still grows.

    `doing`: what people see of the assistant's tasks in it. `controls`: the buttons as the network has them.
    """

    id: str
    text: str
    live: bool
    buttons: Mapping[str, str]
    files: tuple[tuple[str, bytes], ...]
    doing: str
    controls: Sequence[Any] = ()


class Chat(Protocol):
    """One channel in which two people talk to the bot."""

    name: str
    ann: str
    bob: str
    place: str
    """The channel's id."""
    wider: str
    """The id of the workspace or server."""

    async def ask(self, text: str, *files: Sent, person: str = "") -> str:
        """Ann, or somebody else, mentions the bot; gives the id of the message."""
        ...

    def posts(self, question: str) -> list[Shown]:
        """What the bot posted for it, oldest first."""
        ...

    def posts_after(self, question: str) -> list[Shown]:
        """The same with further parts of a long answer, where nothing else was posted meanwhile."""
        ...

    def doing(self, question: str) -> str:
        """What people see of its tasks, wherever the network shows them; "" for none."""
        ...

    def seen(self, question: str) -> str:
        """All that people ever saw of tasks there: nothing of it goes away while a test looks elsewhere."""
        ...

    def busy(self, question: str) -> bool:
        """Whether the network shows that the bot is at work on it."""
        ...

    async def press(self, post: Shown, button: str, person: str = "") -> str:
        """Ann, or somebody else, presses it; gives what only they are told."""
        ...

    async def press_old(self, post: Shown, button: str) -> str:
        """Ann presses a button that only her client still shows; gives what only she is told."""
        ...

    async def command(self, name: str, text: str = "", person: str = "") -> str:
        """Somebody uses a slash command; gives what only they are told."""
        ...

    async def until(self, predicate: Callable[[], object], timeout: float = TIMEOUT) -> None:
        """Returns once it is true."""
        ...

    def fetched(self) -> int:
        """How often somebody asked for the bytes of a file."""
        ...

    async def stop(self, question: str) -> None:
        """Ann stops the answer with the network's own button."""
        ...

    async def delete(self, question: str) -> None:
        """Ann deletes her message."""
        ...

    async def hold_downloads(self, seconds: float) -> None:
        """Bytes of files come that much later from now on."""
        ...

    async def hold_uploads(self, seconds: float) -> None:
        """Files the bot posts take that much longer from now on."""
        ...


def texts(chat: Chat, question: str) -> list[str]:
    """The answer's posts without questions and files."""
    return [post.text for post in chat.posts(question) if not post.files and not post.buttons]


def files(chat: Chat, question: str) -> list[tuple[str, bytes]]:
    """Files that were posted for it."""
    return [file for post in chat.posts(question) for file in post.files]


async def answered(chat: Chat, question: str, *expected: str, files: int = 0) -> list[Shown]:
    """Returns once the posts for it are complete, so many files stand there and the last text is that one.

    An expected text may stand beside others (questions that are over); it must be there as it is.
    """

    def done() -> bool:
        posts = chat.posts(question)
        seen = [post.text for post in posts]
        return (
            all(text in seen for text in expected)
            and not any(post.live for post in posts)
            and sum(len(post.files) for post in posts) >= files
        )

    await chat.until(done)
    return chat.posts(question)


async def asks(chat: Chat, question: str) -> Shown:
    """Returns once the bot asks for a yes; the post that does."""
    found: list[Shown] = []

    def there() -> bool:
        found[:] = [post for post in chat.posts(question) if post.buttons]
        return bool(found)

    await chat.until(there)
    return found[0]


def of_request(body: Mapping[str, Any], type: str) -> list[Mapping[str, Any]]:
    """The tools of that type that a request offers."""
    return [tool for tool in body.get("tools") or () if tool["type"] == type]


def parts(body: Mapping[str, Any], type: str) -> list[Mapping[str, Any]]:
    """The parts of that type in the messages of a request."""
    contents: Sequence[Any] = [item.get("content") for item in body["input"]]
    lists = [content for content in contents if isinstance(content, list)]
    return [part for content in lists for part in content if part["type"] == type]


def words(body: Mapping[str, Any]) -> str:
    """All that is said in a request's messages."""
    found = []
    for item in body["input"]:
        content = item.get("content")
        if isinstance(content, str):
            found.append(content)
        elif isinstance(content, list):
            found += [str(part["text"]) for part in content if "text" in part]
    return "\n".join(found)
