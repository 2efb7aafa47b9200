"""Streams and the status line of the Slack stand-in."""

from __future__ import annotations

import pytest
from slack_sdk.models.messages.chunk import TaskUpdateChunk

from standins.slack import Timing
from tests.standins.slack.clients import Json, refusal, stream, workspace


async def test_a_stopped_stream_takes_no_more(slack, client):
    """After stop: message_not_in_streaming_state; blocks given to stop stand below the text."""
    post = await stream(client, slack, markdown_text="text")
    await client.chat_stopStream(**post, blocks=[{"type": "markdown", "text": "below"}])
    more = client.chat_appendStream(**post, markdown_text="more")
    assert await refusal(more) == "message_not_in_streaming_state"
    assert slack.posts("C1")[0].text == "text\nbelow"


async def test_a_stream_holds_12000_characters(slack, client):
    """The limit is cumulative, and a refused append changes nothing."""
    post = await stream(client, slack, markdown_text="x" * 11_999)
    await client.chat_appendStream(**post, markdown_text="y")
    assert await refusal(client.chat_appendStream(**post, markdown_text="z")) == "msg_too_long"
    assert slack.posts("C1")[0].text == "x" * 11_999 + "y"


async def test_a_stream_dies_and_update_repairs_it():
    """After its lifetime appends and stop fail and it shows broken, until chat.update replaces it."""
    async with workspace(stream_seconds=0.1) as (slack, client):
        post = await stream(client, slack, markdown_text="half")
        await slack.until(lambda: slack.posts("C1")[0].broken)
        for call in (client.chat_appendStream(**post, markdown_text="x"), client.chat_stopStream(**post)):
            assert await refusal(call) == "message_not_in_streaming_state"
        await client.chat_update(**post, text="whole")
        (repaired,) = slack.posts("C1")
        assert (repaired.text, repaired.broken, repaired.streaming) == ("whole", False, False)


def task(status: str = "in_progress", **more: object) -> Json:
    return {"type": "task_update", "id": "1", "title": "Search", "status": status, **more}


TEXT = {"type": "markdown_text", "text": "text"}


async def test_task_chunks_are_kept(slack, client):
    """A task is updated by its id, beside the text, and may cite; history has it as a card."""
    source = {"type": "url", "url": "https://a.example", "text": "A"}
    post = await stream(client, slack, chunks=[TaskUpdateChunk(id="1", title="Search", status="pending")])
    plan = {"type": "plan_update", "title": "P"}
    await client.chat_appendStream(**post, chunks=[task(details="2 pages", sources=[source]), plan])
    await client.chat_stopStream(**post, chunks=[task("complete"), TEXT])
    (shown,) = slack.posts("C1")
    assert (shown.text, shown.plan, len(shown.tasks)) == ("text", "P", 1)
    kept = {"status": "complete", "details": "2 pages", "sources": [source]}
    assert shown.tasks[0].items() >= kept.items()
    card, text = slack.messages("C1")[-1]["blocks"]
    assert (card["type"], card["status"], text["type"]) == ("task_card", "complete", "markdown")


@pytest.mark.parametrize(
    ("first", "then"),
    [({"markdown_text": "x"}, {"chunks": [TEXT]}), ({"chunks": [TEXT]}, {"markdown_text": "x"})],
)
async def test_a_stream_keeps_its_mode(slack, client, first, then):
    """Text or chunks, whatever came first: the other one is refused at append and stop."""
    post = await stream(client, slack)
    await client.chat_appendStream(**post, **first)
    for call in (client.chat_appendStream(**post, **then), client.chat_stopStream(**post, **then)):
        assert await refusal(call) == "streaming_mode_mismatch"
    await client.chat_stopStream(**post, **first)


async def test_chunks_may_be_unknown(slack, client):
    slack.refuse_chunks()
    ts = await slack.say("U1", "D1", "hi")
    start = client.chat_startStream(channel="D1", thread_ts=ts, chunks=[TEXT])
    assert await refusal(start) == "invalid_arguments"
    await client.chat_startStream(channel="D1", thread_ts=ts, markdown_text="x")
    slack.refuse_chunks("")
    await client.chat_startStream(channel="D1", thread_ts=ts, chunks=[TEXT])
    assert len(slack.posts("D1")) == 2


async def test_tasks_are_gone_after_an_update(slack, client):
    """chat.update replaces all that a stream had, cards included."""
    post = await stream(client, slack, chunks=[task("complete"), TEXT, {"type": "plan_update", "title": "P"}])
    await client.chat_stopStream(**post)
    await client.chat_update(**post, text="x", blocks=[{"type": "markdown", "text": "only this"}])
    (shown,) = slack.posts("C1")
    assert (shown.text, shown.tasks, shown.plan) == ("only this", [], "")
    assert [block["type"] for block in slack.messages("C1")[-1]["blocks"]] == ["markdown"]


async def test_a_status_ends_with_a_post_in_its_thread_or_in_time():
    async with workspace(timing=Timing(status_seconds=0.3)) as (slack, client):
        ts = await slack.say("U1", "C1", "hi")
        place: Json = {"channel_id": "C1", "thread_ts": ts, "status": "is thinking…"}
        await client.assistant_threads_setStatus(**place)
        await client.chat_postMessage(channel="C1", text="elsewhere")
        assert slack.status("C1", ts) == "is thinking…"
        await client.chat_postMessage(channel="C1", text="here", thread_ts=ts)
        assert (slack.status("C1", ts), [entry[3] for entry in slack.statuses]) == ("", ["is thinking…"])
        await client.assistant_threads_setStatus(**place)
        assert slack.status("C1", ts)
        await slack.until(lambda: not slack.status("C1", ts))


async def test_agent_sessions_are_for_agent_apps(slack, client):
    call = client.agents_sessions_setStatus(channel_id="C1", status="processing")
    assert await refusal(call) == "not_agent_app"
    async with workspace(agent_app=True) as (agent, agent_client):
        ts = await agent.say("U1", "D1", "hi")
        await agent_client.agents_sessions_setStatus(channel_id="D1", thread_ts=ts, status="processing")
        assert agent.session("D1", ts) == "processing"
