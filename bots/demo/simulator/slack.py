"""The window on the demo's Slack."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from bots.demo.simulator.markup import of_slack
from bots.demo.simulator.post import TALK, Button, Made, Part, Post, Upload
from bots.demo.town import BOT, GENERAL, PEOPLE, SLACK_CHANNEL, Resident
from standins.slack import SlackStandin
from standins.slack.file import Upload as SlackUpload
from standins.slack.message import Ephemeral, Message

_TASKS: Final = {"in_progress": "doing", "pending": "doing", "complete": "done", "error": "failed"}
_THUMBS: Final = {"positive_button": "👍", "negative_button": "👎"}
_ROWS: Final = ("actions", "context_actions")


class SlackWindow:
    """See `Window`."""

    name = "slack"

    def __init__(self, slack: SlackStandin) -> None:
        self._slack, self._made = slack, Made()
        self._places = {SLACK_CHANNEL: (GENERAL, "")} | {one.slack_talk: (TALK, one.name) for one in PEOPLE}
        self._names = {slack.bot_user: BOT, SLACK_CHANNEL: GENERAL} | {one.slack: one.name for one in PEOPLE}
        self._ids = {f"@{name}".lower(): id for id, name in self._names.items() if id != SLACK_CHANNEL}

    def posts(self) -> Iterator[Post]:
        """See `Posts.posts`."""
        for place, (channel, only) in self._places.items():
            for message in self._slack.workspace.channels[place].everything():
                status = self._slack.status(place, message.ts)
                files = [file.deleted for file in message.files]
                looks = (len(message.versions), message.streaming, message.replaced, files, status)
                yield self._made.of(message.ts, looks, partial(self._post, message, channel, only))
        for number, one in enumerate(self._slack.ephemerals):
            yield self._made.of(f"only-{number}", None, partial(self._whispered, number, one))

    def _post(self, message: Message, channel: str, only: str) -> Post:
        bot = message.user == self._slack.bot_user
        files = [file for file in message.files if not file.deleted]
        return Post(
            platform="slack",
            place=message.channel,
            channel=channel,
            id=message.ts,
            person=self._names.get(message.user, "Slack"),
            at=float(message.ts),
            parts=tuple(self._parts(message)),
            thread=message.root if message.is_reply else "",
            bot=bot,
            only=only,
            files=tuple((file.name, file.type, file.content) for file in files),
            buttons=tuple(_buttons(message.blocks)),
            edited=message.replaced,
            growing=message.streaming,
            status="" if bot else self._slack.status(message.channel, message.ts),
            asks=not bot and (bool(only) or f"<@{self._slack.bot_user}>" in message.text),
        )

    def _parts(self, message: Message) -> Iterator[Part]:
        stream = message.stream
        for task in stream.tasks.values() if stream else ():
            yield Part(_TASKS[task["status"]], str(task["title"]))
        words = [part for block in message.blocks if (part := self._block(block))]
        if message.text and ((stream is not None and not message.replaced) or not words):
            yield self._text(message.text, markdown=message.markdown)
        yield from words
        if stream is not None and stream.broken():
            yield Part("failed", "…")

    def _block(self, block: Mapping[str, Any]) -> Part | None:
        match block["type"]:
            case "markdown":
                return Part("text", block["text"])
            case "section" | "header":
                return self._text(block["text"]["text"], markdown=False)
            case "context":
                said = " ".join(one["text"] for one in block["elements"] if "text" in one)
                return Part("small", of_slack(said, self._names))
        return None

    def _text(self, text: str, *, markdown: bool) -> Part:
        return Part("text", text if markdown else of_slack(text, self._names))

    def _whispered(self, number: int, one: Ephemeral) -> Post:
        """What only one person sees, of commands and of buttons."""
        channel, _ = self._places.get(one.channel, (GENERAL, ""))
        return Post(
            platform="slack",
            place=one.channel,
            channel=channel,
            id=f"only-{number}",
            person=BOT,
            at=time.time() - (time.monotonic() - one.at),
            parts=(self._text(one.text, markdown=False),),
            thread=one.thread_ts or "",
            bot=True,
            only=self._names.get(one.user, ""),
            whispered=True,
            buttons=tuple(_buttons(one.blocks)),
        )

    def _place(self, person: Resident, channel: str) -> str:
        return person.slack_talk if channel == TALK else SLACK_CHANNEL

    async def say(
        self, person: Resident, channel: str, text: str, thread: str, files: Sequence[Upload]
    ) -> None:
        """See `Window.say`."""
        written = re.sub(r"@\w+", lambda found: self._mention(found[0]), text)
        place = self._place(person, channel)
        sent = [SlackUpload(*file) for file in files]
        await self._slack.say(person.slack, place, written, thread or None, files=sent or None)

    def _mention(self, name: str) -> str:
        return f"<@{self._ids[name.lower()]}>" if name.lower() in self._ids else name

    async def command(self, person: Resident, channel: str, name: str, rest: str) -> str:
        """See `Window.command`."""
        reply = await self._slack.slash(person.slack, self._place(person, channel), f"/{name}", rest)
        if reply.error == "not_a_command":
            return f"/{name} is not a valid command. In Slack, all that starts with “/” is taken as one."
        return f"/{name} failed with the error “{reply.error}”" if reply.error else ""

    async def press(self, person: Resident, post: str, button: str) -> str:
        """See `Window.press`."""
        for place in self._places:
            if post in self._slack.workspace.channels[place].by_ts:
                reply = await self._slack.press(person.slack, place, post, *button.split(" ", 1))
                return f"That did not work: “{reply.error}”" if reply.error else ""
        raise LookupError(f"There is no message {post} (any more).")

    def under_way(self, post: Post) -> bool:
        """See `Window.under_way`."""
        waiting = self._slack.sockets.deliveries.outstanding
        return any(one.payload.get("event", {}).get("ts") == post.id for one in waiting)

    async def cut(self, on: bool) -> None:
        """See `Window.cut`."""
        await (self._slack.go_offline() if on else self._slack.go_online())

    def deliver_twice(self, on: bool) -> None:
        """See `Window.deliver_twice`."""
        self._slack.deliver_twice(on)


def _buttons(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Button]:
    for block in blocks:
        for one in block["elements"] if block["type"] in _ROWS else ():
            if one["type"] == "feedback_buttons":
                for thumb, sign in _THUMBS.items():
                    yield Button(
                        f"{one['action_id']} {one[thumb]['value']}", f"{sign} {one[thumb]['text']['text']}"
                    )
            else:
                yield Button(one["action_id"], one["text"]["text"], one.get("style", ""))
