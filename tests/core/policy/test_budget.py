"""policy.budget: whatever happens, the bill stays within the limits, and who is not answered is told why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
from standins.openai.bill import Charge
from standins.script.script import Call, Fault, Hosted, Reason, Say, Scenario, Wait
from tests import samples
from tests.core.api.clients import KEY, client
from tests.core.fakes import elsewhere
from tests.core.served import EN, assistant, reborn, recorded, sent, served, tools, until
from tests.core.whole import core, rules
from tests.scripted_model import ScriptedModel

LIMIT = 0.002
"""Dollars: four answers of a thousand tokens by gpt-6-luna."""
MONTH, DAY = Money(month=LIMIT), Money(person_day=LIMIT)
REACHED = EN["limit_month"].partition("{")[0]
LONG = "word " * 800


async def billed(bill: Sequence[Charge], own: Any = None) -> float:
    """Dollars of all that the server has done, as far as it counts it."""
    prices, total = Prices(own), 0.0
    kinds: dict[str, Any] = {"response": "answer", "indexing": "embedding"}
    for one in bill:
        row = Usage(kinds.get(one.kind, one.kind), one.model, 1.8e9, "completed", input=one.input)
        row = replace(row, cached=one.cached, output=one.output, units=one.units)
        total += (await prices.priced(row)).price_usd or 0.0
    return total


def saying(*beats: Any, times: int = 60) -> Scenario:
    """A model that says the same each time."""
    script = Scenario()
    for _ in range(times):
        script.enqueue(*beats)
    return script


def topic(number: int) -> Any:
    """A topic of its own."""
    return elsewhere(topic=f"T{number}")


@pytest.mark.promise("L2")
@pytest.mark.parametrize(("money", "people"), [(MONTH, 5), (DAY, 1)])
async def test_ten_at_once_on_a_nearly_spent_limit(tmp_path, money, people):
    """They are answered as long as anything is left, and no request passes it; each is told once."""
    policy = rules(limits=Limits(money=money), scope="person-topic")
    async with served(tmp_path, saying(Reason("hm"), LONG), money=money, policy=policy) as (spool, api):
        for first in range(1, 41, 10):
            more = range(first, first + 10)
            await asyncio.gather(*(spool.say(str(n), user=f"U{n % people}", address=topic(n)) for n in more))
            await spool.idle()
        asked = len(api.requests)
        await spool.ask("99", user="U0")
        assert 0.8 * LIMIT < await billed(api.bill) <= LIMIT
        assert asked == len(api.requests)
        (ended,) = {error for status, error in await spool.outcomes() if status == "incomplete"}
        assert ended == ("LIMIT_MONTH" if money.month else "LIMIT_PERSON_DAY")
        assert [f"U{n}" for n in range(people)] == sorted(user for user, _ in spool.platform.notices)
        assert [] == await spool.rows("SELECT * FROM reservations")
        await spool.ask("100", user="U7")  # whose own day has hardly begun
        assert len(api.requests) - asked == (0 if money.month else 1)


async def test_an_answer_that_is_cut_says_why(tmp_path):
    """What the remainder buys is shown; under it stands when it can go on, in the person's zone."""
    async with served(tmp_path, saying("word " * 9000), money=MONTH) as (spool, api):
        await spool.ask("1")
        answer = str(spool.platform.answers[0])
        assert answer.startswith("word word")
        assert f"{REACHED}20" in answer
        assert [("incomplete", "LIMIT_MONTH")] == await spool.outcomes()
        assert 0.9 * LIMIT < await billed(api.bill) <= LIMIT
        refusals = await spool.rows("SELECT value FROM counts WHERE name = 'budget_refusals:month'")
        assert [] == refusals, "that was no refusal"


async def test_rounds_end_at_it(tmp_path):
    """A tool was carried out: what was said until then stays, and no further request is made."""
    script = saying("I look. ", Say("word " * 1200), Call("look", {"place": "attic"}))

    async def look(place: str) -> str:
        """Look."""
        return "dust " * 900

    money, one = Money(month=0.0015), assistant(tools=tools("def:look"))
    async with served(tmp_path, script, money=money, assistant=one, toolbox=Toolbox.of(look)) as (spool, api):
        await spool.ask("1")
        answer = str(spool.platform.answers[0])
        assert "I look." in answer
        assert REACHED in answer
        assert await billed(api.bill) <= 0.0015


@pytest.mark.parametrize(
    ("first", "left"),
    [
        ([Fault("refuse", status=500)], 0),
        ([Say("half"), Fault("cut")], 1),
        ([Say("half"), Fault("error")], 1),
        ([Say("half"), Fault("failed")], 0),
    ],
)
async def test_what_nobody_told_stays_spent(tmp_path, first, left):
    script = Scenario()
    script.enqueue(*first)
    script.enqueue("fine")
    async with served(tmp_path, script, money=MONTH) as (spool, _):
        await spool.ask("1")
        rows = await spool.rows("SELECT price > 0, live FROM reservations")
    assert [(1, 0)] * left == rows


async def test_what_was_not_sent_costs_nothing(tmp_path):
    async with served(tmp_path, Scenario(), money=MONTH) as (spool, api):
        await api.go_offline()
        await spool.say("1", attempts=2)
        await spool.idle()
        assert [] == await spool.rows("SELECT * FROM reservations")


@pytest.mark.promise("L2")
@pytest.mark.parametrize("background", [False, True])
async def test_a_death_while_the_model_speaks(tmp_path, background):
    """What it may have cost counts as spent; a response that goes on is settled by what it cost."""
    script = Scenario()
    script.enqueue("half", Wait(0.2) if background else Fault("hang"), " and the rest")
    async with core(tmp_path, ScriptedModel(script, background=background), money=MONTH) as spool:
        await spool.say("1")
        await (recorded(spool, "response") if background else until(lambda: _spoken(spool)))
        before = await spool.rows("SELECT price, live FROM reservations")
        await reborn(spool)
        after = await spool.rows("SELECT price, live FROM reservations")
    assert 1 == before[0][1]
    assert ([] if background else [(before[0][0], 0)]) == after


async def _spoken(spool: Any) -> bool:
    return "half" in "".join(spool.platform.screen.values())


async def test_a_server_that_knows_no_bound_is_not_asked_without_it(tmp_path):
    async with served(tmp_path, saying("Hi"), money=MONTH) as (spool, api):
        api.manners.unknown = {"max_output_tokens"}
        await spool.ask("1")
        assert ["failed"] == [status for status, _ in await spool.outcomes()]
        assert all(one.refused for one in api.bill)


async def test_hosted_tools_and_pictures_are_bounded(tmp_path):
    """So many calls as the remainder buys, with words left to say; the others are ignored."""
    drawing = [Hosted("image_generation_call")] * 9
    own = {"gpt-6-luna": {"image": 0.0005, "input": 0.1, "output": 0.5}}
    one, money = assistant(tools=tools("image_generation")), Money(month=0.03)
    more: dict[str, Any] = {"assistant": one, "prices": Prices(own)}
    async with served(tmp_path, saying(*drawing, Say("There.")), money=money, **more) as (
        spool,
        api,
    ):
        for number in range(1, 25):
            await spool.ask(str(number), user=f"U{number}")
        calls = [request.body.get("max_tool_calls", 0) for request in api.requests]
        assert 8 > calls[0] > 0
        assert (0, "none") == (calls[-1], api.requests[-1].body["tool_choice"])
        assert 0.01 < await billed(api.bill, own) <= 0.03


@pytest.mark.parametrize("own", [{}, {"gpt-transcribe": {"minute": 0.0005}}])
async def test_a_recording_is_paid_too(tmp_path, own):
    """By the minute, where it has a price; else it is not listened to."""
    money, voice = Money(month=0.004), samples.ogg() + bytes(300_000)
    async with served(tmp_path, saying("Hi"), money=money, prices=Prices(own)) as (spool, api):
        for number in range(1, 7):
            await spool.ask(str(number), "", **sent(spool, v_ogg=voice))
        heard = [one for one in api.bill if one.kind == "transcription"]
        assert bool(heard) == bool(own)
        assert len(heard) < 6
        assert await billed(api.bill, own) <= 0.01


async def test_a_model_without_a_price_is_not_asked(tmp_path, caplog):
    """The person is told whom to tell, the operator what to do."""
    async with served(tmp_path, saying("Hi"), money=MONTH, assistant=assistant(model="mine")) as (spool, api):
        await spool.ask("1")
        assert [] == api.requests
        assert [EN["unpriced"]] == spool.platform.answers
    assert "Put its prices into PRICES_FILE" in caplog.text


async def test_a_question_too_dear_for_the_rest_leaves_it_to_others(tmp_path):
    """Half of a limit is left, and one long question would pass it: that is said of it alone."""
    async with served(tmp_path, saying("Hi"), money=Money(month=0.02)) as (spool, api):
        await spool.ask("1", "word " * 60_000)
        assert [] == api.requests
        assert [EN["too_long"]] == spool.platform.answers
        await spool.ask("2", "and now?", user="U2")
        assert "Hi" == spool.platform.answers[-1]


async def test_a_key_is_told_in_the_words_of_the_api(tmp_path):
    """A run ends incomplete; the next is refused before there is any."""
    limits = RunRules(limits=Limits(money=DAY))
    async with client(tmp_path, *[["word " * 9000]] * 3, money=DAY, rules=limits) as (one, _):
        run = await one.ask("hi")
        with pytest.raises(Refusal, match="LIMIT_PERSON_DAY") as again:
            await one.ask("hi")
        one.key = replace(KEY, name="other")
        other = await one.ask("hi")
    assert ("incomplete", {"reason": "max_completion_tokens"}) == (run["status"], run["incomplete_details"])
    assert (429, *["insufficient_quota"] * 2) == (again.value.status, again.value.code, again.value.type)
    assert "incomplete" == other["status"]


@pytest.mark.parametrize(
    ("zone", "now", "day", "month"),
    [
        ("Asia/Seoul", "2026-11-30T14:59", "2026-11-30T15:00", "2026-11-30T15:00"),
        ("Asia/Seoul", "2026-11-30T15:00", "2026-12-01T15:00", "2026-12-31T15:00"),
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T23:00", "2026-10-31T23:00"),  # a day of 25 hours
        ("UTC", "2028-02-29T23:59", "2028-03-01T00:00", "2028-03-01T00:00"),
    ],
)
def test_windows_are_days_and_months_of_the_zone(zone, now, day, month):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    windows = Money(1.0, 1.0, zone).windows("slack:U1", at)
    assert [day, month] == [datetime.fromtimestamp(one.ends, UTC).isoformat()[:16] for one in windows]
