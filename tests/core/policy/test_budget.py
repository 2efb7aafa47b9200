"""policy.budget: whatever happens, the bill stays within the limits, and who is not answered is told why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.api.refusal import Refusal
from core.api.runs import RunRules
from core.policy.budget import Money
from core.policy.limits import Limits
from core.policy.prices import Prices
from core.store.usage import Usage
from core.tools import Toolbox
from standins.openai import OpenAIStandin
from standins.script.script import Call, Fault, Hosted, Reason, Say, Scenario, Wait
from tests import samples
from tests.core.api.clients import KEY, client, look
from tests.core.fakes import elsewhere
from tests.core.served import EN, assistant, reborn, recorded, sent, served, tools
from tests.core.whole import core, rules
from tests.scripted_model import ScriptedModel

LIMIT = 0.002
"""Dollars: four answers of a thousand tokens by gpt-6-luna."""
MONTH, DAY = Money(month=LIMIT), Money(person_day=LIMIT)
OWN = {"gpt-6-luna": {"image": 0.0005, "input": 0.1, "output": 0.5}, "gpt-transcribe": {"minute": 0.0005}}


async def billed(api: OpenAIStandin, own: Any = None) -> float:
    """Dollars of all that the server has done, as far as it counts it."""
    prices, total, kinds = Prices(own), 0.0, {"response": "answer"}
    for one in api.bill:
        kind: Any = kinds.get(one.kind, one.kind)
        row = Usage(kind, one.model, 1.8e9, "completed", input=one.input, units=one.units)
        total += (await prices.priced(replace(row, cached=one.cached, output=one.output))).price_usd or 0.0
    return total


def saying(*beats: Any) -> Scenario:
    """A model that says the same each time."""
    script = Scenario()
    for _ in range(60):
        script.enqueue(*beats)
    return script


@pytest.mark.promise("L2")
@pytest.mark.parametrize(("money", "people"), [(MONTH, 5), (DAY, 1)])
async def test_ten_at_once_on_a_nearly_spent_limit(tmp_path, money, people):
    """They are answered as long as anything is left, and no request passes it; each is told once."""
    more: Any = {"money": money, "policy": rules(limits=Limits(money=money), scope="person-topic")}
    async with served(tmp_path, saying(Reason("hm"), "word " * 800), **more) as (spool, api):
        for first in range(1, 41, 10):
            asking = {n: elsewhere(topic=f"T{n}") for n in range(first, first + 10)}
            said = [spool.say(str(n), user=f"U{n % people}", address=at) for n, at in asking.items()]
            await asyncio.gather(*said)
            await spool.idle()
        asked = len(api.requests)
        await spool.ask("99", user="U0")
        assert 0.8 * LIMIT < await billed(api) <= LIMIT
        assert asked == len(api.requests)
        assert {None, "LIMIT_MONTH" if money.month else "LIMIT_PERSON_DAY"} == {
            error for status, error in await spool.outcomes() if status != "cancelled"
        }
        assert [f"U{n}" for n in range(people)] == sorted(user for user, _ in spool.platform.notices)
        assert [] == await spool.rows("SELECT * FROM reservations")
        await spool.ask("100", user="U7")  # whose own day has hardly begun
        assert len(api.requests) - asked == (0 if money.month else 1)


@pytest.mark.parametrize(("calls", "usd"), [(0, LIMIT), (1, 0.003)])
async def test_an_answer_that_reaches_it_ends_there(tmp_path, calls, usd):
    """What was said until then is shown; under it stands when it can go on. What a tool gave is not sent."""
    script = saying(Say("word " * (1200 if calls else 9000)), *[Call("look", {"place": "attic"})] * calls)
    one = assistant(tools=tools("def:look"), max_model_calls=40)
    more: Any = {"assistant": one, "toolbox": Toolbox.of(look), "money": Money(month=usd)}
    async with served(tmp_path, script, **more) as (spool, api):
        await spool.ask("1")
        answer = str(spool.platform.answers[0])
        told = EN["limit_month"].partition("{")[0]
        assert (True, True) == ("word word" in answer, f"{told}20" in answer)
        assert [("incomplete", "LIMIT_MONTH")] == await spool.outcomes()
        assert 0.4 * usd < await billed(api) <= usd


@pytest.mark.parametrize(
    ("first", "left"),
    [([Fault("refuse", status=500)], 0), ([Fault("cut")], 1), ([Fault("failed")], 0), ([], 0)],
)
async def test_what_nobody_told_stays_spent(tmp_path, first, left):
    """What was refused, or never sent, costs nothing."""
    script = Scenario()
    script.enqueue(*first)
    async with served(tmp_path, script, money=MONTH) as (spool, api):
        if not first:
            await api.go_offline()
        await spool.say("1", attempts=0 if first else 2)
        await spool.idle()
        assert [(1, 0)] * left == await spool.rows("SELECT price > 0, live FROM reservations")


@pytest.mark.promise("L2")
@pytest.mark.parametrize("background", [False, True])
async def test_a_death_while_the_model_speaks(tmp_path, background):
    """What it may have cost counts as spent; a response that goes on is settled by what it cost."""
    script = Scenario()
    script.enqueue("half", Wait(0.2) if background else Fault("hang"), " and the rest")
    async with core(tmp_path, ScriptedModel(script, background=background), money=MONTH) as spool:
        await spool.say("1")
        await spool.platform.news.until(lambda: "half" in "".join(spool.platform.screen.values()))
        await (recorded(spool, "response") if background else asyncio.sleep(0))
        ((kept, live),) = await spool.rows("SELECT price, live FROM reservations")
        await reborn(spool)
        after = await spool.rows("SELECT price, live FROM reservations")
    assert ([] if background else [(kept, 0)], 1) == (after, live)


async def test_hosted_tools_and_pictures_are_bounded(tmp_path):
    """So many calls as are paid, with words left to say; the others are ignored."""
    script = saying(*[Hosted("image_generation_call")] * 9, Say("There."))
    more: Any = {"prices": Prices(OWN), "money": Money(month=0.03)}
    more["assistant"] = assistant(tools=tools("image_generation"))
    async with served(tmp_path, script, **more) as (spool, api):
        for number in range(1, 10):
            await spool.ask(str(number), user=f"U{number}")
        bodies = [request.body for request in api.requests]
        assert (4, "none") == (bodies[0]["max_tool_calls"], bodies[-1]["tool_choice"])
        assert 0.002 < await billed(api, OWN) <= 0.03


@pytest.mark.parametrize("own", [{}, OWN])
async def test_a_recording_is_paid_too(tmp_path, own):
    """By the minute, where it has a price; else it is not listened to."""
    more: Any = {"money": Money(month=0.004), "prices": Prices(own)}
    async with served(tmp_path, saying("Hi"), **more) as (spool, api):
        for number in range(1, 7):
            await spool.ask(str(number), "", **sent(spool, v_ogg=samples.ogg() + bytes(300_000)))
        heard = [one for one in api.bill if one.kind == "transcription"]
        assert (bool(own), True) == (bool(heard), len(heard) < 6)
        assert await billed(api, own) <= 0.004


@pytest.mark.parametrize(
    ("model", "words", "unknown", "told"),
    [
        ("mine", "hi", "", "unpriced"),
        ("gpt-6-luna", "word " * 60_000, "", "too_long"),
        ("gpt-6-luna", "hi", "max_output_tokens", "request_refused"),
    ],
)
async def test_what_is_not_asked(tmp_path, model, words, unknown, told, caplog):
    """A model without a price; a question too dear for what is left; a server that takes no bound."""
    more: Any = {"money": Money(month=0.02), "assistant": assistant(model=model)}
    async with served(tmp_path, saying("Hi"), **more) as (spool, api):
        api.manners.unknown = {unknown}
        await spool.ask("1", words)
        assert all(charge.refused for charge in api.bill)
        assert [EN[told]] == spool.platform.answers
    assert ("put it into PRICES_FILE" in caplog.text) == (told == "unpriced")


async def test_a_key_is_told_in_the_words_of_the_api(tmp_path):
    """A run ends incomplete; the next is refused before there is any, and counted."""
    more: Any = {"money": DAY, "rules": RunRules(limits=Limits(money=DAY))}
    async with client(tmp_path, *[["word " * 9000]] * 2, **more) as (one, _):
        run = await one.ask("hi")
        with pytest.raises(Refusal, match="LIMIT_PERSON_DAY") as again:
            await one.ask("hi")
        one.key = replace(KEY, name="other")
        assert "incomplete" == (await one.ask("hi"))["status"]
        assert [(1,)] == await one.spool.rows("SELECT value FROM counts WHERE name LIKE '%:person_day'")
    assert ("incomplete", {"reason": "max_completion_tokens"}) == (run["status"], run["incomplete_details"])
    assert (429, *["insufficient_quota"] * 2) == (again.value.status, again.value.code, again.value.type)


@pytest.mark.parametrize(
    ("zone", "now", "day", "month"),
    [
        ("Asia/Seoul", "2026-11-30T14:59", "2026-11-30T15:00", "2026-11-30T15:00"),
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T23:00", "2026-10-31T23:00"),  # a day of 25 hours
    ],
)
def test_windows_are_days_and_months_of_the_zone(zone, now, day, month):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    windows = Money(1.0, 1.0, zone).windows("slack:U1", at)
    assert [day, month] == [datetime.fromtimestamp(one.ends, UTC).isoformat()[:16] for one in windows]
