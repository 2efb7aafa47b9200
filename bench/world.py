"""The stand-ins together, and the people who write to the product through them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Protocol, Self

from bench.model import Model
from bench.speech import Speech
from standins.discord import DiscordStandin
from standins.slack import SlackStandin

Versions = Sequence[tuple[float, str]]
"""Every text a post had, with the monotonic time from which it was visible."""


class Place(Protocol):
    """A chat network with one person in each of its conversations."""

    name: str

    def join(self, people: int) -> None:
        """Make so many people; they are numbered from 0."""
        ...

    async def say(self, person: int, text: str) -> str:
        """That person writes to the product; gives the message's id."""
        ...

    def answer(self, person: int, message: str) -> list[Versions]:
        """The posts that answer a message, oldest first."""
        ...

    @property
    def refused(self) -> list[float]:
        """When the product was told 429, in monotonic seconds."""
        ...


class SlackPlace:
    """Each person mentions the product in a channel of their own."""

    name = "slack"

    def __init__(self, slack: SlackStandin) -> None:
        self._slack = slack

    def join(self, people: int) -> None:
        """See `Place.join`."""
        for person in range(people):
            self._slack.add_channel(_channel(person), [_user(person)])

    async def say(self, person: int, text: str) -> str:
        """See `Place.say`."""
        return await self._slack.mention(_user(person), _channel(person), text)

    def answer(self, person: int, message: str) -> list[Versions]:
        """See `Place.answer`."""
        return [post.versions for post in self._slack.posts(_channel(person), message)]

    @property
    def refused(self) -> list[float]:
        """See `Place.refused`."""
        return [call.at for call in self._slack.calls if call.error == "ratelimited"]


class DiscordPlace:
    """Each person writes direct messages."""

    name = "discord"

    def __init__(self, discord: DiscordStandin) -> None:
        self._discord = discord
        self._channels: list[str] = []

    def join(self, people: int) -> None:
        """See `Place.join`."""
        self._channels = [self._discord.dm(_snowflake(person)) for person in range(people)]

    async def say(self, person: int, text: str) -> str:
        """See `Place.say`."""
        return await self._discord.say(_snowflake(person), self._channels[person], text)

    def answer(self, person: int, message: str) -> list[Versions]:
        """See `Place.answer`."""
        posts = self._discord.posts(self._channels[person])
        return [post.versions for post in posts if int(post.id) > int(message)]

    @property
    def refused(self) -> list[float]:
        """See `Place.refused`."""
        return [call.at for call in self._discord.rate_limited]


def _channel(person: int) -> str:
    return f"C{person:05}"


def _user(person: int) -> str:
    return f"U{person:05}"


def _snowflake(person: int) -> str:
    return str(200_000_000_000_000_000 + person)


class World:
    """`async with World(Speech()) as world:` Slack, Discord and the model; `limits`: their rate limits."""

    def __init__(self, speech: Speech, *, limits: bool = False) -> None:
        self.model = Model(speech)
        self.slack, self.discord = SlackStandin(limits=limits), DiscordStandin(limits=limits)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for standin in (self.model, self.slack, self.discord):
            await self._open.enter_async_context(standin)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    def place(self, name: str) -> Place:
        """The chat network of that name."""
        return SlackPlace(self.slack) if name == "slack" else DiscordPlace(self.discord)

    def settings(self) -> dict[str, str]:
        """What makes the product use these stand-ins, on both networks."""
        return {
            "OPENAI_BASE_URL": self.model.base_url,
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "DISCORD_BOT_TOKEN": self.discord.token,
        }

    def connected(self) -> bool:
        """Whether Slack has said hello on a socket and Discord has a session on one."""
        return self.slack.connections > 0 and self.discord.connected > 0


async def until(predicate: Callable[[], bool], *, every: float = 0.005, timeout: float = 60.0) -> float:
    """Monotonic time at which `predicate()` was found true. Raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not true within {timeout} s")
        await asyncio.sleep(every)
    return time.monotonic()
