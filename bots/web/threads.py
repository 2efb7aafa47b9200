"""/v1/threads."""

from __future__ import annotations

from bots.web.bodies.shared import ListQuery
from bots.web.bodies.threads import CreateThread, ModifyThread
from bots.web.frame.shapes import page_of
from bots.web.route import Answer, Call, Route
from bots.web.services import Services


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations. The list is our own: the API never had one."""
    threads = services.threads

    async def create(call: Call) -> Answer:
        return await threads.create(call.key, call.body)

    async def all(call: Call) -> Answer:
        return await threads.all(call.key, page_of(call.query))

    async def get(call: Call) -> Answer:
        return await threads.get(call.key, call.path["thread_id"])

    async def modify(call: Call) -> Answer:
        return await threads.modify(call.key, call.path["thread_id"], call.body)

    async def delete(call: Call) -> Answer:
        return await threads.delete(call.key, call.path["thread_id"])

    one = "/threads/{thread_id}"
    return (
        Route("POST", "/threads", create, "Create a thread", body=CreateThread, answer="thread"),
        Route("GET", "/threads", all, "List threads", query=ListQuery, answer="list"),
        Route("GET", one, get, "One thread", answer="thread"),
        Route("POST", one, modify, "Change a thread", body=ModifyThread, answer="thread"),
        Route("DELETE", one, delete, "Delete a thread", answer="thread.deleted"),
    )
