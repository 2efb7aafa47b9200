"""What people see of the bot on either platform, in the same words; and the buttons of its questions."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from standins.discord import DiscordStandin
from standins.discord import Post as DiscordPost
from standins.slack import Post as SlackPost
from standins.slack import SlackStandin
from tests.crash.history import Shown

_TAG = re.compile(r'"tag": "(\w+)"')
_YES = "spool:yes:"
Press = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its buttons. `tag` is the one it is about; `press(user)` says yes, True when taken."""

    post: str
    tag: str
    press: Press


def on_slack(post: SlackPost, thinking: bool) -> Shown:
    """As people see it; `thinking`: a status stands under its thread."""
    state = "streaming" if post.streaming else "broken" if post.broken else "thinking" if thinking else ""
    if _asks(post):
        state = "with buttons"
    files = tuple((file.name, file.content) for file in post.files)
    return Shown(post.ts, post.thread_ts or post.ts, post.text, unfinished=state, files=files)


def _asks(post: SlackPost) -> bool:
    """Whether it has other buttons than those under a whole answer."""
    rows = [block["elements"] for block in post.blocks if block["type"] == "actions"]
    return any(one["action_id"] not in ("again", "shorter") for row in rows for one in row)


def on_discord(post: DiscordPost) -> Shown:
    pressed = [str(one.get("custom_id")) for row in post.components for one in row["components"]]
    state = "with buttons" if any(not id.startswith("spool:wish:") for id in pressed) else ""
    files = tuple((file.filename, file.content) for file in post.attachments)
    return Shown(post.id, post.channel, post.content, post.reference or "", state, files)


def slack_questions(slack: SlackStandin) -> Iterator[Asked]:
    for room in slack.workspace.channels:
        for post in slack.posts(room):
            if _asks(post):
                yield Asked(post.ts, _tag(post.text), _on_slack(slack, post))


def discord_questions(discord: DiscordStandin) -> Iterator[Asked]:
    for room in discord.places:
        for post in discord.posts(room):
            for button in [one for row in post.components for one in row["components"]]:
                if str(button.get("custom_id")).startswith(_YES):
                    yield Asked(post.id, _tag(post.content), _on_discord(discord, post, button["custom_id"]))


def _tag(text: str) -> str:
    found = _TAG.search(text)
    return found[1] if found else ""


def _on_slack(slack: SlackStandin, post: SlackPost) -> Press:
    async def press(user: str) -> bool:
        return not (await slack.press(user, post.channel, post.ts, "approve")).error

    return press


def _on_discord(discord: DiscordStandin, post: DiscordPost, button: str) -> Press:
    async def press(user: str) -> bool:
        return not (await discord.press(user, post.channel, post.id, button, timeout=1.0)).failed

    return press
