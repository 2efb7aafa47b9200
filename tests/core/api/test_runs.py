"""Runs of clients: the exact events, the objects, what stops them and what makes them go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.api.page import Page
from core.api.refusal import Refusal
from core.api.runs import RunRules
from core.api.watch import Watch
from core.policy.limits import Limits
from standins.script.script import Call, Fault, Say, Wait
from tests.core.api.clients import KEY, WEATHER, client, heard, refused
from tests.core.whole import all_of

PLAIN = [
    *("thread.run.created", "thread.run.queued", "thread.run.in_progress"),
    *("thread.run.step.created", "thread.run.step.in_progress"),
    *("thread.message.created", "thread.message.in_progress", "thread.message.delta"),
    *("thread.message.completed", "thread.run.step.completed", "thread.run.completed"),
]


def names(events) -> list[str]:
    """The events' names, each once where it follows itself."""
    told = [name for name, _ in events]
    return [one for one, before in zip(told, [None, *told], strict=False) if one != before]


def delta_text(events) -> str:
    """What the deltas of a text add up to."""
    return "".join(
        part["text"]["value"]
        for name, one in events
        if name == "thread.message.delta"
        for part in one["delta"]["content"]
        if part["type"] == "text"
    )


async def test_a_plain_answer_is_told_in_the_order_of_the_original(tmp_path):
    """And stored as it was told, character for character."""
    async with client(tmp_path, [Say("안녕 "), Say("**you**\n\n"), Say("🎉!")]) as (one, api):
        thread, assistant, watch = await one.thread("hi"), await one.assistant(), Watch()
        made = await one.runs.create(KEY, thread, {"assistant_id": assistant}, watch)
        events = await heard(watch)
        run = await one.runs.get(KEY, thread, made["id"])
        (step,) = await one.steps(run)
        _, answer = await one.said(thread)

    assert names(events) == PLAIN
    assert delta_text(events) == answer["content"][0]["text"]["value"] == "안녕 **you**\n\n🎉!"
    assert dict(events)["thread.message.created"]["content"] == []
    assert dict(events)["thread.message.completed"] == answer
    assert dict(events)["thread.run.step.completed"] == step
    assert dict(events)["thread.run.completed"] == run
    assert made["status"] == "queued"
    assert run["status"] == "completed"
    assert run["expires_at"] is None
    assert run["usage"]["total_tokens"] > 0
    assert step["step_details"] == {
        "type": "message_creation",
        "message_creation": {"message_id": answer["id"]},
    }
    assert (answer["role"], answer["run_id"], answer["assistant_id"]) == ("assistant", run["id"], assistant)
    assert api.requests[-1].body["instructions"] == "Help."


@pytest.mark.parametrize("again", [["one two", " three"], ["one", " two 셋"], ["another"], ["one"]])
async def test_an_answer_that_was_cut_is_not_told_twice(tmp_path, again):
    """Where the same is said again; where it is not, the message begins anew, as readers bear it."""
    cut = [Say("one "), Say("two"), Fault("cut")]
    async with client(tmp_path, cut, [Say(text) for text in again]) as (one, _):
        thread, assistant, watch = await one.thread("hi"), await one.assistant(), Watch()
        await one.runs.create(KEY, thread, {"assistant_id": assistant}, watch)
        events = await heard(watch)
        texts = await one.texts(thread)

    begun = [number for number, (name, _) in enumerate(events) if name == "thread.message.created"]
    assert delta_text(events[begun[-1] :]) == texts[1] == "".join(again)
    assert len(begun) == (1 if texts[1].startswith("one two") else 2)
    assert [name for name, _ in events].count("thread.run.step.created") == 1


async def test_a_function_stops_for_the_client_and_goes_on_once(tmp_path):
    """Durably: killed while it waits, submitted after the restart; a second submission is refused."""
    calls = [Call("weather", {"city": "Seoul"}, id="call_a"), Call("weather", {"city": "Busan"}, id="call_b")]
    async with client(tmp_path, ["Let me look.", *calls], ["Sunny."]) as (one, api):
        thread, assistant, watch = await one.thread("weather?"), await one.assistant(WEATHER), Watch()
        made = await one.runs.create(
            KEY, thread, {"assistant_id": assistant, "tool_choice": "required"}, watch
        )
        events = await heard(watch)
        waiting = await one.runs.get(KEY, thread, made["id"])
        await one.reborn()
        both = [{"tool_call_id": id, "output": id[-1]} for id in ("call_b", "call_a")]
        wrong = await refused(one.runs.submit(KEY, thread, made["id"], both[1:]))
        again = Watch()
        submitted = await one.runs.submit(KEY, thread, made["id"], both, again)
        more = await heard(again)
        run = await one.runs.get(KEY, thread, made["id"])
        late = await refused(one.runs.submit(KEY, thread, made["id"], both))
        found, texts = await one.steps(run), await one.texts(thread)

    assert names(events)[-5:] == [
        *("thread.run.step.completed", "thread.run.step.created", "thread.run.step.in_progress"),
        *("thread.run.step.delta", "thread.run.requires_action"),
    ]
    assert dict(events)["thread.run.requires_action"] == waiting
    tools = [one for name, one in events if name == "thread.run.step.created"][1]
    deltas = [one for name, one in events if name == "thread.run.step.delta"]
    first, *further = [one["delta"]["step_details"]["tool_calls"][0] for one in deltas]
    assert tools["step_details"]["tool_calls"] == []  # readers add up what deltas bring
    assert first == {
        **{"index": 0, "id": "call_a", "type": "function"},
        "function": {"name": "weather", "arguments": "", "output": None},
    }
    pieces = [one["function"]["arguments"] for one in further if one["index"] == 0]
    assert "".join(pieces) == '{"city":"Seoul"}'
    assert waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0] == {
        **{"id": "call_a", "type": "function"},
        "function": {"name": "weather", "arguments": '{"city":"Seoul"}'},
    }
    assert wrong == (400, "Expected tool outputs for call_ids ['call_a', 'call_b'], got ['call_a']")
    assert names(more) == ["thread.run.step.completed", "thread.run.queued", *PLAIN[2:]]
    assert late == (400, 'Runs in status "completed" do not accept tool outputs.')
    assert submitted["status"] == "queued"
    assert run["status"] == "completed"
    assert texts == ["weather?", "Let me look.", "Sunny."]
    assert [step["type"] for step in found] == ["message_creation", "tool_calls", "message_creation"]
    assert [call["function"]["output"] for call in found[1]["step_details"]["tool_calls"]] == ["a", "b"]
    asked = [request.body for request in api.requests if "input" in request.body]
    assert len(asked) == 2
    assert [body.get("tool_choice") for body in asked] == ["required", None]
    assert asked[0]["tools"][0] | {"strict": False} == {
        **{"type": "function", "name": "weather", "description": "Of a city."},
        **{"parameters": {"type": "object", "properties": {}}, "strict": False},
    }


async def test_one_run_a_thread(tmp_path):
    """Ten at once: one is made. While it goes on, nothing is written into the thread."""
    async with client(tmp_path, [Wait(0.3), Say("done")]) as (one, _):
        thread, assistant = await one.thread("hi"), await one.assistant()
        wanted = [one.runs.create(KEY, thread, {"assistant_id": assistant}) for _ in range(10)]
        made = await asyncio.gather(*wanted, return_exceptions=True)
        (run,) = [found for found in made if isinstance(found, dict)]
        late = await refused(one.messages.create(KEY, thread, {"role": "user", "content": "x"}))
        ended = await one.ended(run)

    assert {str(error) for error in made if error is not run} == {
        f"Thread {thread} already has an active run {run['id']}."
    }
    assert late == (400, f"Can't add messages to {thread} while a run {run['id']} is active.")
    assert ended["status"] == "completed"


async def test_options_reach_the_request_and_the_object(tmp_path):
    """Each field of the run; a temperature of 1 is what models do anyway."""
    schema = {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}}
    options: dict[str, Any] = {
        **{"instructions": "Be brief.", "additional_instructions": "Be kind.", "metadata": {"a": "b"}},
        **{"temperature": 1, "top_p": 0.5, "max_completion_tokens": 300, "response_format": schema},
        **{"truncation_strategy": {"type": "last_messages", "last_messages": 1}, "model": "gpt-6-sol"},
        "additional_messages": [{"role": "user", "content": "and this"}],
    }
    async with client(tmp_path, ["{}"]) as (one, api):
        run = await one.ask("first", **options)
        body = api.requests[-1].body

    assert (run["status"], run["model"], run["metadata"]) == ("completed", "gpt-6-sol", {"a": "b"})
    assert run["instructions"] == body["instructions"] == "Be brief.\nBe kind."
    assert [item["content"] for item in body["input"]] == ["and this"]
    assert (body["max_output_tokens"], body["top_p"], "temperature" in body) == (300, 0.5, False)
    assert body["text"]["format"]["name"] == "s"
    assert run["truncation_strategy"] == {"type": "last_messages", "last_messages": 1}
    assert run["response_format"] == schema


async def test_cancelled_while_it_speaks(tmp_path):
    """Within a second; what was said stays, and says so. A second time is refused."""
    async with client(tmp_path, [Say("so far"), Wait(30), Say("never")]) as (one, _):
        thread, watch = await one.thread("hi"), Watch()
        run = await one.runs.create(KEY, thread, {"assistant_id": await one.assistant()}, watch)
        async for name, _ in watch:
            if name == "thread.message.delta":
                break
        marked = await one.runs.cancel(KEY, thread, run["id"])
        async with asyncio.timeout(1):
            ended = await one.ended(marked)
        rest = await heard(watch)
        _, answer = await one.said(thread)
        (step,) = await one.steps(ended)
        again = await refused(one.runs.cancel(KEY, thread, run["id"]))

    assert marked["status"] == "cancelling"
    assert ended["status"] == "cancelled"
    assert ended["cancelled_at"]
    assert (answer["status"], answer["incomplete_details"]) == ("incomplete", {"reason": "run_cancelled"})
    assert answer["content"][0]["text"]["value"] == "so far"
    assert step["status"] == "cancelled"
    assert names(rest)[-4:] == [
        *("thread.run.cancelling", "thread.message.incomplete", "thread.run.step.cancelled"),
        "thread.run.cancelled",
    ]
    assert again == (400, "Cannot cancel run with status 'cancelled'.")


async def test_lists_and_metadata_of_runs(tmp_path):
    """The newest first; a run of elsewhere is none."""
    async with client(tmp_path) as (one, _):
        first, second = await one.ask("a"), None
        thread = first["thread_id"]
        second = await one.ended(await one.runs.create(KEY, thread, {"assistant_id": first["assistant_id"]}))
        listed = await one.runs.all(KEY, thread, Page())
        changed = await one.runs.modify(KEY, thread, first["id"], {"metadata": {"x": "1"}})
        other = await one.thread()
        nowhere = await refused(one.runs.get(KEY, other, first["id"]))
        nobody = await refused(one.runs.create(KEY, other, {"assistant_id": "asst_x"}))

    assert [run["id"] for run in listed["data"]] == [second["id"], first["id"]]
    assert changed["metadata"] == {"x": "1"}
    assert nowhere == (404, f"No run found with id '{first['id']}'.")
    assert nobody == (404, "No assistant found with id 'asst_x'.")


async def test_a_thread_is_made_along(tmp_path):
    """Whoever watches is told of it first; an empty one is begun by the model."""
    async with client(tmp_path, "hello") as (one, api):
        watch, tool = Watch(), {"code_interpreter": dict[str, Any]()}
        fields = {
            "assistant_id": await one.assistant(),
            "thread": {"metadata": {"a": "b"}},
            "tool_resources": tool,
        }
        run = await one.runs.create_with_thread(KEY, fields, watch)
        events = await heard(watch)
        (item,) = api.requests[-1].body["input"]

    assert names(events)[:3] == ["thread.created", *PLAIN[:2]]
    assert (events[0][1]["id"], events[0][1]["metadata"]) == (run["thread_id"], {"a": "b"})
    assert item["role"] == "developer"


async def test_a_step_can_be_asked_for_while_it_is_under_way(tmp_path):
    """With the id that is streamed; lists of steps go both ways."""
    async with client(tmp_path, ["a", Call("weather", {}, id="call_a")], [Say("so"), Wait(30)]) as (one, _):
        run = await one.ask("hi", assistant=await one.assistant(WEATHER))
        thread, id, watch = run["thread_id"], run["id"], Watch()
        await one.runs.submit(KEY, thread, id, [{"tool_call_id": "call_a", "output": None}], watch)
        async for name, _ in watch:
            if name == "thread.message.delta":
                break
        now = await one.steps(run)
        saying = await one.messages.get(
            KEY, thread, now[-1]["step_details"]["message_creation"]["message_id"]
        )
        last = await one.runs.step(KEY, thread, id, now[-1]["id"])
        page = await one.runs.steps(KEY, thread, id, Page(1, after=now[-1]["id"]))
        before = await one.runs.steps(KEY, thread, id, Page(1, "asc", before=now[-1]["id"]))
        unknown = await refused(one.runs.step(KEY, thread, id, "step_x"))

    assert [step["status"] for step in now] == ["completed", "completed", "in_progress"]
    assert now[1]["step_details"]["tool_calls"][0]["function"]["output"] == ""
    assert last == now[-1]
    assert (saying["status"], saying["content"][0]["text"]["value"]) == ("in_progress", "so")
    assert page["data"] == before["data"] == [now[1]]
    assert page["has_more"]
    assert unknown == (404, "No run step found with id 'step_x'.")


@pytest.mark.promise("L1")
async def test_a_key_over_its_minute_is_told_when(tmp_path):
    """It is counted where people are, so a start forgets nothing."""
    rules = RunRules(limits=Limits(key_minute=2, person_minute=1, open=1))
    async with client(tmp_path, "one", "two", rules=rules) as (one, _):
        for text in ("1", "2"):
            await one.ask(text)
        with pytest.raises(Refusal) as caught:
            await one.ask("3")
        assert ["API_REQUESTS_PER_MINUTE"] == all_of(await one.spool.rows("SELECT about FROM buckets"))
    refusal = caught.value
    assert (429, "rate_limit_exceeded") == (refusal.status, refusal.code)
    assert 20 < (refusal.retry_after or 0) <= 30
