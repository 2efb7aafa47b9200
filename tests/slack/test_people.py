"""bots.slack.reading.people: names as Slack tells them, over the real SDK."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.reading.people import People
from tests.slack.conversation import calls


@pytest.fixture
async def people(slack):
    """Of the stand-in's workspace."""
    async with aiohttp.ClientSession() as session:
        one = People(AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session))
        yield one
        await one.close()


async def test_every_kind_of_name(slack, people):
    """What Slack does not tell, or what is no id, is missing; private channels without us are."""
    slack.workspace.person("U7").name, slack.workspace.person("W8").zone = "Ann", "Asia/Seoul"
    slack.add_channel("C55").name = "ops"
    slack.add_channel("G1", bot_in=False)
    slack.workspace.groups["S1"], slack.workspace.apps["B7"] = "sre", "Grafana"
    asked = [
        "@U7",
        "@W8",
        "#C55",
        "@S1",
        "@B7",
        f"@{slack.bot_user}",
        "@U404",
        "#G1",
        "@S404",
        "@B404",
        "@X",
        "#",
    ]

    told = {"@U7": "@Ann", "@W8": "@w8", "#C55": "#ops", "@S1": "@sre", "@B7": "@Grafana"}
    assert told | {f"@{slack.bot_user}": "@assistant"} == await people.names(asked)
    assert "Asia/Seoul" == (await people.person("W8")).zone


async def test_what_was_told_long_ago_serves_until_it_is_told_anew(slack):
    """The first question of a day does not wait, either."""
    person = slack.workspace.person("U7")
    async with aiohttp.ClientSession() as session:
        people = People(AsyncWebClient(slack.bot_token, base_url=slack.api_url, session=session), keep=0.0)
        person.name = "Ann"
        await people.person("U7")
        person.name = "Anna"
        with pytest.raises(StopIteration) as done:
            people.person("U7").send(None)
        assert "Ann" == done.value.value.name
        await slack.until(lambda: people.known("U7").name == "Anna")
        await people.close()


async def test_known_names_cost_no_time(slack, people):
    """Not even a turn of the event loop: whoever has no time left still gets them."""
    slack.workspace.groups["S1"] = "sre"
    first = await people.names(["@S1"])
    with pytest.raises(StopIteration) as done:
        people.names(["@S1"]).send(None)

    assert first == done.value.value
    assert 1 == len(calls(slack, "usergroups.list"))
