"""Slack and Discord seen alike: somebody asks in a channel, and finds there what the bot posts for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bots.standins import discord as discord_standin
from bots.standins import slack as slack_standin
from bots.standins.discord import DiscordStandin
from bots.standins.slack import SlackStandin
from tests.discord.conversation import ANN, BOB, GUILD, ROOM

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

    def doing(self, question: str) -> str:
        """What people see of its tasks, wherever the network shows them; "" for none."""
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


class SlackChat:
    """`Chat` in a Slack channel."""

    name, ann, bob, place = "slack", "U0ANN", "U0BOB", "C0123ABC"

    def __init__(self, slack: SlackStandin) -> None:
        self.standin, self.wider = slack, slack.team

    async def ask(self, text: str, *files: Sent, person: str = "") -> str:
        """See `Chat.ask`."""
        uploads = [
            slack_standin.Upload(file.name, file.content, voice=file.voice, size=file.size) for file in files
        ]
        return await self.standin.mention(person or self.ann, self.place, text, files=uploads)

    def posts(self, question: str) -> list[Shown]:
        """See `Chat.posts`."""
        return [_of_slack(post) for post in self.standin.posts(self.place, question)]

    def doing(self, question: str) -> str:
        """See `Chat.doing`. Where no stream shows them, the status line does."""
        seen = [post.doing for post in self.posts(question) if post.doing]
        return " ".join([*seen, self.standin.status(self.place, question)]).strip()

    async def press(self, post: Shown, button: str, person: str = "") -> str:
        """See `Chat.press`."""
        reply = await self.standin.press(
            person or self.ann, self.place, post.id, {YES: "approve", NO: "refuse"}[button]
        )
        assert not reply.error
        told = reply.texts
        if person and person != self.ann:  # it comes a moment after the acknowledgement
            await self.until(lambda: told)
        return "".join(told)

    async def press_old(self, post: Shown, button: str) -> str:
        """See `Chat.press_old`."""
        (action,) = [one for one in post.controls if one["action_id"] == post.buttons[button]]
        reply = await self.standin.press(self.ann, self.place, post.id, action)
        await self.until(lambda: reply.texts)
        return "".join(reply.texts)

    async def command(self, name: str, text: str = "", person: str = "") -> str:
        """See `Chat.command`."""
        reply = await self.standin.slash(person or self.ann, self.place, f"/{name}", text)
        assert not reply.error
        return "".join(reply.texts)

    async def until(self, predicate: Callable[[], object], timeout: float = TIMEOUT) -> None:
        """See `Chat.until`."""
        await self.standin.until(predicate, timeout)

    def fetched(self) -> int:
        """See `Chat.fetched`."""
        return len(self.standin.fetches)

    async def stop(self, question: str) -> None:
        """See `Chat.stop`."""
        await self.standin.press_stop(self.ann, self.place, question)

    async def delete(self, question: str) -> None:
        """See `Chat.delete`."""
        await self.standin.delete(self.ann, self.place, question)

    async def hold_downloads(self, seconds: float) -> None:
        """See `Chat.hold_downloads`."""
        self.standin.delay("download", seconds)

    async def hold_uploads(self, seconds: float) -> None:
        """See `Chat.hold_uploads`."""
        self.standin.delay("upload", seconds)


class DiscordChat:
    """`Chat` in a channel of a Discord server: every answer refers to the message it answers."""

    name, ann, bob, place, wider = "discord", ANN, BOB, ROOM, GUILD

    def __init__(self, discord: DiscordStandin) -> None:
        self.standin = discord

    async def ask(self, text: str, *files: Sent, person: str = "") -> str:
        """See `Chat.ask`."""
        uploads = [
            discord_standin.Upload(file.name, file.content, voice=file.voice, size=file.size)
            for file in files
        ]
        return await self.standin.say(
            person or self.ann, self.place, text, mention_bot=True, attachments=uploads
        )

    def posts(self, question: str) -> list[Shown]:
        """See `Chat.posts`."""
        found = [post for post in self.standin.posts(self.place) if post.reference == question]
        return [_of_discord(post) for post in found]

    def doing(self, question: str) -> str:
        """See `Chat.doing`."""
        return " ".join(post.doing for post in self.posts(question) if post.doing)

    async def press(self, post: Shown, button: str, person: str = "") -> str:
        """See `Chat.press`."""
        reply = await self.standin.press(person or self.ann, self.place, post.id, post.buttons[button])
        assert not reply.failed
        assert reply.ephemeral or not reply.text
        return reply.text

    async def press_old(self, post: Shown, button: str) -> str:
        """See `Chat.press_old`. The stand-in shows everybody the newest state, so the old one is put back."""
        message = self.standin._world.channels[self.place].find(post.id)
        message.components = list(post.controls)
        told = await self.press(post, button)
        message.components = []
        return told

    async def command(self, name: str, text: str = "", person: str = "") -> str:
        """See `Chat.command`."""
        await self.until(lambda: self.standin.commands)
        options = {"name": text} if text else {}
        reply = await self.standin.slash(person or self.ann, self.place, name, options=options)
        assert reply.ephemeral
        return reply.text

    async def until(self, predicate: Callable[[], object], timeout: float = TIMEOUT) -> None:
        """See `Chat.until`."""
        await self.standin.until(predicate, timeout)

    def fetched(self) -> int:
        """See `Chat.fetched`."""
        return len(self.standin.fetches)

    async def stop(self, question: str) -> None:
        """See `Chat.stop`."""
        (post,) = [post for post in self.posts(question) if post.live]
        await self.standin.press(self.ann, self.place, post.id, "spool:stop")

    async def delete(self, question: str) -> None:
        """See `Chat.delete`."""
        await self.standin.delete(self.place, question)

    async def hold_downloads(self, seconds: float) -> None:
        """See `Chat.hold_downloads`."""
        self.standin.delay("GET", "/attachments/{channel}/{file}/{name}", seconds)

    async def hold_uploads(self, seconds: float) -> None:
        """See `Chat.hold_uploads`. A file is a post of its own, so every new post is late."""
        self.standin.delay("POST", "/channels/{channel}/messages", seconds)


def _of_slack(post: slack_standin.Post) -> Shown:
    elements = [one for block in post.blocks if block["type"] == "actions" for one in block["elements"]]
    names = {"approve": YES, "refuse": NO}
    return Shown(
        id=post.ts,
        text=post.text,
        live=post.streaming,
        buttons={names[one["action_id"]]: one["action_id"] for one in elements},
        files=tuple((file.name, file.content) for file in post.files),
        doing=" ".join(str(task["title"]) for task in post.tasks),
        controls=elements,
    )


def _of_discord(post: discord_standin.Post) -> Shown:
    ids = [str(one["custom_id"]) for row in post.components for one in row["components"]]
    names = {"spool:yes:": YES, "spool:no:": NO}
    line = post.content.split("\n")[0]
    return Shown(
        id=post.id,
        text=post.content,
        live="spool:stop" in ids,
        buttons={name: id for id in ids for begins, name in names.items() if id.startswith(begins)},
        files=tuple((one.filename, one.content) for one in post.attachments),
        doing=line if line.startswith("-# ") else "",
        controls=post.components,
    )


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
