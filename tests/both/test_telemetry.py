"""Page, metrics and ledger tell the same, after runs of every kind on both networks and over the API."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed

from core.policy.ledger import BUCKETS
from standins.discord import DiscordStandin
from standins.local import free_port
from standins.openai import OpenAIStandin
from standins.script.script import Call, Fault, Item, Part, Say, Scenario, Wait, outputs, text_of
from standins.slack import SlackStandin
from tests.both.networks import DiscordChat, SlackChat
from tests.both.office import DICE, Office
from tests.conftest import Product
from tests.web.browser import browser
from tests.web.clients import Api, ended

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WORDS = ("fine", "dice", "broken", "long", "fine", "fine", "refused", "fine", "dice", "fine")
CHATS, CLIENTS, PEOPLE = 70, 60, 7


def answer(items: Sequence[Item]) -> Part | Iterable[Part]:
    """By the last question."""
    asked = next(text_of(one) for one in reversed(items) if one.get("role") == "user")
    if "dice" in asked and not outputs(items[-1:]):
        return Call("dice")
    if "broken" in asked:
        return [Say("half"), Fault("failed", code="invalid_prompt")]
    if "refused" in asked:
        return Fault("refuse", status=400, code="invalid_prompt")
    if "long" in asked:
        return [Say("a"), Fault("incomplete", code="max_output_tokens")]
    return [Say("begun"), Wait(60)] if "stop" in asked else "done"


async def test_they_agree_after_two_hundred_runs(
    product: Product,
    slack: SlackStandin,
    discord: DiscordStandin,
    openai: OpenAIStandin,
    office: Office,
    script: Scenario,
    tmp_path: Path,
):
    openai.models["mystery"] = None  # type: ignore[index]  # no list has a price for it
    script.otherwise = answer
    office.tool("dice", DICE)
    await office.hire("dice")
    port = free_port()
    served = ("api", "console", "metrics")
    async with product(
        http=f"127.0.0.1:{port}", http_serve=served, openai_features="full", prices_file=prices(tmp_path)
    ):
        api = Api(f"http://127.0.0.1:{port}/v1", office.data)
        async with api.stack, browser(api, admin=True) as page:
            chats = (SlackChat(slack, office), DiscordChat(discord, office))
            discord.deliver_twice(True)
            await asyncio.gather(*(chatting(chat) for chat in chats), calling(api))
            discord.deliver_twice(False)
            await asyncio.gather(*(stopped(chat) for chat in chats))
            await office.over()
            told = json.loads(await office.types("usage", "--json", "--by", "model"))
            used = await page.get("/console/api/usage?by=model&days=2")
            seen = await page.get("/console/api/overview?hours=1")
            async with page.session.get(f"{page.origin}/metrics") as answered:
                families = {one.name: one for one in parsed(await answered.text())}
    agree(families, told, used, seen)
    assert 202 == seen["promises"]["accepted"]


def prices(folder: Path) -> str:
    path = folder / "prices.json"
    path.write_text(json.dumps({"gpt-6-luna": {"input": 0.1, "cached": 0.01, "output": 0.5}}))
    return str(path)


async def chatting(chat: SlackChat | DiscordChat) -> None:
    """People of one channel, each with a lane of questions."""
    for number in range(CHATS):
        who = f"{chat.ann[:-1]}{number % PEOPLE}"
        await chat.ask(f"{WORDS[number % len(WORDS)]} {number}", person=who)


async def calling(api: Api) -> None:
    client = await api.client("me")
    models = ("gpt-6-luna", "mystery", "gpt-6-luna")
    made = [await client.beta.assistants.create(model=model) for model in models]

    async def run(number: int) -> None:
        said: Any = [{"role": "user", "content": WORDS[number % 3 * 2]}]
        begun = await client.beta.threads.create_and_run(
            assistant_id=made[number % 3].id, thread={"messages": said}
        )
        await ended(client, begun.thread_id, begun.id)

    await asyncio.gather(*(run(number) for number in range(CLIENTS)))


async def stopped(chat: SlackChat | DiscordChat) -> None:
    """Ann does, once she sees the first word."""
    question = await chat.ask("stop me", person=chat.ann)
    await chat.says(question, "begun")
    await chat.stop(question)


def agree(families: dict[str, Any], told: Any, used: Any, seen: Any) -> None:
    def sums(name: str, *labels: str, end: str = "") -> dict[Any, float]:
        """Of a metric, by those labels."""
        found: Counter[Any] = Counter()
        for one in families[name].samples:
            if not end or one.name.endswith(end):
                found[tuple(one.labels[label] for label in labels)] += one.value
        return {key[0] if len(labels) == 1 else key: value for key, value in found.items()}

    def total(name: str, **more: str) -> float:
        return sum(sums(name, **more).values())

    assert told["data"] == [{name: one[name] for name in told["data"][0]} for one in used["data"]]
    by_model = {one["key"]: one for one in used["data"]}
    kinds = ("input", "cached", "output", "reasoning")
    tokens = {(model, kind): one[kind] for model, one in by_model.items() for kind in kinds}
    assert tokens == sums("spool_tokens", "model", "type")
    cost = {model: one["price_usd"] or 0 for model, one in by_model.items()}
    assert cost == sums("spool_cost_usd", "model")
    unpriced = {model: one["unpriced"] for model, one in by_model.items()}
    assert unpriced == sums("spool_unpriced_requests", "model")
    assert by_model["mystery"]["unpriced"] > 0 < by_model["gpt-6-luna"]["price_usd"]

    ends = sums("spool_runs", "outcome")
    promises, words = seen["promises"], seen["first_word"]
    assert {"completed", "failed", "incomplete", "cancelled"} == set(ends)
    assert promises["accepted"] == seen["failed"]["ended"] == sum(ends.values())
    assert (ends["failed"], ends["completed"] + ends["incomplete"]) == (
        seen["failed"]["count"],
        promises["answers"],
    )
    assert (0, 0) == (promises["lost"], promises["twice"])
    assert (0, 0) == (total("spool_lost_messages"), total("spool_double_answers"))
    assert CHATS == promises["known"] == total("spool_duplicates")
    assert seen["messages"]["count"] == total("spool_messages")
    assert words["count"] == total("spool_first_word_seconds", end="_count")
    assert promises["answers"] == total("spool_answer_seconds", end="_count")
    assert seen["cost"]["price_usd"] == pytest.approx(total("spool_cost_usd"))
    assert seen["cost"]["unpriced"] == total("spool_unpriced_requests")
    below = sums("spool_first_word_seconds", "le", end="_bucket")
    for share in (50, 95):
        wanted = share * words["count"] / 100
        edge = next(edge for edge in BUCKETS if below[str(edge)] >= wanted)
        assert words[f"p{share}"] <= edge < max(0.02, 2.001 * words[f"p{share}"])
