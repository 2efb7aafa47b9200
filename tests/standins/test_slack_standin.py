"""The Slack stand-in, driven by the real SDKs: each strict rule of the service, one test a rule."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.standins.slack import SlackStandin, Timing

Json = dict[str, Any]
MARKER = {"event_type": "assistant_run", "event_payload": {"run_id": "run_1"}}


@asynccontextmanager
async def workspace(**options: Any) -> AsyncIterator[tuple[SlackStandin, AsyncWebClient]]:
    async with SlackStandin(**options) as slack, aiohttp.ClientSession() as session:
        yield slack, AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandin]:
    async with SlackStandin(limits=False) as standin:
        yield standin


@pytest.fixture
async def client(slack: SlackStandin) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)


class Phone:
    """One Socket Mode connection without an SDK: it acknowledges only when told to."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def next(self) -> Json:
        message: Json = await asyncio.wait_for(self.ws.receive_json(), 2)
        return message

    async def event(self, *, ack: bool = True) -> Json:
        """The next envelope."""
        envelope = await self.next()
        if ack:
            await self.ack(envelope)
        return envelope

    async def ack(self, envelope: Json, payload: Json | None = None) -> None:
        answer: Json = {"envelope_id": envelope["envelope_id"]}
        await self.ws.send_json(answer | ({"payload": payload} if payload else {}))

    async def closed(self) -> bool:
        kind = (await asyncio.wait_for(self.ws.receive(), 2)).type
        return kind in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


@asynccontextmanager
async def phone(slack: SlackStandin) -> AsyncIterator[Phone]:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=slack.api_url, session=session)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url) as ws:
            line = Phone(ws)
            assert (await line.next())["type"] == "hello"
            yield line


async def refusal(call: Awaitable[object]) -> str:
    """The error a call is answered with."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def stream(client: AsyncWebClient, slack: SlackStandin, **more: Any) -> Json:
    """A message of U1 in C1 and an open stream under it: the arguments that name the stream."""
    ts = await slack.mention("U1", "C1", "hello")
    place = {"recipient_user_id": "U1", "recipient_team_id": slack.team} | more
    answer = await client.chat_startStream(channel="C1", thread_ts=ts, **place)
    return {"channel": "C1", "ts": answer["ts"]}


# ── the round trip ──


async def test_a_bolt_app_hears_a_mention_and_streams_an_answer() -> None:
    """Unmodified slack-bolt and slack_sdk connect, are told, stream, and every event is acknowledged."""
    async with workspace() as (slack, client):
        app = AsyncApp(client=client, process_before_response=True)

        @app.event("app_mention")
        async def answer(event: Json, client: AsyncWebClient) -> None:
            place = {"recipient_user_id": event["user"], "recipient_team_id": slack.team}
            begun = await client.chat_startStream(channel="C1", thread_ts=event["ts"], **place)
            post = {"channel": "C1", "ts": begun["ts"]}
            await client.chat_appendStream(**post, markdown_text="Hel")
            await client.chat_appendStream(**post, chunks=[{"type": "markdown_text", "text": "lo"}])
            await client.chat_stopStream(**post, metadata=MARKER)

        @app.event(re.compile(".*"))
        async def others() -> None: ...

        handler = AsyncSocketModeHandler(app, slack.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1", ts) and not slack.posts("C1", ts)[0].streaming)
        await slack.until(lambda: not slack.unacked())
        await handler.close_async()  # type: ignore[no-untyped-call]
    (post,) = slack.posts("C1", ts)
    assert (post.text, post.metadata, post.thread_ts) == ("Hello", MARKER, ts)
    assert [text for _, text in post.versions] == ["", "Hel", "Hello", "Hello"]


async def test_a_bolt_app_answers_a_command_and_its_response_url() -> None:
    """A slash command is acknowledged with a text; the response_url takes another one."""
    async with workspace() as (slack, client):
        app = AsyncApp(client=client)

        @app.command("/reset")
        async def reset(ack: Callable[..., Awaitable[None]], respond: Callable[..., Awaitable[None]]) -> None:
            await ack("done")
            await respond("and more")

        handler = AsyncSocketModeHandler(app, slack.app_token)
        await handler.connect_async()  # type: ignore[no-untyped-call]
        reply = await slack.slash("U1", "C1", "/reset")
        await slack.until(lambda: len(reply.texts) == 2)
        await handler.close_async()  # type: ignore[no-untyped-call]
    assert sorted(reply.texts) == ["and more", "done"]
    assert reply.acked_after is not None
    assert [entry.user for entry in slack.ephemerals] == ["U1", "U1"]


# ── Socket Mode ──


async def test_a_ticket_admits_one_connection(slack: SlackStandin) -> None:
    """The URL of apps.connections.open works once."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=slack.api_url, session=session)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_a_ticket_expires() -> None:
    """A ticket not used in time is refused."""
    async with SlackStandin(timing=Timing(ticket_seconds=0)) as slack:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with phone(slack):
                pass


async def test_hello_comes_first_and_counts_the_connections(slack: SlackStandin) -> None:
    """`hello` names the app and how many sockets are open."""
    async with phone(slack), aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=slack.api_url, session=session)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url) as ws:
            hello = await ws.receive_json()
    assert (hello["num_connections"], hello["connection_info"]) == (2, {"app_id": slack.app_id})


async def test_an_eleventh_connection_is_told_to_go(slack: SlackStandin) -> None:
    """Ten sockets an app; one more gets `too_many_websockets` and is closed."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=slack.api_url, session=session)
        sockets = []
        for _ in range(11):
            url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
            sockets.append(await session.ws_connect(url))
        first = await sockets[-1].receive_json()
        for socket in sockets:
            await socket.close()
    assert first["reason"] == "too_many_websockets"


async def test_an_envelope_goes_to_one_of_the_sockets(slack: SlackStandin) -> None:
    """Of two sockets, each of twenty events reaches exactly one, and both get some."""
    async with phone(slack) as one, phone(slack) as other:
        for number in range(20):
            await slack.say("U1", "C1", str(number))
        got: dict[Phone, list[str]] = {one: [], other: []}

        async def listen(line: Phone) -> None:
            while True:
                got[line].append((await line.event())["payload"]["event"]["text"])

        tasks = [asyncio.create_task(listen(line)) for line in got]
        await slack.until(lambda: not slack.unacked())
        for task in tasks:
            task.cancel()
    assert got[one]
    assert got[other]
    assert sorted(got[one] + got[other], key=int) == [str(number) for number in range(20)]


async def test_an_unacknowledged_event_is_sent_again() -> None:
    """Same event_id, new envelope id, retry fields; three times, then it is lost."""
    async with (
        SlackStandin(redeliver_after=0.05, retry_delays=(0, 0.02, 0.02)) as slack,
        phone(slack) as line,
    ):
        await slack.say("U1", "C1", "hi")
        envelopes = [await line.event(ack=False) for _ in range(4)]
        await slack.until(lambda: slack.sockets.deliveries.lost)
        assert len(slack.unacked()) == 1
    assert [envelope["retry_attempt"] for envelope in envelopes] == [0, 1, 2, 3]
    assert [envelope["retry_reason"] for envelope in envelopes] == ["", "timeout", "timeout", "timeout"]
    assert len({envelope["envelope_id"] for envelope in envelopes}) == 4
    assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1


async def test_an_event_survives_the_socket_that_got_it() -> None:
    """Delivered, not acknowledged, connection cut: the next socket gets it."""
    async with SlackStandin(redeliver_after=0.1) as slack:
        async with phone(slack) as line:
            await slack.say("U1", "C1", "hi")
            await line.event(ack=False)
            await slack.cut()
            assert await line.closed()
        async with phone(slack) as line:
            assert (await line.event())["retry_attempt"] == 1


async def test_any_socket_may_acknowledge(slack: SlackStandin) -> None:
    """An envelope of one socket acknowledged on the other is settled."""
    async with phone(slack) as one, phone(slack) as other:
        await slack.say("U1", "C1", "hi")
        first = asyncio.create_task(one.next())
        second = asyncio.create_task(other.next())
        done, waiting = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        await (other if first in done else one).ack(done.pop().result())
        await slack.until(lambda: not slack.unacked())
        waiting.pop().cancel()
    assert slack.acks[0][1] < 2


async def test_a_late_acknowledgement_does_not_stop_the_retry() -> None:
    """After the deadline the attempt has failed, whatever comes."""
    async with SlackStandin(redeliver_after=0.05, retry_delays=(0.1,)) as slack, phone(slack) as line:
        await slack.say("U1", "C1", "hi")
        late = await line.event(ack=False)
        await asyncio.sleep(0.08)
        await line.ack(late)
        assert (await line.event())["retry_attempt"] == 1
        await slack.until(lambda: len(slack.acks) == 2)


async def test_events_wait_while_the_service_is_away() -> None:
    """Offline: connections refused. Online again: same port, state kept, the event comes."""
    async with SlackStandin() as slack:
        async with phone(slack):
            await slack.go_offline()
        url = slack.api_url
        with pytest.raises(aiohttp.ClientConnectionError):
            async with phone(slack):
                pass
        await slack.say("U1", "C1", "hi")
        await slack.go_online()
        assert slack.api_url == url
        async with phone(slack) as line:
            assert (await line.event())["payload"]["event"]["text"] == "hi"


async def test_events_may_be_lost_while_no_socket_is_open() -> None:
    """keep_offline=False: the worst that was seen of the service; history still has the message."""
    async with SlackStandin(timing=Timing(keep_offline=False)) as slack:
        await slack.say("U1", "C1", "hi")
        assert len(slack.sockets.deliveries.lost) == 1
        assert [message["text"] for message in slack.messages("C1")] == ["hi"]


async def test_a_polite_disconnect_leaves_time() -> None:
    """`disconnect` is announced; the old socket still works, then it is closed; a new one is preferred."""
    async with SlackStandin(timing=Timing(grace_seconds=0.2)) as slack, phone(slack) as old:
        await slack.disconnect("refresh_requested")
        assert (await old.next())["reason"] == "refresh_requested"
        await slack.say("U1", "C1", "on the old one")
        assert (await old.event())["payload"]["event"]["text"] == "on the old one"
        async with phone(slack) as new:
            await slack.say("U1", "C1", "on the new one")
            assert (await new.event())["payload"]["event"]["text"] == "on the new one"
            assert await old.closed()


async def test_a_command_must_be_acknowledged_in_time() -> None:
    """No acknowledgement: the person sees operation_timeout, and it is not sent again."""
    timing = Timing(ack_seconds=0.05, redeliver_after=0.05)
    async with SlackStandin(timing=timing) as slack, phone(slack) as line:
        reply = await slack.slash("U1", "C1", "/reset")
        assert (await line.event(ack=False))["type"] == "slash_commands"
        await slack.say("U1", "C1", "next")
        assert (await line.event())["type"] == "events_api"
    assert (reply.error, reply.acked_after) == ("operation_timeout", None)


async def test_a_command_without_a_socket_fails_at_once(slack: SlackStandin) -> None:
    """No connection: dispatch_failed."""
    assert (await slack.slash("U1", "C1", "/reset")).error == "dispatch_failed"


async def test_a_response_url_takes_five_posts(slack: SlackStandin) -> None:
    """The sixth is refused with 404."""
    reply = await slack.slash("U1", "C1", "/reset")
    async with aiohttp.ClientSession() as session:
        posts = [await session.post(reply.response_url, json={"text": str(n)}) for n in range(6)]
    assert [post.status for post in posts] == [200] * 5 + [404]
    assert reply.texts == ["0", "1", "2", "3", "4"]


async def test_a_shortcut_carries_its_message(slack: SlackStandin) -> None:
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


async def test_the_service_pings() -> None:
    """Pings come regularly; a client that does not answer them is closed."""
    async with SlackStandin(timing=Timing(ping_seconds=0.05)) as slack, aiohttp.ClientSession() as session:
        client = AsyncWebClient(base_url=slack.api_url, session=session)
        url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
        async with session.ws_connect(url, autoping=False) as ws:
            await ws.receive_json()
            assert (await ws.receive()).type is aiohttp.WSMsgType.PING
            await slack.until(lambda: slack.connections == 0)


async def test_a_button_is_pressed(slack: SlackStandin) -> None:
    """block_actions carries the action, the message and where it was."""
    ts = await slack.say("U1", "C1", "hi")
    async with phone(slack) as line:
        await line.event()
        pressed = asyncio.create_task(slack.press("U1", "C1", ts, {"action_id": "good", "value": "1"}))
        envelope = await line.event()
        assert not (await pressed).error
    assert envelope["payload"]["actions"][0]["action_id"] == "good"
    assert envelope["payload"]["container"]["message_ts"] == ts


# ── events ──


async def told(slack: SlackStandin, line: Phone, count: int) -> list[Json]:
    """The next events, acknowledged."""
    return [(await line.event())["payload"] for _ in range(count)]


async def test_a_mention_is_told_twice(slack: SlackStandin) -> None:
    """`message` and `app_mention`: own event ids, one ts; only the former has a channel_type."""
    async with phone(slack) as line:
        ts = await slack.mention("U1", "C1", "hi")
        payloads = await told(slack, line, 2)
    events = {payload["event"]["type"]: payload["event"] for payload in payloads}
    assert {event["ts"] for event in events.values()} == {ts}
    assert len({payload["event_id"] for payload in payloads}) == 2
    assert events["message"]["channel_type"] == "channel"
    assert "channel_type" not in events["app_mention"]


async def test_the_order_of_the_two_varies(slack: SlackStandin) -> None:
    """Over twenty mentions each of the two comes first at times."""
    async with phone(slack) as line:
        for _ in range(20):
            await slack.mention("U1", "C1", "hi")
        payloads = await told(slack, line, 40)
    assert {payload["event"]["type"] for payload in payloads[::2]} == {"message", "app_mention"}


async def test_a_direct_message_is_no_mention(slack: SlackStandin) -> None:
    """In a DM there is `message` with channel_type im, and no app_mention."""
    async with phone(slack) as line:
        await slack.mention("U1", "D1", "hi")
        await slack.say("U1", "D1", "next")
        events = [payload["event"] for payload in await told(slack, line, 2)]
    assert [(event["type"], event["channel_type"]) for event in events] == [("message", "im")] * 2


async def test_text_becomes_rich_text(slack: SlackStandin) -> None:
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


async def test_edits_and_deletions_are_told(slack: SlackStandin) -> None:
    """message_changed has both versions; message_deleted names the ts."""
    async with phone(slack) as line:
        ts = await slack.say("U1", "C1", "one")
        await slack.edit("U1", "C1", ts, "two")
        await slack.delete("U1", "C1", ts)
        _, changed, deleted = [payload["event"] for payload in await told(slack, line, 3)]
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("two", "one")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert slack.messages("C1") == []


async def test_a_deleted_root_leaves_a_tombstone(slack: SlackStandin) -> None:
    """With replies under it the deletion is told as a change to a tombstone."""
    root = await slack.say("U1", "C1", "root")
    await slack.say("U2", "C1", "reply", thread_ts=root)
    async with phone(slack) as line:
        await told(slack, line, 2)
        await slack.delete("U1", "C1", root)
        (payload,) = await told(slack, line, 1)
    assert payload["event"]["message"]["subtype"] == "tombstone"


async def test_a_file_makes_a_file_share(slack: SlackStandin) -> None:
    """A message with files has the subtype; it may have no text and no blocks."""
    async with phone(slack) as line:
        await slack.say("U1", "D1", "", files=[{"id": "F1", "mimetype": "image/png"}])
        (payload,) = await told(slack, line, 1)
    event = payload["event"]
    assert (event["subtype"], event["files"][0]["id"], "blocks" in event) == ("file_share", "F1", False)


async def test_an_unfurl_is_a_change_without_change(slack: SlackStandin) -> None:
    """message_changed comes with the same text before and after."""
    async with phone(slack) as line:
        ts = await slack.say("U1", "C1", "see <https://example.com>")
        await slack.unfurl("C1", ts)
        _, changed = [payload["event"] for payload in await told(slack, line, 2)]
    assert changed["subtype"] == "message_changed"
    assert changed["message"]["text"] == changed["previous_message"]["text"]


async def test_a_raw_event_and_its_envelope(slack: SlackStandin) -> None:
    """Any event can be delivered, and any field of the event_callback replaced."""
    async with phone(slack) as line:
        event_id = await slack.deliver({"type": "team_join"}, is_ext_shared_channel=True)
        (payload,) = await told(slack, line, 1)
    assert (payload["event_id"], payload["event"]["type"]) == (event_id, "team_join")
    assert payload["is_ext_shared_channel"]


async def test_without_the_app_in_it_only_mentions_are_told(slack: SlackStandin) -> None:
    """A channel the app is not in is silent, but for mentions."""
    slack.add_channel("C1", bot_in=False)
    async with phone(slack) as line:
        await slack.say("U1", "C1", "not for you")
        await slack.mention("U1", "C1", "for you")
        (payload,) = await told(slack, line, 1)
        await slack.until(lambda: not slack.unacked())
    assert payload["event"]["type"] == "app_mention"


async def test_the_app_hears_itself(slack: SlackStandin, client: AsyncWebClient) -> None:
    """A post of the app comes back as a message event with its bot_id."""
    slack.add_channel("C1")
    async with phone(slack) as line:
        await client.chat_postMessage(channel="C1", text="hi")
        (payload,) = await told(slack, line, 1)
    assert payload["event"]["bot_id"] == slack.bot_id


async def test_stop_ends_the_streams_first(slack: SlackStandin, client: AsyncWebClient) -> None:
    """The Stop button: Slack has already ended the streams that the event lists."""
    post = await stream(client, slack, markdown_text="so far")
    thread = slack.posts("C1")[0].thread_ts
    assert thread is not None
    assert await slack.press_stop("U1", "C1", thread) == [post["ts"]]
    assert await refusal(client.chat_stopStream(**post)) == "message_not_in_streaming_state"
    assert not slack.posts("C1")[0].broken
    event = slack.unacked()[-1]["event"]
    assert (event["type"], event["streaming_message_ts"]) == ("agent_session_stopped", [post["ts"]])


# ── the Web API: tokens, encodings ──


async def test_tokens_are_checked(slack: SlackStandin) -> None:
    """None, wrong, of the wrong kind, revoked."""
    async with aiohttp.ClientSession() as session:

        def using(token: str) -> AsyncWebClient:
            return AsyncWebClient(token, base_url=slack.api_url, session=session)

        assert await refusal(using("").auth_test()) == "not_authed"
        assert await refusal(using("xoxb-other").auth_test()) == "invalid_auth"
        assert await refusal(using(slack.app_token).auth_test()) == "not_allowed_token_type"
        connect = using("").apps_connections_open(app_token=slack.bot_token)
        assert await refusal(connect) == "not_allowed_token_type"
        slack.revoke("bot")
        slack.revoke("app")
        assert await refusal(using(slack.bot_token).auth_test()) == "token_revoked"
        assert await refusal(using("").apps_connections_open(app_token=slack.app_token)) == "invalid_auth"


async def test_forms_carry_json_texts(slack: SlackStandin) -> None:
    """A form with token and blocks as text is as good as a JSON body."""
    slack.add_channel("C1")
    blocks = '[{"type": "markdown", "text": "**hi**"}]'
    form = {"token": slack.bot_token, "channel": "C1", "blocks": blocks, "text": "hi"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.api_url}chat.postMessage", data=form) as answer,
    ):
        assert (await answer.json())["ok"]
    assert slack.posts("C1")[0].text == "**hi**"
    assert all("token" not in call.args for call in slack.calls)


@pytest.mark.parametrize(
    ("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object"), ("{}", "not_authed")]
)
async def test_json_bodies_are_checked(slack: SlackStandin, body: str, error: str) -> None:
    """Broken JSON, no object, and a token that a JSON body cannot carry."""
    kind = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.api_url}auth.test", data=body, headers=kind) as answer,
    ):
        assert (await answer.json())["error"] == error


async def test_unknown_methods_and_ignored_arguments(slack: SlackStandin, client: AsyncWebClient) -> None:
    """An unknown method is an error; an unknown argument is passed over, and recorded."""
    assert await refusal(client.api_call("chat.nonsense")) == "unknown_method"
    await stream(client, slack, metadata=MARKER, unfurl_links=False)
    assert slack.calls[-1].ignored == ("metadata", "unfurl_links")
    assert slack.posts("C1")[0].metadata is None


def test_arguments_are_those_of_the_sdk() -> None:
    """Every argument that slack_sdk can send to a method is one the stand-in knows for it."""
    unknown = {}
    for name, method in SlackStandin().api.methods.items():
        sdk = inspect.signature(getattr(AsyncWebClient, name.replace(".", "_")))
        sent = set(sdk.parameters) - {"self", "kwargs", "app_token", "team_id"}
        unknown[name] = sent - set(method.required) - method.optional
    assert {name: args for name, args in unknown.items() if args} == {}


# ── streams ──


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_user_id": "B0BOT00001"}, "invalid_arguments"),
        ({"recipient_user_id": "U404"}, "user_not_found"),
        ({"recipient_team_id": "T404"}, "team_not_found"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C404"}, "channel_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "x", "chunks": [{"type": "markdown_text", "text": "x"}]}, "invalid_arguments"),
        ({"chunks": [{"type": "task_update", "id": "1"}]}, "invalid_chunks"),
    ],
)
async def test_a_stream_is_refused(
    slack: SlackStandin, client: AsyncWebClient, more: Json, error: str
) -> None:
    """chat.startStream in a channel checks recipient, place and text."""
    ts = await slack.mention("U1", "C1", "hello")
    right: Json = {"channel": "C1", "thread_ts": ts}
    right |= {"recipient_user_id": "U1", "recipient_team_id": slack.team}
    assert await refusal(client.chat_startStream(**right | more)) == error


async def test_a_direct_message_needs_no_recipient(slack: SlackStandin, client: AsyncWebClient) -> None:
    """Streams in a DM go to the person there."""
    ts = await slack.say("U1", "D1", "hello")
    assert (await client.chat_startStream(channel="D1", thread_ts=ts))["ok"]


async def test_a_stopped_stream_takes_no_more(slack: SlackStandin, client: AsyncWebClient) -> None:
    """After stop: message_not_in_streaming_state; blocks given to stop stand below the text."""
    post = await stream(client, slack, markdown_text="text")
    await client.chat_stopStream(**post, blocks=[{"type": "markdown", "text": "below"}])
    more = client.chat_appendStream(**post, markdown_text="more")
    assert await refusal(more) == "message_not_in_streaming_state"
    assert slack.posts("C1")[0].text == "text\nbelow"


async def test_a_stream_holds_12000_characters(slack: SlackStandin, client: AsyncWebClient) -> None:
    """The limit is cumulative, and a refused append changes nothing."""
    post = await stream(client, slack, markdown_text="x" * 11_999)
    await client.chat_appendStream(**post, markdown_text="y")
    assert await refusal(client.chat_appendStream(**post, markdown_text="z")) == "msg_too_long"
    assert slack.posts("C1")[0].text == "x" * 11_999 + "y"


async def test_a_stream_dies_and_update_repairs_it() -> None:
    """After its lifetime appends and stop fail and it shows broken, until chat.update replaces it."""
    async with workspace(stream_seconds=0.1) as (slack, client):
        post = await stream(client, slack, markdown_text="half")
        await slack.until(lambda: slack.posts("C1")[0].broken)
        for call in (client.chat_appendStream(**post, markdown_text="x"), client.chat_stopStream(**post)):
            assert await refusal(call) == "message_not_in_streaming_state"
        await client.chat_update(**post, text="whole")
        (repaired,) = slack.posts("C1")
        assert (repaired.text, repaired.broken, repaired.streaming) == ("whole", False, False)


async def test_a_live_stream_cannot_be_changed(slack: SlackStandin, client: AsyncWebClient) -> None:
    """chat.update and chat.delete wait for the end of the stream."""
    post = await stream(client, slack, markdown_text="text")
    assert await refusal(client.chat_update(**post, text="other")) == "streaming_state_conflict"
    assert await refusal(client.chat_delete(**post)) == "cant_delete_message"


async def test_task_chunks_are_kept(slack: SlackStandin, client: AsyncWebClient) -> None:
    """A task is updated by its id."""
    post = await stream(client, slack)
    for status in ("in_progress", "complete"):
        task = {"type": "task_update", "id": "1", "title": "Search", "status": status}
        await client.chat_appendStream(**post, chunks=[task])
    assert [task["status"] for task in slack.posts("C1")[0].tasks] == ["complete"]


# ── posts ──


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"text": " "}, "no_text"),
        ({"text": "x", "channel": "C404"}, "channel_not_found"),
        ({"text": "x", "channel": "C2"}, "not_in_channel"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        (
            {"text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]},
            "invalid_blocks",
        ),
        ({"text": "x", "blocks": [{"type": "markdown", "text": "x" * 6001}] * 2}, "msg_blocks_too_long"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing:UserWarning")
async def test_a_post_is_refused(slack: SlackStandin, client: AsyncWebClient, args: Json, error: str) -> None:
    """chat.postMessage checks place, text, blocks and metadata."""
    slack.add_channel("C1")
    slack.add_channel("C2", bot_in=False)
    place: Json = {"channel": "C1"}
    assert await refusal(client.chat_postMessage(**place | args)) == error


async def test_a_long_text_is_cut(slack: SlackStandin, client: AsyncWebClient) -> None:
    """chat.postMessage truncates at 40,000 characters and says so."""
    slack.add_channel("C1")
    answer = await client.chat_postMessage(channel="C1", text="x" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert len(slack.posts("C1")[0].text) == 40_000


async def test_an_update_counts_bytes(slack: SlackStandin, client: AsyncWebClient) -> None:
    """4,000 bytes of text, or markdown blocks; own messages only."""
    slack.add_channel("C1")
    post: Json = {"channel": "C1", "ts": (await client.chat_postMessage(channel="C1", text="x"))["ts"]}
    assert await refusal(client.chat_update(**post, text="가" * 1334)) == "msg_too_long"
    body = [{"type": "markdown", "text": "가" * 12_000}]
    await client.chat_update(**post, text="short", blocks=body)
    assert slack.posts("C1")[0].text == "가" * 12_000


async def test_blocks_stay_when_only_text_comes(slack: SlackStandin, client: AsyncWebClient) -> None:
    """chat.update without blocks keeps those of the message; an empty list removes them."""
    slack.add_channel("C1")
    body = [{"type": "markdown", "text": "shown"}]
    made = await client.chat_postMessage(channel="C1", text="short", blocks=body, metadata=MARKER)
    post: Json = {"channel": "C1", "ts": made["ts"]}
    await client.chat_update(**post, text="other")
    assert slack.post(**post).text == "shown"
    await client.chat_update(**post, text="other", blocks=[])
    assert slack.post(**post).text == "other"
    assert slack.post(**post).metadata == MARKER


async def test_only_own_messages_change(slack: SlackStandin, client: AsyncWebClient) -> None:
    """Somebody else's message can neither be changed nor deleted; an absent one is not found."""
    theirs: Json = {"channel": "C1", "ts": await slack.say("U1", "C1", "mine")}
    assert await refusal(client.chat_update(**theirs, text="x")) == "cant_update_message"
    assert await refusal(client.chat_delete(**theirs)) == "cant_delete_message"
    assert await refusal(client.chat_appendStream(**theirs, markdown_text="x")) == "message_not_owned_by_app"
    assert await refusal(client.chat_update(channel="C1", ts="1.000001", text="x")) == "message_not_found"


async def test_pings_are_seen(slack: SlackStandin, client: AsyncWebClient) -> None:
    """What would notify people is listed, and the unfurl flags are kept."""
    slack.add_channel("C1")
    await client.chat_postMessage(channel="C1", text="<!channel> &lt;!here&gt; <@U1>", unfurl_links=False)
    (post,) = slack.posts("C1")
    assert (post.pings, post.unfurl_links, post.unfurl_media) == (("<!channel>", "<@U1>"), False, None)


async def test_an_ephemeral_needs_a_member(slack: SlackStandin, client: AsyncWebClient) -> None:
    """chat.postEphemeral reaches people who are in the channel, and is no message."""
    slack.add_channel("C1", members=["U1"])
    other = client.chat_postEphemeral(channel="C1", user="U2", text="x")
    assert await refusal(other) == "user_not_in_channel"
    await client.chat_postEphemeral(channel="C1", user="U1", text="psst")
    assert [(entry.user, entry.text) for entry in slack.ephemerals] == [("U1", "psst")]
    assert slack.messages("C1") == []


# ── status ──


async def test_a_status_ends_with_a_post(slack: SlackStandin, client: AsyncWebClient) -> None:
    """It is cleared by an empty one, or by what the app posts in that thread."""
    ts = await slack.say("U1", "C1", "hi")
    place: Json = {"channel_id": "C1", "thread_ts": ts}
    await client.assistant_threads_setStatus(**place, status="is thinking…")
    assert slack.status("C1", ts) == "is thinking…"
    await client.chat_postMessage(channel="C1", text="elsewhere")
    assert slack.status("C1", ts) == "is thinking…"
    await client.chat_postMessage(channel="C1", text="here", thread_ts=ts)
    assert slack.status("C1", ts) == ""
    assert [entry[3] for entry in slack.statuses] == ["is thinking…"]


async def test_a_status_times_out() -> None:
    """Without a refresh it vanishes."""
    async with workspace(timing=Timing(status_seconds=0.05)) as (slack, client):
        ts = await slack.say("U1", "C1", "hi")
        await client.assistant_threads_setStatus(channel_id="C1", thread_ts=ts, status="is thinking…")
        await slack.until(lambda: not slack.status("C1", ts))


async def test_a_status_may_be_refused(slack: SlackStandin, client: AsyncWebClient) -> None:
    """A channel can refuse it; a thread must exist."""
    ts = await slack.say("U1", "C1", "hi")
    status = client.assistant_threads_setStatus
    assert await refusal(status(channel_id="C1", thread_ts="1.000001", status="x")) == "invalid_thread_ts"
    slack.refuse_status("C1", "missing_scope")
    assert await refusal(status(channel_id="C1", thread_ts=ts, status="x")) == "missing_scope"


async def test_agent_sessions_are_for_agent_apps(slack: SlackStandin, client: AsyncWebClient) -> None:
    """agents.sessions.setStatus: not_agent_app unless the app is one."""
    call = client.agents_sessions_setStatus(channel_id="C1", status="processing")
    assert await refusal(call) == "not_agent_app"
    async with workspace(agent_app=True) as (agent, agent_client):
        ts = await agent.say("U1", "D1", "hi")
        await agent_client.agents_sessions_setStatus(channel_id="D1", thread_ts=ts, status="processing")
        assert agent.session("D1", ts) == "processing"


# ── reading ──


async def test_replies_come_oldest_first_under_the_root(slack: SlackStandin, client: AsyncWebClient) -> None:
    """Every page begins with the root; the cursor leads through all replies once."""
    root = await slack.say("U1", "C1", "root")
    said = [await slack.say("U1", "C1", str(n), thread_ts=root) for n in range(5)]
    seen, cursor, pages = [], None, 0
    while cursor != "":
        page = await client.conversations_replies(channel="C1", ts=root, limit=3, cursor=cursor)
        messages = page["messages"]
        assert messages[0]["ts"] == root
        seen += [message["ts"] for message in messages[1:]]
        cursor = page["response_metadata"]["next_cursor"] if page["has_more"] else ""
        pages += 1
    assert (seen, pages) == (said, 3)


async def test_replies_after_a_ts(slack: SlackStandin, client: AsyncWebClient) -> None:
    """`oldest` excludes its own message unless inclusive; the root is there all the same."""
    root = await slack.say("U1", "C1", "root")
    said = [await slack.say("U1", "C1", str(n), thread_ts=root) for n in range(3)]

    async def after(**more: Any) -> list[str]:
        page = await client.conversations_replies(channel="C1", ts=root, oldest=said[1], **more)
        return [message["ts"] for message in page["messages"]]

    assert await after() == [root, said[2]]
    assert await after(inclusive=True) == [root, said[1], said[2]]


async def test_metadata_must_be_asked_for(slack: SlackStandin, client: AsyncWebClient) -> None:
    """include_all_metadata shows what stopStream attached."""
    post = await stream(client, slack, markdown_text="x")
    await client.chat_stopStream(**post, metadata=MARKER)
    root = str(slack.posts("C1")[0].thread_ts)
    found = []
    for wanted in (True, False):
        page = await client.conversations_replies(channel="C1", ts=root, include_all_metadata=wanted)
        found.append(page["messages"][1].get("metadata"))
    assert found == [MARKER, None]


async def test_history_comes_newest_first_without_replies(
    slack: SlackStandin, client: AsyncWebClient
) -> None:
    """Replies stay in their thread unless broadcast; pages go back in time."""
    first = await slack.say("U1", "C1", "first")
    await slack.say("U1", "C1", "reply", thread_ts=first)
    await slack.say("U1", "C1", "shared reply", thread_ts=first, broadcast=True)
    await slack.say("U1", "C1", "last")
    page = await client.conversations_history(channel="C1", limit=2)
    assert [message["text"] for message in page["messages"]] == ["last", "shared reply"]
    cursor = page["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel="C1", limit=2, cursor=cursor)
    assert [message["text"] for message in rest["messages"]] == ["first"]
    assert rest["messages"][0]["reply_count"] == 2
    assert not rest["has_more"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"ts": "1.000001"}, "thread_not_found"),
        ({"cursor": "nonsense"}, "invalid_cursor"),
        ({"limit": 1001}, "invalid_limit"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
    ],
)
async def test_reading_is_refused(
    slack: SlackStandin, client: AsyncWebClient, args: Json, error: str
) -> None:
    """conversations.replies checks what it is asked for."""
    ts = await slack.say("U1", "C1", "hi")
    right: Json = {"channel": "C1", "ts": ts}
    assert await refusal(client.conversations_replies(**right | args)) == error


async def test_locale_must_be_asked_for(slack: SlackStandin, client: AsyncWebClient) -> None:
    """users.info tells the locale with include_locale; strangers are not found."""
    slack.set_locale("U1", "ko-KR")
    assert "locale" not in (await client.users_info(user="U1"))["user"]
    assert (await client.users_info(user="U1", include_locale=True))["user"]["locale"] == "ko-KR"
    assert await refusal(client.users_info(user="U404")) == "user_not_found"


async def test_a_direct_conversation_is_opened_once(slack: SlackStandin, client: AsyncWebClient) -> None:
    """conversations.open gives the same D… id again."""
    slack.set_locale("U1", "en-US")
    ids = {(await client.conversations_open(users="U1"))["channel"]["id"] for _ in range(2)}
    assert len(ids) == 1
    assert ids.pop().startswith("D")


async def test_a_reaction_is_added_once(slack: SlackStandin, client: AsyncWebClient) -> None:
    """The same emoji again is already_reacted."""
    ts = await slack.say("U1", "C1", "hi")
    add = {"channel": "C1", "timestamp": ts, "name": "eyes"}
    await client.reactions_add(**add)
    assert await refusal(client.reactions_add(**add)) == "already_reacted"


# ── limits and faults ──


async def test_streams_are_limited_by_tier() -> None:
    """The 21st startStream in a minute is 429 with Retry-After; when the minute is over it works again."""
    async with workspace(timing=Timing(minute=1.0)) as (slack, client):
        for _ in range(20):
            await stream(client, slack)
        with pytest.raises(SlackApiError) as caught:
            await stream(client, slack)
        response = caught.value.response
        assert (response.status_code, response["error"]) == (429, "ratelimited")
        assert response.headers["Retry-After"] == "1"
        assert slack.rate_limited == ["chat.startStream"]
        assert slack.calls[-1].error == "ratelimited"
        await asyncio.sleep(1)
        await stream(client, slack)


async def test_posts_are_limited_by_channel() -> None:
    """About one a second: a burst of three passes, the fourth not; another channel is free."""
    async with workspace() as (slack, client):
        slack.add_channel("C1")
        slack.add_channel("C2")
        for _ in range(3):
            await client.chat_postMessage(channel="C1", text="x")
        assert await refusal(client.chat_postMessage(channel="C1", text="x")) == "ratelimited"
        await client.chat_postMessage(channel="C2", text="x")


async def test_an_error_before_the_effect(slack: SlackStandin, client: AsyncWebClient) -> None:
    """The call fails as often as asked, and nothing happened."""
    slack.add_channel("C1")
    slack.fail("chat.postMessage", error="internal_error", times=2)
    for _ in range(2):
        assert await refusal(client.chat_postMessage(channel="C1", text="x")) == "internal_error"
    assert slack.posts("C1") == []
    await client.chat_postMessage(channel="C1", text="x")


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        ({"error": "ratelimited", "retry_after": 7}, 429, "7"),
        ({"error": "ratelimited", "status": 200}, 200, "1"),
        ({"error": "service_unavailable", "status": 503}, 503, None),
    ],
)
async def test_a_fault_has_a_status(
    slack: SlackStandin, client: AsyncWebClient, fault: Json, status: int, retry_after: str | None
) -> None:
    """ratelimited is 429 with Retry-After unless another status is asked for."""
    slack.fail("auth.test", **fault)
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    response = caught.value.response
    assert (response.status_code, response.headers.get("Retry-After")) == (status, retry_after)


async def test_an_error_after_the_effect(slack: SlackStandin, client: AsyncWebClient) -> None:
    """The app is told it failed, and the post is there."""
    slack.add_channel("C1")
    slack.fail("chat.postMessage", error="internal_error", when="after")
    assert await refusal(client.chat_postMessage(channel="C1", text="x")) == "internal_error"
    assert [post.text for post in slack.posts("C1")] == ["x"]


async def test_a_method_can_be_slow(slack: SlackStandin, client: AsyncWebClient) -> None:
    """A delay holds every call of the method, and no other."""
    slack.delay("auth.test", 0.1)
    slow = asyncio.create_task(client.auth_test())
    await slack.until(lambda: slack.calls)
    await client.api_test()
    assert not slow.done()
    await slow
    assert (slack.calls[0].done or 0) - slack.calls[0].at >= 0.1


async def test_a_reply_lost_after_the_effect(slack: SlackStandin) -> None:
    """drop after: the connection is cut, the post is there."""
    slack.add_channel("C1")
    slack.fail("chat.postMessage", when="after", drop=True)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.chat_postMessage(channel="C1", text="x")
    assert [post.text for post in slack.posts("C1")] == ["x"]
    assert slack.calls[-1].error == "dropped"


async def test_until_says_what_it_saw(slack: SlackStandin) -> None:
    """A wait that fails reports calls, posts and unacknowledged events."""
    await slack.say("U1", "C1", "nobody hears this")
    with pytest.raises(TimeoutError, match="nobody hears this"):
        await slack.until(lambda: False, timeout=0.05)
