"""`Chat` on Slack and on Discord, over their stand-ins."""

from __future__ import annotations

import json

from standins import discord as discord_standin
from standins import slack as slack_standin
from standins.discord import DiscordStandin
from standins.discord.command import UPDATE
from standins.slack import SlackStandin
from tests.both.chats import AGAIN, NO, SHORTER, YES, Chat, Sent, Shown
from tests.both.office import Office
from tests.discord.people import ANN, BOB, GUILD, ROOM


class SlackChat(Chat):
    """`Chat` in a Slack channel or direct conversation; `inside`: all of it in the thread of a message."""

    name, ann, bob = "slack", "U0ANN", "U0BOB"

    def __init__(
        self, standin: SlackStandin, office: Office, place: str = "C0123ABC", *, inside: bool = False
    ) -> None:
        super().__init__(standin, office, place)
        self.wider, self._inside, self.root = standin.team, inside, ""

    async def ask(self, text: str, *files: Sent, person: str = "") -> str:
        uploads = [
            slack_standin.Upload(file.name, file.content, voice=file.voice, size=file.size) for file in files
        ]
        if self._inside and not self.root:
            self.root = await self.standin.say(self.bob, self.place, "hello everybody")
        tell = self.standin.say if self.place.startswith("D") else self.standin.mention
        ts: str = await tell(person or self.ann, self.place, text, self.root or None, files=uploads)
        return self.root or ts

    def posts(self, question: str) -> list[Shown]:
        return [_of_slack(post) for post in self.standin.posts(self.place, question)]

    def complete(self, question: str) -> bool:
        """See `Chat.complete`. A file appears some time after its upload."""
        return super().complete(question) and not self.standin.sharing

    def doing(self, question: str, *, ever: bool = False) -> str:
        """See `Chat.doing`. Where no stream shows them, the status line does."""
        if ever:
            calls = [call.args for call in self.standin.calls if "stream" in call.method.lower()]
            return json.dumps([calls, self.standin.statuses], ensure_ascii=False)
        tasks = [task for post in self.standin.posts(self.place, question) for task in post.tasks]
        seen = [str(task["title"]) for task in tasks]
        return " ".join([*seen, self.standin.status(self.place, question)]).strip()

    async def press(self, post: Shown, button: str, person: str = "", told: str = "") -> None:
        """See `Chat.press`. What they are told comes a moment after the acknowledgement."""
        reply = await self.standin.press(person or self.ann, self.place, post.id, post.buttons[button])
        assert not reply.error
        await self.until(lambda: told in "".join(reply.texts))

    async def stop(self, question: str) -> None:
        await self.standin.press_stop(self.ann, self.place, question)

    async def delete(self, question: str) -> None:
        """See `Chat.delete`."""
        await self.standin.delete(self.ann, self.place, question)

    async def edit(self, question: str, text: str) -> None:
        """See `Chat.edit`."""
        said = f"<@{self.standin.bot_user}> {text}"
        await self.standin.edit(self.ann, self.place, question, said)

    async def command(self, name: str, text: str = "", person: str = "") -> str:
        reply = await self.standin.slash(person or self.ann, self.place, f"/{name}", text)
        assert not reply.error
        return "".join(reply.texts)

    def delay(self, what: str, seconds: float) -> None:
        """See `Chat.delay`."""
        self.standin.delay(what, seconds)


class DiscordChat(Chat):
    """`Chat` in a channel, a thread or a direct conversation of Discord."""

    name, ann, bob, wider = "discord", ANN, BOB, GUILD

    def __init__(self, standin: DiscordStandin, office: Office, place: str = ROOM) -> None:
        super().__init__(standin, office, place)

    async def ask(self, text: str, *files: Sent, person: str = "") -> str:
        uploads = [
            discord_standin.Upload(file.name, file.content, voice=file.voice, size=file.size)
            for file in files
        ]
        who = person or self.ann
        said: str = await self.standin.say(who, self.place, text, mention_bot=True, attachments=uploads)
        return said

    def _found(self, question: str) -> list[discord_standin.Post]:
        """Every answer refers to its question; the further parts of a long one stand below it."""
        found, newest = [], None
        for post in self.standin.posts(self.place):
            newest = post.reference or newest
            found += [post] if newest == question else []
        return found

    def posts(self, question: str) -> list[Shown]:
        return [_of_discord(post) for post in self._found(question)]

    def doing(self, question: str, *, ever: bool = False) -> str:
        """See `Chat.doing`. It is the first line of a post, in small letters."""
        if ever:
            return "\n".join(text for post in self._found(question) for _, text in post.versions)
        lines = [post.content.split("\n")[0] for post in self._found(question)]
        return " ".join(line for line in lines if line.startswith("-# "))

    async def press(self, post: Shown, button: str, person: str = "", told: str = "") -> None:
        """See `Chat.press`."""
        who, id = person or self.ann, post.buttons[button]["custom_id"]
        shown = [one for one in self.standin.posts(self.place) if one.id == post.id]
        if any(one["custom_id"] == id for row in shown[0].components for one in row["components"]):
            reply = await self.standin.press(who, self.place, post.id, id)
        else:
            data = {"custom_id": id, "component_type": 2}
            reply = await self.standin.stale(who, self.place, 3, data)
        assert not reply.failed
        assert told in reply.text
        assert reply.ephemeral or not reply.text or reply.kind == UPDATE

    async def stop(self, question: str) -> None:
        (post,) = [post for post in self.posts(question) if post.live]
        await self.standin.press(self.ann, self.place, post.id, "spool:stop")

    async def delete(self, question: str) -> None:
        """See `Chat.delete`."""
        await self.standin.delete(self.place, question)

    async def edit(self, question: str, text: str) -> None:
        """See `Chat.edit`."""
        await self.standin.edit(self.place, question, f"<@{self.standin.bot_user}> {text}")

    async def command(self, name: str, text: str = "", person: str = "") -> str:
        await self.until(lambda: self.standin.commands)
        options = {"name": text} if text else {}
        reply = await self.standin.slash(person or self.ann, self.place, name, options=options)
        assert reply.ephemeral
        return str(reply.text)

    def delay(self, what: str, seconds: float) -> None:
        """See `Chat.delay`. A file is a post of its own, so every new post is late."""
        paths = {
            "download": ("GET", "/attachments/{channel}/{file}/{name}"),
            "upload": ("POST", "/channels/{channel}/messages"),
        }
        self.standin.delay(*paths[what], seconds)


def _of_slack(post: slack_standin.Post) -> Shown:
    elements = [one for block in post.blocks if block["type"] == "actions" for one in block["elements"]]
    names = {"approve": YES, "refuse": NO, "again": AGAIN, "shorter": SHORTER}
    return Shown(
        id=post.ts,
        text=post.text,
        live=post.streaming,
        buttons={names[one["action_id"]]: one for one in elements},
        files=tuple((file.name, file.content) for file in post.files),
    )


def _of_discord(post: discord_standin.Post) -> Shown:
    buttons = {str(one["custom_id"]): one for row in post.components for one in row["components"]}
    names = {"spool:yes:": YES, "spool:no:": NO, "spool:wish:again": AGAIN, "spool:wish:shorter": SHORTER}
    return Shown(
        id=post.id,
        text=post.content,
        live="spool:stop" in buttons,
        buttons={
            names[begins]: one for id, one in buttons.items() for begins in names if id.startswith(begins)
        },
        files=tuple((one.filename, one.content) for one in post.attachments),
    )
