"""The terminal: lines in, answers out as they grow."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import threading

from bots.demo.folder import Folder
from bots.demo.people import Person
from bots.demo.seen import Seen

ASKED = "Type /yes to allow it, /no not to."


class Screen:
    """Prints what a person sees of the bot, as it appears. Its files are saved in `folder`."""

    def __init__(self, folder: Folder) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal may not know every sign
        self._folder = folder
        self._shown: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()
        self._growing = ""  # the post whose text the cursor stands behind

    def write(self, text: str) -> None:
        """Text as it is."""
        sys.stdout.write(text)
        sys.stdout.flush()
        self._growing = ""

    def update(self, person: Person) -> None:
        """Print what is new; a post that was rewritten is printed again."""
        for post in person.seen():
            for title in post.doing:
                self._tell(post, title, f"\n[{person.name}] 🔎 {title}")
            self._text(post, f"\n[{person.name}] Assistant")
            for file in post.files:
                if (post.id, file.id) not in self._told:
                    path = self._folder.keep(file.name, file.content)
                    about = f"{file.name} ({file.type}, {len(file.content)} bytes) → saved as {path}"
                    self._tell(post, file.id, f"\n[{person.name}] Assistant posted {about}")
            if post.asks:
                self._tell(post, ASKED, f"\n[{person.name}] {ASKED}")

    def _text(self, post: Seen, who: str) -> None:
        before = self._shown.get(post.id, "")
        if post.text == before:
            return
        if not before:
            self.write(f"{who}: {post.text}")
        elif not post.text.startswith(before):
            self.write(f"{who} (edited): {post.text}")
        elif self._growing == post.id:
            self.write(post.text[len(before) :])
        else:
            self.write(f"{who} (going on): {post.text[len(before) :].lstrip()}")
        self._shown[post.id], self._growing = post.text, post.id

    def _tell(self, post: Seen, what: str, line: str) -> None:
        """A line about a post, once."""
        if (post.id, what) not in self._told:
            self._told.add((post.id, what))
            self.write(line)


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
