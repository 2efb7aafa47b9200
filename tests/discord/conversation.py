"""Discord as the people in it see it: saying something, and finding the answer to it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bots.discord.poster import STOP
from standins.discord import Call, DiscordStandin, Post
from tests.discord.people import ROOM
from tests.slack.stage import FENCE

_LISTENER = "290000000000000001"
_MESSAGES = re.compile(r"/channels/(\d+)/messages(?:/\d+)?")
_TRACE = re.compile(r"Traceback|Error\(|Exception|\.py\b|<class ")


def discord_with(**how: Any) -> pytest.MarkDecorator:
    """The stand-in of a test, when it is to differ from the usual one."""
    return pytest.mark.parametrize("discord", [how], indirect=True, ids=[""])


async def dm(discord: DiscordStandin, user: str, text: str, **how: Any) -> str:
    return await discord.say(user, discord.dm(user), text, **how)


async def mention(discord: DiscordStandin, user: str, text: str, channel: str = ROOM, **how: Any) -> str:
    return await discord.say(user, channel, text, mention_bot=True, **how)


def texts(discord: DiscordStandin, channel: str) -> list[str]:
    """The bot's posts there now, oldest first."""
    return [post.content for post in discord.posts(channel)]


def growing(post: Post) -> bool:
    """Whether the answer can still be stopped, so is not complete."""
    return any(one["custom_id"] == STOP for row in post.components for one in row["components"])


async def shows(discord: DiscordStandin, channel: str, *expected: str, timeout: float = 10) -> list[Post]:
    """Return once the bot's posts there are exactly these and none can be stopped any more."""
    await discord.until(
        lambda: (
            texts(discord, channel) == list(expected)
            and not any(growing(post) for post in discord.posts(channel))
        ),
        timeout,
    )
    return discord.posts(channel)


async def exchange(discord: DiscordStandin, user: str, channel: str, text: str, timeout: float = 10) -> str:
    """The person says it to the bot there and gets its echo, complete. Returns the message's id."""
    before = {post.id for post in discord.posts(channel)}
    private = channel == discord.dm(user)
    said = await discord.say(user, channel, text, mention_bot=not private)

    def answered() -> bool:
        new = [post for post in discord.posts(channel) if post.id not in before]
        return any(post.content.endswith(text) and not growing(post) for post in new)

    await discord.until(answered, timeout)
    return said


async def all_heard(discord: DiscordStandin, timeout: float = 10) -> None:
    """What was said so far has reached the bot: something said after it is answered."""
    await exchange(discord, _LISTENER, discord.dm(_LISTENER), FENCE, timeout)


def stop_button(post: Post) -> str:
    """The `custom_id` of its only button. LookupError when it has none, or several."""
    found = [part["custom_id"] for row in post.components for part in row["components"]]
    if len(found) != 1:
        raise LookupError(f"buttons: {found}")
    return str(found[0])


def written(discord: DiscordStandin, channel: str = "", method: str = "") -> list[Call]:
    """Every request to create or edit a post (in that channel, by that method), oldest first."""
    found = []
    for call in discord.calls:
        place = _MESSAGES.fullmatch(call.path)
        if place is not None and call.method in ((method,) if method else ("POST", "PATCH")):
            found += [call] if channel in ("", place[1]) else []
    return found


def creations(discord: DiscordStandin, channel: str) -> list[Call]:
    return written(discord, channel, "POST")


def unseemly(discord: DiscordStandin) -> list[str]:
    """What no test may ever leave behind: pings, previews, stack traces, malformed requests, goodbyes."""
    found = [f"{discord.sessions_ended} gateway sessions thrown away"] if discord.sessions_ended else []
    for call in discord.calls:
        if call.status in (400, 405, 413, 501) and not call.path.endswith("/commands"):
            found.append(f"refused as malformed: {call}")
    for call in written(discord):
        allowed = call.body.get("allowed_mentions")
        if "content" in call.body and (allowed is None or allowed.get("parse") or allowed.get("users")):
            found.append(f"could ping: {call}")
        if call.method == "POST" and not (call.body.get("nonce") and call.body.get("enforce_nonce")):
            found.append(f"could be posted twice: {call}")
    for channel in {place[1] for call in discord.calls if (place := _MESSAGES.fullmatch(call.path))}:
        for post in discord.posts(channel) if channel in discord.places else ():
            found += _unseemly(post)
    return found


def _unseemly(post: Post) -> list[str]:
    found = [f"pings {sorted(post.pinged)}: {post.content!r}"] if post.pinged else []
    if post.previewed or not post.embeds_suppressed:
        found.append(f"links are previewed: {post.content!r}")
    seen = [text for _, text in post.versions]
    found += [f"an empty post: {post}" for text in seen if not (text.strip() or post.attachments)]
    return found + [f"shows its inside: {text!r}" for text in seen if _TRACE.search(text)]
