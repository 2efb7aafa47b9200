"""/console in a chat: an admin gets a link that opens the page once; others are told who does."""

from __future__ import annotations

import re

import aiohttp

from tests.conftest import Product
from tests.discord.people import ANN, ROOM
from tests.web.clients import free_port


async def test_an_admin_gets_a_link_on_both_networks(product: Product, slack, discord):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {"http": base.removeprefix("http://"), "http_serve": ("console",), "admins": ("U1", ANN)}
    async with product(**settings), aiohttp.ClientSession() as session:
        in_slack, in_discord = (
            await slack.slash("U1", "C1", "/console"),
            await discord.slash(ANN, ROOM, "console"),
        )
        for one in (*in_slack.texts, in_discord.text):
            found = re.search(r"#key=([\w-]+)", one)
            assert found, one
            headers = {"Origin": base}
            url = f"{base}/console/login"
            async with session.post(url, json={"key": found[1]}, headers=headers) as answer:
                assert 204 == answer.status
        assert "Only admins" in (await slack.slash("U2", "C1", "/console")).texts[0]
