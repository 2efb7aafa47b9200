"""The product as a process of its own, and what the kernel tells of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
STOPPING = 15.0
"""Seconds the product has to end after SIGTERM."""


class Product:
    """`async with Product(settings, directory):` runs `python -m bots run` there, with only these settings.

    `directory` holds its log and, unless the settings say otherwise, its data.
    """

    def __init__(self, settings: Mapping[str, str], directory: Path) -> None:
        self._settings, self._directory = settings, directory
        self._process: asyncio.subprocess.Process
        self.started_at = 0.0
        """Monotonic time just before the process was created."""

    async def __aenter__(self) -> Self:
        paths = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
        own = {"DATA_DIR": str(self._directory / "data"), "OPENAI_API_KEY": "sk-bench"}
        with self._log.open("ab") as log:
            self.started_at = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bots", "run"),
                env={**paths, **own, **self._settings},
                cwd=self._directory,  # a `.env` of whoever measures must not take part
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note(f"the product's last words:\n{self.last_words()}")
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), STOPPING)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    @property
    def _log(self) -> Path:
        return self._directory / "product.log"

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text("utf-8", errors="replace").splitlines()[-15:])

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.returncode is None

    def cpu(self) -> float:
        """Seconds of processor time used so far, of the user's and the kernel's, in steps of 10 ms."""
        fields = self._proc("stat").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident(self) -> float:
        """Resident memory in MB (10^6 bytes), now."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """The most resident memory it ever had, in MB."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        lines = dict(line.split(":", 1) for line in self._proc("status").splitlines())
        return int(lines[name].split()[0]) * 1024 / 1e6

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._process.pid}/{name}").read_text("utf-8")
