"""Runs and their steps, under /v1/threads/…/runs; and /v1/threads/runs, which makes the thread along."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

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
from bots.web.route import Answer, Call, Handle, Route, by, polled
from bots.web.services import Services
from bots.web.stream import EventStream
from core.api.key import Key
from core.api.watch import Fields, Watch

Begun = Awaitable[dict[str, Any]]


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    runs, every = services.runs, "/threads/{thread_id}/runs"
    one, kind = every + "/{run_id}", "thread.run"
    return (
        *_beginning(services, every, one),
        Route("GET", every, by(runs.all), "List runs", query=ListQuery, answer="list"),
        Route("GET", one, by(runs.get, polled), "One run", answer=kind),
        Route("POST", one, by(runs.modify), "Change a run", body=ModifyRun, answer=kind),
        Route("POST", one + "/cancel", by(runs.cancel, polled), "Cancel a run", answer=kind),
        Route("GET", one + "/steps", by(runs.steps), "List steps of a run", query=StepsQuery, answer="list"),
        Route(
            "GET",
            one + "/steps/{step_id}",
            by(runs.step),
            "One step",
            query=IncludeQuery,
            answer="thread.run.step",
        ),
    )


def _beginning(services: Services, every: str, one: str) -> tuple[Route, ...]:
    """Those from which a run goes on; what is answered is the run, or its events while they happen."""
    runs, stream, kind = services.runs, EventStream(services.streams), "thread.run"

    def submitted(key: Key, thread: str, run: str, body: Fields, watch: Watch | None) -> Begun:
        return runs.submit(key, thread, run, body["tool_outputs"], watch)

    def begun(begin: Callable[..., Begun]) -> Handle:
        async def handle(call: Call) -> Answer:
            body = {name: value for name, value in call.body.items() if name != "stream"}
            watch = Watch() if call.body.get("stream") else None
            run = await begin(call.key, *call.path.values(), body, watch)
            wanted = body.get("model")
            if wanted and run["model"] != wanted:
                call.headers[REPLACED] = f"{wanted} -> {run['model']}"
            return await stream.answer(call, watch) if watch else polled(call, run)

        return handle

    create, along, outputs = begun(runs.create), begun(runs.create_with_thread), begun(submitted)
    return (
        Route(
            "POST",
            "/threads/runs",
            along,
            "Create a thread and run it",
            body=CreateThreadAndRun,
            answer=kind,
        ),
        Route("POST", every, create, "Run a thread", body=CreateRun, query=IncludeQuery, answer=kind),
        Route(
            "POST",
            one + "/submit_tool_outputs",
            outputs,
            "Outputs of functions",
            body=SubmitToolOutputs,
            answer=kind,
        ),
    )
