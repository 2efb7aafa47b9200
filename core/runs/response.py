"""One response of the model, followed to its terminal event while people watch it grow."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors import Permanent, Retryable
from core.model_server.assembly import item_name
from core.policy.budget import Held
from core.ports import Model
from core.runs.client import records
from core.runs.client.progress import Progress
from core.runs.rounds import arguments_of
from core.runs.run import Run
from core.store import reservations, runs, steps, uploads
from core.store.steps import Call
from core.types import (
    Activity,
    Alive,
    Cited,
    Finished,
    ItemAdded,
    ItemDone,
    ModelEvent,
    Prompt,
    Started,
    TextDelta,
)

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
_ACTIVITIES: Final = {
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
        for item in self.items if self.asked else ():
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

    def __init__(self, run: Run, model: Model) -> None:
        self._run, self._model = run, model
        self.progress = Progress(run.claim, run.watching) if run.claim.options else None
        """Of a client's run: what it is told."""
        self._stored = run.claim.resumed  # whether the server may have a response that is to be deleted
        self.heard = False
        """Whether the newest response had begun to say or do anything, as far as can be known."""

    async def follow(self, number: int, prompt: Prompt) -> Response:
        """The response to that prompt, or what is left of the stored one. Raises Retryable or Permanent."""
        loop, limits = asyncio.get_running_loop(), self._run.rules.limits
        overall, moved, response, self.heard = self._run.draft.until, 0.0, Response(), False
        if self.progress:
            self.progress.begin(number, [record for one in self._run.rounds for record in one.records])
        requests = self._run.requests
        prompt = await self._ask(number, prompt)
        stream = self._model.stream(prompt, resume=self._kept(number))
        try:
            async with asyncio.timeout_at(min(loop.time() + limits.idle * AT_WORK, overall)) as deadline:
                async with aclosing(stream) as events:
                    async for event in events:
                        if await self._take(number, event, response):
                            requests.end(response.ended, response.items)
                            return response
                        other = isinstance(event, ItemAdded | ItemDone)
                        if other or loop.time() > moved + min(LOOK, limits.idle / 4):
                            moved = loop.time()
                            patience = limits.idle * (AT_WORK if response.under_way else 1)
                            deadline.reschedule(min(moved + patience, overall))
        except TimeoutError:  # not asked again: it would cost the same, and be cut again
            self.heard = True
            requests.broke("run_deadline" if loop.time() >= overall else "model_idle")
            await self._forget(number)
            if loop.time() >= overall:
                raise Permanent("run_deadline", notice="timeout") from None
            raise Permanent("model_idle", notice="model_unavailable") from None
        except (Retryable, Permanent) as error:
            if not (isinstance(error, Retryable) and error.resumable):
                await self._forget(number)
            if not self.resumable(number):
                requests.failed(error, response.items)
            raise
        except asyncio.CancelledError:
            requests.broke("", "cancelled")
            raise
        requests.broke("stream_ended_early")
        raise Retryable("stream_ended_early")

    async def _ask(self, number: int, prompt: Prompt) -> Prompt:
        """The request is on its way like this, or has been since its response began."""
        if any(tool.get("type") != "function" for tool in prompt.tools):
            await self._run.gate.passed()  # the server carries those out by itself
        requests, began = self._run.requests, None
        if not self.resumable(number):
            requests.broke("")
            prompt = await requests.afford(number, prompt, self._run.draft.until)
        elif not requests.under_way:
            run, name, step = self._run.claim.run, steps.response(number).name, steps.round(number).name
            began, held = await self._run.db(
                lambda tx: (runs.newest_step(tx, run, name), reservations.newest(tx, run, step))
            )
            requests.held = Held(held, began or time.time())
        requests.begin(number, prompt, began)
        return prompt

    async def _turned_away(self, code: str) -> None:
        """On record before the next request can be lost, so that one death never loses two."""
        again = self._run.requests.turned_away(code)
        await self._run.save(lambda tx: None)
        again()

    def broke(self, error: str) -> None:
        """After a bug of ours the newest request may be open yet: nobody is to wait for its money."""
        if not self.resumable(len(self._run.rounds)):
            self._run.requests.broke(error)

    def resumable(self, number: int) -> bool:
        """Whether that response goes on at the server: it is followed then, and nothing is sent."""
        return self._kept(number) is not None

    def _kept(self, number: int) -> str | None:
        return (self._run.journal.get(steps.response(number)) or None) if self._stored else None

    async def _take(self, number: int, event: ModelEvent, response: Response) -> bool:
        """Whether it was the last event."""
        if not (self.heard or isinstance(event, Started | Alive)):
            self.heard = True
            self._run.requests.first()
        if self.progress:
            if isinstance(event, Cited | ItemDone):
                await self._learn(event)
            self.progress.take(event)  # at once: whoever watches reads it before anything else is done
        if isinstance(event, TextDelta):
            draft = self._run.draft
            draft.first_token_at = draft.first_token_at or asyncio.get_running_loop().time()
            said = self._tell(event.text)
            response.text += said
            if len(said) < len(event.text):
                response.ended = Finished("incomplete", LIMIT)
                return True
        elif isinstance(event, ItemAdded):
            if event.item.get("type") != "message":
                response.under_way.add(item_name(event.item))
            if response.asked + len(response.under_way) <= MOST_CALLS:
                await self._begun(event.item)
        elif isinstance(event, Cited):
            self._run.stood.found.append({"annotation": event.annotation})
        elif isinstance(event, ItemDone):
            self._run.stood.found.append(event.item)
            response.take(event.item)
            if event.item.get("type") != "message":
                self._done(event.item, response)
        elif isinstance(event, Started):
            await self._started(number, event)
        elif isinstance(event, Alive) and event.refused:
            await self._turned_away(event.refused)
        elif isinstance(event, Finished):
            response.ended = event
            return True
        return False

    async def _learn(self, event: Cited | ItemDone) -> None:
        """By what ids the client knows the files that are named there."""
        progress, options = self.progress, self._run.claim.options
        named = list(records.files_of(event.annotation if isinstance(event, Cited) else event.item))
        if progress and options and (named := [id for id in named if id not in progress.ours]):
            project = options.project
            progress.ours |= await self._run.db(lambda tx: uploads.of_remotes(tx, project, named))

    def _tell(self, more: str) -> str:
        """The model goes on; gives as much of it as there is room for."""
        run, draft = self._run, self._run.draft
        if draft.text and draft.text == draft.before:
            draft.text += "\n\n"
        more = more[: max(0, draft.room - len(draft.text))]
        draft.text += more
        if len(draft.text) >= len(draft.shown) and draft.text != draft.shown:
            draft.shown = draft.text  # another attempt is shown once it has said as much as people see
            run.reply.show(draft.head + draft.text, tuple(draft.activities.values()))
        return more

    async def _begun(self, item: Mapping[str, Any]) -> None:
        """What the model does besides talking is shown while it happens."""
        if key := _ACTIVITIES.get(str(item.get("type"))):
            name = str(item.get("server_label" if key == "task_mcp" else "name") or "")
            self._run.doing(Activity(item_name(item), await self._run.say(key, name=name)))

    def _done(self, item: Mapping[str, Any], response: Response) -> None:
        name = item_name(item)
        response.under_way.discard(name)
        if item.get("type") != "function_call":  # that one is carried out by us
            failed = item.get("status") in ("failed", "incomplete") or item.get("error")
            self._run.done(name, ok=not failed)

    async def _started(self, number: int, event: Started) -> None:
        """Only a background response can be resumed, and only that is worth a commit."""
        if event.response_id and self._kept(number) != event.response_id:
            self._stored = True
            await self._run.journal.record(steps.response(number), event.response_id)

    async def _forget(self, number: int) -> None:
        """The response is of no use any more: the next attempt asks anew."""
        if response := self._kept(number):
            await self._model.discard(response)
            await self._run.journal.record(steps.response(number), "")

    async def discard(self) -> None:
        """The server keeps a background response only as long as it may be resumed."""
        for number in range(len(self._run.rounds) + 1):
            if response := self._kept(number):
                await self._model.discard(response)
