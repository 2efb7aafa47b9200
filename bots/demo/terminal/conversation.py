"""The demo's conversation: what is typed becomes what a person does, until they leave."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import re
import signal
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from bots.demo.process import BotProcess
from bots.demo.terminal.keyboard import Keyboard
from bots.demo.terminal.people import DISCORD_CHANNEL, SLACK_CHANNEL, Person
from bots.demo.terminal.screen import Screen
from bots.demo.terminal.seen import Seen
from bots.demo.terminal.words import Words
from bots.intake.said import wanted
from bots.typed_path import typed_path

ORDERS: Final = (
    *("/slack", "/discord", "/file", "/yes", "/no", "/assistant", "/model", "/memory", "/reset", "/stop"),
    *("/help", "/quit"),
)
ASKS_FOR_HELP: Final = ("/help", "help", "?", "도움말")
LEAVES: Final = ("/quit", "quit", "exit")
PLACES: Final = (SLACK_CHANNEL, DISCORD_CHANNEL)
QUIET: Final = 8.0
"""Seconds without news after which an old question is taken to be open still: networks limit edits."""
_ORDER: Final = re.compile(r"/\w[\w-]*")
"""What is meant as a command; a path has more slashes."""
_PATH: Final = re.compile(
    r"""\s*(?:(?P<quote>["'])(?P<quoted>.+?)(?P=quote)|(?P<plain>(?:\\.|\S)+))(?P<text>.*)""", re.DOTALL
)


class _Before(NamedTuple):
    """What was seen before the person acted, and how much work the bot had begun for them."""

    posts: list[Seen]
    begun: int


class Conversation:
    """Belongs to one terminal."""

    def __init__(self, people: Mapping[str, Person], bot: BotProcess, screen: Screen, words: Words) -> None:
        self._people, self._bot, self._screen, self._words = people, bot, screen, words
        self._person = people["slack"]
        self._decided: set[str] = set()  # questions whose post still asks for a moment
        self._waiting: _Before | None = None  # of the answer that waits for the typed line

    async def hold(self, greeting: str, keyboard: Keyboard, api: str) -> None:
        """Returns when standard input ends, on one of LEAVES, or on a signal, with everything answered.

        `api` is a line under the greeting, for programs.
        """
        self._keyboard = keyboard
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, keyboard.end)
        self._screen.write(greeting)
        self._screen.line(api)
        while not keyboard.ended:
            self._screen.write("\n")
            line = await keyboard.line(self._words.you.format(where=self._person.name))
            if line is None or line.strip().lower() in LEAVES:
                break
            self._screen.new_line()
            if line.strip():
                await self._do(line.strip())
            if self._waiting is not None:
                await self._watch(self._waiting)
        await self._leave()
        self._screen.write("\n")

    async def _do(self, line: str) -> None:
        order, rest, *_ = (*line.split(maxsplit=1), "")
        match order:
            case "/slack" | "/discord" if not rest:
                self._person = self._people[order[1:]]
            case _ if line.lower() in ASKS_FOR_HELP:
                self._screen.write(self._words.help)
            case "/reset" | "/memory" if not rest:
                self._whisper(await self._person.command(order[1:]))
            case "/assistant" | "/model":
                self._whisper(await self._person.command(order[1:], rest))
            case "/yes" | "/no" if not rest:
                await self._decide(yes=order == "/yes")
            case "/file":
                await self._send(rest)
            case "/stop" if not rest:  # works everywhere; the buttons for it would do the same
                await self._say("stop")
            case _ if wanted(line) != "ask":  # in the words that the bot itself knows
                await self._say(line)
            case _ if _ORDER.fullmatch(order):
                self._screen.write(self._refused(order))
            case _:
                await self._say(line)

    def _refused(self, order: str) -> str:
        """Why something that looks like a command was not sent."""
        if order in ORDERS:
            return self._words.takes_nothing.format(order=order)
        near = difflib.get_close_matches(order, ORDERS, n=1)
        nearest = self._words.nearest.format(nearest=near[0]) if near else ""
        return self._words.unknown.format(order=order, nearest=nearest)

    def _whisper(self, text: str) -> None:
        self._screen.write(self._words.whisper.format(where=self._person.name, text=text))

    async def _say(self, text: str, file: tuple[str, bytes] | None = None) -> None:
        before = self._before()
        await self._person.say(text, file)
        await self._watch(before)

    async def _send(self, given: str) -> None:
        """A file, and what is said with it."""
        path, text = _path_and_text(given)
        if not path.is_file():
            said = self._words.folder if path.is_dir() else self._words.no_file
            self._screen.write(said.format(path=path) if given.strip() else self._words.file_usage)
            return
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            self._screen.write(self._words.unreadable.format(path=path, reason=error.strerror))
        else:
            await self._say(text, (path.name, content))

    async def _decide(self, *, yes: bool) -> None:
        """Press a button of the newest open question."""
        asked = self._asked(self._person)
        if asked is None:
            self._screen.write(self._words.nothing_asked)
            return
        before = self._before()
        with contextlib.suppress(LookupError):  # it has been decided at this very moment
            await self._person.press(asked, asked.buttons[0 if yes else 1])
        self._decided.add(asked.id)
        await self._watch(before)

    def _asked(self, person: Person) -> Seen | None:
        """The newest question that is open there."""
        return next((post for post in reversed(person.seen()) if self._is_open(post)), None)

    def _is_open(self, post: Seen) -> bool:
        return post.asks and post.id not in self._decided

    async def _leave(self) -> None:
        """Whoever leaves has not allowed anything."""
        for person in self._people.values():
            if self._asked(person) and not self._keyboard.ended:
                prompt = "" if person is self._person else f"\n{self._words.you.format(where=person.name)}"
                self._screen.write(f"{prompt}/no\n")
                self._person = person
                await self._decide(yes=False)

    def _before(self) -> _Before:
        return _Before(self._person.seen(), self._begun())

    async def _watch(self, before: _Before) -> None:
        """Print the answer as it grows, until it is whole or asks something.

        At a terminal it waits while a line is typed.
        """
        self._waiting = None
        person, accepted, news_at = self._person, False, _now()
        old = {post.id for post in before.posts}
        while not self._keyboard.ended:
            known = person.seen()
            self._screen.update(person, growing=True)
            accepted = (
                accepted or bool(self._under_way) or self._begun() > before.begun or known != before.posts
            )
            if accepted and self._over(old, known, quiet=_now() - news_at > QUIET):
                break
            if self._keyboard.typed():
                self._waiting = before
                self._screen.write("\n")
                return
            with contextlib.suppress(TimeoutError):
                await self._news(person, known)
                news_at = _now()
        self._screen.update(person)
        self._screen.write("\n")

    async def _news(self, person: Person, known: list[Seen]) -> None:
        """Returns when something else is seen or the bot begins or ends work; TimeoutError after a moment."""
        waits = [asyncio.ensure_future(one) for one in (person.changed(known), self._bot.changed())]
        try:
            await next(asyncio.as_completed(waits))
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _over(self, old: Container[str], known: list[Seen], *, quiet: bool) -> bool:
        """Whether nothing more is to come before somebody answers a question."""
        under_way = self._under_way
        if under_way is None:  # the bot is dead: what it was at goes on when it is back
            return False
        if not under_way:
            return all(person.settled() for person in self._people.values())
        everywhere = [(person.name, post) for person in self._people.values() for post in person.seen()]
        asking = {(name, post.topic) for name, post in everywhere if self._is_open(post)}
        new = any(self._is_open(post) and post.id not in old for post in known)
        return under_way <= len(asking) and (new or quiet)

    @property
    def _under_way(self) -> int | None:
        """How many lanes have work of this terminal's; on the page others may talk to the bot besides."""
        places = self._bot.places
        return None if places is None else sum(place in PLACES for place in places)

    def _begun(self) -> int:
        return sum(self._bot.begun[place] for place in PLACES)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _path_and_text(given: str) -> tuple[Path, str]:
    """The first word, in quotes or with blanks escaped as terminals do, and the rest."""
    found = _PATH.match(given)
    if found is None:
        return Path(), ""
    path = found["quoted"] or re.sub(r"\\(.)", r"\1", found["plain"])
    return typed_path(path), found["text"].strip()
