"""Socket Mode of the Slack stand-in: tickets, sockets, envelopes, retries."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from standins.slack import SlackStandin, Timing
from tests.standins.slack.clients import Phone, phone, socket_url


async def test_a_ticket_admits_one_connection_and_expires(slack):
    async with aiohttp.ClientSession() as session:
        url = await socket_url(slack, session)
        async with session.ws_connect(url):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    async with SlackStandin(timing=Timing(ticket_seconds=0)) as hasty:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with phone(hasty):
                pass


async def test_hello_counts_the_connections_and_an_eleventh_is_told_to_go(slack):
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await socket_url(slack, session)) for _ in range(11)]
        first = [await socket.receive_json() for socket in sockets]
        for socket in sockets:
            await socket.close()
    assert [hello["num_connections"] for hello in first[:10]] == list(range(1, 11))
    assert first[0]["connection_info"] == {"app_id": slack.app_id}
    assert first[10]["reason"] == "too_many_websockets"


async def test_an_envelope_goes_to_one_of_the_sockets(slack):
    """Of two sockets, each of twenty events reaches exactly one, and both get some."""
    async with phone(slack) as one, phone(slack) as other:
        for number in range(20):
            await slack.say("U1", "C1", str(number))
        got: dict[Phone, list[str]] = {one: [], other: []}

        async def listen(line: Phone) -> None:
            while True:
                got[line].append((await line.event())["payload"]["event"]["text"])

        tasks = [asyncio.create_task(listen(line)) for line in got]
        await slack.until(lambda: not slack.unacked())
        for task in tasks:
            task.cancel()
    assert got[one]
    assert got[other]
    assert sorted(got[one] + got[other], key=int) == [str(number) for number in range(20)]


async def test_every_event_can_come_twice(slack):
    """The same event_id in another envelope, as after a lost acknowledgement."""
    async with phone(slack) as line:
        slack.deliver_twice(True)
        await slack.say("U1", "C1", "once")
        first, again = [await line.event() for _ in range(2)]
        slack.deliver_twice(False)
        await slack.say("U1", "C1", "last")
        assert (await line.event())["payload"]["event"]["text"] == "last"
    assert first["payload"] == again["payload"]
    assert first["envelope_id"] != again["envelope_id"]
    assert [first["retry_attempt"], again["retry_attempt"], again["retry_reason"]] == [0, 1, "timeout"]


async def test_an_unacknowledged_event_is_sent_again():
    """Same event_id, new envelope id, retry fields; three times, then it is lost."""
    async with (
        SlackStandin(redeliver_after=0.05, retry_delays=(0, 0.02, 0.02)) as slack,
        phone(slack) as line,
    ):
        await slack.say("U1", "C1", "hi")
        envelopes = [await line.event(ack=False) for _ in range(4)]
        await slack.until(lambda: slack.sockets.deliveries.lost)
        assert len(slack.unacked()) == 1
    assert [envelope["retry_attempt"] for envelope in envelopes] == [0, 1, 2, 3]
    assert [envelope["retry_reason"] for envelope in envelopes] == ["", "timeout", "timeout", "timeout"]
    assert len({envelope["envelope_id"] for envelope in envelopes}) == 4
    assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1


async def test_an_event_survives_the_socket_that_got_it():
    """Delivered, not acknowledged, connection cut: the next socket gets it."""
    async with SlackStandin(redeliver_after=0.1) as slack:
        async with phone(slack) as line:
            await slack.say("U1", "C1", "hi")
            await line.event(ack=False)
            await slack.cut()
            assert await line.closed()
        async with phone(slack) as line:
            assert (await line.event())["retry_attempt"] == 1


async def test_any_socket_may_acknowledge(slack):
    async with phone(slack) as one, phone(slack) as other:
        await slack.say("U1", "C1", "hi")
        first = asyncio.create_task(one.next())
        second = asyncio.create_task(other.next())
        done, waiting = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        await (other if first in done else one).ack(done.pop().result())
        await slack.until(lambda: not slack.unacked())
        waiting.pop().cancel()
    assert slack.acks[0][1] < 2


async def test_a_late_acknowledgement_does_not_stop_the_retry():
    async with SlackStandin(redeliver_after=0.05, retry_delays=(0.1,)) as slack, phone(slack) as line:
        await slack.say("U1", "C1", "hi")
        late = await line.event(ack=False)
        await asyncio.sleep(0.08)
        await line.ack(late)
        assert (await line.event())["retry_attempt"] == 1
        await slack.until(lambda: len(slack.acks) == 2)


async def test_events_wait_while_the_service_is_away():
    async with SlackStandin() as slack:
        async with phone(slack):
            await slack.go_offline()
        url = slack.api_url
        with pytest.raises(aiohttp.ClientConnectionError):
            async with phone(slack):
                pass
        await slack.say("U1", "C1", "hi")
        await slack.go_online()
        assert slack.api_url == url
        async with phone(slack) as line:
            assert (await line.event())["payload"]["event"]["text"] == "hi"


async def test_events_may_be_lost_while_no_socket_is_open():
    """keep_offline=False: the worst that was seen of the service; history still has the message."""
    async with SlackStandin(timing=Timing(keep_offline=False)) as slack:
        await slack.say("U1", "C1", "hi")
        assert len(slack.sockets.deliveries.lost) == 1
        assert [message["text"] for message in slack.messages("C1")] == ["hi"]


async def test_a_polite_disconnect_leaves_time():
    """`disconnect` is announced; the old socket still works, then it is closed; a new one is preferred."""
    async with SlackStandin(timing=Timing(grace_seconds=0.2)) as slack, phone(slack) as old:
        await slack.disconnect("refresh_requested")
        assert (await old.next())["reason"] == "refresh_requested"
        await slack.say("U1", "C1", "on the old one")
        assert (await old.event())["payload"]["event"]["text"] == "on the old one"
        async with phone(slack) as new:
            for number in range(8):
                await slack.say("U1", "C1", str(number))
            texts = [(await new.event())["payload"]["event"]["text"] for _ in range(8)]
            assert texts == [str(number) for number in range(8)]
            assert await old.closed()


async def test_the_service_pings():
    """Regularly; a client that does not answer is closed."""
    async with SlackStandin(timing=Timing(ping_seconds=0.05)) as slack, aiohttp.ClientSession() as session:
        ws = await session.ws_connect(await socket_url(slack, session), autoping=False)
        await ws.receive_json()
        assert (await ws.receive()).type is aiohttp.WSMsgType.PING
        await slack.until(lambda: slack.connections == 0)
