"""Runs and their steps, under /v1/threads/…/runs; and /v1/threads/runs, which makes the thread along."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from bots.web.assistants import REPLACED
from bots.web.bodies.runs import (
    CreateRun,
    CreateThreadAndRun,
    IncludeQuery,
    ModifyRun,
    StepsQuery,
    SubmitToolOutputs,
)
from bots.web.bodies.shared import ListQuery
from bots.web.frame.shapes import page_of
from bots.web.route import Answer, Call, Route
from bots.web.services import Services
from bots.web.stream import EventStream
from core.api.watch import Fields, Watch

POLL_AFTER: Final = "80"
"""Milliseconds after which a polling client is to ask again; its SDK takes a second unless it is told."""
UNDER_WAY: Final = ("queued", "in_progress", "cancelling")
Begin = Callable[[Fields, Watch | None], Awaitable[dict[str, Any]]]


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    return (*_of_runs(_Runs(services)), *_of_steps(services))


def _of_runs(runs: _Runs) -> tuple[Route, ...]:
    every = "/threads/{thread_id}/runs"
    one, kind = every + "/{run_id}", "thread.run"
    along, outputs = "/threads/runs", one + "/submit_tool_outputs"
    return (
        Route("POST", along, runs.along, "Create a thread and run it", body=CreateThreadAndRun, answer=kind),
        Route("POST", every, runs.create, "Run a thread", body=CreateRun, query=IncludeQuery, answer=kind),
        Route("GET", every, runs.all, "List runs", query=ListQuery, answer="list"),
        Route("GET", one, runs.get, "One run", answer=kind),
        Route("POST", one, runs.modify, "Change a run", body=ModifyRun, answer=kind),
        Route("POST", one + "/cancel", runs.cancel, "Cancel a run", answer=kind),
        Route("POST", outputs, runs.submit, "Outputs of functions", body=SubmitToolOutputs, answer=kind),
    )


class _Runs:
    """A handler for each of these operations."""

    def __init__(self, services: Services) -> None:
        self._runs, self._stream = services.runs, EventStream(services.streams)

    async def create(self, call: Call) -> Answer:
        thread = call.path["thread_id"]
        return await self._begun(call, lambda body, watch: self._runs.create(call.key, thread, body, watch))

    async def along(self, call: Call) -> Answer:
        return await self._begun(
            call, lambda body, watch: self._runs.create_with_thread(call.key, body, watch)
        )

    async def submit(self, call: Call) -> Answer:
        def begin(body: Fields, watch: Watch | None) -> Awaitable[dict[str, Any]]:
            return self._runs.submit(call.key, *_ids(call), body["tool_outputs"], watch)

        return await self._begun(call, begin)

    async def _begun(self, call: Call, begin: Begin) -> Answer:
        """The run, or its events while they happen."""
        body = {name: value for name, value in call.body.items() if name != "stream"}
        watch = Watch() if call.body.get("stream") else None
        run = await begin(body, watch)
        wanted = body.get("model")
        if wanted and run["model"] != wanted:
            call.headers[REPLACED] = f"{wanted} -> {run['model']}"
        return await self._stream.answer(call, watch) if watch else _shown(call, run)

    async def all(self, call: Call) -> Answer:
        return await self._runs.all(call.key, call.path["thread_id"], page_of(call.query))

    async def get(self, call: Call) -> Answer:
        return _shown(call, await self._runs.get(call.key, *_ids(call)))

    async def modify(self, call: Call) -> Answer:
        return await self._runs.modify(call.key, *_ids(call), call.body)

    async def cancel(self, call: Call) -> Answer:
        return _shown(call, await self._runs.cancel(call.key, *_ids(call)))


def _of_steps(services: Services) -> tuple[Route, ...]:
    runs = services.runs

    async def all(call: Call) -> Answer:
        page, include = page_of(call.query), call.query["include"]
        return await runs.steps(call.key, *_ids(call), page, include=include)

    async def get(call: Call) -> Answer:
        step, include = call.path["step_id"], call.query["include"]
        return await runs.step(call.key, *_ids(call), step, include=include)

    every = "/threads/{thread_id}/runs/{run_id}/steps"
    return (
        Route("GET", every, all, "List steps of a run", query=StepsQuery, answer="list"),
        Route("GET", every + "/{step_id}", get, "One step", query=IncludeQuery, answer="thread.run.step"),
    )


def _ids(call: Call) -> tuple[str, str]:
    return call.path["thread_id"], call.path["run_id"]


def _shown(call: Call, run: dict[str, Any]) -> dict[str, Any]:
    if run["status"] in UNDER_WAY:
        call.headers["openai-poll-after-ms"] = POLL_AFTER
    return run
