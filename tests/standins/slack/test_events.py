"""What the Slack stand-in tells the app, and what people can ask of it."""

from __future__ import annotations

import asyncio

import aiohttp

from standins.slack import SlackStandin, Timing
from tests.standins.slack.clients import phone, refusal, stream, told


async def test_a_mention_is_told_twice(slack):
    """Own event ids, one ts; only `message` has a channel_type. Each of the two comes first at times."""
    async with phone(slack) as line:
        for _ in range(20):
            ts = await slack.mention("U1", "C1", "hi")
        payloads = await told(slack, line, 40)
    assert {payload["event"]["type"] for payload in payloads[::2]} == {"message", "app_mention"}
    assert len({payload["event_id"] for payload in payloads}) == 40
    events = {payload["event"]["type"]: payload["event"] for payload in payloads[-2:]}
    assert {event["ts"] for event in events.values()} == {ts}
    assert events["message"]["channel_type"] == "channel"
    assert "channel_type" not in events["app_mention"]


async def test_a_direct_message_is_no_mention(slack):
    async with phone(slack) as line:
        await slack.mention("U1", "D1", "hi")
        await slack.say("U1", "D1", "next")
        events = [payload["event"] for payload in await told(slack, line, 2)]
    assert [(event["type"], event["channel_type"]) for event in events] == [("message", "im")] * 2


async def test_text_becomes_rich_text(slack):
    """Ids in code, fences and quotes are elements there; the text is escaped."""
    typed = "<@U0BOT00001> a < b `<@U2>` & *x*\n> quoted <@U3>\n```\ncode <@U4>\n```"
    async with phone(slack) as line:
        await slack.say("U1", "D1", typed)
        (payload,) = await told(slack, line, 1)
    section, quote, fence = payload["event"]["blocks"][0]["elements"]
    assert "a &lt; b" in payload["event"]["text"]
    assert section["elements"][0] == {"type": "user", "user_id": "U0BOT00001"}
    assert {"type": "user", "user_id": "U2", "style": {"code": True}} in section["elements"]
    assert (quote["type"], quote["elements"][1]) == ("rich_text_quote", {"type": "user", "user_id": "U3"})
    assert (fence["type"], fence["elements"][1]) == (
        "rich_text_preformatted",
        {"type": "user", "user_id": "U4"},
    )


async def test_edits_previews_and_deletions_are_told(slack):
    """Both versions; a preview is a change without change; a root with replies leaves a tombstone."""
    link = "<https://a.example|two>"
    shown_link = {"type": "link", "url": "https://a.example", "text": "two"}
    async with phone(slack) as line:
        ts = await slack.say("U1", "C1", "one")
        await slack.edit("U1", "C1", ts, link)
        await slack.unfurl("C1", ts)
        await slack.delete("U1", "C1", ts)
        _, changed, shown, deleted = [payload["event"] for payload in await told(slack, line, 4)]
        assert slack.messages("C1") == []
        root = await slack.say("U1", "C1", "root")
        await slack.say("U2", "C1", "reply", thread_ts=root)
        await slack.delete("U1", "C1", root)
        left = [payload["event"] for payload in await told(slack, line, 3)][-1]
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == (link, "one")
    assert changed["message"]["blocks"][0]["elements"][0]["elements"] == [shown_link]
    assert shown["message"]["text"] == shown["previous_message"]["text"] == link
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert (left["subtype"], left["message"]["subtype"]) == ("message_changed", "tombstone")


async def test_a_raw_event_and_its_envelope(slack):
    async with phone(slack) as line:
        event_id = await slack.deliver({"type": "team_join"}, is_ext_shared_channel=True)
        (payload,) = await told(slack, line, 1)
    assert (payload["event_id"], payload["event"]["type"]) == (event_id, "team_join")
    assert payload["is_ext_shared_channel"]


async def test_without_the_app_in_it_only_mentions_are_told(slack):
    slack.add_channel("C1", bot_in=False)
    async with phone(slack) as line:
        await slack.say("U1", "C1", "not for you")
        await slack.mention("U1", "C1", "for you")
        (payload,) = await told(slack, line, 1)
        await slack.until(lambda: not slack.unacked())
    assert payload["event"]["type"] == "app_mention"


async def test_the_app_hears_itself(slack, client):
    async with phone(slack) as line:
        await client.chat_postMessage(channel="C1", text="hi")
        (payload,) = await told(slack, line, 1)
    assert payload["event"]["bot_id"] == slack.bot_id


async def test_stop_ends_the_streams_first(slack, client):
    """The Stop button: Slack has already ended the streams that the event lists."""
    post = await stream(client, slack, markdown_text="so far")
    thread = slack.posts("C1")[0].thread_ts
    assert thread is not None
    assert await slack.press_stop("U1", "C1", thread) == [post["ts"]]
    assert await refusal(client.chat_stopStream(**post)) == "message_not_in_streaming_state"
    assert not slack.posts("C1")[0].broken
    event = slack.unacked()[-1]["event"]
    assert (event["type"], event["streaming_message_ts"]) == ("agent_session_stopped", [post["ts"]])


async def test_a_command_must_be_acknowledged_in_time():
    """Else the person sees operation_timeout, and it is not sent again; without a socket it fails at once."""
    timing = Timing(ack_seconds=0.05, redeliver_after=0.05)
    async with SlackStandin(timing=timing) as slack:
        assert (await slack.slash("U1", "C1", "/reset")).error == "dispatch_failed"
        async with phone(slack) as line:
            reply = await slack.slash("U1", "C1", "/reset")
            assert (await line.event(ack=False))["type"] == "slash_commands"
            await slack.say("U1", "C1", "next")
            assert (await line.event())["type"] == "events_api"
    assert (reply.error, reply.acked_after) == ("operation_timeout", None)


async def test_a_response_url_takes_five_posts(slack):
    reply = await slack.slash("U1", "C1", "/reset")
    async with aiohttp.ClientSession() as session:
        posts = [await session.post(reply.response_url, json={"text": str(n)}) for n in range(6)]
    assert ([post.status for post in posts], reply.texts) == ([200] * 5 + [404], ["0", "1", "2", "3", "4"])


async def test_a_shortcut_carries_its_message(slack):
    """The payload has the message with thread_ts, so that it works inside threads."""
    root = await slack.say("U1", "C1", "root")
    inner = await slack.say("U2", "C1", "inner", thread_ts=root)
    async with phone(slack) as line:
        pressed = asyncio.create_task(slack.shortcut("U1", "C1", inner, "reset_thread"))
        envelope = await line.event(ack=False)
        while envelope["type"] != "interactive":
            await line.ack(envelope)
            envelope = await line.event(ack=False)
        await line.ack(envelope)
        assert (await pressed).acked_after is not None
    payload = envelope["payload"]
    assert (payload["type"], payload["callback_id"]) == ("message_action", "reset_thread")
    message = payload["message"]
    assert (message["thread_ts"], message["user"], message["text"]) == (root, "U2", "inner")
