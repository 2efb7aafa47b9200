"""Limits on money in the whole product: whose day is over is told once, admins before, and others go on."""

from __future__ import annotations

from typing import Any

import aiohttp

from core.texts import TEXTS
from standins.local import free_port
from standins.script.script import Scenario
from tests.both.chats import Chat

LIMIT = 0.003
SPENT = TEXTS["en"]["limit_person_day"].partition("{")[0]


async def test_a_day_that_is_spent(
    chat: Chat, spool: Any, slack: Any, discord: Any, openai: Any, script: Scenario
):
    """The answer that reaches it ends there; then one notice, which on Slack only that person sees."""
    script.otherwise = "word " * 7_000
    admin = "U9" if chat.name == "slack" else "900000000000000009"
    slack.workspace.person("U9")
    discord.add_user("900000000000000009")

    def notices() -> list[str]:
        """What only they are told, where the network can do that."""
        shown = [one.text for one in slack.ephemerals]
        if chat.name == "discord":
            shown = [post.content for post in discord.posts(chat.place)]
        return [one for one in shown if one.startswith(SPENT)]

    def alerts() -> list[Any]:
        """What the admin is told, by a direct message."""
        return list(slack.posts("DU9") if chat.name == "slack" else discord.posts(discord.dm(admin)))

    where = f"127.0.0.1:{free_port()}"
    async with spool(limit_person_day=LIMIT, admins=(admin,), http=where, http_serve=("metrics",)):
        answer = await chat.talk("tell me everything")
        assert answer.text.startswith("word word")
        assert SPENT in answer.text
        for number in range(3):
            await chat.ask(f"and then? {number}")
        await chat.until(lambda: notices())
        await chat.office.over()
        assert 1 == len(openai.requests)
        assert 1 == len(notices())
        await chat.until(lambda: alerts())
        assert [True] == [chat.ann in str(one) for one in alerts()]
        async with aiohttp.ClientSession() as session, session.get(f"http://{where}/metrics") as told:
            assert 'spool_budget_refusals_total{scope="person_day"} 3.0' in await told.text()
        script.otherwise = "fine"
        assert "fine" == (await chat.talk("and for me?", person=chat.bob)).text
        await chat.command("reset")
        assert 2 == len(openai.requests)
