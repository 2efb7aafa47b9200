"""The demo's conversation: what is typed becomes what a person does, until they leave."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Final

from bots.demo.people import Person
from bots.demo.seen import Seen
from bots.demo.terminal import Lines, Screen
from core.runs.lanes import Lanes

HELP: Final = """\
Type a message. Commands:
  /slack    go to Slack, where you mention the bot in #general
  /discord  go to Discord, where you write to the bot directly
  /file PATH [TEXT]  send a file or a picture    /yes  /no  answer a question of the bot
  use TOOL {"ARGUMENT": "VALUE"}     call a function tool, your own ones too
  /assistant [NAME]  who answers, or another     /memory    what it remembers
  /reset    start a fresh conversation      /stop  end the answer      /quit  leave
"""
TRY: Final = """\
Try: what time is it?  ·  calculate 2*(3+4)  ·  draw a cat  ·  make a csv file  ·  announce lunch
"""
QUIET: Final = 8.0
"""Seconds without news after which an old question is taken to be open still: networks limit edits."""
_PATH: Final = re.compile(
    r"""\s*(?:(?P<quote>["'])(?P<quoted>.+?)(?P=quote)|(?P<plain>(?:\\.|\S)+))(?P<text>.*)""", re.DOTALL
)


class Conversation:
    """Belongs to one terminal."""

    def __init__(self, people: Mapping[str, Person], lanes: Lanes, screen: Screen) -> None:
        self._people, self._lanes, self._screen = people, lanes, screen
        self._lines = Lines()
        self._person = people["slack"]
        self._decided: set[str] = set()  # questions whose post still asks for a moment

    async def hold(self, greeting: str) -> None:
        """Returns when standard input ends, on /quit, or on a signal; everything is answered by then."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._lines.end)
        self._screen.write(greeting)
        while not self._lines.ended:
            self._screen.write(f"\n[{self._person.name}] You: ")
            line = await self._lines.next()
            if line is None or line.strip() == "/quit":
                break
            if not sys.stdin.isatty():
                self._screen.write(f"{line}\n")
            if line.strip():
                await self._do(line)
        await self._leave()
        self._screen.write("\n")

    async def _do(self, line: str) -> None:
        order, _, rest = line.strip().partition(" ")
        match order:
            case "/slack" | "/discord" if not rest:
                self._person = self._people[order[1:]]
            case "/help" if not rest:
                self._screen.write(HELP)
            case "/reset" | "/memory" if not rest:
                self._whisper(await self._person.command(order[1:]))
            case "/assistant":
                self._whisper(await self._person.command("assistant", rest.strip()))
            case "/yes" | "/no" if not rest:
                await self._decide(yes=order == "/yes")
            case "/file":
                await self._send(rest)
            case "/stop" if not rest:  # works everywhere; the buttons for it would do the same
                await self._say("stop")
            case _:
                await self._say(line)

    def _whisper(self, text: str) -> None:
        self._screen.write(f"[{self._person.name}] (only you see this) {text}\n")

    async def _say(self, text: str, file: tuple[str, bytes] | None = None) -> None:
        before = self._person.seen()
        await self._person.say(text, file)
        await self._watch(before)

    async def _send(self, given: str) -> None:
        """A file, and what is said with it."""
        path, text = _path_and_text(given)
        if not path.is_file():
            self._screen.write(f"{_no_file(path) if given.strip() else 'Write: /file PATH [TEXT]'}\n")
            return
        try:
            content = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            self._screen.write(f"{path} cannot be read ({error.strerror}).\n")
        else:
            await self._say(text, (path.name, content))

    async def _decide(self, *, yes: bool) -> None:
        """Press a button of the newest open question."""
        asked = self._asked(self._person)
        if asked is None:
            self._screen.write("Nothing is asked here.\n")
            return
        before = self._person.seen()
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
            if self._asked(person) and not self._lines.ended:
                self._screen.write("/no\n" if person is self._person else f"\n[{person.name}] You: /no\n")
                self._person = person
                await self._decide(yes=False)

    async def _watch(self, before: list[Seen]) -> None:
        """Print the answer as it grows, until it is whole or asks something.

        `before`: what was seen before the person acted. At a terminal a line typed meanwhile goes out.
        """
        person, accepted, news_at = self._person, False, _now()
        old = {post.id for post in before}
        while not self._lines.ended:
            known = person.seen()
            self._screen.update(person)
            accepted = accepted or self._lanes.busy or known != before
            if accepted and self._over(old, known, quiet=_now() - news_at > QUIET):
                break
            if sys.stdin.isatty() and self._lines.waiting():
                return
            with contextlib.suppress(TimeoutError):
                await person.changed(known)
                news_at = _now()
        self._screen.update(person)
        self._screen.write("\n")

    def _over(self, old: Container[str], known: list[Seen], *, quiet: bool) -> bool:
        """Whether nothing more is to come before somebody answers a question."""
        if not self._lanes.busy:
            return all(person.settled() for person in self._people.values())
        everywhere = [(person.name, post) for person in self._people.values() for post in person.seen()]
        asking = {(name, post.topic) for name, post in everywhere if self._is_open(post)}
        new = any(self._is_open(post) and post.id not in old for post in known)
        return self._lanes.under_way <= len(asking) and (new or quiet)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _no_file(path: Path) -> str:
    return f"{path} is a folder: name one file in it." if path.is_dir() else f"There is no file {path}."


def _path_and_text(given: str) -> tuple[Path, str]:
    """The first word, in quotes or with blanks escaped as terminals do, and the rest."""
    found = _PATH.match(given)
    if found is None:
        return Path(), ""
    path = found["quoted"] or re.sub(r"\\(.)", r"\1", found["plain"])
    return Path(path).expanduser(), found["text"].strip()
