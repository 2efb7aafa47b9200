"""The OpenAI stand-in: the events and items of tools, as the real SDK reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import Response

from standins.script.script import Beat, Call, Cite, Fault, Hosted, Reason, Say, Scenario
from tests.standins.openai.clients import EVENTS, raw_frames, served, undeclared

EVERYTHING: dict[str, tuple[Beat, ...]] = {
    "calls": (Call("clock", {"zone": "Asia/Seoul"}), Call("dice", '{"sides": 6'), Call("none", id="call_7")),
    "text and calls": (Say("One "), Say("moment."), Call("clock"), Say("Done.")),
    "reasoning": (Reason("Think."), Reason(), Say("Yes.")),
    "web search": (
        Hosted("web_search_call", {"action": {"type": "search", "query": "tea", "queries": ["tea"]}}),
        Say("Tea."),
        Cite({"type": "url_citation", "url": "https://tea.example", "title": "Tea"}),
    ),
    "file search": (
        Hosted("file_search_call", {"queries": ["tea"], "results": [{"file_id": "file-1", "text": "x"}]}),
        Say("Tea."),
        Cite({"type": "file_citation", "file_id": "file-1", "filename": "tea.txt"}),
    ),
    "code": (
        Hosted(
            "code_interpreter_call",
            {"code": "print(1)", "outputs": [{"type": "logs", "logs": "1"}]},
            produces=[("a.csv", b"1,2")],
        ),
        Say("[a.csv](sandbox:/mnt/data/a.csv)"),
        Cite({"type": "container_file_citation", "filename": "a.csv"}),
    ),
    "picture": (Hosted("image_generation_call", {"revised_prompt": "a cat"}, seconds=0.01),),
    "mcp": (
        Hosted("mcp_list_tools", {"server_label": "docs", "tools": [{"name": "find", "input_schema": {}}]}),
        Hosted("mcp_call", {"server_label": "docs", "name": "find", "arguments": '{"q":1}', "output": "x"}),
        Hosted(
            "mcp_call",
            {
                "server_label": "docs",
                "name": "find",
                "error": {"type": "http_error", "code": 500, "message": "x"},
                "status": "failed",
            },
        ),
        Hosted("mcp_approval_request", {"server_label": "docs", "name": "drop", "arguments": "{}"}),
    ),
    **{kind: (Say("Hel"), Fault(kind)) for kind in ("failed", "error")},
    "filtered": (Say("Hel"), Fault("incomplete", code="content_filter")),
    "cut short": (Call("clock"), Say("Hm"), Fault("incomplete", code="max_output_tokens")),
}
INCLUDE = ["file_search_call.results", "code_interpreter_call.outputs"]


async def frames_of(*beats: Beat, **fields: Any) -> list[tuple[str, dict[str, Any]]]:
    scenario = Scenario()
    scenario.enqueue(*beats)
    async with served(scenario) as (_, client):
        return await raw_frames(client, **fields)


def names(frames: list[tuple[str, dict[str, Any]]], index: int) -> list[str]:
    """The events of one output item, without their common prefix."""
    return [name.removeprefix("response.") for name, data in frames if data.get("output_index") == index]


def joined(frames: list[tuple[str, dict[str, Any]]], name: str) -> str:
    return "".join(data["delta"] for event, data in frames if event == name)


@pytest.mark.parametrize("include", [[], INCLUDE], ids=["plain", "included"])
@pytest.mark.parametrize("beats", EVERYTHING.values(), ids=EVERYTHING)
async def test_every_event_is_one_of_the_sdk(beats, include):
    """Validates against the SDK's union, declares every field, and counts from 0; the last has all items."""
    frames = await frames_of(*beats, include=include)
    assert [data["sequence_number"] for _, data in frames] == list(range(len(frames)))
    for name, data in frames:
        extra = undeclared(EVENTS.validate_python(data))
        assert extra == ({"obfuscation"} if name == "response.output_text.delta" else set())
    ending = beats[-1].kind if isinstance(beats[-1], Fault) else "completed"
    assert frames[-1][0] == (ending if ending == "error" else f"response.{ending}")
    if ending in ("failed", "error"):
        return
    done = [data for name, data in frames if name == "response.output_item.done"]
    added = [data for name, data in frames if name == "response.output_item.added"]
    output = frames[-1][1]["response"]["output"]
    assert [data["item"] for data in done] == output
    assert [data["item"]["id"] for data in added] == [item["id"] for item in output]
    assert [data["output_index"] for data in added] == list(range(len(output)))
    assert undeclared(Response.model_validate(frames[-1][1]["response"])) == set()


async def test_calls_are_written_and_their_ids_differ():
    """Arguments come in deltas; a script may write broken ones and name the call."""
    frames = await frames_of(*EVERYTHING["calls"])
    assert names(frames, 0)[0] == "output_item.added"
    assert names(frames, 0)[-2:] == ["function_call_arguments.done", "output_item.done"]
    assert joined(frames, "response.function_call_arguments.delta") == ('{"zone":"Asia/Seoul"}{"sides": 6{}')
    calls = frames[-1][1]["response"]["output"]
    assert ([call["name"] for call in calls], calls[2]["call_id"]) == (["clock", "dice", "none"], "call_7")
    assert len({call["call_id"] for call in calls}) == 3


async def test_text_around_calls_is_in_two_messages():
    """A call ends the message before it; deltas name the message they belong to."""
    frames = await frames_of(*EVERYTHING["text and calls"])
    output = frames[-1][1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "message"]
    assert [item["content"][0]["text"] for item in output[::2]] == ["One moment.", "Done."]
    last = [data for name, data in frames if name == "response.output_text.delta"][-1]
    assert (last["output_index"], last["item_id"]) == (2, output[2]["id"])


async def test_a_hosted_tool_shows_its_work():
    """Its own events stand between the beginning and the end of its item."""
    frames = await frames_of(*EVERYTHING["web search"])
    steps = [f"web_search_call.{word}" for word in ("in_progress", "searching", "completed")]
    assert names(frames, 0) == ["output_item.added", *steps, "output_item.done"]
    added = next(data["item"] for name, data in frames if name == "response.output_item.added")
    assert (added["status"], added["action"]) == ("in_progress", {"type": "search"})
    frames = await frames_of(*EVERYTHING["code"])
    assert joined(frames, "response.code_interpreter_call_code.delta") == "print(1)"
    steps = [f"code_interpreter_call.{word}" for word in ("interpreting", "completed")]
    assert names(frames, 0)[-3:] == [*steps, "output_item.done"]
    frames = await frames_of(*EVERYTHING["mcp"])
    assert [names(frames, index)[-2] for index in (1, 2)] == ["mcp_call.completed", "mcp_call.failed"]
    assert names(frames, 3) == ["output_item.added", "output_item.done"]


async def test_results_come_only_when_they_are_included():
    """A citation is told as an event and kept with the text it belongs to, where that ended."""
    for include, results in ((INCLUDE, [{"file_id": "file-1", "text": "x"}]), ([], None)):
        frames = await frames_of(*EVERYTHING["file search"], include=include)
        search, message = frames[-1][1]["response"]["output"]
        assert search["results"] == results
        cited = next(data for name, data in frames if name == "response.output_text.annotation.added")
        assert (cited["annotation_index"], cited["annotation"]["index"]) == (0, 4)
        assert message["content"][0]["annotations"] == [cited["annotation"]]


async def test_reasoning_is_sealed_when_it_is_done():
    frames = await frames_of(*EVERYTHING["reasoning"])
    added, done = (
        [data["item"] for name, data in frames if name == f"response.output_item.{word}"]
        for word in ("added", "done")
    )
    assert added[0]["encrypted_content"] == ""
    assert done[0]["encrypted_content"]
    assert joined(frames, "response.reasoning_summary_text.delta") == "Think."


async def test_a_produced_file_is_in_the_container(script, client):
    """The citation carries the ids under which the real SDK downloads it."""
    script.enqueue(*EVERYTHING["code"])
    response = await client.responses.create(model="gpt-6-luna", input="Hi", store=False)
    message = json.loads(response.model_dump_json())["output"][1]["content"][0]
    (cited,) = message["annotations"]
    link = message["text"][cited["start_index"] : cited["end_index"]]
    content = await client.containers.files.content.retrieve(
        cited["file_id"], container_id=cited["container_id"]
    )
    assert (link, await content.aread()) == ("sandbox:/mnt/data/a.csv", b"1,2")


async def test_tools_are_echoed_without_their_secrets(client):
    """Every kind of tool validates as the SDK's; what lets one into a remote server is not shown."""
    tools: list[Any] = [
        {"type": "function", "name": "look", "parameters": None, "strict": False},
        {"type": "web_search"},
        {"type": "image_generation", "output_format": "png"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {
            "type": "mcp",
            "server_label": "docs",
            "server_url": "https://docs.example",
            "authorization": "secret",
            "headers": {"x": "secret"},
        },
    ]
    response = await client.responses.create(model="gpt-6-luna", input="Hi", store=False, tools=tools)
    assert undeclared(Response.model_validate(response.to_dict())) == set()
    assert [tool.type for tool in response.tools] == [tool["type"] for tool in tools]
    assert "secret" not in response.model_dump_json()
