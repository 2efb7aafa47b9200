"""The OpenAI stand-in refuses tools, pictures and files that the real service refuses."""

from __future__ import annotations

import base64
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from standins.openai.refusal import Refusal
from standins.openai.validation import check
from standins.script.picture import png
from standins.script.script import Scenario
from tests.standins.openai_client import ASK, served

USER: dict[str, Any] = {"role": "user", "content": "Hi"}
EMPTY = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}
LOOK: dict[str, Any] = {"type": "function", "name": "look", "strict": True, "parameters": EMPTY}
MCP: dict[str, Any] = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}


def url(content: bytes, kind: str) -> str:
    """A data URL."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


PICTURE = {"type": "input_image", "image_url": url(png(), "image/png"), "detail": "auto"}
PDF = {"type": "input_file", "filename": "a.pdf", "file_data": url(b"%PDF-1.7", "application/pdf")}


def function(schema: Any) -> dict[str, Any]:
    """A strict function whose one parameter has that schema."""
    parameters = {**EMPTY, "properties": {"x": schema}, "required": ["x"]}
    return {"tools": [{**LOOK, "parameters": parameters}]}


def shown(*parts: Any) -> dict[str, Any]:
    """A message of these parts."""
    return {"input": [{"role": "user", "content": list(parts)}]}


def refused(**fields: Any) -> Refusal:
    """The refusal of a request with these fields."""
    with pytest.raises(Refusal) as caught:
        check({"model": "gpt-6-luna", "input": [USER], **fields})
    return caught.value


TAKEN: list[dict[str, Any]] = [
    {"tools": [LOOK, {**LOOK, "name": "other"}], "tool_choice": {"type": "function", "name": "other"}},
    {"tools": [LOOK], "tool_choice": "required", "parallel_tool_calls": False},
    function({"type": "string", "description": "A word.", "enum": ["a", "b"]}),
    function({"type": ["integer", "null"]}),
    function({"anyOf": [{"type": "string"}, {"type": "null"}]}),
    function({"type": "array", "items": {"type": "number", "minimum": 0}}),
    function({"$ref": "#/$defs/A"}),
    function({**EMPTY, "properties": {"y": {"type": "boolean"}}, "required": ["y"]}),
    {"tools": [{"type": "code_interpreter", "container": {"type": "auto", "memory_limit": "4g"}}]},
    {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 50}]},
    {"tools": [{"type": "web_search", "search_context_size": "low", "filters": {"allowed_domains": []}}]},
    {"tools": [{"type": "image_generation", "model": "gpt-image-2.6-flare", "partial_images": 0}]},
    {"tools": [{**MCP, "require_approval": "never", "allowed_tools": ["find"]}]},
    {"tools": [{**MCP, "require_approval": {"never": {"tool_names": ["find"]}}}]},
    {"tools": [MCP], "tool_choice": {"type": "mcp", "server_label": "docs"}},
    {
        "tools": [LOOK],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "auto",
            "tools": [{"type": "function", "name": "look"}],
        },
    },
    {"include": ["code_interpreter_call.outputs", "file_search_call.results"]},
    {"text": {"format": {"type": "json_schema", "name": "a", "schema": EMPTY, "strict": True}}},
    {"text": {"format": {"type": "json_object"}}, "instructions": "Answer in JSON."},
    shown(PICTURE, {"type": "input_text", "text": "What is it?"}),
    shown({"type": "input_image", "image_url": "https://example.com/a.png"}),
    shown(PDF),
    shown({"type": "input_file", "filename": "a.txt", "file_data": url(b"tea", "text/plain")}),
    {
        "input": [
            {
                "type": "mcp_approval_request",
                "id": "mcpr_1",
                "name": "a",
                "arguments": "{}",
                "server_label": "docs",
            },
            {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        ]
    },
]


@pytest.mark.parametrize("fields", TAKEN, ids=range(len(TAKEN)))
def test_good_requests_are_taken(fields):
    """What the API documents as valid passes."""
    check({"model": "gpt-6-luna", "input": [USER], **fields})


SCHEMA = ("tools[0].parameters", "invalid_function_parameters")
REFUSED: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"tools": [LOOK, LOOK]}, "tools", None),
    ({"tools": [MCP, MCP]}, "tools", None),
    ({"tools": [{**LOOK, "parameters": {"type": "string"}}]}, *SCHEMA),
    ({"tools": [{**LOOK, "parameters": {**EMPTY, "properties": {"x": {"type": "string"}}}}]}, *SCHEMA),
    ({"tools": [{**LOOK, "parameters": {**EMPTY, "required": ["x"]}}]}, *SCHEMA),
    (function({"type": "string", "default": "a"}), *SCHEMA),
    (function({"$ref": "#/$defs/A", "description": "A."}), *SCHEMA),
    (function({"description": "anything"}), *SCHEMA),
    (function({"type": "object", "properties": {}}), *SCHEMA),
    (function({"type": "array"}), *SCHEMA),
    (function({"oneOf": [{"type": "string"}], "type": "string"}), *SCHEMA),
    (function({"anyOf": [{"type": "array"}]}), *SCHEMA),
    ({"tools": [LOOK], "tool_choice": {"type": "function", "name": "other"}}, "tool_choice", None),
    ({"tools": [LOOK], "tool_choice": {"type": "code_interpreter"}}, "tool_choice", None),
    ({"tool_choice": "required"}, "tool_choice", None),
    ({"tool_choice": "always"}, "tool_choice", "invalid_value"),
    ({"tool_choice": {"name": "look"}}, "tool_choice.type", "missing_required_parameter"),
    ({"tools": [{"type": "code_interpreter"}]}, "tools[0].container", "missing_required_parameter"),
    (
        {"tools": [{"type": "code_interpreter", "container": "box"}]},
        "tools[0].container[0]",
        "invalid_value",
    ),
    (
        {"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["x"]}}]},
        "tools[0].container.file_ids[0]",
        "invalid_value",
    ),
    ({"tools": [{"type": "file_search"}]}, "tools[0].vector_store_ids", "missing_required_parameter"),
    (
        {"tools": [{"type": "file_search", "vector_store_ids": []}]},
        "tools[0].vector_store_ids",
        "empty_array",
    ),
    (
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 51}]},
        "tools[0].max_num_results",
        "integer_above_max_value",
    ),
    ({"tools": [{"type": "web_search", "domains": []}]}, "tools[0].domains", "unknown_parameter"),
    (
        {"tools": [{"type": "image_generation", "output_format": "bmp"}]},
        "tools[0].output_format",
        "invalid_value",
    ),
    (
        {"tools": [{"type": "mcp", "server_url": "https://a.example"}]},
        "tools[0].server_label",
        "missing_required_parameter",
    ),
    ({"tools": [{"type": "mcp", "server_label": "docs"}]}, "tools[0]", None),
    ({"tools": [{**MCP, "server_url": "docs.example"}]}, "tools[0].server_url", None),
    ({"tools": [{**MCP, "require_approval": "sometimes"}]}, "tools[0].require_approval", "invalid_value"),
    ({"include": ["everything"]}, "include[0]", "invalid_value"),
    ({"text": {"format": {"type": "json_object"}}}, "input", None),
    ({"text": {"format": {"type": "xml"}}}, "text.format.type", "invalid_value"),
    (
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": {}, "strict": True}}},
        "text.format.schema",
        "invalid_json_schema",
    ),
    (shown({"type": "input_image"}), "input[0].content[0]", None),
    (shown({**PICTURE, "file_id": "file-1"}), "input[0].content[0]", None),
    (shown({**PICTURE, "image_url": "a.png"}), "input[0].content[0].image_url", "invalid_base64"),
    (
        shown({**PICTURE, "image_url": "data:image/png;base64,%%%"}),
        "input[0].content[0].image_url",
        "invalid_base64",
    ),
    (shown({**PICTURE, "image_url": url(b"GIF89a", "image/png")}), "input[0].content[0]", "invalid_image"),
    (
        shown({**PICTURE, "image_url": url(b"x", "image/tiff")}),
        "input[0].content[0].image_url",
        "unsupported_image_media_type",
    ),
    (shown({**PDF, "filename": ""}), "input[0].content[0].filename", "missing_required_parameter"),
    (shown({**PDF, "file_data": url(b"", "application/pdf")}), "input[0].content[0]", None),
    (
        shown({**PDF, "file_data": url(b"PK", "application/pdf")}),
        "input[0].content[0].file_data",
        "unsupported_file",
    ),
    (
        shown({**PDF, "file_data": url(png(), "image/png")}),
        "input[0].content[0].file_data",
        "unsupported_file",
    ),
    (
        {"input": [{"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}]},
        "input",
        None,
    ),
    (
        {"input": [{"type": "code_interpreter_call", "id": "ci_1"}, USER]},
        "input[0].container_id",
        "missing_required_parameter",
    ),
]


@pytest.mark.parametrize(("fields", "param", "code"), REFUSED, ids=range(len(REFUSED)))
def test_bad_requests_are_refused(fields, param, code):
    """Each mistake gets status 400, the parameter at fault and the API's code."""
    refusal = refused(**fields)

    assert (refusal.status, refusal.error["param"], refusal.error["code"]) == (400, param, code)


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": None},
        {"type": "item_reference", "id": "msg_1"},
    ],
)
def test_bare_items_are_not_kept(item):
    """Only an id, without what makes it whole, is looked for and not found."""
    refusal = refused(input=[item, USER], store=False)

    assert refusal.status == 404
    assert f"Item with id '{item['id']}' not found" in str(refusal)


@pytest.mark.parametrize("options", [{"hosted": False}, {"portable": True}])
@pytest.mark.parametrize("kind", ["web_search", "image_generation"])
async def test_a_server_without_hosted_tools_says_which(options, kind):
    """400 that names the tool; functions are taken."""
    async with served(Scenario(), **options) as (_, client):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(**ASK, tools=[LOOK, {"type": kind}])  # type: ignore[list-item]
        await client.responses.create(**ASK, tools=[LOOK])  # type: ignore[list-item]

    assert caught.value.param == "tools[1].type"


async def refused_by(client: AsyncOpenAI, **fields: Any) -> openai.APIStatusError:
    """The SDK's error for a request."""
    with pytest.raises(openai.APIStatusError) as caught:
        await client.responses.create(**{**ASK, **fields})
    return caught.value


@pytest.mark.parametrize("kind", ["input_image", "input_file"])
async def test_files_that_are_referred_to_must_be_there(kind):
    """404 for an id nobody uploaded, and for one that is in a container's list."""
    async with served(Scenario()) as (_, client):
        part = shown({"type": kind, "file_id": "file-none"})
        error = await refused_by(client, **part)
        box = {"type": "auto", "file_ids": ["file-none"]}
        other = await refused_by(client, tools=[{"type": "code_interpreter", "container": box}])

    assert (error.status_code, other.status_code) == (404, 404)


async def test_a_picture_that_was_uploaded_must_be_one():
    """By its content."""
    async with served(Scenario()) as (_, client):
        good = await client.files.create(file=("a.png", png()), purpose="vision")
        bad = await client.files.create(file=("b.png", b"tea"), purpose="vision")
        await client.responses.create(**{**ASK, **shown({"type": "input_image", "file_id": good.id})})
        error = await refused_by(client, **shown({"type": "input_image", "file_id": bad.id}))

    assert error.code == "invalid_image"


async def test_what_is_too_long_is_refused():
    """Text, pictures, files and results of tools all count."""
    call = {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": "x" * 4000}
    text = {"type": "input_file", "filename": "a.txt", "file_data": url(b"x" * 4000, "text/plain")}
    async with served(Scenario(), window=700) as (_, client):
        errors = [
            await refused_by(client, **fields)
            for fields in ({"input": "x" * 4000}, {"input": [call, output]}, shown(PICTURE), shown(text))
        ]
        await client.responses.create(**ASK)

    assert {error.code for error in errors} == {"context_length_exceeded"}


async def test_what_is_too_long_ends_a_stream():
    """Which has begun by then: a terminal error event, after nothing was said."""
    script = Scenario()
    async with served(script, window=10) as (_, client):
        stream = await client.responses.create(**{**ASK, "input": "x" * 400}, stream=True)
        events = [event async for event in stream]

    assert [event.type for event in events] == ["response.created", "response.in_progress", "error"]
    assert events[-1].code == "context_length_exceeded"
    assert script.requests == []


async def test_a_portable_server_refuses_what_is_too_long():
    """400 for streams, too."""
    async with served(Scenario(), window=10, portable=True) as (_, client):
        error = await refused_by(client, input="x" * 400, stream=True)

    assert (error.status_code, error.code) == (400, "context_length_exceeded")
