"""bots.demo at a terminal: a real one, with readline, between a person's keys and what the screen shows."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import alone
from tests.demo.demos import LONG

pytestmark = pytest.mark.slow
UP, LEFT, CTRL_U, BACKSPACE = "\x1b[A", "\x1b[D", "\x15", "\x7f"
PROMPT = "[slack] You: "
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x07")


class Terminal:
    """A demo at a terminal of so many columns."""

    def __init__(self, cwd: Path, columns: int, *, options: tuple[str, ...]) -> None:
        self._ours, self._theirs = pty.openpty()
        self.resize(columns)
        self.found = termios.tcgetattr(self._theirs)
        self.process = subprocess.Popen(
            [sys.executable, *(options or ("-m", "bots")), "demo"],
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            cwd=cwd,
            env=alone(TERM="xterm", LANG="C.UTF-8"),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._raw, self._seen = b"", 0

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))

    def keys(self, text: str) -> None:
        given = text.encode()
        while given:
            _, ready, _ = select.select([], [self._ours], [], LONG)
            assert ready
            given = given[os.write(self._ours, given[:512]) :]
            self._read(0.0)

    def paste(self, text: str) -> None:
        """As a terminal does where it was asked to mark pastes."""
        self.keys(f"\x1b[200~{text}\x1b[201~")

    def _read(self, patience: float) -> None:
        while select.select([self._ours], [], [], patience)[0]:
            try:
                self._raw += os.read(self._ours, 65_536)
            except OSError:  # everybody else has closed it
                return
            patience = 0.0

    @property
    def _printed(self) -> str:
        return _STYLE.sub("", self._raw.decode("utf-8", "replace")).replace("\r\n", "\n")

    def until(self, text: str) -> str:
        """What was printed up to and with that text, after what was waited for before."""
        over = time.monotonic() + LONG
        while (at := self._printed.find(text, self._seen)) < 0:
            assert time.monotonic() < over, self._printed[self._seen :]
            self._read(0.2)
        before, self._seen = self._seen, at + len(text)
        return self._printed[before : self._seen]

    def end(self) -> int:
        over = time.monotonic() + LONG
        while (status := self.process.poll()) is None and time.monotonic() < over:
            self._read(0.1)
        assert status is not None
        self._read(0.0)
        return status

    def mode(self) -> list[object]:
        return list(termios.tcgetattr(self._theirs))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@contextmanager
def greeted(cwd: Path, columns: int = 80, *, options: tuple[str, ...] = ()) -> Iterator[Terminal]:
    """A demo that has greeted. At its end it has left with status 0, and the terminal as it was."""
    made = Terminal(cwd, columns, options=options)
    try:
        made.until(PROMPT)
        yield made
        assert made.end() == 0
        assert made.mode() == made.found
    finally:
        made.close()


def said(terminal: Terminal) -> str:
    """What the model was given, as it repeats it; the prompt is there again."""
    answer = terminal.until(PROMPT)
    found = re.search(r'You\s+said\s+("(?:[^"\\]|\\.)*")', answer, re.DOTALL)
    assert found, answer
    return str(json.loads(re.sub(r" ?\n", " ", found[1])))


def test_lines_are_edited(tmp_path):
    """Arrows move and bring back what was typed; a paste is one message; misspelt commands are not sent."""
    with greeted(tmp_path) as terminal:
        terminal.keys(f"hllo{LEFT}{LEFT}{LEFT}e\r")
        assert said(terminal) == "hello"
        terminal.keys(f"한글 지우기{BACKSPACE}{BACKSPACE}\r")
        assert said(terminal) == "한글 지"
        terminal.keys(f"away{CTRL_U}{UP}{UP}\r")
        assert said(terminal) == "hello"
        terminal.keys("/rest\r")
        assert "Did you mean /reset?" in terminal.until(PROMPT)
        terminal.paste("one\ntwo\nthree")
        terminal.keys("\r")
        assert said(terminal) == "one\ntwo\nthree"
        terminal.paste("한" * 2000 + "END")  # longer than a terminal's own lines may be
        terminal.keys("\r")
        terminal.until("Assistant: ")
        answer = terminal.until(PROMPT)
        terminal.keys("\x04")

    assert (answer.count("한"), answer.count("END")) == (2000, 1)
    history = tmp_path / "data/demo/history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    typed = [json.loads(line) for line in history.read_text().splitlines()]
    assert typed[:5] == ["hello", "한글 지", "hello", "/rest", "one\ntwo\nthree"]


def test_typing_while_an_answer_streams(tmp_path):
    """The line is whole on the screen, the answer waits for it and then goes on; nothing is lost.

    Who typed nothing after all, reads on with enter. A question and its decision are whole, each to its last
    word. Ctrl-C ends it in the middle of a line.
    """
    with greeted(tmp_path) as terminal:
        terminal.keys("tell me\r")
        terminal.until("Assistant: I")
        terminal.keys("and then")
        cut = terminal.until(f"\n{PROMPT}and then")
        terminal.keys(" what?\r")
        rest = terminal.until(f"\n{PROMPT}")
        assert 'said "and then what?".' in " ".join(rest.split())
        both = " ".join(f"{cut} {rest}".split())
        assert (
            both.index("offline model") < both.index("nothing before it.") < both.index("1 earlier message")
        )

        terminal.keys("hello\r")
        terminal.until("Assistant: I")
        terminal.keys(f"x{BACKSPACE}")
        before = terminal.until(PROMPT)  # a slow machine may have read all of it
        terminal.keys("\r")
        assert 'me".' in before or terminal.until('me".').count("Assistant") <= 1
        terminal.until(PROMPT)

        terminal.keys("announce lunch\r")
        asked = terminal.until(PROMPT)
        assert '"lunch"\n}\n```\n[slack] /yes allows it' in asked
        terminal.keys("/yes\r")
        decided = terminal.until(PROMPT)
        assert "Assistant changes its message: ✅ Allowed: announce\n" in decided
        assert "continues" not in asked + decided
        terminal.keys("half a li")
        terminal.until("half a li")
        terminal.keys("\x03")


def test_words_are_whole_at_the_edge(tmp_path):
    """Also after the window was made narrower. SIGTERM ends it in the middle of a line."""
    with greeted(tmp_path, 60) as terminal:
        for columns, last in ((60, "before it."), (30, "earlier")):
            terminal.resize(columns)
            terminal.keys("hello\r")
            terminal.until("Assistant: ")
            lines = f"Assistant: [slack] {terminal.until(last)}"[19:].split("\n")
            lines[0] = f"[slack] Assistant: {lines[0]}"
            assert all(len(line) <= columns for line in lines)
            assert {"offline", "network.", "remember"} <= set(" ".join(lines).split())
            terminal.until(PROMPT)
        terminal.keys("half a li")
        terminal.until("half a li")
        terminal.process.send_signal(signal.SIGTERM)


def test_without_readline_it_still_works(tmp_path):
    """Lines as the terminal gives them; arrows are no text there either."""
    start = "import runpy, sys; sys.modules['readline'] = None; runpy.run_module('bots', run_name='__main__')"
    with greeted(tmp_path, options=("-c", start)) as terminal:
        terminal.keys(f"{UP}{LEFT}hi\n")
        assert said(terminal) == "hi"
        terminal.keys("\x04")


def test_history_is_kept(tmp_path):
    folder = tmp_path / "data" / "demo"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "files").mkdir()
    (folder / "history").write_text("".join(f'"old {n}"\n' for n in range(600)) + '"one\\ntwo"\n"cut o')
    with greeted(tmp_path) as terminal:
        terminal.keys(f"{UP}\r")
        assert said(terminal) == "one\ntwo"
        terminal.keys("\x04")
    kept = (folder / "history").read_text().splitlines()
    assert len(kept) == 500
    assert kept[-2:] == ['"one\\ntwo"', '"cut o']
