"""The OpenAI stand-in refuses what the Responses API refuses, and takes what it takes."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)

from standins.openai.refusal import Refusal
from standins.openai.validation import PARAMETERS, PORTABLE, check

CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "seen"}
USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}


def body(**fields: Any) -> dict[str, Any]:
    """A good request with some fields changed."""
    return {"model": "gpt-6-luna", "input": [USER], **fields}


def refused(request: Any, *, portable: bool = False) -> Refusal:
    """The refusal of a request."""
    with pytest.raises(Refusal) as caught:
        check(request, portable=portable)
    return caught.value


THOUGHT = {"type": "reasoning", "id": "rs_1", "encrypted_content": "x"}

TAKEN = [
    {"input": "just text"},
    {
        "instructions": "Be kind.",
        "stream": True,
        "store": False,
        "stream_options": {"include_obfuscation": False},
    },
    {"reasoning": {"effort": "none"}, "truncation": "auto", "text": {"verbosity": "low"}},
    {"background": True, "stream": True, "store": True},
    {"background": True},
    {"prompt_cache_key": "k" * 64, "safety_identifier": "s" * 128},
    {"metadata": {"k" * 64: "v" * 512}},
    {"max_output_tokens": 16, "temperature": 0, "top_p": 0.5},
    {"tools": [TOOL, {"type": "web_search"}], "tool_choice": "auto"},
    {"tools": [{**TOOL, "strict": True, "parameters": {"type": "object", "additionalProperties": False}}]},
    {"input": [USER, CALL, OUTPUT]},
    {"input": [USER, CALL, {**OUTPUT, "output": [{"type": "input_text", "text": "seen"}]}]},
    {"input": [USER, {"role": "assistant", "content": "Hello"}, USER]},
    {"input": [{"role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}, USER]},
    {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]},
    {"input": [USER, {**THOUGHT, "summary": []}, CALL, OUTPUT]},
    {"instructions": None, "metadata": None, "tools": None},
]


@pytest.mark.parametrize("fields", TAKEN, ids=str)
def test_good_requests_are_taken(fields):
    """What the API documents as valid passes."""
    check(body(**fields))


REFUSED: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"model": None}, "model", "missing_required_parameter"),
    ({"input": None}, "input", "missing_required_parameter"),
    ({"input": []}, "input", "missing_required_parameter"),
    ({"input": 3}, "input", "invalid_type"),
    ({"messages": []}, "messages", "unknown_parameter"),
    ({"stream": "yes"}, "stream", "invalid_type"),
    ({"instructions": ["a"]}, "instructions", "invalid_type"),
    ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
    ({"max_output_tokens": True}, "max_output_tokens", "invalid_type"),
    ({"temperature": 2.5}, "temperature", "decimal_above_max_value"),
    ({"prompt_cache_key": "k" * 65}, "prompt_cache_key", "string_above_max_length"),
    ({"safety_identifier": "s" * 129}, "safety_identifier", "string_above_max_length"),
    ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_properties"),
    ({"metadata": {"k" * 65: ""}}, "metadata", "string_above_max_length"),
    ({"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
    ({"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
    ({"reasoning": {"effort": "minimal"}}, "reasoning.effort", "invalid_value"),
    ({"reasoning": {"depth": 3}}, "reasoning.depth", "unknown_parameter"),
    ({"text": {"verbosity": "shy"}}, "text.verbosity", "invalid_value"),
    ({"truncation": "left"}, "truncation", "invalid_value"),
    ({"stream_options": {"include_obfuscation": False}}, "stream_options", None),
    (
        {"stream": True, "stream_options": {"include_usage": True}},
        "stream_options.include_usage",
        "unknown_parameter",
    ),
    ({"background": True, "store": False}, "store", None),
    ({"conversation": "c", "previous_response_id": "r"}, None, "mutually_exclusive_parameters"),
    ({"previous_response_id": "resp_1"}, "previous_response_id", "previous_response_not_found"),
    ({"tools": [{"type": "function"}]}, "tools[0].name", "missing_required_parameter"),
    ({"tools": [{**TOOL, "name": "no spaces"}]}, "tools[0].name", "invalid_value"),
    ({"tools": [{"type": "hammer"}]}, "tools[0].type", "invalid_value"),
    ({"tools": [{**TOOL, "strict": True}]}, "tools[0].parameters", "invalid_function_parameters"),
    ({"input": ["Hi"]}, "input[0]", "invalid_type"),
    ({"input": [{"content": "Hi"}]}, "input[0].type", "missing_required_parameter"),
    ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter"),
    ({"input": [{**USER, "role": "bot"}]}, "input[0].role", "invalid_value"),
    ({"input": [{**USER, "name": "Ann"}]}, "input[0].name", "unknown_parameter"),
    ({"input": [USER, {"type": "tool"}]}, "input[1].type", "invalid_value"),
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
        "input[0].content[0].type",
        "invalid_value",
    ),
    (
        {"input": [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]},
        "input[0].content[0].type",
        "invalid_value",
    ),
    (
        {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
        "input[0].content[0].text",
        "missing_required_parameter",
    ),
    ({"input": [{"role": "assistant", "content": "x", "id": "42"}]}, "input[0].id", "invalid_value"),
    ({"input": [USER, CALL]}, "input", None),
    ({"input": [USER, OUTPUT]}, "input", None),
    ({"input": [USER, OUTPUT, CALL]}, "input", None),
    ({"input": [{**CALL, "arguments": {}}, OUTPUT]}, "input[0].arguments", "invalid_type"),
    ({"input": [{**THOUGHT, "id": None}, CALL, OUTPUT]}, "input[0].id", "missing_required_parameter"),
    ({"input": [{**THOUGHT, "status": "completed"}, CALL, OUTPUT]}, "input[0].status", "unknown_parameter"),
    ({"input": [THOUGHT, USER]}, "input", None),
]


@pytest.mark.parametrize(("fields", "param", "code"), REFUSED, ids=str)
def test_bad_requests_are_refused(fields, param, code):
    """Each mistake gets status 400, the parameter at fault and the API's code."""
    refusal = refused(body(**fields))

    assert (refusal.status, refusal.error["param"], refusal.error["code"]) == (400, param, code)


@pytest.mark.parametrize("missing", ["model", "input"])
def test_what_must_be_there(missing):
    """A request without a model or without input is refused."""
    request = body()
    del request[missing]

    assert refused(request).error["param"] == missing


def test_a_body_must_be_an_object():
    """JSON that is no object is refused."""
    assert refused([1]).error["code"] == "invalid_type"


def test_dangling_calls_are_named():
    """The message names the call without an output, as the API's does."""
    assert "No tool output found for function call call_1" in str(refused(body(input=[USER, CALL])))


def test_orphaned_outputs_are_named():
    """The message names the output without a call, as the API's does."""
    assert "No tool call found for function call output with call_id call_1" in str(
        refused(body(input=[USER, OUTPUT]))
    )


@pytest.mark.parametrize("store", [True, False])
def test_bare_ids_are_not_found(store):
    """Nothing is kept of items, so a reference to one earns 404."""
    refusal = refused(body(input=[USER, {"type": "item_reference", "id": "rs_1"}], store=store))

    assert refusal.status == 404
    assert ("not persisted" in str(refusal)) is not store


def test_conversations_are_not_found():
    """There are no conversations here."""
    assert refused(body(conversation="conv_1")).status == 404


def test_the_parameters_are_those_of_the_sdk():
    """The stand-in knows exactly the parameters the installed SDK can send."""
    sdk = ResponseCreateParamsStreaming.__annotations__ | ResponseCreateParamsNonStreaming.__annotations__

    assert sdk.keys() == PARAMETERS


@pytest.mark.parametrize("name", sorted(PARAMETERS - PORTABLE))
def test_a_portable_server_refuses_what_is_openais_own(name):
    """Even a harmless value of a field outside the portable contract is refused."""
    assert refused(body(**{name: None}), portable=True).error["code"] == "unknown_parameter"


@pytest.mark.parametrize(
    "fields", [{"store": True}, {"tools": [{"type": "web_search"}]}, {"tools": [TOOL, {"type": "mcp"}]}]
)
def test_a_portable_server_neither_stores_nor_hosts_tools(fields):
    """store=true and hosted tools are refused."""
    assert refused(body(**fields), portable=True).status == 400


def test_a_portable_server_takes_the_portable_contract():
    """All portable fields together pass."""
    check(
        body(
            instructions="Be kind.",
            tools=[TOOL],
            stream=True,
            store=False,
            max_output_tokens=100,
            temperature=0.5,
            top_p=1,
            metadata={"a": "b"},
        ),
        portable=True,
    )
