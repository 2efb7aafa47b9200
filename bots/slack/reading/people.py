"""Who people are and what channels are called, as Slack tells it: asked once a day for each.

https://docs.slack.dev/reference/methods: users.info, conversations.info, bots.info, usergroups.list
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from slack_sdk.web.async_client import AsyncWebClient

from bots.replies.safe_text import printable
from bots.slack.api import call
from bots.slack.reading.events import Us
from core.concurrency import Background
from core.errors import SpoolError, loggable
from core.types import Address, IncomingMessage, Person, Standing

logger = logging.getLogger(__name__)
DAY: Final = 86_400.0
SOON: Final = 60.0
"""Seconds after which what Slack did not tell is asked again."""
PATIENCE: Final = 1.0
"""Seconds a name is waited for. What comes later is known for the next question."""
Ask = Callable[[], Coroutine[Any, Any, Any]]
Tell = Callable[[Address, Mapping[str, str]], Coroutine[Any, Any, None]]
"""Is told what ids there are called; "" where that is not known."""
_GROUPS: Final = "usergroups"
"""Under this all user groups are kept in mind."""
MOST: Final = 20_000
"""People and channels that are kept in mind."""


@dataclass(frozen=True, slots=True)
class Told:
    """What users.info has told of one of them: for names, and for who is answered."""

    person: Person = field(default_factory=Person)
    standing: Standing | None = None
    teams: frozenset[str] = frozenset()
    """Their own workspace and enterprise."""

    def standing_with(self, us: Us) -> Standing | None:
        """How they stand in our workspace; None where nothing was told."""
        external = self.teams.isdisjoint((us.team, us.enterprise))
        return replace(self.standing, external=self.standing.external or external) if self.standing else None


_NOTHING: Final = Told()


class People:
    """Of one workspace. Nobody who asks waits for a request that is under way longer than they like to."""

    def __init__(self, client: AsyncWebClient, *, keep: float = DAY) -> None:
        self._client, self._background, self._keep = client, Background(), keep
        self._known: dict[str, tuple[float, Any]] = {}
        """When it is to be asked again, and what was told."""
        self._asking: dict[str, asyncio.Task[Any]] = {}

    async def person(self, user: str) -> Person:
        """Who that is; nothing where Slack does not tell. Never raises."""
        found: Told = await self._learnt(user, lambda: self._person(user), _NOTHING)
        return found.person

    def known(self, user: str) -> Person:
        """Who that is as far as it was told before; costs no request."""
        return cast(Told, self._known.get(user, (0.0, _NOTHING))[1]).person

    def stands(self, user: str, us: Us) -> Standing | None:
        """How they stand in our workspace, as Slack told it within a day; else it is asked now."""
        until, told = self._known.get(user, (0.0, _NOTHING))
        if until <= time.monotonic():
            self._begin(user, lambda: self._person(user), told)
            return None
        found: Standing | None = told.standing_with(us)
        return found

    async def standing(self, user: str, us: Us) -> Standing | None:
        """The same, once Slack has told it; None where it does not within a second. Never raises."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while (found := self.stands(user, us)) is None and user in self._asking:
                    await asyncio.shield(self._asking[user])
                if found:
                    return found
        logger.warning("who somebody is was not told, so they are not answered; the app needs users:read")
        return None

    def learn(self, user: str) -> None:
        """Ask for them, if nobody has yet; for the next time."""
        if user not in self._known and user not in self._asking:
            self._background.start(self.person(user), "person")

    def tell(self, message: IncomingMessage, told: Tell) -> None:
        """What its person and its place are called; a direct talk is called as its person is."""
        self._background.start(self._tell(message.address, message.user, told), "names")

    async def _tell(self, where: Address, user: str, told: Tell) -> None:
        person = (await self._name(f"@{user}")).removeprefix("@")
        place = person if where.direct else await self._name(f"#{where.channel}")
        await told(where, {user: person, where.channel: place})

    async def names(self, mentions: Collection[str]) -> Mapping[str, str]:
        """What people see in place of "@U…", "@S…" and "#C…"; those it does not tell soon are missing.

        Never raises.
        """
        found = {one: await self._name(one) for one in mentions if self._knows(one)}  # never suspends
        if late := [one for one in mentions if one not in found]:
            found.update(zip(late, await asyncio.gather(*map(self._soon, late)), strict=True))
        return {one: name for one, name in found.items() if name}

    def _knows(self, mention: str) -> bool:
        until, _ = self._known.get(_GROUPS if mention[:2] == "@S" else mention[1:], (0.0, None))
        return until > time.monotonic()

    async def _soon(self, mention: str) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._name(mention)
        except TimeoutError:
            return ""

    async def _name(self, mention: str) -> str:
        kind, id = mention[:1], mention[1:]
        if kind == "@" and id[:1] in ("U", "W"):
            name = (await self.person(id)).name
        elif kind == "@" and id[:1] == "S":
            name = (await self._learnt(_GROUPS, self._groups, {})).get(id, "")
        elif kind == "#" or id[:1] == "B":
            ask = self._channel if kind == "#" else self._app
            name = await self._learnt(id, lambda: ask(id), "")
        else:
            return ""
        return f"{kind}{name}" if name else ""

    async def _person(self, user: str) -> Told:
        told = (await call(self._client.users_info(user=user, include_locale=True))).get("user") or {}
        profile = told.get("profile") or {}
        names = [profile.get(key) for key in ("display_name", "real_name")] + [told.get("name")]
        name = next((one for one in names if isinstance(one, str) and one.strip()), "")
        person = Person(printable(name).strip(), str(told.get("locale") or ""), str(told.get("tz") or ""))
        enterprise = (told.get("enterprise_user") or {}).get("enterprise_id")
        standing = Standing(
            guest=bool(told.get("is_restricted") or told.get("is_ultra_restricted")),
            external=bool(told.get("is_stranger")),
            member=bool(told) and not told.get("deleted"),
            app=bool(told.get("is_bot")),
        )
        return Told(person, standing, frozenset(filter(None, (told.get("team_id"), enterprise))))

    async def _channel(self, id: str) -> str:
        return _label((await call(self._client.conversations_info(channel=id))).get("channel"), "name")

    async def _app(self, id: str) -> str:
        return _label((await call(self._client.bots_info(bot=id))).get("bot"), "name")

    async def _groups(self) -> dict[str, str]:
        """All of them at once: Slack does not tell one alone."""
        told = await call(self._client.usergroups_list())
        return {
            str(one["id"]): _label(one, "handle") for one in told.get("usergroups") or () if one.get("id")
        }

    async def _learnt(self, id: str, ask: Ask, unknown: Any) -> Any:
        """What is known of that id, else what asking gives. Who gives up does not end it for others.

        What was told long ago serves until it has been asked for anew: nobody waits for that.
        """
        until, known = self._known.get(id, (0.0, unknown))
        if until > time.monotonic():
            return known
        asking = self._begin(id, ask, known)
        return known if known != unknown else await asyncio.shield(asking)

    def _begin(self, id: str, ask: Ask, known: Any) -> asyncio.Task[Any]:
        if id not in self._asking:
            self._asking[id] = self._background.start(self._ask(id, ask, known), "names")
        return self._asking[id]

    async def _ask(self, id: str, ask: Ask, otherwise: Any) -> Any:
        try:
            told, keep = await ask(), self._keep
        except (SpoolError, AttributeError, TypeError) as error:  # the others: an answer of another shape
            logger.debug("a name cannot be read", extra={"error": loggable(error)})
            told = replace(otherwise, standing=None) if isinstance(otherwise, Told) else otherwise
            keep = SOON
        finally:
            self._asking.pop(id, None)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[id] = (time.monotonic() + keep, told)
        return told

    async def close(self) -> None:
        """Leave what is under way."""
        await self._background.close()


def _label(told: Any, key: str) -> str:
    return printable(str((told or {}).get(key) or "")).strip()
