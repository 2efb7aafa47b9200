"""/v1/assistants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.web.bodies.assistants import AttachFile, CreateAssistant, ModifyAssistant
from bots.web.bodies.shared import ListQuery
from bots.web.frame.old import incoming, outgoing
from bots.web.route import Answer, Call, Route, by
from bots.web.services import Services
from core.api.assistants import ApiAssistants
from core.api.page import listed
from core.api.refusal import not_found

REPLACED = "spool-model-replaced"
"""The header that says which model stands for one that has ended."""


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    assistants = services.assistants

    async def create(call: Call) -> Answer:
        made, call.headers[REPLACED] = await assistants.create(call.key, call.body)
        return made

    async def modify(call: Call) -> Answer:
        id = call.path["assistant_id"]
        changed, call.headers[REPLACED] = await assistants.modify(call.key, id, call.body)
        return changed

    one = "/assistants/{assistant_id}"
    return (
        Route("POST", "/assistants", create, "Create an assistant", body=CreateAssistant, answer="assistant"),
        Route("GET", "/assistants", by(assistants.all), "List assistants", query=ListQuery, answer="list"),
        Route("GET", one, by(assistants.get), "One assistant", answer="assistant"),
        Route("POST", one, modify, "Change an assistant", body=ModifyAssistant, answer="assistant"),
        Route("DELETE", one, by(assistants.delete), "Delete an assistant", answer="assistant.deleted"),
        *_file_routes(services.assistants, f"{one}/files"),
    )


def _file_routes(assistants: ApiAssistants, many: str) -> tuple[Route, ...]:
    """Files of an assistant as the API's first version had them: today they are tool resources."""

    async def attached(call: Call) -> tuple[dict[str, Any], list[str]]:
        found = await assistants.get(call.key, call.path["assistant_id"])
        return found, list(outgoing(found)["file_ids"])

    async def put(call: Call, found: Mapping[str, Any], ids: list[str]) -> None:
        fields = incoming({"tools": found["tools"], "file_ids": ids})
        await assistants.modify(call.key, found["id"], {"tool_resources": fields["tool_resources"]})

    async def attach(call: Call) -> Answer:
        found, ids = await attached(call)
        if (id := call.body["file_id"]) not in ids:
            await put(call, found, [*ids, id])
        return _attached(found, id)

    async def all(call: Call) -> Answer:
        found, ids = await attached(call)
        return listed([_attached(found, id) for id in ids], more=False)

    async def get(call: Call) -> Answer:
        return _attached(*_among(*await attached(call), call.path["file_id"])[:2])

    async def detach(call: Call) -> Answer:
        found, id, others = _among(*await attached(call), call.path["file_id"])
        await put(call, found, others)
        return {"id": id, "object": "assistant.file.deleted", "deleted": True}

    one = f"{many}/{{file_id}}"
    return (
        Route("POST", many, attach, "Attach a file (v1)", body=AttachFile, answer="assistant.file"),
        Route("GET", many, all, "List an assistant's files (v1)", query=ListQuery, answer="list"),
        Route("GET", one, get, "One file of an assistant (v1)", answer="assistant.file"),
        Route("DELETE", one, detach, "Detach a file (v1)", answer="assistant.file.deleted"),
    )


def _among(assistant: dict[str, Any], ids: list[str], wanted: str) -> tuple[dict[str, Any], str, list[str]]:
    """The assistant, the file, and its others. Raises Refusal where that is none of its files."""
    if wanted not in ids:
        raise not_found("file", wanted)
    return assistant, wanted, [id for id in ids if id != wanted]


def _attached(assistant: Mapping[str, Any], id: str) -> dict[str, Any]:
    told = {"id": id, "object": "assistant.file", "created_at": assistant["created_at"]}
    return {**told, "assistant_id": assistant["id"]}
