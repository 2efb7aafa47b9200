"""The Discord stand-in's commands, interactions and ordered faults, without the SDK."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from standins.discord import DiscordStandin, Reply, Rules
from tests.standins.discord_clients import PERSON, Api, Socket, bare, gateway

RESET = {"name": "reset", "description": "Start over"}


async def register(api: Api, d: DiscordStandin, *commands: dict[str, Any]) -> tuple[int, Any]:
    return await api.ask("PUT", f"/applications/{d.application_id}/commands", list(commands))


async def used(d: DiscordStandin, socket: Socket, channel: str) -> tuple[asyncio.Task[Reply], dict[str, Any]]:
    """A person uses /reset: what they will see, and what the bot is told."""
    seen = asyncio.ensure_future(d.slash(PERSON, channel, "reset"))
    return seen, (await socket.event("INTERACTION_CREATE"))["d"]


async def test_commands_are_replaced_and_keep_their_ids():
    """A PUT echoes with ids; the same command keeps its id, and its version while it is unchanged."""
    async with DiscordStandin() as d, bare(d) as api:
        _, (first,) = await register(api, d, RESET)
        _, (same,) = await register(api, d, RESET)
        _, (changed, other) = await register(
            api, d, {**RESET, "description": "New"}, {**RESET, "name": "other"}
        )
        assert first == same
        assert (changed["id"], changed["application_id"]) == (first["id"], d.application_id)
        assert changed["version"] != first["version"]
        assert other["id"] != first["id"]
        assert (await api.ask("GET", f"/applications/{d.application_id}/commands"))[1] == d.commands
        assert d.command_syncs == 3


@pytest.mark.parametrize(
    "commands",
    [
        [{**RESET, "name": "Reset"}],
        [{**RESET, "name": "re set"}],
        [{**RESET, "name": "x" * 33}],
        [{**RESET, "name": ""}],
        [{**RESET, "description": ""}],
        [{**RESET, "description": "x" * 101}],
        [{**RESET, "type": 3}],
        [RESET, RESET],
        [{**RESET, "name": str(n)} for n in range(101)],
        [{"name": f"Menu {n}", "type": 3} for n in range(16)],
    ],
)
async def test_malformed_commands_are_refused(commands):
    """Names, descriptions, counts and duplicates are checked; nothing is registered then."""
    async with DiscordStandin() as d, bare(d) as api:
        status, body = await register(api, d, *commands)
        assert (status, body["code"] in (50035, 30032)) == (400, True)
        assert not d.commands


async def test_commands_belong_to_the_application_and_have_a_quota():
    """Another application's id is refused; so are more creations a day than allowed."""
    async with DiscordStandin(rules=Rules(command_creates=1)) as d, bare(d) as api:
        assert (await api.ask("PUT", f"/applications/{d.bot_user}/commands", [RESET]))[1]["code"] == 20012
        await register(api, d, RESET)
        assert (await register(api, d, RESET))[0] == 200
        assert (await register(api, d, RESET, {**RESET, "name": "more"}))[1]["code"] == 30034


async def test_a_command_is_offered_where_it_says():
    """A guild-only command cannot be used in a DM."""
    async with DiscordStandin() as d, bare(d) as api:
        await register(api, d, {**RESET, "contexts": [0]})
        with pytest.raises(LookupError):
            await d.slash(PERSON, d.dm(PERSON), "reset")


async def test_an_interaction_tells_where_and_who():
    """In a guild it has member, guild and permissions; in a DM the user, and no guild."""
    async with DiscordStandin() as d, bare(d) as api, gateway(d) as socket:
        await register(api, d, RESET)
        guild = d.add_guild()
        channel = d.add_channel(guild)
        await socket.identify()
        first, there = await used(d, socket, channel)
        second, here = await used(d, socket, d.dm(PERSON))
        assert (there["guild_id"], there["member"]["user"]["id"], there["context"]) == (guild, PERSON, 0)
        assert (here["user"]["id"], here["context"], here["authorizing_integration_owners"]) == (
            PERSON,
            1,
            {"0": "0"},
        )
        assert "guild_id" not in here
        assert "user" not in there
        first.cancel()
        second.cancel()


async def test_an_unanswered_interaction_fails():
    """After the deadline the person sees a failure, and the callback comes too late: 10062."""
    async with (
        DiscordStandin(rules=Rules(interaction_deadline=0.05)) as d,
        bare(d) as api,
        gateway(d) as socket,
    ):
        await register(api, d, RESET)
        await socket.identify()
        seen, event = await used(d, socket, d.dm(PERSON))
        reply = await seen
        assert (reply.failed, reply.acked_after, reply.text) == (True, None, "")
        path = f"/interactions/{event['id']}/{event['token']}/callback"
        status, body = await api.ask("POST", path, {"type": 4, "data": {"content": "late"}})
        assert (status, body["code"]) == (404, 10062)


async def test_an_interaction_is_acknowledged_once():
    """The second callback is 40060; a wrong token 10062; a wrong type 50035."""
    async with DiscordStandin() as d, bare(d) as api, gateway(d) as socket:
        await register(api, d, RESET)
        await socket.identify()
        seen, event = await used(d, socket, d.dm(PERSON))
        path = f"/interactions/{event['id']}/{event['token']}/callback"
        body = {"type": 4, "data": {"content": "done", "flags": 64}}
        assert (await api.ask("POST", f"/interactions/{event['id']}/wrong/callback", body))[1][
            "code"
        ] == 10062
        assert (await api.ask("POST", path, {"type": 7}))[1]["code"] == 50035
        assert (await api.ask("POST", path, body)) == (204, "")
        assert (await api.ask("POST", path, body))[1]["code"] == 40060
        assert ((await seen).text, (await seen).ephemeral) == ("done", True)


async def test_a_callback_can_tell_what_it_made():
    """`with_response` returns interaction and message; an ephemeral message is told without guild_id."""
    async with DiscordStandin() as d, bare(d) as api, gateway(d) as socket:
        await register(api, d, RESET)
        channel = d.add_channel(d.add_guild())
        await socket.identify()
        seen, event = await used(d, socket, channel)
        path = f"/interactions/{event['id']}/{event['token']}/callback?with_response=1"
        _, told = await api.ask("POST", path, {"type": 4, "data": {"content": "done", "flags": 64}})
        assert told["resource"]["message"]["id"] == told["interaction"]["response_message_id"]
        assert "guild_id" not in (await socket.event("MESSAGE_CREATE"))["d"]
        await seen


async def test_a_webhook_works_after_the_callback():
    """Before it the token is unknown (10015); none of it needs Authorization."""
    async with DiscordStandin() as d, bare(d) as api, gateway(d) as socket:
        await register(api, d, RESET)
        await socket.identify()
        dm = d.dm(PERSON)
        seen, event = await used(d, socket, dm)
        hook = f"/webhooks/{d.application_id}/{event['token']}"
        nobody = {"headers": {"Authorization": ""}}
        assert (await api.ask("POST", hook, {"content": "more"}))[1]["code"] == 10015
        path = f"/interactions/{event['id']}/{event['token']}/callback"
        await api.ask("POST", path, {"type": 4, "data": {"content": "done"}}, **nobody)
        status, more = await api.ask("POST", hook, {"content": "more"}, **nobody)
        assert status == 200
        assert (await api.ask("PATCH", f"{hook}/messages/{more['id']}", {"content": "more!"}))[0] == 200
        assert (await api.ask("PATCH", f"{hook}/messages/@original", {"content": "edited"}, **nobody))[
            0
        ] == 200
        assert [p.content for p in d.posts(dm)] == ["edited", "more!"]
        assert (await api.ask("DELETE", f"{hook}/messages/@original"))[0] == 204
        assert [p.content for p in d.posts(dm)] == ["more!"]
        await seen


async def test_a_webhook_dies_with_its_token():
    """Past the interaction's lifetime it is 50027."""
    rules = Rules(interaction_lifetime=0)
    async with DiscordStandin(rules=rules) as d, bare(d) as api, gateway(d) as socket:
        await register(api, d, RESET)
        await socket.identify()
        seen, event = await used(d, socket, d.dm(PERSON))
        path = f"/interactions/{event['id']}/{event['token']}/callback"
        await api.ask("POST", path, {"type": 4, "data": {"content": "done"}})
        hook = f"/webhooks/{d.application_id}/{event['token']}"
        assert (await api.ask("POST", hook, {"content": "more"}))[1]["code"] == 50027
        await seen


async def test_a_fault_before_has_no_effect_and_one_after_has():
    """Both answer with the ordered error, as often as ordered."""
    async with DiscordStandin() as d, bare(d) as api:
        dm = d.dm(PERSON)
        d.fail("POST", "/channels/{channel}/messages", status=503, code=7)
        d.fail("POST", "/channels/{channel}/messages", status=500, when="after")
        replies = [(await api.post(dm, str(n)))[0] for n in range(3)]
        assert replies == [503, 500, 200]
        assert [p.content for p in d.posts(dm)] == ["1", "2"]
        assert [c.status for c in d.calls] == replies
        assert d.calls[0].body == {"content": "0"}


async def test_a_dropped_reply_cuts_the_connection():
    """The message is there, the client does not know."""
    async with DiscordStandin() as d, bare(d) as api:
        dm = d.dm(PERSON)
        d.fail("POST", "/channels/{channel}/messages", when="after", drop=True)
        with pytest.raises(aiohttp.ClientError):
            await api.post(dm, "sent")
        assert ([p.content for p in d.posts(dm)], d.calls[-1].status) == (["sent"], 0)


async def test_faults_can_look_like_a_ban():
    """429 without Via and JSON, which the SDK takes for Cloudflare's."""
    async with DiscordStandin() as d, bare(d) as api:
        d.fail("GET", "/users/@me", status=429, via=False)
        assert await api.ask("GET", "/users/@me") == (429, "error code: 1015")
        assert "via" not in api.headers
        d.fail("GET", "/users/@me", status=429, retry_after=0.2)
        assert (await api.ask("GET", "/users/@me"))[1]["retry_after"] == 0.2


async def test_a_delay_holds_requests_until_lifted():
    """The effect comes only after the delay; 0 lifts it."""
    async with DiscordStandin() as d, bare(d) as api:
        dm = d.dm(PERSON)
        d.delay("POST", "/channels/{channel}/messages", 0.05)
        await api.post(dm, "slow")
        written, _ = d.posts(dm)[0].versions[0]
        assert written - d.calls[0].at >= 0.05
        d.delay("POST", "/channels/{channel}/messages", 60)
        d.delay("POST", "/channels/{channel}/messages", 0)
        async with asyncio.timeout(10):
            await api.post(dm, "fast")


async def test_waiting_in_vain_tells_what_happened():
    """The TimeoutError shows calls and messages."""
    async with DiscordStandin() as d, bare(d) as api:
        await api.post(d.dm(PERSON), "unexpected")
        with pytest.raises(TimeoutError, match="unexpected"):
            await d.until(lambda: False, timeout=0.01)


async def test_waiting_for_one_channel_is_not_woken_by_others():
    """With `channel` the predicate is asked only when something happens there."""
    asked = 0

    def twice() -> bool:
        nonlocal asked
        asked += 1
        return asked == 2

    async with DiscordStandin() as d:
        here, there = d.dm(PERSON), d.add_channel(d.add_guild())
        waiting = asyncio.ensure_future(d.until(twice, channel=here))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await d.say(PERSON, there, "elsewhere")
        await asyncio.sleep(0.01)
        assert asked == 1
        await d.say(PERSON, here, "here")
        assert await waiting
