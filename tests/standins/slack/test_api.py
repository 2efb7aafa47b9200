"""The Slack stand-in as slack-bolt and slack_sdk meet it: the round trip, tokens, encodings, faults."""

from __future__ import annotations

import asyncio
import inspect
import re
import time
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from standins.slack import SlackStandin
from tests.standins.slack.clients import MARKER, Json, refusal, stream, workspace


async def test_a_bolt_app_hears_a_mention_and_streams_an_answer():
    async with workspace() as (slack, client):
        app = AsyncApp(client=client, process_before_response=True)

        @app.event("app_mention")
        async def answer(event: Json, client: AsyncWebClient) -> None:
            place = {"recipient_user_id": event["user"], "recipient_team_id": slack.team}
            begun = await client.chat_startStream(channel="C1", thread_ts=event["ts"], **place)
            post = {"channel": "C1", "ts": begun["ts"]}
            await client.chat_appendStream(**post, chunks=[{"type": "markdown_text", "text": "Hel"}])
            await client.chat_appendStream(**post, chunks=[{"type": "markdown_text", "text": "lo"}])
            await client.chat_stopStream(**post, metadata=MARKER)

        @app.event(re.compile(".*"))
        async def others() -> None: ...

        handler = AsyncSocketModeHandler(app, slack.app_token)
        await handler.connect_async()
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.posts("C1", ts) and not slack.posts("C1", ts)[0].streaming)
        await slack.until(lambda: not slack.unacked())
        await handler.close_async()
    (post,) = slack.posts("C1", ts)
    assert (post.text, post.metadata, post.thread_ts) == ("Hello", MARKER, ts)
    assert [text for _, text in post.versions] == ["", "Hel", "Hello", "Hello"]


async def test_a_bolt_app_answers_a_command_and_its_response_url():
    async with workspace() as (slack, client):
        app = AsyncApp(client=client)

        @app.command("/reset")
        async def reset(ack: Callable[..., Awaitable[None]], respond: Callable[..., Awaitable[None]]) -> None:
            await ack("done")
            await respond("and more")

        handler = AsyncSocketModeHandler(app, slack.app_token)
        await handler.connect_async()
        reply = await slack.slash("U1", "C1", "/reset")
        await slack.until(lambda: len(reply.texts) == 2)
        await handler.close_async()
    assert sorted(reply.texts) == ["and more", "done"]
    assert reply.acked_after is not None
    assert [entry.user for entry in slack.ephemerals] == ["U1", "U1"]


async def test_tokens_are_checked(slack):
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


async def test_forms_carry_json_texts(slack):
    blocks = '[{"type": "markdown", "text": "**hi**"}]'
    form = {"token": slack.bot_token, "channel": "C1", "blocks": blocks, "text": "hi"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.api_url}chat.postMessage", data=form) as answer,
    ):
        assert (await answer.json())["ok"]
    assert slack.posts("C1")[0].text == "**hi**"
    assert all("token" not in call.args for call in slack.calls)


async def test_unknown_methods_and_ignored_arguments(slack, client):
    assert await refusal(client.api_call("chat.nonsense")) == "unknown_method"
    await stream(client, slack, metadata=MARKER, unfurl_links=False)
    assert slack.calls[-1].ignored == ("metadata", "unfurl_links")
    assert slack.posts("C1")[0].metadata is None


def test_arguments_are_those_of_the_sdk():
    """Every argument that slack_sdk can send to a method is one the stand-in knows for it."""
    unknown = {}
    for name, method in SlackStandin().api.methods.items():
        sdk = inspect.signature(getattr(AsyncWebClient, name.replace(".", "_")))
        sent = set(sdk.parameters) - {"self", "kwargs", "app_token", "team_id"}
        unknown[name] = sent.difference(method.required.split(), method.optional.split())
    assert {name: args for name, args in unknown.items() if args} == {}


async def test_streams_are_limited_by_tier():
    """The 21st startStream in a minute is 429 with Retry-After; when the minute is over it works again."""
    async with workspace() as (slack, client):
        for _ in range(20):
            await stream(client, slack)
        with pytest.raises(SlackApiError) as caught:
            await stream(client, slack)
        response = caught.value.response
        assert (response.status_code, response["error"]) == (429, "ratelimited")
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert (slack.rate_limited, slack.calls[-1].error) == (["chat.startStream"], "ratelimited")
        later = time.monotonic() + 60
        waits = [slack.api.limits.admit("chat.startStream", 20, "C1", later) for _ in range(21)]
        assert waits == [None] * 20 + [60]


async def test_posts_are_limited_by_channel():
    """About one a second: a burst of three passes, the fourth not; another channel is free."""
    async with workspace() as (slack, client):
        for channel in ("C1", "C2"):
            slack.add_channel(channel)
            for _ in range(3):
                await client.chat_postMessage(channel=channel, text="x")
        assert await refusal(client.chat_postMessage(channel="C1", text="x")) == "ratelimited"


async def test_a_call_can_fail_before_or_after_its_effect(slack, client):
    slack.fail("chat.postMessage", error="internal_error", times=2)
    slack.fail("chat.postMessage", error="fatal_error", when="after")
    post = {"channel": "C1", "text": "x"}
    for error, count in (("internal_error", 0), ("internal_error", 0), ("fatal_error", 1)):
        assert await refusal(client.chat_postMessage(**post)) == error
        assert len(slack.posts("C1")) == count
    assert (await client.chat_postMessage(**post))["ok"]


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        ({"error": "ratelimited", "retry_after": 7}, 429, "7"),
        ({"error": "ratelimited", "status": 200}, 200, "1"),
        ({"error": "service_unavailable", "status": 503}, 503, None),
    ],
)
async def test_a_fault_has_a_status(slack, client, fault, status, retry_after):
    """ratelimited is 429 with Retry-After unless another status is asked for."""
    slack.fail("auth.test", **fault)
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    response = caught.value.response
    assert (response.status_code, response.headers.get("Retry-After")) == (status, retry_after)


async def test_a_method_can_be_slow(slack, client):
    slack.delay("auth.test", 0.1)
    slow = asyncio.create_task(client.auth_test())
    await slack.until(lambda: slack.calls)
    await client.users_info(user="U1")
    assert not slow.done()
    await slow
    assert (slack.calls[0].done or 0) - slack.calls[0].at >= 0.1


async def test_a_reply_lost_after_the_effect(slack):
    slack.fail("chat.postMessage", when="after", drop=True)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.chat_postMessage(channel="C1", text="x")
    assert ([post.text for post in slack.posts("C1")], slack.calls[-1].error) == (["x"], "dropped")


async def test_until_says_what_it_saw(slack):
    await slack.say("U1", "C1", "nobody hears this")
    with pytest.raises(TimeoutError, match="nobody hears this"):
        await slack.until(lambda: False, timeout=0.05)
