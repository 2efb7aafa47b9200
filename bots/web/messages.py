"""/v1/threads/…/messages."""

from __future__ import annotations

from bots.web.bodies.messages import CreateMessage, MessagesQuery, ModifyMessage
from bots.web.frame.shapes import page_of
from bots.web.route import Answer, Call, Route
from bots.web.services import Services


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    messages = services.messages

    async def create(call: Call) -> Answer:
        return await messages.create(call.key, call.path["thread_id"], call.body)

    async def all(call: Call) -> Answer:
        thread, run = call.path["thread_id"], call.query["run_id"]
        return await messages.all(call.key, thread, page_of(call.query), run_id=run)

    async def get(call: Call) -> Answer:
        return await messages.get(call.key, *_ids(call))

    async def modify(call: Call) -> Answer:
        return await messages.modify(call.key, *_ids(call), call.body)

    async def delete(call: Call) -> Answer:
        return await messages.delete(call.key, *_ids(call))

    every = "/threads/{thread_id}/messages"
    one = every + "/{message_id}"
    return (
        Route("POST", every, create, "Create a message", body=CreateMessage, answer="thread.message"),
        Route("GET", every, all, "List messages", query=MessagesQuery, answer="list"),
        Route("GET", one, get, "One message", answer="thread.message"),
        Route("POST", one, modify, "Change a message", body=ModifyMessage, answer="thread.message"),
        Route("DELETE", one, delete, "Delete a message", answer="thread.message.deleted"),
    )


def _ids(call: Call) -> tuple[str, str]:
    return call.path["thread_id"], call.path["message_id"]
