"""“is thinking…” under a question, while nothing is shown yet. Never a reason for an answer to fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api import Refused, call
from core.concurrency import Background, Backoff, KeyedLock
from core.errors import SpoolError
from core.types import Address

logger = logging.getLogger(__name__)
REFRESH = 90.0
"""Slack lets a status lapse after two minutes."""
YIELD = 0.05
"""Seconds in which the questions that came together are sent to the model first."""
AGAIN = Backoff(first=2.0, most=REFRESH)
"""Until a status that was not taken is tried again."""
_FOR_GOOD = {"unknown_method", "missing_scope", "not_agent_app", "method_deprecated", "feature_not_enabled"}
_NOT_THERE = {"channel_type_not_supported", "method_not_supported_for_channel_type"}


@dataclass
class Thinking:
    """One status on screen: what is being done, else `text` for as long as nothing is posted.

    It is cleared by a post only if Slack had taken it before that post.
    """

    text: str
    answered: bool = False
    cleared: bool = False
    posted: bool = False
    task: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def posting(self) -> Callable[[], None]:
        """A post is about to be made; call what this gives when it was."""
        known = self.answered

        def posted() -> None:
            self.posted = True
            self.cleared = self.cleared or known
            self.changed.set()

        return posted

    def doing(self, task: str) -> None:
        """Show this instead, "" when it is over; costs no I/O."""
        if task != self.task:
            self.task = task
            self.changed.set()

    @property
    def wanted(self) -> str:
        """What is to be seen, "" for nothing."""
        return self.task or ("" if self.posted else self.text)


class Status:
    """Sets and clears statuses; learns for good what the app may not do."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._refused: set[tuple[str, str]] = set()
        self._waiting: dict[Address, asyncio.Task[None]] = {}
        self._background = Background()
        self._locks = KeyedLock()

    @asynccontextmanager
    async def thinking(self, address: Address, text: str) -> AsyncIterator[Thinking]:
        """Show the status (none if "") while the body runs. Slack itself clears it when a post follows it."""
        self._taken_over(address)
        thinking = Thinking(text, cleared=not text)
        showing = asyncio.create_task(self._keep(address, thinking), name="status")
        try:
            yield thinking
        finally:
            showing.cancel()
            if not thinking.cleared:
                self._background.start(self._set(address, ""), "clearing status")
            if text and ("session", "") not in self._refused:
                self._background.start(self._session(address, "active"), "ending session")

    def waiting(self, address: Address, text: str) -> None:
        """Show the status of a question whose run has not begun, or take it away ("")."""
        self._taken_over(address)
        if text:
            self._waiting[address] = self._background.start(self._refresh(address, text), "waiting status")
        else:
            self._background.start(self._set(address, ""), "status")

    def _taken_over(self, address: Address) -> None:
        if waiting := self._waiting.pop(address, None):
            waiting.cancel()

    async def _refresh(self, address: Address, text: str) -> None:
        failures = 0
        while not self._never("status", address.channel):
            failures = 0 if await self._set(address, text) else failures + 1
            await asyncio.sleep(_pause(failures))

    async def close(self) -> None:
        """Give what is on its way a moment."""
        for waiting in self._waiting.values():
            waiting.cancel()
        async with asyncio.timeout(1.0):
            await self._background.finish()

    async def _keep(self, address: Address, thinking: Thinking) -> None:
        await asyncio.sleep(YIELD)
        begun, failures = not thinking.text, 0
        while True:
            thinking.changed.clear()
            failures = 0 if await self._bring(address, thinking) else failures + 1
            if not begun:
                begun = True
                await self._session(address, "processing")  # gives agent apps Slack's own Stop button
            with suppress(TimeoutError):
                waiting = not thinking.cleared or (failures and not self._never("status", address.channel))
                async with asyncio.timeout(_pause(failures) if waiting else None):
                    await thinking.changed.wait()

    async def _bring(self, address: Address, thinking: Thinking) -> bool:
        """What is wanted now onto the screen; nothing off it that is not there. False: not taken."""
        wanted = thinking.wanted
        if wanted or not thinking.cleared:
            thinking.answered = thinking.cleared = False
            shown = await self._set(address, wanted)
            thinking.answered, thinking.cleared = True, not (shown and wanted)
            return shown
        return True

    async def _set(self, address: Address, text: str) -> bool:
        """A call that is given up goes on: cut off, it could arrive all the same, after the one behind it."""
        return await asyncio.shield(self._background.start(self._in_turn(address, text), "status"))

    async def _in_turn(self, address: Address, text: str) -> bool:
        async with self._locks.of(address):
            request = self._client.assistant_threads_setStatus(
                channel_id=address.channel, thread_ts=address.topic, status=text
            )
            return await self._try("status", address.channel, request)

    async def _session(self, address: Address, status: str) -> bool:
        request = self._client.agents_sessions_setStatus(
            channel_id=address.channel, thread_ts=address.topic, status=status
        )
        return await self._try("session", address.channel, request)

    def _never(self, what: str, where: str) -> bool:
        return not self._refused.isdisjoint({(what, where), (what, "")})

    async def _try(self, what: str, where: str, request: Coroutine[Any, Any, Any]) -> bool:
        """False when it is not shown. What will not change is learnt: for the channel or the whole app."""
        if self._never(what, where):
            request.close()
            return False
        try:
            await call(request)
        except Refused as error:
            if error.error in _FOR_GOOD | _NOT_THERE:
                self._refused.add((what, "" if error.error in _FOR_GOOD else where))
            logger.info("%s refused", what, extra={"error": error.error})
            return False
        except SpoolError as error:
            logger.debug("%s not set", what, extra={"error": str(error)})
            return False
        return True


def _pause(failures: int) -> float:
    """Seconds until a status is sent again: soon when it was not taken, else before it lapses."""
    return AGAIN.pause(failures) if failures else REFRESH
