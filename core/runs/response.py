"""One response of the model, followed to its terminal event while people watch it grow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import Permanent, Retryable
from core.model_server.items import item_name
from core.ports import Model, Reply
from core.runs.answer import Draft
from core.runs.rounds import Call, arguments_of
from core.runs.run_context import Limits
from core.store.journal import Journal
from core.types import Activity, Alive, Finished, ItemAdded, ItemDone, ModelEvent, Prompt, Started, TextDelta

logger = logging.getLogger(__name__)
LOOK: Final = 1.0
"""Seconds between two moves of the idle deadline: a timer for each word would cost more than the word."""
AT_WORK: Final = 5
"""So many times as long as else may nothing be heard before the server's first byte, when it may read a long
prompt, and while the model thinks, draws, or writes a call."""
MOST_CALLS: Final = 128
"""Calls of one response; the model is told of no more, and may ask for the others again."""
LIMIT: Final = "answer_limit"
"""Why an answer ends that reached the length set for it, and the notice that says so."""
_CALLS: Final = ("function_call", "mcp_approval_request")
_TASKS: Final = {
    "web_search_call": "task_web",
    "file_search_call": "task_files",
    "code_interpreter_call": "task_code",
    "image_generation_call": "task_picture",
    "mcp_call": "task_mcp",
    "mcp_list_tools": "task_mcp",
    "function_call": "task_function",
}


@dataclass
class Response:
    """What the model said. `text` is this response's own."""

    text: str = ""
    items: list[Mapping[str, Any]] = field(default_factory=list)
    ended: Finished = field(default_factory=lambda: Finished("incomplete"))
    under_way: set[str] = field(default_factory=set)
    """Items besides its words that have begun and are not done: silence is work then."""
    asked: int = 0
    """How many calls it asked for."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """What it asks for: function calls, and approvals of MCP calls; nothing where we ended it."""
        found: list[Call] = []
        if self.ended.reason == LIMIT:
            return ()
        for item in self.items:
            name, arguments = str(item.get("name") or ""), arguments_of(item)
            if item.get("type") == "function_call":
                found.append(Call(item_name(item), name, arguments))
            elif item.get("type") == "mcp_approval_request":
                server = str(item.get("server_label") or "MCP")
                found.append(Call(str(item.get("id")), name, arguments, server))
        return tuple(found)

    def take(self, item: Mapping[str, Any]) -> None:
        """Another item is done. A stream that was taken up again may repeat one."""
        if item in self.items:
            return
        if item.get("type") in _CALLS:
            self.asked += 1
            if self.asked == MOST_CALLS + 1:
                logger.warning(
                    "model asks for more than %d calls at once, the others are left out", MOST_CALLS
                )
            if self.asked > MOST_CALLS:
                return
        self.items.append(item)


class ResponseReader:
    """Follows the responses of one run."""

    def __init__(
        self,
        model: Model,
        journal: Journal,
        reply: Reply,
        draft: Draft,
        limits: Limits,
        say: Callable[[str], Awaitable[str]],
    ) -> None:
        self._model, self._journal, self._reply, self._draft = model, journal, reply, draft
        self._limits, self._say = limits, say
        self.heard = False
        """Whether the newest response had begun to say or do anything, as far as can be known."""

    async def follow(self, number: int, prompt: Prompt) -> Response:
        """The response to that prompt, or what is left of the stored one. Raises Retryable or Permanent."""
        loop, limits = asyncio.get_running_loop(), self._limits
        overall, moved, response, self.heard = self._draft.until, 0.0, Response(), False
        stream = self._model.stream(prompt, resume=self._journal.memo.get(_step(number)) or None)
        try:
            async with asyncio.timeout_at(min(loop.time() + limits.idle * AT_WORK, overall)) as deadline:
                async with aclosing(stream) as events:
                    async for event in events:
                        self.heard = self.heard or not isinstance(event, Started | Alive)
                        if await self._take(number, event, response):
                            return response
                        other = isinstance(event, ItemAdded | ItemDone)
                        if other or loop.time() > moved + min(LOOK, limits.idle / 4):
                            moved = loop.time()
                            patience = limits.idle * (AT_WORK if response.under_way else 1)
                            deadline.reschedule(min(moved + patience, overall))
        except TimeoutError:  # not asked again: it would cost the same, and be cut again
            self.heard = True
            await self._forget(number)
            if loop.time() >= overall:
                raise Permanent("run_deadline", notice="timeout") from None
            raise Permanent("model_idle", notice="model_unavailable") from None
        except (Retryable, Permanent) as error:
            if not (isinstance(error, Retryable) and error.resumable):
                await self._forget(number)
            raise
        raise Retryable("stream_ended_early")

    def resumable(self, number: int) -> bool:
        """Whether that response goes on at the server: it is followed then, and nothing is sent."""
        return bool(self._journal.memo.get(_step(number)))

    async def _take(self, number: int, event: ModelEvent, response: Response) -> bool:
        """Whether it was the last event."""
        if isinstance(event, TextDelta):
            self._draft.first_token_at = self._draft.first_token_at or asyncio.get_running_loop().time()
            said = self._draft.say(event.text, self._reply)
            response.text += said
            if len(said) < len(event.text):
                response.ended = Finished("incomplete", LIMIT)
                return True
        elif isinstance(event, ItemAdded):
            if event.item.get("type") != "message":
                response.under_way.add(item_name(event.item))
            if response.asked + len(response.under_way) <= MOST_CALLS:
                await self._begun(event.item)
        elif isinstance(event, ItemDone):
            response.take(event.item)
            response.under_way.discard(item_name(event.item))
            if event.item.get("type") != "function_call":  # that one is carried out by us
                failed = event.item.get("status") in ("failed", "incomplete") or event.item.get("error")
                self._draft.done(item_name(event.item), self._reply, ok=not failed)
        elif isinstance(event, Started):
            await self._started(number, event)
        elif isinstance(event, Finished):
            response.ended = event
            return True
        return False

    async def _begun(self, item: Mapping[str, Any]) -> None:
        """What the model does besides talking is shown while it happens."""
        if key := _TASKS.get(str(item.get("type"))):
            name = str(item.get("server_label" if key == "task_mcp" else "name") or "")
            self._draft.doing(
                Activity(item_name(item), (await self._say(key)).format(name=name)), self._reply
            )

    async def _started(self, number: int, event: Started) -> None:
        """Only a background response can be resumed, and only that is worth a commit."""
        if event.response_id and self._journal.memo.get(_step(number)) != event.response_id:
            await self._journal.record(_step(number), event.response_id)

    async def _forget(self, number: int) -> None:
        """The response is of no use any more: the next attempt asks anew."""
        if response := self._journal.memo.get(_step(number)):
            await self._model.discard(response)
            await self._journal.record(_step(number), "")


def _step(number: int) -> str:
    """The journal's name of a response that can be resumed."""
    return f"response:{number}" if number else "response"


async def discard(model: Model, journal: Journal) -> None:
    """The server keeps a background response only as long as it may be resumed."""
    for name, response in list(journal.memo.items()):
        if name.partition(":")[0] == "response" and response:
            await model.discard(response)
