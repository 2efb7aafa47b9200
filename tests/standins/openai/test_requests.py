"""The OpenAI stand-in: one table of requests it takes, and one of those it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)

from standins.openai.refusal import Refusal
from standins.openai.requests import PORTABLE, RESPONSE, check
from standins.script.picture import png

USER: dict[str, Any] = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "seen"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "encrypted_content": "x"}
EMPTY = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}
LOOK: dict[str, Any] = {"type": "function", "name": "look", "strict": True, "parameters": EMPTY}
LOOSE = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
MCP: dict[str, Any] = {"type": "mcp", "server_label": "docs", "server_url": "https://docs.example/mcp"}
ASKED = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "a", "arguments": "{}"}
ALLOWED = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}
FORMAT = {"type": "json_schema", "name": "a", "schema": EMPTY, "strict": True}


def url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


PICTURE = {"type": "input_image", "image_url": url(png(), "image/png"), "detail": "auto"}
PDF = {"type": "input_file", "filename": "a.pdf", "file_data": url(b"%PDF-1.7", "application/pdf")}
TXT = {"type": "input_file", "filename": "a.txt", "file_data": url(b"tea", "text/plain")}


def function(schema: Any) -> dict[str, Any]:
    """A strict function whose one parameter has that schema."""
    return tool({**LOOK, "parameters": {**EMPTY, "properties": {"x": schema}, "required": ["x"]}})


def tool(given: dict[str, Any] | str, **fields: Any) -> dict[str, Any]:
    return {"tools": [{**({"type": given} if isinstance(given, str) else given), **fields}]}


def code(container: Any) -> dict[str, Any]:
    return tool("code_interpreter", container=container)


def searched(*stores: str, **fields: Any) -> dict[str, Any]:
    return tool("file_search", vector_store_ids=list(stores), **fields)


def shown(*parts: Any, role: str = "user") -> dict[str, Any]:
    return items({"role": role, "content": list(parts)})


def items(*given: Any) -> dict[str, Any]:
    return {"input": list(given)}


def choice(**fields: Any) -> dict[str, Any]:
    """A request with one function that asks for a tool."""
    return {"tools": [LOOK], "tool_choice": fields}


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-6-luna", "input": [USER], **fields}


TAKEN: list[dict[str, Any]] = [
    {"input": "just text"},
    {"instructions": "Be kind.", "stream": True, "stream_options": {"include_obfuscation": False}},
    {"reasoning": {"effort": "none", "summary": "auto"}, "truncation": "auto", "text": {"verbosity": "low"}},
    {"background": True, "stream": True, "store": True},
    {"background": True},
    {"prompt_cache_key": "k" * 64, "safety_identifier": "s" * 128, "metadata": {"k" * 64: "v" * 512}},
    {"max_output_tokens": 16, "temperature": 0, "top_p": 0.5},
    {"instructions": None, "metadata": None, "tools": None},
    {"include": ["code_interpreter_call.outputs", "file_search_call.results"]},
    {"text": {"format": FORMAT}},
    {"text": {"format": {"type": "json_object"}}, "instructions": "Answer in JSON."},
    {"tools": [LOOSE, {"type": "web_search"}], "tool_choice": "auto"},
    {"tools": [LOOK, {**LOOK, "name": "other"}], "tool_choice": {"type": "function", "name": "other"}},
    {"tools": [LOOK], "tool_choice": "required", "parallel_tool_calls": False},
    choice(type="allowed_tools", mode="auto", tools=[{"type": "function", "name": "look"}]),
    {"tools": [MCP], "tool_choice": {"type": "mcp", "server_label": "docs"}},
    function({"type": "string", "description": "A word.", "enum": ["a", "b"]}),
    function({"type": ["integer", "null"]}),
    function({"anyOf": [{"type": "string"}, {"type": "null"}]}),
    function({"type": "array", "items": {"type": "number", "minimum": 0}}),
    function({"$ref": "#/$defs/A"}),
    function({**EMPTY, "properties": {"y": {"type": "boolean"}}, "required": ["y"]}),
    code({"type": "auto", "memory_limit": "4g"}),
    code("cntr_1"),
    searched("vs_1", max_num_results=50),
    tool("web_search", search_context_size="low", filters={"allowed_domains": []}),
    tool("image_generation", model="gpt-image-2.6-flare", partial_images=0),
    tool(MCP, require_approval="never", allowed_tools=["find"]),
    tool(MCP, require_approval={"never": {"tool_names": ["find"]}}),
    items(USER, CALL, OUTPUT),
    items(USER, CALL, {**OUTPUT, "output": [{"type": "input_text", "text": "seen"}]}),
    items(USER, {"role": "assistant", "content": "Hello"}, USER),
    shown({"type": "output_text", "text": "Hello"}, role="assistant"),
    items({"type": "message", **USER}),
    items(USER, {**THOUGHT, "summary": []}, CALL, OUTPUT),
    items({**ASKED, "server_label": "docs"}, ALLOWED),
    items({"type": "custom_tool_call", "anything": 1}),
    shown(PICTURE, {"type": "input_text", "text": "What is it?"}),
    shown({"type": "input_image", "image_url": "https://example.com/a.png"}),
    shown(PDF, TXT),
]
REFUSED: dict[str | None, list[tuple[str | None, dict[str, Any]]]] = {
    "missing_required_parameter": [
        ("model", {"model": None}),
        ("input", {"input": None}),
        ("input", {"input": []}),
        ("tool_choice.type", {"tool_choice": {"name": "look"}}),
        ("tool_choice.name", choice(type="function")),
        ("tools[0].type", tool({})),
        ("tools[0].name", tool("function")),
        ("tools[0].container", tool("code_interpreter")),
        ("tools[0].vector_store_ids", tool("file_search")),
        ("tools[0].server_label", tool("mcp", server_url="https://a.example")),
        ("text.format.schema", {"text": {"format": {"type": "json_schema", "name": "a"}}}),
        ("input[0].type", items({"content": "Hi"})),
        ("input[0].content", items({"role": "user"})),
        ("input[0].content[0].type", shown({})),
        ("input[0].content[0].text", shown({"type": "input_text"})),
        ("input[0].content[0].filename", shown({**PDF, "filename": ""})),
        ("input[1].arguments", items(USER, {**CALL, "arguments": None}, OUTPUT)),
        ("input[1].output", items(CALL, {**OUTPUT, "output": None})),
        ("input[0].id", items({**THOUGHT, "id": None}, CALL, OUTPUT)),
        (
            "input[0].container_id",
            items({"type": "code_interpreter_call", "id": "ci_1", "status": "completed"}),
        ),
    ],
    "invalid_type": [
        ("input", {"input": 3}),
        ("stream", {"stream": "yes"}),
        ("instructions", {"instructions": ["a"]}),
        ("max_output_tokens", {"max_output_tokens": True}),
        ("metadata.k", {"metadata": {"k": 1}}),
        ("stream_options.include_obfuscation", {"stream_options": {"include_obfuscation": None}}),
        ("tools[0]", {"tools": ["look"]}),
        ("input[0]", items("Hi")),
        ("input[0].content", items({"role": "user", "content": 5})),
        ("input[0].content[0]", shown("Hi")),
        ("input[0].arguments", items({**CALL, "arguments": {}}, OUTPUT)),
    ],
    "unknown_parameter": [
        ("messages", {"messages": []}),
        ("reasoning.depth", {"reasoning": {"depth": 3}}),
        ("stream_options.include_usage", {"stream": True, "stream_options": {"include_usage": True}}),
        ("tools[0].domains", tool("web_search", domains=[])),
        ("tools[0].require_approval.ask", tool(MCP, require_approval={"ask": {}})),
        ("input[0].name", items({**USER, "name": "Ann"})),
        ("input[0].status", items({**THOUGHT, "status": "completed"}, CALL, OUTPUT)),
    ],
    "invalid_value": [
        ("reasoning.effort", {"reasoning": {"effort": "minimal"}}),
        ("text.verbosity", {"text": {"verbosity": "shy"}}),
        ("truncation", {"truncation": "left"}),
        ("include[0]", {"include": ["everything"]}),
        ("tool_choice", {"tool_choice": "always"}),
        ("tools[0].type", tool("hammer")),
        ("tools[0].name", tool(LOOSE, name="no spaces")),
        ("tools[0].container", code("box")),
        ("tools[0].container.file_ids[0]", code({"type": "auto", "file_ids": ["x"]})),
        ("tools[0].output_format", tool("image_generation", output_format="bmp")),
        ("tools[0].server_label", tool(MCP, server_label="1 docs")),
        ("input[1].type", items(USER, {"type": "tool"})),
        ("input[0].role", items({**USER, "role": "bot"})),
        ("input[0].status", items({**USER, "status": "done"})),
        ("input[0].id", items({"role": "assistant", "content": "x", "id": "42"})),
        ("input[0].content[0].type", shown({"type": "input_text", "text": "x"}, role="assistant")),
        ("input[0].content[0].type", shown({"type": "output_text", "text": "x"})),
    ],
    "string_above_max_length": [
        ("prompt_cache_key", {"prompt_cache_key": "k" * 65}),
        ("safety_identifier", {"safety_identifier": "s" * 129}),
        ("metadata", {"metadata": {"k" * 65: ""}}),
        ("metadata.k", {"metadata": {"k": "v" * 513}}),
        ("tools[0].name", tool(LOOSE, name="n" * 65)),
    ],
    "object_above_max_properties": [("metadata", {"metadata": {str(n): "" for n in range(17)}})],
    "integer_below_min_value": [("max_output_tokens", {"max_output_tokens": 15})],
    "integer_above_max_value": [("tools[0].max_num_results", searched("vs_1", max_num_results=51))],
    "decimal_above_max_value": [("temperature", {"temperature": 2.5})],
    "empty_array": [("tools[0].vector_store_ids", searched())],
    "mutually_exclusive_parameters": [(None, {"conversation": "c", "previous_response_id": "r"})],
    "previous_response_not_found": [("previous_response_id", {"previous_response_id": "resp_1"})],
    "invalid_json_schema": [("text.format.schema", {"text": {"format": {**FORMAT, "schema": {}}}})],
    "invalid_function_parameters": [
        ("tools[0].parameters", wrong)
        for wrong in (
            tool(LOOSE, strict=True),
            tool(LOOK, parameters={"type": "string"}),
            tool(LOOK, parameters={**EMPTY, "properties": {"x": {"type": "string"}}}),
            tool(LOOK, parameters={**EMPTY, "required": ["x"]}),
            function("string"),
            function({"type": "string", "default": "a"}),
            function({"$ref": "#/$defs/A", "description": "A."}),
            function({"description": "anything"}),
            function({"type": "object", "properties": {}}),
            function({"type": "array"}),
            function({"oneOf": [{"type": "string"}], "type": "string"}),
            function({"anyOf": [{"type": "array"}]}),
        )
    ],
    "invalid_base64": [("input[0].content[0].image_url", shown({**PICTURE, "image_url": "data:x"}))],
    "invalid_image": [("input[0].content[0]", shown({**PICTURE, "image_url": url(b"GIF89a", "image/png")}))],
    "unsupported_image_media_type": [
        ("input[0].content[0].image_url", shown({**PICTURE, "image_url": url(b"x", "image/tiff")}))
    ],
    "unsupported_file": [
        ("input[0].content[0].file_data", shown({**PDF, "file_data": url(b"PK", "application/pdf")})),
        ("input[0].content[0].file_data", shown({**PDF, "file_data": url(png(), "image/png")})),
    ],
    None: [
        ("stream_options", {"stream_options": {"include_obfuscation": False}}),
        ("store", {"background": True, "store": False}),
        ("tools", {"tools": [LOOK, LOOK]}),
        ("tools", {"tools": [MCP, MCP]}),
        ("tool_choice", choice(type="function", name="other")),
        ("tool_choice", choice(type="code_interpreter")),
        ("tool_choice", {"tool_choice": "required"}),
        ("tools[0]", tool("mcp", server_label="docs")),
        ("tools[0].server_url", tool(MCP, server_url="docs.example")),
        ("input", {"text": {"format": {"type": "json_object"}}}),
        ("input", items(USER, CALL)),
        ("input", items(USER, OUTPUT)),
        ("input", items(USER, OUTPUT, CALL)),
        ("input", items(THOUGHT, USER)),
        ("input", items(ALLOWED)),
        ("input[0].content[0]", shown({**PICTURE, "file_id": "file-1"})),
        ("input[0].content[0]", shown({"type": "input_image"})),
        ("input[0].content[0]", shown({"type": "input_file", "filename": "a"})),
        ("input[0].content[0]", shown({**PDF, "file_data": url(b"", "application/pdf")})),
    ],
}
NOT_FOUND: list[dict[str, Any]] = [
    {"conversation": "conv_1"},
    tool("image_generation", model="dall-e-3"),
    items({"type": "reasoning", "id": "rs_1", "summary": []}, USER),
    items({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": None}, USER),
    items(USER, {"type": "item_reference", "id": "rs_1"}),
]


def refused(request: Any, *, portable: bool = False) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check(request, portable=portable)
    return caught.value


@pytest.mark.parametrize("fields", TAKEN, ids=range(len(TAKEN)))
def test_good_requests_are_taken(fields):
    check(body(**fields))


@pytest.mark.parametrize(
    ("code", "param", "fields"), [(code, *row) for code, rows in REFUSED.items() for row in rows]
)
def test_bad_requests_are_refused(code, param, fields):
    refusal = refused(body(**fields))
    assert (refusal.status, refusal.error["param"], refusal.error["code"]) == (400, param, code)


@pytest.mark.parametrize("fields", NOT_FOUND)
def test_what_lives_only_on_the_real_server_is_not_found(fields):
    assert refused(body(**fields)).status == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (items(USER, CALL), "No tool output found for function call call_1"),
        (items(USER, OUTPUT), "No tool call found for function call output with call_id call_1"),
        ({**NOT_FOUND[-1], "store": False}, "not persisted"),
        ({"temperature": -1}, "decimal below minimum value. Expected a value >= 0, but got -1 instead"),
        ({"truncation": "left"}, "Supported values are: 'auto' and 'disabled'."),
        ({"text": {"verbosity": "shy"}}, "'low', 'medium', and 'high'."),
    ],
)
def test_refusals_are_in_the_words_of_the_api(fields, words):
    assert words in str(refused(body(**fields)))


@pytest.mark.parametrize("request_body", [[1], {"input": "Hi"}, {"model": "gpt-6-luna"}])
def test_a_body_is_an_object_with_a_model_and_an_input(request_body):
    assert refused(request_body).status == 400


def test_the_parameters_are_those_of_the_sdk():
    sdk = ResponseCreateParamsStreaming.__annotations__ | ResponseCreateParamsNonStreaming.__annotations__
    assert sdk.keys() == RESPONSE.keys()


@pytest.mark.parametrize(
    "fields",
    [
        *({name: None} for name in sorted(RESPONSE.keys() - PORTABLE)),
        {"store": True},
        tool("web_search"),
        {"tools": [LOOSE, {"type": "mcp"}]},
    ],
)
def test_a_portable_server_refuses_what_is_openais_own(fields):
    """Even a harmless value of a field outside the portable contract."""
    assert refused(body(**fields), portable=True).status == 400


def test_a_portable_server_takes_the_portable_contract():
    fields = {"stream": True, "store": False, "max_output_tokens": 100, "temperature": 0.5, "top_p": 1}
    check(body(instructions="Be kind.", tools=[LOOSE], metadata={"a": "b"}, **fields), portable=True)
