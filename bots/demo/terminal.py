"""The terminal: lines in, answers out as they grow."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading

from bots.demo.people import Person


class Screen:
    """Prints what a person sees of the bot, as it appears."""

    def __init__(self) -> None:
        self._shown: dict[str, str] = {}

    def write(self, text: str) -> None:
        """Text as it is."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def skip(self, person: Person) -> None:
        """What is there already is old news."""
        self._shown.update(person.seen())

    def update(self, person: Person) -> None:
        """Print what is new; a post that was rewritten is printed again."""
        for post, text in person.seen():
            before = self._shown.get(post)
            if before is None:
                self.write(f"\n[{person.name}] Assistant: {text}")
            elif text.startswith(before):
                self.write(text[len(before) :])
            elif text != before:
                self.write(f"\n[{person.name}] Assistant (edited): {text}")
            self._shown[post] = text


class Lines:
    """Lines of standard input. A daemon thread reads them, so that leaving never waits for one."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.ended = False
        loop = asyncio.get_running_loop()

        def read() -> None:
            with contextlib.suppress(RuntimeError):  # the demo has ended meanwhile
                for line in sys.stdin:
                    loop.call_soon_threadsafe(self._queue.put_nowait, line.rstrip("\n"))
                loop.call_soon_threadsafe(self._queue.put_nowait, None)

        threading.Thread(target=read, daemon=True, name="stdin").start()

    async def next(self) -> str | None:
        """The next line, None at the end."""
        return await self._queue.get()

    def end(self) -> None:
        """No more lines: what a signal does."""
        self.ended = True
        self._queue.put_nowait(None)

    def waiting(self) -> bool:
        """True when a line was typed and not read yet."""
        return not self._queue.empty()
