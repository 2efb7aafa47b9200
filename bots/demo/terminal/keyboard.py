"""What is typed: lines edited with the standard readline at a terminal, plain lines elsewhere.

Either a line is typed or answers are written, never both at once. While answers are written, keys are not
echoed and wait in the terminal; the first of them opens a line, and then answers wait until it is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import os
import re
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Final, Protocol

from bots.demo.terminal.history import History

_PASTES_MARKED, _PASTES_PLAIN = "\x1b[?2004h", "\x1b[?2004l"
"""Whether the terminal says where a pasted text begins and ends."""
_KEYS: Final = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?|[\x00-\x08\x0b-\x1f\x7f]")
"""Keys that are no text, such as arrows."""
_ECHO: Final = 3
"""Where the local flags are in what termios gives."""


class Keyboard(Protocol):
    """Where lines come from."""

    ended: bool
    """True after a signal: there are no more lines."""

    async def line(self, prompt: str) -> str | None:
        """The next message, which may have several lines; None at the end."""
        ...

    def typed(self) -> bool:
        """Whether a person has begun the next line."""
        ...

    def end(self) -> None:
        """No more lines: what a signal does."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def keyboard(history: History, write: Callable[[str], None]) -> Keyboard:
    """The best there is here. `write` shows a prompt where readline does not."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        plain = sys.stdin.encoding.lower() in ("ascii", "us-ascii", "ansi_x3.4-1968")
        sys.stdin.reconfigure(encoding="utf-8" if plain else None, errors="replace")
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        with contextlib.suppress(ImportError):  # some Pythons are built without it
            return LineEditor(importlib.import_module("readline"), history)
    return Lines(write)


class Lines:
    """Lines of standard input as they are. A daemon thread reads them: leaving never waits for one."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._write, self._echoed = write, sys.stdin.isatty()
        self.ended = False
        loop = asyncio.get_running_loop()

        def read() -> None:
            with contextlib.suppress(RuntimeError):  # the demo has ended meanwhile
                for line in sys.stdin:
                    loop.call_soon_threadsafe(self._queue.put_nowait, line.rstrip("\n"))
                loop.call_soon_threadsafe(self._queue.put_nowait, None)

        threading.Thread(target=read, daemon=True, name="stdin").start()

    async def line(self, prompt: str) -> str | None:
        """See `Keyboard.line`."""
        self._write(prompt)
        line = await self._queue.get()
        if line is None or self._echoed:
            return _KEYS.sub("", line) if line else line
        self._write(f"{line}\n")
        return line

    def typed(self) -> bool:
        """See `Keyboard.typed`. What comes through a pipe was there from the start: it has its turn."""
        return self._echoed and not self._queue.empty()

    def end(self) -> None:
        """See `Keyboard.end`."""
        self.ended = True
        self._queue.put_nowait(None)

    def close(self) -> None:
        """See `Keyboard.close`: nothing was changed."""


class LineEditor:
    """A terminal, with readline for the line that is typed."""

    def __init__(self, readline: ModuleType, history: History) -> None:
        self._readline, self._history = readline, history
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.ended = False
        self._loop = asyncio.get_running_loop()
        readline.set_auto_history(False)
        readline.parse_and_bind("set enable-bracketed-paste on")
        for entry in history.load():
            readline.add_history(entry)
        self._input = sys.stdin.fileno()
        self._found = termios.tcgetattr(self._input)
        self._loop.add_signal_handler(signal.SIGTSTP, self._pause)
        self._wait()

    async def line(self, prompt: str) -> str | None:
        """See `Keyboard.line`. The thread is a daemon: leaving never waits for a key."""
        self._set_mode(echo=True)  # readline echoes only where the terminal did

        def read() -> None:
            try:
                line: str | None = input(prompt)
            except EOFError:
                line = None
            with contextlib.suppress(RuntimeError):  # the demo has ended meanwhile
                self._loop.call_soon_threadsafe(self._queue.put_nowait, line)

        threading.Thread(target=read, daemon=True, name="keyboard").start()
        line = await self._queue.get()
        if not self.ended:
            self._wait()
            self._remember(line)
        return line

    def _remember(self, line: str | None) -> None:
        size = self._readline.get_current_history_length()
        if line and line.strip() and line != self._readline.get_history_item(size):
            self._readline.add_history(line)
            self._history.add(line)

    def typed(self) -> bool:
        """See `Keyboard.typed`."""
        return bool(select.select([self._input], [], [], 0)[0])

    def end(self) -> None:
        """See `Keyboard.end`."""
        self.ended = True
        self._queue.put_nowait(None)

    def close(self) -> None:
        """See `Keyboard.close`. Also where a line was begun: readline does not come to do it then."""
        self._loop.remove_signal_handler(signal.SIGTSTP)
        self._restore()

    def _restore(self) -> None:
        termios.tcsetattr(self._input, termios.TCSADRAIN, self._found)
        _show(_PASTES_PLAIN)

    def _wait(self) -> None:
        """Keys wait unseen, and a paste stays marked as one."""
        self._set_mode(echo=False)
        _show(_PASTES_MARKED)

    def _set_mode(self, *, echo: bool) -> None:
        """Keys come one by one, not as lines: a line of the terminal itself ends after 4,095 bytes."""
        mode = termios.tcgetattr(self._input)
        mode[_ECHO] = (mode[_ECHO] & ~termios.ICANON & ~termios.ECHO) | (termios.ECHO if echo else 0)
        termios.tcsetattr(self._input, termios.TCSADRAIN, mode)

    def _pause(self) -> None:
        """Ctrl-Z: the shell gets its terminal as it was, and we get ours when we go on."""
        mode = termios.tcgetattr(self._input)
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        termios.tcsetattr(self._input, termios.TCSADRAIN, mode)
        _show(_PASTES_MARKED)


def _show(sequence: str) -> None:
    sys.stdout.write(sequence)
    sys.stdout.flush()
