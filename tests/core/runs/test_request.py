"""prompt.request: which tools and options a request has, and what is said of those it cannot have."""

from __future__ import annotations

from typing import Any

import pytest

from core.runs.prompt.request import MOST_FILES, Offer, Resources, offer
from core.tools import Toolbox
from core.types import Assistant
from tests.core.fakes import Heard
from tests.core.served import assistant, looking, served, tools

SCHEMA = {"name": "answer", "strict": True, "schema": {"type": "object"}}


def look(place: str) -> str:
    """Look."""
    return f"{place} is empty"


def dig(place: str) -> str:
    """Dig."""
    return f"{place} is dug"


BOX = Toolbox.of(look, dig)


def offered(who: Assistant, **more: Any) -> Offer:
    """What a server that has everything is offered."""
    settings: dict[str, Any] = {"full": True, "hosts": frozenset({"mcp.example.com"})}
    return offer(who, BOX, **{**settings, "resources": Resources(), **more})


def types(found: Offer) -> list[str]:
    """Of its tools."""
    return [tool["type"] for tool in found.tools]


ALL = tools("code_interpreter", "file_search", "web_search", "image_generation", "def:look")


def test_hosted_tools_work_on_what_the_thread_has():
    """The assistant's own stores and files, and those of the thread."""
    who = assistant(
        tools=ALL,
        tool_resources={
            "file_search": {"vector_store_ids": ["vs_own"]},
            "code_interpreter": {"file_ids": ["file-own"]},
        },
    )
    found = offered(who, resources=Resources(["vs_thread"], ["file-thread"]))
    by_type = {tool["type"]: tool for tool in found.tools}
    assert {tool["type"] for tool in ALL} == set(by_type)
    assert ["vs_own", "vs_thread"] == by_type["file_search"]["vector_store_ids"]
    container = by_type["code_interpreter"]["container"]
    assert {"type": "auto", "file_ids": ["file-own", "file-thread"]} == container
    assert () == found.missing


def test_file_search_without_a_store_is_left_out_silently():
    """The server refuses it; there is nothing to search yet, and nobody has to be told."""
    found = offered(assistant(tools=tools("file_search")))
    assert ([], ()) == (types(found), found.missing)


def test_documents_a_person_sent_can_be_searched_anyway():
    """Also where the assistant has no file search of its own."""
    found = offered(assistant(), resources=Resources(["vs_thread"]))
    assert {"type": "file_search", "vector_store_ids": ["vs_thread"]} == found.tools[-1]


def test_options_of_the_tool_are_flat_in_the_request():
    """The Assistants API nested them under the tool's name."""
    search = {"type": "file_search", "file_search": {"max_num_results": 5}}
    found = offered(assistant(tools=tools(search)), resources=Resources(["vs_thread"]))
    assert [{"type": "file_search", "max_num_results": 5, "vector_store_ids": ["vs_thread"]}] == list(
        found.tools
    )


@pytest.mark.parametrize("how", [{"full": False}, {"unsupported": True}])
def test_a_server_without_hosted_tools(how):
    """Each is named; the functions are there."""
    found = offered(assistant(tools=ALL), resources=Resources(["vs_thread"]), **how)
    assert ["function"] == types(found)
    assert ("code_interpreter", "file_search", "web_search", "image_generation") == found.missing
    assert {"look"} == found.functions


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", None),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "look"}}, {"type": "function", "name": "look"}),
        ({"type": "web_search"}, {"type": "web_search"}),
    ],
)
def test_tool_choice(choice, sent):
    """In the shape of the Responses API; nothing where the model may choose."""
    found = offered(assistant(tools=ALL, tool_choice=choice))
    assert sent == (found.options or {}).get("tool_choice")


@pytest.mark.parametrize(
    ("who", "how"),
    [
        (assistant(tools=ALL, tool_choice={"type": "web_search"}), {"full": False}),
        (assistant(tools=ALL, tool_choice={"type": "function", "function": {"name": "gone"}}), {}),
        (assistant(tools=(), tool_choice="required"), {}),
    ],
    ids=["hosted", "function", "none"],
)
def test_what_is_not_offered_is_not_forced(who, how):
    """A server refuses a request that forces a tool it does not have."""
    assert "tool_choice" not in (offered(who, **how).options or {})


def test_one_call_at_a_time():
    """Where the assistant wants it so, and only where there are tools."""
    who = assistant(tools=ALL, parallel_tool_calls=False)
    assert (offered(who).options or {})["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in (offered(assistant(tools=ALL)).options or {})
    without = assistant(tools=(), parallel_tool_calls=False)
    assert "parallel_tool_calls" not in (offered(without).options or {})


def test_sampling_and_format():
    """Zero counts; the old API's nested schema is flat here."""
    form = {"type": "json_schema", "json_schema": SCHEMA}
    found = offered(assistant(temperature=0.0, top_p=0.5, response_format=form))
    options = found.options or {}
    assert (0.0, 0.5) == (options["temperature"], options["top_p"])
    assert {"format": {"type": "json_schema", **SCHEMA}} == options["text"]
    for same in (assistant(), assistant(temperature=1, top_p=1.0)):  # it was the default, and many refuse it
        assert not {"temperature", "top_p", "text"} & set(offered(same).options or {})


@pytest.mark.parametrize(
    ("effort", "full", "own", "sent"),
    [("none", True, "high", "high"), ("low", True, None, "low"), ("low", False, None, None)],
)
def test_how_much_it_thinks(effort, full, own, sent):
    """The assistant's word counts before the settings'; a portable server is asked for nothing unasked."""
    found = offered(assistant(reasoning_effort=own), full=full, effort=effort)
    assert sent == ((found.options or {}).get("reasoning") or {}).get("effort")


async def test_a_forced_tool_is_forced_once(tmp_path):
    """Else no run would ever come to an answer."""
    script = Heard(looking(), "Empty.")
    who = assistant(tool_choice="required")
    async with served(tmp_path, script, toolbox=BOX, assistant=who) as (spool, api):
        await spool.ask("1", "Look")
        assert ["Empty."] == spool.platform.answers
        bodies = [request.body for request in api.requests]
    assert ["required", None] == [body.get("tool_choice") for body in bodies]


async def test_no_tools_means_none_in_every_round(tmp_path):
    """`none` is not a force but a ban."""
    who = assistant(tool_choice="none", parallel_tool_calls=False)
    async with served(tmp_path, Heard(), toolbox=BOX, assistant=who) as (spool, api):
        await spool.ask("1", "Look")
        (request,) = api.requests
    assert ("none", False) == (request.body["tool_choice"], request.body["parallel_tool_calls"])


@pytest.mark.parametrize("portable", [True, False])
async def test_everything_an_assistant_may_have_is_taken_by_the_server(tmp_path, portable):
    """The stand-in refuses what the real service refuses; a portable one knows no hosted tools at all."""
    script = Heard()
    mcp = {"type": "mcp", "server_label": "wiki", "server_url": "https://mcp.example.com/sse"}
    who = assistant(
        tools=(*ALL, *tools(mcp)),
        temperature=0.3,
        top_p=0.9,
        response_format={"type": "json_object"},
        tool_choice="auto",
        parallel_tool_calls=False,
    )
    async with served(tmp_path, script, portable=portable, toolbox=BOX, assistant=who) as (spool, api):
        await spool.ask("1", "Give me JSON")
        assert [("completed", None)] == await spool.outcomes()
        (request,) = api.requests
    assert (1 if portable else 5) == len(request.body["tools"])


@pytest.mark.parametrize(
    ("own", "sent", "first", "count"),
    [
        (2, 60, ["own-0", "own-1", "sent-12"], MOST_FILES),
        (1, 1, ["own-0", "sent-0"], 2),
        (0, 0, [], 0),
        (60, 5, [], MOST_FILES),
    ],
)
def test_a_container_gets_the_newest_files_that_it_takes(own, sent, first, count):
    """And all of the assistant's; where they fit none is left out, and none are no field."""
    files = {"code_interpreter": {"file_ids": [f"own-{n}" for n in range(own)]}}
    who = assistant(tools=tools("code_interpreter"), tool_resources=files)
    made = offered(who, resources=Resources(files=[f"sent-{n}" for n in range(sent)]))
    given = made.tools[0]["container"].get("file_ids", [])
    assert (first, count) == (given[: len(first)], len(given))
    assert own == 60 or not sent or f"sent-{sent - 1}" == given[-1]
