"""The Discord stand-in's REST rules about messages and access, one by one."""

from __future__ import annotations

import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord_clients import CHANNEL, OTHER, PERSON, bare, why


async def test_replies_are_exactly_json():
    """The content type has no charset: the SDK compares it whole."""
    async with DiscordStandin() as d, bare(d) as api:
        status, me = await api.ask("GET", "/users/@me")
        assert (status, me["id"], api.headers["content-type"]) == (200, d.bot_user, "application/json")


@pytest.mark.parametrize("header", ["", "Bot wrong", "Bearer {}", "{}"])
async def test_only_the_bot_token_is_let_in(header):
    """Anything but `Bot TOKEN` is 401, and counted."""
    async with DiscordStandin() as d, bare(d) as api:
        headers = {"Authorization": header.format(d.token)}
        reply = await api.ask("GET", "/users/@me", headers=headers)
        assert reply == (401, {"message": "401: Unauthorized", "code": 0})
        assert d.invalid_requests == 1


async def test_the_account_can_be_read():
    """Application, gateway, guild, roles, channel and DM are there; what is not is 404, 10003 or 10004."""
    async with DiscordStandin() as d, bare(d) as api:
        guild = d.add_guild(name="Home")
        channel = d.add_channel(guild)
        dm = d.dm(PERSON)
        assert (await api.ask("GET", "/oauth2/applications/@me"))[1]["id"] == d.application_id
        assert (await api.ask("GET", "/gateway"))[1] == {"url": d.gateway_url}
        assert (await api.ask("GET", "/gateway/bot"))[1]["session_start_limit"]["remaining"] == 1000
        assert (await api.ask("GET", f"/guilds/{guild}"))[1]["name"] == "Home"
        assert (await api.ask("GET", f"/guilds/{guild}/roles"))[1][1]["id"] == d.managed_role(guild)
        assert (await api.ask("GET", f"/channels/{channel}"))[1]["guild_id"] == guild
        assert (await api.ask("POST", "/users/@me/channels", {"recipient_id": int(PERSON)}))[1]["id"] == dm
        assert [(await api.ask("GET", p))[1]["code"] for p in ("/channels/5", "/guilds/5", "/nowhere")] == [
            10003,
            10004,
            0,
        ]
        assert (await api.ask("PUT", "/users/@me"))[0] == 405


async def test_content_has_limits():
    """2,000 characters pass, 2,001 are 50035, nothing or blanks are 50006."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        assert (await api.post(CHANNEL, "x" * 2000))[0] == 200
        assert why(await api.post(CHANNEL, "x" * 2001), "content") == (400, 50035, "BASE_TYPE_MAX_LENGTH")
        for empty in ("", " \n"):
            status, body = await api.post(CHANNEL, empty)
            assert (status, body["code"]) == (400, 50006)
        assert len(d.posts(CHANNEL)) == 1


async def test_an_edit_has_the_same_limits():
    """Too long is 50035; emptying a message is 50006 and changes nothing."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, message = await api.post(CHANNEL, "text")
        too_long = await api.patch(CHANNEL, message["id"], content="x" * 2001)
        assert why(too_long, "content") == (400, 50035, "BASE_TYPE_MAX_LENGTH")
        assert (await api.patch(CHANNEL, message["id"], content=""))[1]["code"] == 50006
        assert d.posts(CHANNEL)[0].content == "text"


async def test_blanks_around_content_are_taken_away():
    """Discord trims what it stores."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        assert (await api.post(CHANNEL, "\n  text \n"))[1]["content"] == "text"


async def test_an_enforced_nonce_posts_once():
    """The same nonce gives the same message, in any channel, and nothing new is posted."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, first = await api.post(CHANNEL, "one", nonce="n", enforce_nonce=True)
        status, again = await api.post(d.dm(OTHER), "two", nonce="n", enforce_nonce=True)
        assert (status, again["id"], again["content"], again["nonce"]) == (200, first["id"], "one", "n")
        assert (len(d.posts(CHANNEL)), d.posts(d.dm(OTHER))) == (1, [])


async def test_a_nonce_without_enforcement_posts_again():
    """`enforce_nonce` has to be true."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        for _ in range(2):
            await api.post(CHANNEL, "one", nonce="n")
        assert len(d.posts(CHANNEL)) == 2


async def test_a_nonce_is_forgotten_after_its_window():
    """Later, the same nonce posts anew."""
    async with DiscordStandin(rules=Rules(nonce_window=0)) as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        for _ in range(2):
            await api.post(CHANNEL, "one", nonce="n", enforce_nonce=True)
        assert len(d.posts(CHANNEL)) == 2


async def test_the_nonce_of_a_deleted_message_is_gone_for_good():
    """404 10008 rather than a second message."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, first = await api.post(CHANNEL, "one", nonce="n", enforce_nonce=True)
        await d.delete(CHANNEL, first["id"])
        status, body = await api.post(CHANNEL, "one", nonce="n", enforce_nonce=True)
        assert (status, body["code"]) == (404, 10008)


async def test_a_nonce_is_checked_and_not_in_the_history():
    """At most 25 characters, text or number; reading a message does not tell its nonce."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        assert why(await api.post(CHANNEL, "x", nonce="n" * 26), "nonce")[2] == "NONCE_TYPE_TOO_LONG"
        assert why(await api.post(CHANNEL, "x", nonce=[1]), "nonce")[2] == "NONCE_TYPE_INVALID_TYPE"
        _, message = await api.post(CHANNEL, "x", nonce="n" * 25)
        assert "nonce" not in (await api.ask("GET", f"/channels/{CHANNEL}/messages/{message['id']}"))[1]


async def test_a_reply_needs_its_message_unless_told_otherwise():
    """Unknown is 50035; with `fail_if_not_exists: false` it becomes a plain message."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        elsewhere = await d.say(OTHER, d.dm(OTHER), "elsewhere")
        for unknown in ("123", elsewhere):
            refused = await api.post(CHANNEL, "x", message_reference={"message_id": unknown})
            assert why(refused, "message_reference")[:2] == (400, 50035)
        gone = {"message_id": 123, "fail_if_not_exists": False}
        _, plain = await api.post(CHANNEL, "x", message_reference=gone)
        assert (plain["type"], "message_reference" in plain) == (0, False)


async def test_a_reply_pings_its_author_unless_forbidden():
    """Without `allowed_mentions`, or with `replied_user`, the author of the question is pinged."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        asked = {"message_id": int(await d.say(PERSON, CHANNEL, "?"))}
        await api.post(CHANNEL, "1", message_reference=asked)
        await api.post(CHANNEL, "2", message_reference=asked, allowed_mentions={"parse": []})
        loud = {"parse": [], "replied_user": True}
        await api.post(CHANNEL, "3", message_reference=asked, allowed_mentions=loud)
        assert [p.reply_ping for p in d.posts(CHANNEL)] == [True, False, True]


PINGS = f"<@{PERSON}> <@!{OTHER}> <@&77> @everyone"
ALL = {f"user:{PERSON}", f"user:{OTHER}", "role:77", "everyone"}


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        ({}, ALL),
        ({"allowed_mentions": {"parse": []}}, set()),
        ({"allowed_mentions": {"parse": ["users"]}}, {f"user:{PERSON}", f"user:{OTHER}"}),
        (
            {"allowed_mentions": {"parse": ["everyone"], "users": [OTHER], "roles": ["77"]}},
            ALL - {f"user:{PERSON}"},
        ),
    ],
)
async def test_pings_follow_allowed_mentions(allowed, pinged):
    """`pinged` is what the text would have done, whitelists included; nothing named means everything."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        await api.post(CHANNEL, PINGS, **allowed)
        assert d.posts(CHANNEL)[0].pinged == pinged


async def test_an_edit_without_allowed_mentions_pings_with_defaults():
    """The rule of the first write does not carry over."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, message = await api.post(CHANNEL, "quiet", allowed_mentions={"parse": []})
        await api.patch(CHANNEL, message["id"], content=PINGS)
        (post,) = d.posts(CHANNEL)
        assert post.pinged == ALL
        assert post.allowed_mentions is None


async def test_allowed_mentions_cannot_say_all_and_some():
    """`parse: users` together with a list of users is 50035, as is an unknown kind."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        both = {"parse": ["users"], "users": [PERSON]}
        assert why(await api.post(CHANNEL, "x", allowed_mentions=both), "allowed_mentions")[1] == 50035
        odd = await api.post(CHANNEL, "x", allowed_mentions={"parse": ["cats"]})
        assert why(odd, "allowed_mentions", "parse", "0")[1] == 50035


async def test_flags_can_suppress_embeds_and_notifications_only():
    """Creating takes bits 2 and 12; editing only bit 2, and clears it when it is not set again."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        _, message = await api.post(CHANNEL, "x", flags=4 | 64 | 4096)
        assert message["flags"] == 4 | 4096
        assert (await api.patch(CHANNEL, message["id"], content="y"))[1]["flags"] == 4 | 4096
        assert (await api.patch(CHANNEL, message["id"], flags=64))[1]["flags"] == 4096


async def test_only_own_messages_can_be_changed():
    """Another's message: 50005 to edit, 50003 or 50013 to delete; an unknown one: 10008; an own one goes."""
    async with DiscordStandin() as d, bare(d) as api:
        d.add_dm(CHANNEL, PERSON)
        home = d.add_channel(d.add_guild())
        there, here = await d.say(PERSON, home, "x"), await d.say(PERSON, CHANNEL, "x")
        assert (await api.patch(CHANNEL, here, content="y"))[1]["code"] == 50005
        assert (await api.patch(CHANNEL, "5", content="y"))[1]["code"] == 10008
        deleted = [
            (await api.ask("DELETE", f"/channels/{c}/messages/{m}"))[1]
            for c, m in ((CHANNEL, here), (home, there))
        ]
        assert [body["code"] for body in deleted] == [50003, 50013]
        _, own = await api.post(CHANNEL, "mine")
        assert (await api.ask("DELETE", f"/channels/{CHANNEL}/messages/{own['id']}"))[0] == 204
        assert not d.posts(CHANNEL)


async def test_a_forbidden_channel_refuses():
    """50013 stops writing, 50001 reading too, until it is allowed again."""
    async with DiscordStandin() as d, bare(d) as api:
        channel = d.add_channel(d.add_guild())
        path = f"/channels/{channel}/messages"
        d.forbid(channel)
        assert (await api.post(channel, "x"))[1]["code"] == 50013
        assert (await api.ask("GET", path))[0] == 200
        d.forbid(channel, code=50001)
        assert (await api.ask("GET", path))[1]["code"] == 50001
        d.allow(channel)
        assert (await api.post(channel, "x"))[0] == 200
