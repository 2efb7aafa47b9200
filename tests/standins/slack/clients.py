"""Clients of the Slack stand-in: the SDK's own, and a bare socket that obeys a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from standins.slack import SlackStandin

Json = dict[str, Any]
MARKER = {"event_type": "assistant_run", "event_payload": {"run_id": "run_1"}}


@asynccontextmanager
async def web_client(slack: SlackStandin) -> AsyncIterator[AsyncWebClient]:
    """slack_sdk with the bot token, on one session."""
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session)


@asynccontextmanager
async def workspace(**options: Any) -> AsyncIterator[tuple[SlackStandin, AsyncWebClient]]:
    """A stand-in with options of its own, and a client for it."""
    async with SlackStandin(**options) as slack, web_client(slack) as client:
        yield slack, client


class Phone:
    """One Socket Mode connection without an SDK: it acknowledges only when told to."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def next(self) -> Json:
        message: Json = await asyncio.wait_for(self.ws.receive_json(), 2)
        return message

    async def event(self, *, ack: bool = True) -> Json:
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


async def socket_url(slack: SlackStandin, session: aiohttp.ClientSession) -> str:
    client = AsyncWebClient(base_url=slack.api_url, session=session)
    return str((await client.apps_connections_open(app_token=slack.app_token))["url"])


@asynccontextmanager
async def phone(slack: SlackStandin) -> AsyncIterator[Phone]:
    async with aiohttp.ClientSession() as session, session.ws_connect(await socket_url(slack, session)) as ws:
        line = Phone(ws)
        assert (await line.next())["type"] == "hello"
        yield line


async def refusal(call: Awaitable[object]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def stream(client: AsyncWebClient, slack: SlackStandin, **more: Any) -> Json:
    """A message of U1 in C1 and an open stream under it: the arguments that name the stream."""
    ts = await slack.mention("U1", "C1", "hello")
    place = {"recipient_user_id": "U1", "recipient_team_id": slack.team} | more
    answer = await client.chat_startStream(channel="C1", thread_ts=ts, **place)
    return {"channel": "C1", "ts": answer["ts"]}


def button(action_id: str = "yes", label: str = "Yes", **more: object) -> Json:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": action_id, "text": text, **more}


def thumb(**more: object) -> Json:
    return {"text": {"type": "plain_text", "text": "Thumb"}, "value": "good", **more}


def thumbs(**more: object) -> Json:
    both = {"positive_button": thumb(), "negative_button": thumb(value="bad")}
    return {"type": "feedback_buttons", "action_id": "rate", **both, **more}


async def told(slack: SlackStandin, line: Phone, count: int) -> list[Json]:
    return [(await line.event())["payload"] for _ in range(count)]
