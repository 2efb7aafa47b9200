"""The screen: answers as they grow, each word whole on its line."""

from __future__ import annotations

import io
import os
import sys

from bots.demo.folder import Folder
from bots.demo.terminal.people import Person
from bots.demo.terminal.seen import Seen
from bots.demo.terminal.words import Words
from bots.demo.terminal.wrapping import Wrapping, whole_words


class Screen:
    """Prints what a person sees of the bot, as it appears. Its files are saved in `folder`."""

    def __init__(self, folder: Folder, words: Words) -> None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal may not know every sign
        self._folder, self._words = folder, words
        self._terminal, self._wrapping = sys.stdout.isatty(), Wrapping()
        self._shown: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()
        self._growing = ""  # the post whose text the cursor stands behind
        self._held = ""  # the begin of a word of that post, not written yet

    def write(self, text: str) -> None:
        """Text as it is, wrapped at the edge of a terminal."""
        sys.stdout.write(self._wrapping.wrapped(text, _columns()) if self._terminal else text)
        sys.stdout.flush()
        self._growing = ""

    def line(self, text: str) -> None:
        """A line to be copied: it is not wrapped. Only where another has ended."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def new_line(self) -> None:
        """Whoever typed has pressed Enter."""
        self._wrapping.new_line()

    def update(self, person: Person, *, growing: bool = False) -> None:
        """Print what is new; a post that was rewritten is printed again. `growing`: words may go on.

        Only those of the newest post, and not of a question: it is whole when it is posted.
        """
        posts = person.seen()
        for post in posts:
            for title in post.doing:
                self._tell(post, title, f"\n[{person.name}] 🔎 {title}")
            grows = growing and self._terminal and post is posts[-1] and not post.asks
            self._text(post, person.name, growing=grows)
            for file in post.files:
                if (post.id, file.id) not in self._told:
                    path = self._folder.keep(file.name, file.content)
                    about = {"name": file.name, "type": file.type, "size": len(file.content), "path": path}
                    self._tell(post, file.id, "\n" + self._words.posts.format(where=person.name, **about))
            if post.asks:
                self._tell(post, "asks", "\n" + self._words.asked.format(where=person.name))

    def _text(self, post: Seen, where: str, *, growing: bool) -> None:
        before = self._shown.get(post.id, "")
        rewritten = not post.text.startswith(before)
        text = whole_words(post.text) if growing and not rewritten else post.text
        if before.startswith(text) and not rewritten:  # no more whole words yet
            if self._growing == post.id:
                self._held = post.text[len(before) :]
            return
        if self._growing != post.id:
            self._finish()
        if not before:
            self.write(f"\n{self._words.answers.format(where=where)}{text}")
        elif rewritten:
            self.write(f"\n{self._words.changes.format(where=where)}{text}")
        elif self._growing == post.id:
            self.write(text[len(before) :])
        else:
            self.write(f"\n{self._words.continues.format(where=where)}{text[len(before) :].lstrip()}")
        self._shown[post.id], self._growing = text, post.id
        self._held = post.text[len(text) :]

    def _finish(self) -> None:
        """Write what was held back: something else comes behind it."""
        if self._growing and self._held:
            self._shown[self._growing] += self._held
            self.write(self._held)
        self._held = ""

    def _tell(self, post: Seen, what: str, line: str) -> None:
        """A line about a post, once."""
        if (post.id, what) not in self._told:
            self._told.add((post.id, what))
            self._finish()
            self.write(line)


def _columns() -> int:
    """Asked each time: a window changes its size."""
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80
