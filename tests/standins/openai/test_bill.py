"""The OpenAI stand-in: what it used is what it says, and what stands on its bill."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from standins.openai.bill import Charge
from standins.script.script import Fault, Hosted, Reason, Say, Scenario
from tests.standins.openai.clients import ASK, served

LONG: Any = [{"role": "user", "content": "word " * 1000}]


async def test_the_beginning_of_a_prompt_comes_from_the_cache() -> None:
    """From 1,024 tokens on, as multiples of 128, for prompts of one key that begin with the same items."""
    given = ((LONG, "a"), ([*LONG, *LONG], "a"), ([*LONG, *LONG], "b"), (ASK["input"], "a"))
    async with served(Scenario()) as (api, client):
        for items, key in given:
            asked = ASK | {"input": items, "prompt_cache_key": key}
            last = await client.responses.create(**asked)
        assert [0, 1152, 0, 0] == [one.cached for one in api.bill]
        assert last.usage
        assert (last.service_tier, last.usage.input_tokens) == ("default", api.bill[-1].input)


async def test_thoughts_are_part_of_the_output() -> None:
    scenario = Scenario()
    scenario.enqueue(Reason("hm"), Hosted("image_generation_call"), Say("four" * 4))
    async with served(scenario) as (api, client):
        made = await client.responses.create(**ASK)
    assert made.usage
    assert (68, 64) == (made.usage.output_tokens, made.usage.output_tokens_details.reasoning_tokens)
    used = {"input": 3, "cached": 0, "output": 68, "reasoning": 64}
    assert [
        Charge("response", "gpt-6-luna", **used, told=True),
        Charge("image", "gpt-6-luna", units=1.0, told=True),
    ] == api.bill


@pytest.mark.parametrize(
    ("fault", "charge"),
    [
        (Fault("refuse", status=500), Charge("response", "", refused=500)),
        (Fault("cut"), Charge("response", "gpt-6-luna")),
        (Fault("error"), Charge("response", "gpt-6-luna", told=True)),
    ],
)
async def test_what_was_not_told_has_no_tokens(fault: Fault, charge: Charge) -> None:
    scenario = Scenario()
    scenario.enqueue(*([] if fault.kind == "refuse" else [Say("half")]), fault)
    async with served(scenario) as (api, client):
        try:
            async for _ in await client.responses.create(**ASK, stream=True):
                pass
        except openai.OpenAIError:
            pass
        assert [charge] == api.bill


async def test_a_failed_response_tells_what_it_used() -> None:
    scenario = Scenario()
    scenario.enqueue(Say("half"), Fault("failed"))
    async with served(scenario) as (api, client):
        events: list[Any] = [event async for event in await client.responses.create(**ASK, stream=True)]
        assert (1, api.bill[0].output) == (events[-1].response.usage.output_tokens, 1)
