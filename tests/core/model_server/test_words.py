"""model_server.faults: what servers of all makes say in words, and what that means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import Permanent, Retryable
from core.model_server.events import finished
from core.model_server.faults import Refused, met, refusal
from core.runs import rounds
from core.texts import TEXTS
from core.types import ItemDone, ModelEvent
from tests.core.model_server.wire import Sent, asking, events, wire

CASES = Path(__file__).parents[2] / "events" / "model"
SAID: list[tuple[int, Any, str]] = [
    (400, {"message": "This model's maximum context length is 4096 tokens.", "code": 400}, "too_long"),
    (400, {"message": "the request exceeds the available context size", "code": 400}, "too_long"),
    (400, {"type": "exceed_context_size_error", "message": "request (9 tokens) is too much"}, "too_long"),
    (400, {"message": "litellm.ContextWindowExceededError: x", "code": "400", "param": "None"}, "too_long"),
    (500, "the input length exceeds the context length", "too_long"),
    (400, {"message": "prompt is too long: 200010 tokens > 199999 maximum"}, "too_long"),
    (400, {"message": "input token count (12) exceeds the maximum number of tokens allowed"}, "too_long"),
    (429, {"message": "Request too large for gpt on tokens", "code": "rate_limit_exceeded"}, "too_long"),
    (429, {"message": "Rate limit reached on tokens. The context window is fine", "code": None}, "again"),
    (400, {"message": "Invalid model name passed in model=x", "param": None, "code": "400"}, "model_missing"),
    (404, "model 'x' not found, try pulling it first", "model_missing"),
    (
        404,
        {"message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404},
        "model_missing",
    ),
    (400, {"message": "x is not a valid model ID", "code": 400}, "model_missing"),
    (403, {"message": "Project does not have access to model x", "code": None}, "model_missing"),
    (404, {"detail": "Not Found"}, "model_address"),
    (404, "404 page not found", "model_address"),
    (404, "<html><h1>404 Not Found</h1>nginx</html>", "model_address"),
    (405, {"detail": "Method Not Allowed"}, "model_address"),
    (403, {"message": "Country, region, or territory not supported"}, "model_region"),
    (400, {"message": "User location is not supported for the API use.", "code": 400}, "model_region"),
    (403, {"code": "unsupported_country_region_territory"}, "model_region"),
    (403, "Forbidden", "model_auth"),
    (400, {"message": "API key not valid. Please pass a valid API key.", "code": 400}, "model_auth"),
    (400, {"message": "Your credit balance is too low to access the API"}, "billing"),
    (400, {"message": "registry.ollama.ai/library/x does not support tools"}, "tools_refused"),
    (400, {"message": '"auto" tool choice requires --enable-auto-tool-choice'}, "tools_refused"),
    (400, {"message": "Invalid image data"}, "file_refused"),
    (400, {"code": "invalid_image_format"}, "file_refused"),
    (415, {"message": "unsupported media type"}, "file_refused"),
    (400, {"message": "The response was filtered: content management policy"}, "model_refused"),
    (400, {"message": "arguments must be a valid JSON object string", "code": 400}, "request_refused"),
    (422, {"detail": [{"type": "missing", "loc": ["body", "x"], "msg": "Required"}]}, "request_refused"),
    (400, {"message": "Model does not support the Transcriptions API"}, "no_transcription"),
    (404, {"message": "No such File object: file-1"}, "file_gone"),
    (404, {"message": "Vector store with id vs_1 not found."}, "file_gone"),
    (400, {"message": "Vector store with id 'vs_1' is expired."}, "file_gone"),
    (404, {"message": "Container with id 'cntr_1' not found."}, "tools_refused"),
    (400, {"message": "Container is expired."}, "tools_refused"),
    (404, {"message": "The model `x` does not exist", "code": "model_not_found"}, "model_missing"),
    (404, {"message": "Not Found"}, "model_address"),
    (400, {"message": "Unsupported value", "param": "temperature"}, "request_refused"),
    (400, {"message": "Invalid file data", "param": "input"}, "file_refused"),
    (400, {"message": "too long", "code": "context_length_exceeded", "param": "tools"}, "too_long"),
    (401, {"message": "Incorrect API key: your file", "param": "tools"}, "model_auth"),
    (503, {"message": "The model is overloaded"}, "again"),
    (500, "<html>Bad Gateway</html>", "again"),
]


@pytest.mark.parametrize(("status", "error", "notice"), SAID)
def test_words_decide_where_no_code_does(status, error, notice):
    """The same in an HTTP answer and, for what is too long, in an event of a stream."""
    found = met(refusal({"error": error}, status))
    assert notice == ("again" if isinstance(found, Retryable) else found.notice)
    assert notice in (*TEXTS["en"], "again")
    if notice == "too_long":
        with pytest.raises(Permanent) as caught:
            finished("error", {"type": "error", "code": None, "message": str(error)})
        assert "too_long" == caught.value.notice


@pytest.mark.parametrize("error", ["it fell over", {"message": "x"}, None, ["x"], 7, {"code": 7}])
def test_a_failure_of_any_shape_is_one(error):
    """And is tried again; a code that is a status counts as one: vLLM's and LiteLLM's inside a stream."""
    with pytest.raises(Retryable, match="server_error"):
        finished("response.failed", {"response": {"error": error}})
    with pytest.raises(Permanent) as caught:
        finished("error", {"error": {"message": "no such thing", "code": "400"}})
    assert "request_refused" == caught.value.notice


@pytest.mark.parametrize(
    ("name", "status", "notice"),
    [
        ("03-http400-vllm-context.json", 400, "too_long"),
        ("04-http400-strict-server.json", 400, "request_refused"),
        ("05-http400-litellm-no-model.json", 400, "model_missing"),
        ("05-http400-not-verified-to-stream.json", 400, "request_refused"),
        ("05-http404-fastapi.json", 404, "model_address"),
    ],
)
def test_refusals_seen_in_the_field(name, status, notice):
    """As they were recorded, as was a limit with its time."""
    found = met(refusal(json.loads((CASES / name).read_text()), status))
    assert isinstance(found, Refused)
    assert notice == found.notice
    assert ("stream" in found.fields) == ("stream" in name)
    head, _, body = (CASES / "06-http429-retry-after-ms.txt").read_text().replace("\r", "").partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    limit = met(refusal(json.loads(body), 429, headers))
    assert isinstance(limit, Retryable)
    assert 6.0 == limit.retry_after


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(
    "param", ["tools", "tools[0].type", "tools[2].container.file_ids[0]", "tool_choice", "tools.0.type"]
)
def test_tools_that_are_not_taken(status, param):
    """Whichever of them, and whatever the server calls the place."""
    found = met(
        refusal({"error": {"message": "no", "type": "invalid_request_error", "param": param}}, status)
    )
    assert isinstance(found, Permanent)
    assert "tools_refused" == found.notice


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"message": "Unsupported value: 'reasoning.effort'", "param": "reasoning.effort"}),
        (
            400,
            {
                "message": "Unsupported parameter: 'reasoning' is not supported with this model.",
                "param": "None",
            },
        ),
        (
            422,
            [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "reasoning"],
                    "msg": "Extra inputs",
                    "input": "text",
                }
            ],
        ),
        (
            400,
            {"message": "[{'type': 'extra_forbidden', 'loc': ('body', 'reasoning'), 'input': {'temperature'"},
        ),
        (400, {"message": "UnsupportedParamsError: x does not support parameters: ['reasoning_effort']"}),
    ],
)
def test_a_refused_field_is_recognised(status, error):
    """By its place, or in words of any kind; it alone."""
    found = met(refusal({"error": error} if isinstance(error, dict) else {"detail": error}, status))
    assert isinstance(found, Refused)
    assert {"reasoning"} == found.fields


async def answered(body: bytes) -> list[ModelEvent]:
    """What a model makes of a stream."""
    async with wire() as server, asking(server) as model:
        server.answers.append(Sent([body]))
        return await events(model)


async def test_a_failed_response_with_a_mere_text_is_tried_again():
    """As it was recorded; an error in a frame without any name is one, too: LiteLLM's."""
    with pytest.raises(Retryable, match="server_error"):
        await answered((CASES / "08-sse-failed-with-error-text.txt").read_bytes())
    with pytest.raises(Permanent) as caught:
        await answered(b'data: {"error": {"message": "maximum context length is 9", "code": "400"}}\n\n')
    assert "too_long" == caught.value.notice


async def test_a_call_that_was_cut_off_is_sent_back_as_an_object():
    """As it was recorded."""
    found = await answered((CASES / "04-sse-call-with-truncated-json.txt").read_bytes())
    (item,) = [event.item for event in found if isinstance(event, ItemDone)]
    (sent,) = rounds.sendable([item])
    assert {"invalid": item["arguments"]} == json.loads(sent["arguments"])
