"""core.types, .assistants.validate and .importer: the object of the Assistants API as a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.assistants.importer import has_more, objects, translated
from core.assistants.of_settings import settings_assistant
from core.assistants.refusals import Unreadable
from core.assistants.validate import mistakes, tool_name
from core.settings import Settings
from core.types import EVERY_FUNCTION, SETTINGS_ID, Assistant, function_tool

PRINTED = Path(__file__).parents[2] / "events" / "assistants"
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example.com/sse"}


def assistant(**fields: Any) -> Assistant:
    """An assistant with nothing wrong but what these fields bring."""
    return Assistant.from_json({"id": "asst_1", "name": "Ada", "model": "gpt-6-luna", **fields})


def printed(file: str) -> list[Any]:
    """The assistants of a file that the old API printed."""
    return objects((PRINTED / file).read_text("utf-8"))


def wrong(**fields: Any) -> list[str]:
    """What is wrong with an assistant of these fields, each with its field."""
    found = mistakes(assistant(**fields), mcp_hosts=["MCP.example.com"])
    return [f"{remark.param}: {remark.facts['text']}" for remark in found]


def test_the_object_has_the_apis_shape():
    """Every field of the Assistants API is there by its name; empty texts are null, null is the default."""
    printed = assistant(tools=[{"type": "code_interpreter"}], created_at=5).to_json()
    assert {"id": "asst_1", "object": "assistant", "created_at": 5, "name": "Ada", "description": None} == {
        name: printed[name] for name in ("id", "object", "created_at", "name", "description")
    }
    assert [{"type": "code_interpreter"}] == printed["tools"]
    named = {"instructions", "tool_resources", "metadata", "temperature", "top_p", "response_format"}
    assert named <= set(printed)
    silent = {**dict.fromkeys(printed), "id": "asst_1", "name": "Ada", "model": "gpt-6-luna"}
    assert assistant() == Assistant.from_json(silent)
    assert ("Ada", "asst_1") == (assistant().label, assistant(name=None).label)


def test_what_is_printed_is_read_back():
    """Through JSON, whatever the fields say."""
    full = assistant(
        instructions="Sei nett. 친절하게.",
        description="d",
        tools=[function_tool("f"), MCP],
        tool_resources={"file_search": {"vector_store_ids": ["vs_1"]}},
        reasoning_effort="low",
        temperature=0.0,
        top_p=0.5,
        response_format=SCHEMA,
        truncation_strategy={"type": "last_messages", "last_messages": 3},
        metadata={"a": "b"},
        tool_choice="none",
        parallel_tool_calls=False,
        max_model_calls=2,
        run_seconds=9,
        created_at=7,
        version=4,
    )

    assert full == Assistant.from_json(json.loads(json.dumps(full.to_json())))


def test_tools_are_told_apart():
    """Functions are carried out here, everything else at the model server."""
    made = assistant(tools=[function_tool("f"), {"type": "web_search"}, MCP, function_tool(EVERY_FUNCTION)])
    assert {"f", EVERY_FUNCTION} == made.functions()
    assert {"web_search", "mcp"} == made.hosted()
    assert MCP == made.tool("mcp")
    assert made.tool("file_search") is None
    assert ["f", "web_search", "mcp:docs", "all"] == [tool_name(tool) for tool in made.tools]


def test_the_settings_describe_an_assistant():
    """It has every function there is, and is told to be helpful when nothing else is said."""
    made = settings_assistant(Settings(assistant_name="Ada", assistant_model="m", assistant_effort="low"))
    assert (SETTINGS_ID, "Ada", "m", "low") == (made.id, made.name, made.model, made.reasoning_effort)
    assert "You are Ada" in made.instructions
    assert {EVERY_FUNCTION} == made.functions()


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "n" * 256, "description": "d" * 512, "instructions": "i" * 256_000},
        {"metadata": {f"{n:064}": "v" * 512 for n in range(16)}},
        {"tools": [function_tool(f"f{n}") for n in range(128)]},
        {
            "tools": [
                function_tool("*"),
                MCP,
                *({"type": type} for type in ("web_search", "image_generation")),
            ]
        },
        {"temperature": 0, "top_p": 0},
        {"temperature": 2.0, "top_p": 1.0},
        {"response_format": {"type": "text"}},
        {"response_format": SCHEMA},
        {"truncation_strategy": {"type": "auto", "max_tokens": 9}},
        {"truncation_strategy": {"type": "last_messages", "last_messages": 1}},
        {"tools": [function_tool("f")], "tool_choice": function_tool("f")},
        {"tools": [function_tool("*")], "tool_choice": function_tool("any")},
        {"tools": [MCP], "tool_choice": {"type": "mcp", "server_label": "docs"}},
        {"tools": [{"type": "file_search"}], "tool_choice": "required"},
        {"audience": ("slack:U1", "slack:CROOM", "slack:T1", "discord:200000000000000001", "admins")},
        {"max_model_calls": 1, "run_seconds": 1, "model": "anything", "reasoning_effort": "minimal"},
    ],
)
def test_what_the_api_allows_is_right(fields):
    """Up to its limits, and with the tools and strategies that are ours."""
    assert [] == wrong(**fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "n" * 257}, "257 characters; at most 256"),
        ({"name": 5}, "name is not a text"),
        ({"name": "None"}, "“none”"),
        ({"description": "d" * 513}, "at most 512"),
        ({"instructions": "i" * 256_001}, "256,001 characters; at most 256,000"),
        ({"model": " "}, "model is missing"),
        ({"metadata": {str(n): "" for n in range(17)}}, "17 pairs"),
        ({"metadata": {"k" * 65: "v"}}, "1 to 64"),
        ({"metadata": {"k": "v" * 513}}, "at most 512"),
        ({"metadata": {"k": 1}}, "not a text"),
        ({"metadata": [1]}, "not an object"),
        ({"tools": [function_tool(f"f{n}") for n in range(129)]}, "129 tools; at most 128"),
        ({"tools": [function_tool("f"), function_tool("f")]}, "f is there twice"),
        ({"tools": [function_tool("two words")]}, "“two words”"),
        ({"tools": [{"type": "function"}]}, "no name of a function"),
        ({"tools": ["web_search"]}, "has no type"),
        ({"tools": [{"type": "retrieval"}]}, "no tool “retrieval”"),
        ({"tools": [MCP | {"server_url": "http://mcp.example.com"}]}, "https://"),
        ({"tools": [MCP | {"server_url": "https://me:pw@mcp.example.com"}]}, "no password"),
        ({"tools": [MCP | {"server_url": "https://[x"}]}, "must be https://HOST/…"),
        ({"tools": [MCP | {"server_url": "https://evil.example.com"}]}, "Add evil.example.com to MCP_HOSTS"),
        ({"tools": [MCP | {"server_label": "a b"}]}, "no label"),
        ({"temperature": 2.1}, "from 0 to 2"),
        ({"temperature": True}, "from 0 to 2"),
        ({"temperature": float("nan")}, "from 0 to 2"),
        ({"top_p": -0.1}, "from 0 to 1"),
        ({"reasoning_effort": "much"}, "effort much does not exist"),
        ({"model": "gpt-6.1-sol", "reasoning_effort": "none"}, "with the model gpt-6.1-sol"),
        ({"response_format": "json"}, "response format"),
        ({"response_format": {"type": "json_schema"}}, "json_schema needs"),
        ({"truncation_strategy": {"type": "oldest"}}, "The truncation oldest is not known"),
        ({"truncation_strategy": {"type": "last_messages"}}, "last_messages:N"),
        ({"truncation_strategy": {"type": "auto", "max_tokens": 0}}, "auto:TOKENS"),
        ({"tool_choice": "required"}, "at least one tool"),
        ({"tool_choice": function_tool("f")}, "f is none of its tools"),
        ({"tool_choice": "sometimes"}, "neither auto"),
        ({"max_model_calls": 0}, "from 1 to"),
        ({"run_seconds": 1.5}, "from 1 to"),
        ({"parallel_tool_calls": "yes"}, "neither true nor false"),
        *(({"audience": [one]}, "nobody whom") for one in ("U1", "*", "ann", "slack:ann", "discord:U1", 5)),
    ],
)
def test_what_exceeds_a_limit_is_told(fields, said):
    """One sentence that names the thing and its limit, and the field the API would name."""
    (problem,) = wrong(**fields)
    assert said in problem
    assert problem.partition(":")[0].partition("[")[0] in fields


@pytest.mark.parametrize(
    "text",
    ['{"id": "asst_1", "model": "m"}', '[{"model": "m"}]', '{"object": "list", "data": [{"id": "asst_1"}]}'],
)
def test_one_object_and_lists_are_read(text):
    """Whatever the old API, or a script around it, printed; also several of them in one file."""
    assert 1 == len(objects(text))
    assert 2 == len(objects(f"{text}\n{text}"))


@pytest.mark.parametrize(("more", "said"), [("true", True), ("false", False)])
def test_a_page_of_a_list_is_known(more, said):
    """The last one counts where several were put into one file."""
    page = '{"object": "list", "data": [{"id": "asst_1"}], "has_more": %s}'
    assert said == has_more(page % more)
    assert said == has_more(page % "true" + page % more)
    assert not has_more('{"id": "asst_1"}')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ('{"model": "m"} x', "not JSON"),
        ("[1]", "Entry 1 is not an assistant"),
        ('[{"model": "m"}, {}]', "Entry 2"),
        ('{"id": "thread_1", "object": "thread"}', "type thread"),
    ],
)
def test_other_json_is_refused(text, said):
    """With a sentence for the person who gave it."""
    with pytest.raises(Unreadable, match=said):
        objects(text)


def test_an_old_assistant_comes_along():
    """Its texts, tools and options do; the old defaults of temperature and top_p do not."""
    (_, old) = printed("support_desk.json")
    fields, notes = translated(old)
    assert [] == notes
    assert ("Weather Bot", 1715367049, 0.9) == (fields["name"], fields["created_at"], fields["top_p"])
    assert "temperature" not in fields
    assert old["tools"] == fields["tools"]
