"""The screen: answers as they grow, each word whole on its line."""

from __future__ import annotations

import io
import os
import sys

from bots.demo.folder import Folder
from bots.demo.people import Person
from bots.demo.seen import Seen
from bots.demo.words import Words
from bots.demo.wrapping import Wrapping, whole_words


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

    def write(self, text: str) -> None:
        """Text as it is, wrapped at the edge of a terminal."""
        sys.stdout.write(self._wrapping.wrapped(text, _columns()) if self._terminal else text)
        sys.stdout.flush()
        self._growing = ""

    def new_line(self) -> None:
        """Whoever typed has pressed Enter."""
        self._wrapping.new_line()

    def update(self, person: Person, *, growing: bool = False) -> None:
        """Print what is new; a post that was rewritten is printed again. `growing`: words may go on."""
        posts = person.seen()
        for post in posts:
            for title in post.doing:
                self._tell(post, title, f"\n[{person.name}] 🔎 {title}")
            self._text(post, person.name, growing=growing and self._terminal and post is posts[-1])
            for file in post.files:
                if (post.id, file.id) not in self._told:
                    path = self._folder.keep(file.name, file.content)
                    about = {"name": file.name, "type": file.type, "size": len(file.content), "path": path}
                    self._tell(post, file.id, "\n" + self._words.posts.format(where=person.name, **about))
            if post.asks:
                self._tell(post, "asks", "\n" + self._words.asked.format(where=person.name))

    def _text(self, post: Seen, where: str, *, growing: bool) -> None:
        before, text = self._shown.get(post.id, ""), whole_words(post.text) if growing else post.text
        if before.startswith(text) and post.text.startswith(before):  # no more whole words yet
            return
        if not before:
            self.write(f"\n{self._words.answers.format(where=where)}{text}")
        elif not text.startswith(before):
            self.write(f"\n{self._words.changes.format(where=where)}{text}")
        elif self._growing == post.id:
            self.write(text[len(before) :])
        else:
            self.write(f"\n{self._words.continues.format(where=where)}{text[len(before) :].lstrip()}")
        self._shown[post.id], self._growing = text, post.id

    def _tell(self, post: Seen, what: str, line: str) -> None:
        """A line about a post, once."""
        if (post.id, what) not in self._told:
            self._told.add((post.id, what))
            self.write(line)


def _columns() -> int:
    """Asked each time: a window changes its size."""
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80
