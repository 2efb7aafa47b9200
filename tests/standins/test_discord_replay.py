"""The Discord stand-in's content intent, recorded events, and a gateway that is down while REST is not."""

from __future__ import annotations

import aiohttp
import pytest

from standins.discord import DiscordStandin, Rules
from tests.standins.discord_clients import PERSON, bare, gateway, ready

CONTENT = 1 << 15
PLAIN = 1 << 0 | 1 << 9 | 1 << 12


async def room(discord: DiscordStandin) -> str:
    return discord.add_channel(discord.add_guild())


@pytest.mark.parametrize("intents", [PLAIN, PLAIN | CONTENT])
async def test_content_is_shown_to_sessions_that_may_read_it(intents):
    """Where it is switched on and asked for; else the text of what does not concern the bot is hidden."""
    async with DiscordStandin(rules=Rules(message_content=True)) as d, bare(d) as api:
        channel = await room(d)
        async with gateway(d) as socket:
            await socket.identify(intents)
            await d.say(PERSON, channel, "hello")
            event = await socket.event("MESSAGE_CREATE")
        _, (page,) = await api.ask("GET", f"/channels/{channel}/messages")

    assert ("hello" if intents & CONTENT else "", "hello") == (event["d"]["content"], page["content"])


async def test_a_recording_is_told_as_it_is():
    """Nothing is checked, nothing changes in the channels, and it is repeated by a RESUME like any event."""
    async with DiscordStandin() as d:
        channel = await room(d)
        async with gateway(d) as socket:
            await ready(socket)
            await d.replay("MESSAGE_CREATE", {"guild_id": None, "id": 7})
            event = await socket.event("MESSAGE_CREATE")
        assert {"guild_id": None, "id": 7} == event["d"]
        assert [] == d.messages(channel)


async def test_the_gateway_can_be_down_alone():
    """It refuses connections with 503 while REST answers; afterwards it takes them again."""
    async with DiscordStandin() as d, bare(d) as api:
        await d.gateway_down()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with gateway(d):
                pass
        assert 200 == (await api.ask("GET", "/users/@me"))[0]
        await d.gateway_up()
        async with gateway(d) as socket:
            await ready(socket)
            assert 1 == d.connected


async def test_sessions_thrown_away_are_counted():
    """Closing with 1000 ends a session that could have been resumed; 4000 does not."""
    for code, ended in ((4000, 0), (1000, 1)):
        async with DiscordStandin() as d:
            async with gateway(d) as socket:
                await ready(socket)
                await socket.socket.close(code=code)
            await d.until(lambda: d.gateway_closes)
            assert ended == d.sessions_ended


async def test_limits_can_be_switched_while_running():
    """From then on the sixth message within five seconds is refused."""
    async with DiscordStandin(limits=False) as d, bare(d) as api:
        path = f"/channels/{d.dm(PERSON)}/messages"
        assert {200} == {(await api.ask("POST", path, {"content": "x"}))[0] for _ in range(8)}
        d.limit(True)
        assert [200] * 5 + [429] == [(await api.ask("POST", path, {"content": "x"}))[0] for _ in range(6)]
