"""What admins are sent of the page: a link that opens it once, and where an answer failed. Nobody else is."""

from __future__ import annotations

import re

import aiohttp
import pytest

from standins.local import free_port
from standins.script.script import Fault, Scenario
from tests.conftest import Product
from tests.discord.people import ANN, ROOM


@pytest.mark.parametrize("open_to_us", [True, False])
async def test_an_admin_gets_a_link_on_both_networks(product: Product, slack, discord, open_to_us):
    """By a direct message; where none can be sent, where the command was typed. Others are told who does."""
    base = f"http://127.0.0.1:{free_port()}"
    settings = {"http": base.removeprefix("http://"), "http_serve": ("console",), "admins": ("U1", ANN)}
    if not open_to_us:
        slack.scopes.discard("im:write")
        discord.forbid(discord.dm(ANN), 50007)
    async with product(**settings), aiohttp.ClientSession() as session:
        in_slack = (await slack.slash("U1", "C1", "/console")).texts[0]
        in_discord = (await discord.slash(ANN, ROOM, "console")).text
        if open_to_us:
            assert ["direct message" in told for told in (in_slack, in_discord)] == [True, True]
            in_slack, in_discord = slack.posts("DU1")[0].text, discord.posts(discord.dm(ANN))[0].content
        assert not slack.posts("C1")
        for one in (in_slack, in_discord):
            found = re.search(r"#key=([\w-]+)", one)
            assert found, one
            url, headers = f"{base}/console/login", {"Origin": base}
            async with session.post(url, json={"key": found[1]}, headers=headers) as answer:
                assert 204 == answer.status
        assert "Only admins" in (await slack.slash("U2", "C1", "/console")).texts[0]
        assert not slack.posts("DU2")


async def test_admins_are_told_where_an_answer_failed(product: Product, slack, discord, script: Scenario):
    """Each in their network, each reason once an hour, with the address of the run."""
    base = f"http://127.0.0.1:{free_port()}"
    settings = {"http": base.removeprefix("http://"), "http_serve": ("console",), "admins": ("U1", ANN)}
    for _ in range(2):
        script.enqueue(Fault("refuse", "invalid_api_key", 401))
    slack.workspace.person("U1")
    discord.add_user(ANN)
    async with product(**settings):
        for user in ("U2", "U3"):
            await slack.mention(user, "C1", "hi")
            await slack.until(lambda user=user: len(slack.posts("C1")) == int(user[1:]) - 1)
        await slack.until(lambda: slack.posts("DU1"))
        await discord.until(lambda: discord.posts(discord.dm(ANN)))
        told = (
            [post.text for post in slack.posts("DU1")],
            [post.content for post in discord.posts(discord.dm(ANN))],
        )
        for one in told:
            assert [True] == [
                bool(re.search(rf"refused the API key.*{base}/runs/run_\w+$", text, re.S)) for text in one
            ]
