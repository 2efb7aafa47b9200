"""The product as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.process import ROOT, memory, processor_seconds

STOPPING = 15.0
"""Seconds the product has to end after SIGTERM."""


class Product:
    """`async with Product(settings, directory):` runs `python -m bots run` there, with only these settings.

    `directory` holds its log and, unless the settings say otherwise, its data. `command` is run instead.
    """

    def __init__(
        self, settings: Mapping[str, str], directory: Path, command: Sequence[str] = ("bots", "run")
    ) -> None:
        self._settings, self.directory, self._command = settings, directory, command
        self._process: asyncio.subprocess.Process
        self.started_at = 0.0
        """Monotonic time just before the process was created."""

    async def __aenter__(self) -> Self:
        paths = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)}
        own = {"DATA_DIR": str(self.directory / "data"), "OPENAI_API_KEY": "sk-bench"}
        with self._log.open("ab") as log:
            self.started_at = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self._command),
                env={**paths, **own, **self._settings},
                cwd=self.directory,  # a `.env` of whoever measures must not take part
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
        return self.directory / "product.log"

    def last_words(self) -> str:
        """The end of its log, long lines cut."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(line[:500] for line in lines[-10:])

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.returncode is None

    def cpu(self) -> float:
        """Seconds of processor time it has used."""
        return processor_seconds(self._process.pid)

    def resident(self) -> float:
        """Resident memory in MB, now."""
        return memory(self._process.pid, "VmRSS")

    def peak(self) -> float:
        """The most resident memory it ever had, in MB."""
        return memory(self._process.pid, "VmHWM")
