"""/v1/threads/…/messages."""

from __future__ import annotations

from bots.web.bodies.messages import CreateMessage, MessagesQuery, ModifyMessage
from bots.web.route import Route, by
from bots.web.services import Services


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    messages, every, kind = services.messages, "/threads/{thread_id}/messages", "thread.message"
    one = every + "/{message_id}"
    return (
        Route("POST", every, by(messages.create), "Create a message", body=CreateMessage, answer=kind),
        Route("GET", every, by(messages.all), "List messages", query=MessagesQuery, answer="list"),
        Route("GET", one, by(messages.get), "One message", answer=kind),
        Route("POST", one, by(messages.modify), "Change a message", body=ModifyMessage, answer=kind),
        Route("DELETE", one, by(messages.delete), "Delete a message", answer="thread.message.deleted"),
    )
