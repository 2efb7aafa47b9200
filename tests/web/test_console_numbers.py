"""Usage and Overview as the page is told: over real sockets, after runs that really were."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest

from bots.cli import usage
from core.settings import Settings
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from standins.slack import SlackStandin
from tests.web.browser import browser, stranger
from tests.web.clients import Api, talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def api(console: Api) -> Api:
    return console


def typed(api: Api, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What `spool usage` prints, of the ledger itself."""
    parser = argparse.ArgumentParser()
    usage.add(parser.add_subparsers())
    capsys.readouterr()
    assert 0 == usage.run(parser.parse_args(["usage", "--json", *arguments]), Settings(data_dir=api.data))
    return json.loads(capsys.readouterr().out)


async def asked(api: Api, script: Scenario, project: str, words: str) -> None:
    """A run of that project, to its end."""
    client = await api.client(f"of-{project}", project)
    script.enqueue(words)
    assistant, thread = await talk(client, "what is it?")
    run = await client.beta.threads.runs.create_and_poll(
        thread_id=thread, assistant_id=assistant, poll_interval_ms=50
    )
    assert "completed" == run.status


async def test_usage_is_what_the_command_says(api: Api, script: Scenario, capsys):
    """By whatever is asked for; and of another project nothing."""
    await asked(api, script, "default", "one")
    await asked(api, script, "other", "two")
    async with browser(api, admin=True) as boss, browser(api) as mina:
        for by in ("person", "place", "assistant", "model", "day", "kind"):
            told = await boss.get(f"/console/api/usage?by={by}&days=2")
            same = typed(api, capsys, "--by", by, "--since", told["since"])
            for one in told["data"]:
                assert one.pop("name")
            assert (same["total"], same["data"]) == (told["total"], told["data"])
            lines = told["series"]["lines"]
            assert same["total"]["requests"] == sum(sum(line["requests"]) for line in lines)
            assert (2, told["until"]) == (len(told["series"]["days"]), told["series"]["days"][-1])
        places = (await mina.get("/console/api/usage?by=place"))["data"]
        assert [("api:default", "default", 1)] == [(p["key"], p["name"], p["requests"]) for p in places]
        assert 400 == (await mina.ask("GET", "/console/api/usage?days=367"))[0]
    async with stranger(api) as nobody:
        assert 401 == (await nobody.ask("GET", "/console/api/usage"))[0]


async def test_the_overview_counts_what_was(api: Api, script: Scenario):
    """Of one's own project and of chats; what an admin sees is all of it."""
    await asked(api, script, "default", "one")
    await asked(api, script, "other", "two")
    async with browser(api, admin=True) as boss, browser(api) as mina:
        told = await boss.get("/console/api/overview?hours=1")
        mine = await mina.get("/console/api/overview", **{"Accept-Language": "ko"})
        assert (2, 1) == (told["promises"]["accepted"], mine["promises"]["accepted"])
        assert (2, 0, 0, 0) == tuple(
            told["promises"][one] for one in ("answers", "lost", "twice", "disordered")
        )
        assert (2, 30) == (told["messages"]["count"], len(told["messages"]["series"]))
        assert (1, 24) == (sum(mine["messages"]["series"]), len(mine["first_word"]["series"]))
        rows = (await boss.get("/console/api/runs"))["data"]
        assert sorted(row["first_word_s"] for row in rows) == [
            told["first_word"]["p50"],
            told["first_word"]["p95"],
        ]
        assert 400 == (await boss.ask("GET", "/console/api/overview?hours=2"))[0]


async def test_the_overview_has_the_checks_made(api: Api, openai: OpenAIStandin):
    """Nobody has opened Health, and an admin is told what fails."""
    openai.fail("GET /models", status=401, code="invalid_api_key")
    async with browser(api, admin=True) as boss:
        told = await boss.until("/console/api/overview?hours=1", lambda told: told["attention"])
        assert ["/health"] == [one["link"] for one in told["attention"]]


async def test_a_check_that_fails_is_told_in_korean(api: Api, slack: SlackStandin):
    """On Health and on Overview, by the language of whoever asks: a scope the app lacks."""
    slack.scopes.discard("chat:write")
    async with browser(api, admin=True) as boss:
        boss.headers["Accept-Language"] = "ko"
        told = await boss.until("/console/api/health", lambda told: told["checks"] and not told["checking"])
        assert {"ko"} == {one["language"] for one in told["checks"]}, told
        (scopes,) = [one for one in told["checks"] if one["state"] == "fail"]
        assert "1개가 없습니다: chat:write (답변하지 못함)." in scopes["what"]
        assert scopes["cure"].startswith("OAuth & Permissions에서")
        (needed,) = (await boss.get("/console/api/overview"))["attention"]
        assert (scopes["what"], "ko") == (needed["message"], needed["language"])
        boss.headers["Accept-Language"] = "en"
        (needed,) = (await boss.get("/console/api/overview"))["attention"]
        assert ("en", True) == (needed["language"], "(it cannot answer)" in needed["message"])
