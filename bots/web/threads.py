"""/v1/threads."""

from __future__ import annotations

from bots.web.bodies.shared import ListQuery
from bots.web.bodies.threads import CreateThread, ModifyThread
from bots.web.route import Route, by
from bots.web.services import Services


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations. The list is our own: the API never had one."""
    threads, one, kind = services.threads, "/threads/{thread_id}", "thread"
    return (
        Route("POST", "/threads", by(threads.create), "Create a thread", body=CreateThread, answer=kind),
        Route("GET", "/threads", by(threads.all), "List threads", query=ListQuery, answer="list"),
        Route("GET", one, by(threads.get), "One thread", answer=kind),
        Route("POST", one, by(threads.modify), "Change a thread", body=ModifyThread, answer=kind),
        Route("DELETE", one, by(threads.delete), "Delete a thread", answer="thread.deleted"),
    )
