"""`spool serve` in a process of its own, which can be killed and started again at the same address."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import Process
from pathlib import Path

import aiohttp

from standins.local import free_port
from standins.openai import OpenAIStandin
from tests.commands import ended, started
from tests.web.clients import Api


class Serving:
    """`settings`: more of its environment."""

    def __init__(self, data: Path, openai: OpenAIStandin, **settings: str) -> None:
        port = free_port()
        self.api = Api(f"http://127.0.0.1:{port}/v1", data)
        self._environ = {
            **{"DATA_DIR": str(data), "HTTP": f"127.0.0.1:{port}", "OPENAI_API_KEY": "sk-test"},
            **{"OPENAI_BASE_URL": openai.base_url, "OPENAI_FEATURES": "full"},
            **settings,
        }
        self._log = data.parent / "log"
        self._process: Process | None = None
        self.asked = 0
        """Requests sent from here to see whether it answers."""

    async def start(self) -> None:
        """Returns when the port answers."""
        with self._log.open("ab") as log:  # a pipe that nobody reads would stop it
            self._process = await started(
                "serve", cwd=self.api.data.parent, environ=self._environ, stderr=log
            )
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            while True:
                assert self._process.returncode is None, self._log.read_text()
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    await session.get(self.api.url)
                    self.asked += 1
                    return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await ended(self._process)

    async def stop(self) -> str:
        """All of the log."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
            await ended(self._process)
        return self._log.read_text()
