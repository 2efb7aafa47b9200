"""What the Discord stand-in does with the requests it accepts."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from standins.discord import Rules
from tests.standins.discord.clients import (
    CHANNEL,
    MESSAGES,
    OTHER,
    PERSON,
    bare,
    button,
    row,
    standin_with,
    why,
)

PINGS = f"<@{PERSON}> <@!{OTHER}> <@&77> @everyone"
ALL = {f"user:{PERSON}", f"user:{OTHER}", "role:77", "everyone"}
ONCE = {"nonce": "n", "enforce_nonce": True}


async def test_the_account_can_be_read(d, api):
    guild = d.add_guild(name="Home")
    channel = d.add_channel(guild)
    assert (await api.ask("GET", "/users/@me"))[1]["id"] == d.bot_user
    assert api.headers["content-type"] == "application/json"  # the SDK compares it whole
    assert (await api.ask("GET", f"/users/{PERSON}"))[1]["username"] == "person-0001"
    assert (await api.ask("GET", "/oauth2/applications/@me"))[1]["id"] == d.application_id
    assert (await api.ask("GET", "/gateway"))[1] == {"url": d.gateway_url}
    assert (await api.ask("GET", "/gateway/bot"))[1]["session_start_limit"]["remaining"] == 1000
    assert (await api.ask("GET", f"/guilds/{guild}"))[1]["name"] == "Home"
    assert (await api.ask("GET", f"/guilds/{guild}/roles"))[1][1]["id"] == d.managed_role(guild)
    d.join(guild, PERSON)
    member = f"/guilds/{guild}/members/{PERSON}"
    assert (await api.ask("GET", member))[1]["user"]["id"] == PERSON
    d.leave(guild, PERSON)
    assert (await api.ask("GET", member))[1]["code"] == 10007
    assert [c["id"] for c in (await api.ask("GET", f"/guilds/{guild}/channels"))[1]] == [channel]
    assert (await api.ask("GET", f"/channels/{channel}"))[1]["guild_id"] == guild
    assert (await api.ask("POST", "/users/@me/channels", {"recipient_id": int(PERSON)}))[1]["id"] == CHANNEL
    assert d.places == [CHANNEL, channel]
    d.add_user(OTHER, "Bob", bot=True)
    assert (await api.ask("GET", f"/users/{OTHER}"))[1]["bot"]
    with pytest.raises(ValueError, match="is the DM of"):
        await d.say(OTHER, CHANNEL, "x")
    with pytest.raises(ValueError, match="not a snowflake"):
        d.add_dm("name", OTHER)


async def test_a_message_is_posted_changed_and_deleted(d, api):
    """The text is trimmed and may have 2000 characters; an edit keeps what it does not speak of."""
    assert (await api.post("x" * 2000))[0] == 200
    assert (await api.post("", embeds=[{"title": "t"}]))[1]["embeds"] == [{"title": "t"}]
    _, message = await api.post("\n  text \n", embeds=[{"title": "t"}], components=row(button()))
    assert message["content"] == "text"
    _, edited = await api.patch(message["id"], content="new")
    assert (edited["embeds"], edited["components"]) == (message["embeds"], message["components"])
    assert [part["id"] for part in (*edited["components"], *edited["components"][0]["components"])] == [1, 2]
    _, edited = await api.patch(message["id"], embeds=None, components=[])
    assert (edited["content"], edited["embeds"], edited["components"]) == ("new", [], [])
    assert await api.ask("DELETE", f"{MESSAGES}/{message['id']}") == (204, "")
    assert len(d.posts(CHANNEL)) == 2
    assert await api.ask("POST", f"/channels/{CHANNEL}/typing") == (204, "")
    assert [channel for _, channel in d.typing] == [CHANNEL]


async def test_an_enforced_nonce_posts_once_in_any_channel(d, api):
    _, first = await api.post("one", **ONCE)
    status, again = await api.post("two", d.dm(OTHER), **ONCE)
    assert (status, again["id"], again["content"], again["nonce"]) == (200, first["id"], "one", "n")
    assert (len(d.posts(CHANNEL)), d.posts(d.dm(OTHER))) == (1, [])
    assert "nonce" not in (await api.ask("GET", f"{MESSAGES}/{first['id']}"))[1]
    await d.delete(CHANNEL, first["id"])
    assert why(await api.post("one", **ONCE)) == "404 10008"


@pytest.mark.parametrize(
    ("d", "nonce"),
    [({}, {"nonce": "n" * 25}), ({"rules": Rules(nonce_window=0)}, ONCE)],
    indirect=["d"],
    ids=["not enforced", "forgotten"],
)
async def test_a_nonce_posts_again(d, api, nonce):
    for _ in range(2):
        await api.post("one", **nonce)
    assert len(d.posts(CHANNEL)) == 2


async def test_a_reply_needs_its_message_unless_told_otherwise(d, api):
    elsewhere = await d.say(OTHER, d.dm(OTHER), "elsewhere")
    here = await d.say(PERSON, CHANNEL, "here")
    for unknown in ({"message_id": "123"}, {"message_id": elsewhere}, {"message_id": here, "channel_id": 5}):
        refused = await api.post("x", message_reference=unknown)
        assert why(refused) == "400 50035 message_reference MESSAGE_REFERENCE_UNKNOWN_MESSAGE"
    _, plain = await api.post("x", message_reference={"message_id": 123, "fail_if_not_exists": False})
    assert (plain["type"], "message_reference" in plain) == (0, False)


async def test_a_reply_pings_its_author_unless_forbidden(d, api):
    asked = {"message_id": int(await d.say(PERSON, CHANNEL, "?"))}
    await api.post("1", message_reference=asked)
    await api.post("2", message_reference=asked, allowed_mentions={"parse": []})
    await api.post("3", message_reference=asked, allowed_mentions={"parse": [], "replied_user": True})
    assert [p.reply_ping for p in d.posts(CHANNEL)] == [True, False, True]


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        ({}, ALL),
        ({"parse": []}, set()),
        ({"parse": ["users"]}, {f"user:{PERSON}", f"user:{OTHER}"}),
        ({"parse": ["everyone"], "users": [OTHER], "roles": ["77"]}, ALL - {f"user:{PERSON}"}),
    ],
)
async def test_pings_follow_the_allowed_mentions_of_each_write(d, api, allowed, pinged):
    """The rule of the first write does not carry over to an edit."""
    _, message = await api.post(PINGS, **({"allowed_mentions": allowed} if allowed else {}))
    assert d.posts(CHANNEL)[0].pinged == pinged
    await api.patch(message["id"], content=PINGS)
    assert (d.posts(CHANNEL)[0].pinged, d.posts(CHANNEL)[0].allowed_mentions) == (ALL, None)


async def test_flags_can_suppress_embeds_and_notifications_only(api):
    """Creating takes bits 2 and 12; editing only bit 2, and clears it when it is not set again."""
    _, message = await api.post("x", flags=4 | 64 | 4096)
    assert message["flags"] == 4 | 4096
    assert (await api.patch(message["id"], content="y"))[1]["flags"] == 4 | 4096
    assert (await api.patch(message["id"], flags=64))[1]["flags"] == 4096


@standin_with(rules=Rules(old_message_age=0, old_message_edits=1))
async def test_old_messages_take_few_edits(api):
    _, message = await api.post("x")
    assert (await api.patch(message["id"], content="y"))[0] == 200
    assert why(await api.patch(message["id"], content="z")) == "429 30046"


async def test_history_is_paged_newest_first(d, api):
    ids = [await d.say(PERSON, CHANNEL, str(n)) for n in range(7)]
    for query, texts in {
        "": "6543210",
        f"limit=2&after={ids[1]}": "32",
        f"limit=2&before={ids[3]}": "21",
        f"limit=3&around={ids[3]}": "432",
    }.items():
        _, page = await api.ask("GET", f"{MESSAGES}?{query}")
        assert "".join(m["content"] for m in page) == texts
    d.hide_history(CHANNEL)
    assert (await api.ask("GET", MESSAGES))[1] == []


async def test_history_hides_what_the_gateway_hides(d, api, room):
    await d.say(PERSON, room, "hidden", attachments=["a.txt"])
    await d.say(PERSON, room, "shown", mention_bot=True)
    _, page = await api.ask("GET", f"/channels/{room}/messages")
    assert [(m["content"], m["attachments"]) for m in page] == [(f"<@{d.bot_user}> shown", []), ("", [])]
    assert not any("guild_id" in m for m in page)


async def test_an_archived_thread_is_opened_by_a_message_or_a_request(d, api, room):
    thread = d.add_thread(room)
    for way in (("POST", "/messages", {"content": "x"}), ("PATCH", "", {"archived": False})):
        d.archive(thread)
        method, path, body = way
        assert (await api.ask(method, f"/channels/{thread}{path}", body))[0] == 200
        assert not (await api.ask("GET", f"/channels/{thread}"))[1]["thread_metadata"]["archived"]


async def six_of_each(api):
    posts = [await api.post(str(n)) for n in range(6)]
    edits = [await api.patch(posts[0][1]["id"], content=str(n)) for n in range(6)]
    return [status for status, _ in posts + edits]


async def test_five_posts_and_five_edits_per_window_and_channel(d, api):
    assert await six_of_each(api) == ([200] * 5 + [429]) * 2
    status, body = await api.post("again")
    assert (status, body["global"], 0 < body["retry_after"] <= 5) == (429, False, True)
    assert {"via", "retry-after", "x-ratelimit-bucket", "x-ratelimit-reset"} <= set(api.headers)
    assert (api.headers["x-ratelimit-limit"], api.headers["x-ratelimit-remaining"]) == ("5", "0")
    assert ((await api.post("free", d.dm(OTHER)))[0], len(d.rate_limited), d.invalid_requests) == (200, 3, 3)


@standin_with(rules=Rules(window=0.01, burst=1))
async def test_a_window_ends(api):
    assert (await api.post("1"))[0] == 200
    assert float(api.headers["x-ratelimit-reset-after"]) <= 0.01
    while (await api.post("2"))[0] == 429:
        pass


@standin_with(limits=False)
async def test_limits_can_be_switched(d, api):
    """Without them nothing is refused, and the headers promise plenty."""
    assert set(await six_of_each(api)) == {200}
    assert int(api.headers["x-ratelimit-remaining"]) > 100
    d.limit(True)
    assert [200] * 5 + [429] == [(await api.post("x"))[0] for _ in range(6)]


@standin_with(rules=Rules(global_per_second=2))
async def test_all_requests_together_are_limited_too(api):
    for _ in range(2):
        await api.ask("GET", "/users/@me")
    status, body = await api.ask("GET", "/users/@me")
    assert (status, body["global"], api.headers["x-ratelimit-scope"]) == (429, True, "global")


async def test_a_fault_before_has_no_effect_and_one_after_has(d, api):
    """A dropped reply cuts the connection. A 429 without Via and JSON is what the SDK takes for a ban."""
    path = "/channels/{channel}/messages"
    d.fail("POST", path, status=503, code=7)
    d.fail("POST", path, status=500, when="after")
    replies = [(await api.post(str(n)))[0] for n in range(3)]
    assert (replies, [p.content for p in d.posts(CHANNEL)]) == ([503, 500, 200], ["1", "2"])
    assert ([c.status for c in d.calls], d.calls[0].body) == (replies, {"content": "0"})
    d.fail("POST", path, times=9)
    d.heal()
    assert (await api.post("healed"))[0] == 200
    d.fail("POST", path, when="after", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await api.post("sent")
    assert (d.posts(CHANNEL)[-1].content, d.calls[-1].status) == ("sent", 0)
    d.fail("GET", "/users/@me", status=429, via=False)
    assert await api.ask("GET", "/users/@me") == (429, "error code: 1015")
    assert "via" not in api.headers
    d.fail("GET", "/users/@me", status=429, retry_after=0.2)
    assert (await api.ask("GET", "/users/@me"))[1]["retry_after"] == 0.2


async def test_a_delay_holds_requests_until_lifted(d, api):
    d.delay("POST", "/channels/{channel}/messages", 0.05)
    await api.post("slow")
    assert d.posts(CHANNEL)[0].versions[0][0] - d.calls[0].at >= 0.05
    d.delay("POST", "/channels/{channel}/messages", 60)
    d.delay("POST", "/channels/{channel}/messages", 0)
    async with asyncio.timeout(10):
        await api.post("fast")


async def test_waiting_for_one_channel_is_not_woken_by_others(d, api, room):
    """And waiting in vain tells what happened."""
    looks = iter((False, True))
    waiting = asyncio.ensure_future(d.until(lambda: next(looks), channel=CHANNEL))
    await asyncio.sleep(0.01)
    await d.say(PERSON, room, "elsewhere")
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await d.say(PERSON, CHANNEL, "here")
    assert await waiting
    await api.post("unexpected")
    with pytest.raises(TimeoutError, match="unexpected"):
        await d.until(lambda: False, timeout=0.01)


async def test_an_outage_keeps_the_port(d):
    url = d.api_url
    await d.go_offline()
    await d.go_offline()
    await d.go_online()
    await d.go_online()
    async with bare(d) as api:
        assert (d.api_url, (await api.ask("GET", "/users/@me"))[0]) == (url, 200)
