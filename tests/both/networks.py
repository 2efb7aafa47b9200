"""`Chat` on Slack and on Discord, over their stand-ins."""

from __future__ import annotations

import json
from collections.abc import Callable

from standins import discord as discord_standin
from standins import slack as slack_standin
from standins.discord import DiscordStandin
from standins.slack import SlackStandin
from tests.both.chats import NO, TIMEOUT, YES, Sent, Shown
from tests.discord.conversation import ANN, BOB, GUILD, ROOM


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

    def posts_after(self, question: str) -> list[Shown]:
        """See `Chat.posts_after`."""
        return self.posts(question)

    def doing(self, question: str) -> str:
        """See `Chat.doing`. Where no stream shows them, the status line does."""
        seen = [post.doing for post in self.posts(question) if post.doing]
        return " ".join([*seen, self.standin.status(self.place, question)]).strip()

    def seen(self, question: str) -> str:
        """See `Chat.seen`. Of all calls that show any."""
        calls = [call.args for call in self.standin.calls if "stream" in call.method.lower()]
        return json.dumps([calls, self.standin.statuses], ensure_ascii=False)

    def busy(self, question: str) -> bool:
        """See `Chat.busy`."""
        return bool(self.standin.status(self.place, question))

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

    def posts_after(self, question: str) -> list[Shown]:
        """See `Chat.posts_after`. Only the first part refers to the question."""
        return [_of_discord(post) for post in self.standin.posts(self.place) if int(post.id) > int(question)]

    def doing(self, question: str) -> str:
        """See `Chat.doing`."""
        return " ".join(post.doing for post in self.posts(question) if post.doing)

    def seen(self, question: str) -> str:
        """See `Chat.seen`."""
        found = [post for post in self.standin.posts(self.place) if post.reference == question]
        return "\n".join(text for post in found for _, text in post.versions)

    def busy(self, question: str) -> bool:
        """See `Chat.busy`. Typing is shown for the channel."""
        return self.place in {channel for _, channel in self.standin.typing}

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
