"""Demos in processes of their own, and what they print."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.commands import alone, started
from tests.core.fakes import TIMEOUT

LONG = TIMEOUT * 8
"""Seconds for a process that shares this machine with others."""


def piped(*lines: str, cwd: Path, **more: str) -> tuple[int, str, str]:
    """The demo with these lines on standard input: exit status, standard output and error."""
    done = subprocess.run(
        [sys.executable, "-m", "bots", "demo"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        env=alone(**more),
        cwd=cwd,
        timeout=LONG,
        umask=0o002,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def turns(printed: str) -> Mapping[str, str]:
    """What followed each line that was typed: by `[where] line`."""
    found = {}
    for part in printed.split("\n[")[1:]:
        if " You: " in part.partition("\n")[0]:
            where, _, rest = part.partition(" You: ")
            typed, _, after = rest.partition("\n")
            newest = f"[{where} {typed}"
            found[newest] = after
        else:
            found[newest] += f"\n[{part}"
    return found


class Talk:
    """A demo that is talked to line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self._printed, self._seen, self.greeting = process, "", 0, ""

    async def until(self, text: str) -> str:
        """What was printed up to and with that text, after what was waited for before."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LONG):
            while (at := self._printed.find(text, self._seen)) < 0:
                more = await self.process.stdout.read(4096)
                assert more, f"ended without {text!r}: {self._printed[self._seen :]}"
                self._printed += more.decode()
        before, self._seen = self._seen, at + len(text)
        return self._printed[before : self._seen]

    async def say(self, line: str, until: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        return await self.until(until)


@asynccontextmanager
async def talking(cwd: Path) -> AsyncIterator[Talk]:
    """A demo that has greeted; killed at the end, if it still lives."""
    process = await started("demo", cwd=cwd, stdin=asyncio.subprocess.PIPE, stderr=None)
    try:
        talk = Talk(process)
        talk.greeting = await talk.until("[slack] You: ")
        yield talk
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
