"""The Discord stand-in's REST: reading, bodies, components and rate limits."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord_clients import CHANNEL, OTHER, PERSON, Api, bare, why


async def test_history_is_paged_newest_first():
    """before, after and around each choose as Discord does; limits outside of 1 to 100 are refused."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        ids = [await d.say(PERSON, CHANNEL, str(n)) for n in range(7)]

        async def texts(query: str) -> str:
            _, page = await api.ask("GET", f"/channels/{CHANNEL}/messages?{query}")
            return "".join(m["content"] for m in page)

        assert await texts("") == "6543210"
        assert await texts(f"limit=2&after={ids[1]}") == "32"
        assert await texts(f"limit=2&before={ids[3]}") == "21"
        assert await texts(f"limit=3&around={ids[3]}") == "432"
        for limit in (0, 101, "x"):
            status, _ = await api.ask("GET", f"/channels/{CHANNEL}/messages?limit={limit}")
            assert status == 400


async def test_history_hides_what_the_gateway_hides():
    """Without a mention the text is empty on REST too, and there is no guild_id."""
    async with DiscordStandin() as d, bare(d) as api:
        channel = d.add_channel(d.add_guild())
        await d.say(PERSON, channel, "hidden", attachments=["a.txt"])
        await d.say(PERSON, channel, "shown", mention_bot=True)
        _, page = await api.ask("GET", f"/channels/{channel}/messages")
        assert [m["content"] for m in page] == [f"<@{d.bot_user}> shown", ""]
        assert [m["attachments"] for m in page] == [[], []]
        assert not any("guild_id" in m for m in page)


async def test_a_file_comes_with_its_json_in_a_form():
    """multipart: `payload_json` and `files[n]`; the file can be fetched where its url says."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        form = aiohttp.FormData({"payload_json": '{"content": "see"}'})
        form.add_field("files[0]", b"bytes", filename="a.txt")
        _, message = await api.ask("POST", f"/channels/{CHANNEL}/messages", data=form)
        assert (message["content"], message["attachments"][0]["size"]) == ("see", 5)
        async with aiohttp.ClientSession() as session, session.get(message["attachments"][0]["url"]) as file:
            assert await file.read() == b"bytes"


async def test_bodies_must_be_json():
    """Broken JSON is 50109; another content type is 50035."""
    async with DiscordStandin() as d, bare(d) as api:
        path = f"/channels/{d.add_dm(CHANNEL, PERSON)}/messages"
        broken = await api.ask("POST", path, data=b"{", headers={"Content-Type": "application/json"})
        assert broken[1]["code"] == 50109
        text = await api.ask("POST", path, data=b"{}", headers={"Content-Type": "text/plain"})
        assert why(text, "_misc")[2] == "CONTENT_TYPE_INVALID"
        assert (await api.ask("POST", path, [1]))[1]["code"] == 50035


async def test_old_messages_take_few_edits():
    """30046 once a message older than an hour has been edited often enough."""
    rules = Rules(old_message_age=0, old_message_edits=1)
    async with DiscordStandin(rules=rules) as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, message = await api.post(CHANNEL, "x")
        codes = [(await api.patch(CHANNEL, message["id"], content=c))[1].get("code") for c in "yz"]
        assert codes == [None, 30046]


async def test_typing_is_noted():
    """204 and no body."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        assert await api.ask("POST", f"/channels/{CHANNEL}/typing") == (204, "")
        assert [channel for _, channel in d.typing] == [CHANNEL]


def button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 2, "label": "Stop", "custom_id": "stop", **more}


def row(*buttons: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": 1, "components": list(buttons)}]


@pytest.mark.parametrize(
    "components",
    [
        row(button(custom_id="x" * 101)),
        row(button(label="x" * 81)),
        row(button(label="")),
        row(button(custom_id="")),
        row(button(style=9)),
        row(button(), button()),
        row(*(button(custom_id=str(n)) for n in range(6))),
        row(),
        row(button()) * 6,
        [button()],
        [{"type": 10, "content": "text"}],
        row({"type": 2, "style": 5, "label": "link"}),
        row({"type": 2, "style": 5, "label": "link", "url": "https://a.example", "custom_id": "x"}),
    ],
)
async def test_malformed_components_are_refused(components):
    """Rows of one to five well-formed buttons with custom ids of their own; anything else is 50035."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        status, body = await api.post(CHANNEL, "x", components=components)
        assert (status, body["code"]) == (400, 50035)


async def test_a_disabled_or_absent_button_cannot_be_pressed():
    """Pressing what is not there is the test's mistake."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, message = await api.post(CHANNEL, "x", components=row(button(disabled=True)))
        for custom_id in ("stop", "other"):
            with pytest.raises(LookupError):
                await d.press(PERSON, CHANNEL, message["id"], custom_id)


async def limits(api: Api, d: DiscordStandin) -> list[int]:
    """Statuses of six posts and six edits of the first."""
    posts = [await api.post(CHANNEL, str(n)) for n in range(6)]
    edits = [await api.patch(CHANNEL, posts[0][1]["id"], content=str(n)) for n in range(6)]
    return [status for status, _ in posts + edits]


async def test_five_posts_and_five_edits_per_window_and_channel():
    """The sixth of each is 429 with all that clients need; other channels are free."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        assert await limits(api, d) == ([200] * 5 + [429]) * 2
        status, body = await api.post(CHANNEL, "again")
        assert (status, body["global"], 0 < body["retry_after"] <= 5) == (429, False, True)
        assert {"via", "retry-after", "x-ratelimit-bucket", "x-ratelimit-reset"} <= set(api.headers)
        assert (api.headers["x-ratelimit-limit"], api.headers["x-ratelimit-remaining"]) == ("5", "0")
        assert (await api.post(d.dm(OTHER), "free"))[0] == 200
        assert (len(d.rate_limited), d.invalid_requests) == (3, 3)


async def test_a_window_ends():
    """After it, requests pass again."""
    async with DiscordStandin(rules=Rules(window=0.01, burst=1)) as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        first = (await api.post(CHANNEL, "1"))[0]
        assert float(api.headers["x-ratelimit-reset-after"]) <= 0.01
        while (second := (await api.post(CHANNEL, "2"))[0]) == 429:
            pass
        assert (first, second) == (200, 200)


async def test_limits_can_be_switched_off():
    """Nothing is refused then, and the headers promise plenty."""
    async with DiscordStandin(limits=False) as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        assert set(await limits(api, d)) == {200}
        assert int(api.headers["x-ratelimit-remaining"]) > 100


async def test_all_requests_together_are_limited_too():
    """Beyond 50 in a second: 429 that says it is global."""
    async with DiscordStandin(rules=Rules(global_per_second=2)) as d, bare(d) as api:
        for _ in range(2):
            await api.ask("GET", "/users/@me")
        status, body = await api.ask("GET", "/users/@me")
        assert (status, body["global"], api.headers["x-ratelimit-scope"]) == (429, True, "global")
