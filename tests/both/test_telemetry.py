"""Page, metrics and ledger tell the same, after runs of every kind on both networks and over the API."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
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
from tests.web.browser import Browser, browser
from tests.web.clients import Api, ended

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WORDS = ("fine", "dice", "broken", "long", "fine", "fine", "refused", "fine", "dice", "fine")
COMMANDS = ("help", "reset", "memory")
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
        http=f"127.0.0.1:{port}",
        http_serve=served,
        openai_features="full",
        prices_file=prices(tmp_path),
        limit_person_minute=0,
        limit_place_minute=0,
    ):
        api = Api(f"http://127.0.0.1:{port}/v1", office.data)
        async with api.stack, browser(api, admin=True) as page:
            chats = (SlackChat(slack, office), DiscordChat(discord, office))
            discord.deliver_twice(True)
            *_, bot = await asyncio.gather(*(chatting(chat) for chat in chats), calling(api))
            await office.over()
            discord.deliver_twice(False)
            slack.deliver_twice(True)
            await asyncio.gather(*(stopped(chat) for chat in chats), trial(page, str(bot)))
            await office.over()
            slack.deliver_twice(False)
            for method in ("chat.startStream", "chat.postMessage", "chat.postEphemeral"):
                slack.fail(method, times=1000, error="is_archived")
            discord.forbid(chats[1].place)
            for chat in chats:
                await chat.ask("nobody sees this")
            await slack.until(lambda: not slack.unacked())
            seen = await page.until("/console/api/overview?hours=1", over)
            told = json.loads(await office.types("usage", "--json", "--by", "model"))
            rows = [one async for one in listed(page, "/console/api/runs?limit=100")]
            used = await page.get("/console/api/usage?by=model&days=2")
            async with page.session.get(f"{page.origin}/metrics") as answered:
                families = {one.name: one for one in parsed(await answered.text())}
    agree(families, told, used, seen)
    assert (204, 202) == (seen["promises"]["accepted"], seen["running_count"] + seen["failed"]["ended"] - 2)
    assert seen["first_word"]["count"] == sum(one["first_word_s"] is not None for one in rows)
    assert len(rows) == 204 + 2 * len(COMMANDS)


def prices(folder: Path) -> str:
    path = folder / "prices.json"
    path.write_text(json.dumps({"gpt-6-luna": {"input": 0.1, "cached": 0.01, "output": 0.5}}))
    return str(path)


async def chatting(chat: SlackChat | DiscordChat) -> None:
    """People of one channel, each with a lane of questions."""
    for number in range(CHATS):
        who = f"{chat.ann[:-1]}{number % PEOPLE}"
        await chat.ask(f"{WORDS[number % len(WORDS)]} {number}", person=who)
    for word in COMMANDS:
        await chat.ask(word, person=chat.bob)


async def trial(page: Browser, bot: str) -> None:
    """Of two versions, on a typed question."""
    at = f"/console/api/assistants/{bot}"
    saved = await page.post(f"{at}/questions", {"text": "fine"})
    plan = {"version": 2, "beside": 1, "limit_usd": 1.0, "questions": [saved["id"]]}
    made = await page.post(f"{at}/trials", plan)
    await page.until(f"/console/api/trials/{made['id']}", lambda told: told["status"] == "completed")


async def listed(page: Browser, path: str) -> AsyncIterator[dict[str, Any]]:
    """All of them, a page after the other."""
    after = ""
    while True:
        told = await page.get(path + after)
        for one in told["data"]:
            yield one
        if not told["has_more"]:
            return
        after = f"&after={told['data'][-1]['id']}"


async def calling(api: Api) -> str:
    """Gives an assistant with two versions."""
    client = await api.client("me")
    models = ("gpt-6-luna", "mystery", "gpt-6-luna")
    made = [await client.beta.assistants.create(model=model) for model in models]
    await client.beta.assistants.update(made[0].id, instructions="Be kind.")

    async def run(number: int) -> None:
        said: Any = [{"role": "user", "content": WORDS[number % 3 * 2]}]
        begun = await client.beta.threads.create_and_run(
            assistant_id=made[number % 3].id, thread={"messages": said}
        )
        await ended(client, begun.thread_id, begun.id)

    await asyncio.gather(*(run(number) for number in range(CLIENTS)))
    return made[0].id


def over(told: dict[str, Any]) -> bool:
    """It is read in several looks, between which a run may end."""
    return (2, 204) == (told["promises"]["lost"], told["failed"]["ended"])


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
    kept = told["promises"]
    assert (2, 0) == (promises["lost"], promises["twice"]) == (kept["lost"], kept["extra_posts"])
    assert (2, 0) == (total("spool_lost_messages"), total("spool_double_answers"))
    assert (promises["accepted"], promises["answers"]) == (kept["accepted"], kept["answered"])
    repeated = sums("spool_duplicates", "platform")
    assert promises["known"] == kept["repeated"] == sum(repeated.values())
    assert (CHATS + len(COMMANDS), True) == (repeated["discord"], repeated["slack"] >= 2)
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
