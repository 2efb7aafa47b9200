"""Each trouble, and what people see of it: one answer each, after all."""

from __future__ import annotations

import pytest

from bots.demo.simulator.simulator import Simulator
from bots.demo.simulator.trouble import Kind
from standins.openai import OpenAIStandin
from tests.demo.simulator.conftest import CUT, Browser

TALKS = (("slack", "@Spool"), ("discord", "@Spool"))
NUMBERS = " ".join(map(str, range(1, 21)))


async def answered(browser: Browser, platform: str) -> None:
    """Once, and the counters say so."""
    await browser.until(lambda: browser.said(platform) == NUMBERS, 60)
    await browser.until(lambda: not browser.posts(platform, growing=True))


@pytest.mark.parametrize("kind", ["twice", "429", "500"])
async def test_is_answered_once(simulator: Simulator, browser: Browser, openai: OpenAIStandin, kind: Kind):
    await simulator.trouble(kind, "", True)
    for where in TALKS:
        await simulator.post(where, "Mina", "count to 20", "", ())
    for platform, _ in TALKS:
        await answered(browser, platform)
    assert browser.state["on"] == [kind]
    await simulator.trouble(kind, "", False)
    await simulator.post(TALKS[0], "Ari", "hello", "", ())
    await browser.until(lambda: "You said" in browser.said("slack", only="Ari"))
    refused = [one.status for one in openai.exchanges if one.status in (429, 500)]
    assert bool(refused) == (kind != "twice")
    assert (browser.state["lost"], browser.state["twice"], browser.state["on"]) == (0, 0, [])


@pytest.mark.parametrize("where", TALKS, ids="-".join)
async def test_a_cut_holds_the_answer_back(simulator: Simulator, browser: Browser, where: tuple[str, str]):
    """Whatever is said meanwhile is answered when the connection stands again."""
    await simulator.trouble("cut", where[0], True)
    await browser.until(lambda: browser.state["on"] == [f"cut.{where[0]}"])
    await simulator.post(where, "Mina", "count to 20", "", ())
    await browser.until(lambda: browser.state["on"] == [], CUT + 5)
    assert browser.posts(where[0], bot=True) == []
    await answered(browser, where[0])


async def test_a_slow_model_is_waited_for(simulator: Simulator, browser: Browser):
    await simulator.trouble("slow", "", True)
    await simulator.post(TALKS[0], "Mina", "count to 3", "", ())
    await browser.until(lambda: browser.posts("slack", status="is thinking…"))
    await browser.until(lambda: browser.said("slack") == "1 2 3")


async def test_a_model_of_ones_own_is_left_alone(simulator: Simulator):
    simulator.troubles.model = None
    with pytest.raises(LookupError, match="a model of yours"):
        await simulator.trouble("429", "", True)
