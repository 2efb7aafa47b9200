"""The real SDK against the OpenAI stand-in, for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from standins.openai import OpenAIStandin
from standins.script.script import Scenario

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
ASK: dict[str, Any] = {"model": "gpt-6-luna", "input": "Good morning", "store": False}


@asynccontextmanager
async def served(scenario: Scenario, **options: Any) -> AsyncIterator[tuple[OpenAIStandin, AsyncOpenAI]]:
    """A stand-in and the SDK's client for it, without retries."""
    async with (
        OpenAIStandin(scenario, **options) as api,
        AsyncOpenAI(
            base_url=api.base_url,
            api_key=api.api_key,
            max_retries=0,
            http_client=httpx2.AsyncClient(verify=False),
        ) as client,
    ):
        yield api, client


async def raw_frames(client: AsyncOpenAI, **fields: Any) -> list[tuple[str, dict[str, Any]]]:
    """Event name and data of every frame, read from the bytes."""
    async with client.responses.with_streaming_response.create(**ASK, stream=True, **fields) as answer:
        text = (await answer.read()).decode()
    assert text.endswith("\n\n")
    frames = [frame.split("\n") for frame in text.removesuffix("\n\n").split("\n\n")]
    assert all(len(lines) == 2 for lines in frames)
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in frames]


async def last_of(stream: openai.AsyncStream[Any]) -> Any:
    return [event async for event in stream][-1]


async def until_broken(stream: openai.AsyncStream[Any]) -> list[Any]:
    """The events before the connection broke; it must break."""
    events: list[Any] = []
    try:
        async for event in stream:
            events.append(event)
    except openai.APIConnectionError:
        return events
    raise AssertionError("the stream ended without breaking")


def undeclared(value: Any) -> set[str]:
    """Fields of a validated value, at any depth, that the SDK does not declare."""
    if isinstance(value, BaseModel):
        inner = [undeclared(getattr(value, name)) for name in type(value).model_fields]
        return set(value.model_extra or ()).union(*inner)
    if isinstance(value, list):
        return set().union(*map(undeclared, value))
    return set()
