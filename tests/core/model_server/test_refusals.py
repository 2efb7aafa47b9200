"""model_server.model: refusals that are about something a request refers to have notices of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.errors import Permanent
from core.model_server.model import Features
from tests.core.model_server.wire import Sent, asking, events, wire

JSON = {"Content-Type": "application/json"}


async def refused(status: int, **error: Any) -> Permanent:
    """What that answer is read as."""
    body = json.dumps({"error": {"message": "no", "type": "invalid_request_error", **error}}).encode()
    async with wire() as server, asking(server, Features()) as model:
        server.answers.append(Sent((body,), status=status, headers=JSON))
        with pytest.raises(Permanent) as caught:
            await events(model)
        return caught.value


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(
    "param", ["tools", "tools[0].type", "tools[2].container.file_ids[0]", "tool_choice", "tools.0.type"]
)
async def test_tools_that_are_not_taken(status, param):
    """Whichever of them, and whatever the server calls the place."""
    assert "tools_refused" == (await refused(status, param=param)).notice


@pytest.mark.parametrize(
    ("status", "message", "notice"),
    [
        (404, "No such File object: file-1", "file_gone"),
        (404, "Vector store with id vs_1 not found.", "file_gone"),
        (400, "Vector store with id 'vs_1' is expired.", "file_gone"),
        (404, "Container with id 'cntr_1' not found.", "tools_refused"),
        (400, "Container is expired.", "tools_refused"),
    ],
)
async def test_things_that_are_gone(status, message, notice):
    """They are not taken for a missing model."""
    assert notice == (await refused(status, message=message)).notice


@pytest.mark.parametrize(
    ("status", "error", "notice"),
    [
        (404, {"message": "The model `x` does not exist", "code": "model_not_found"}, "model_missing"),
        (404, {"message": "Not Found"}, "model_address"),
        (400, {"message": "Unsupported value", "param": "temperature"}, "request_refused"),
        (400, {"message": "Invalid file data", "param": "input"}, "file_refused"),
        (400, {"message": "too long", "code": "context_length_exceeded", "param": "tools"}, "too_long"),
        (401, {"message": "Incorrect API key: your file", "param": "tools"}, "model_auth"),
    ],
)
async def test_other_refusals_stay_what_they_are(status, error, notice):
    """A known code counts more than the place it is about."""
    assert notice == (await refused(status, **error)).notice
