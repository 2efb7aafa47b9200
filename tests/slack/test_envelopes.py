"""Envelopes nobody can read: acknowledged and passed over, once, and none of their words in the log."""

from __future__ import annotations

import json

import pytest

from tests.slack.conversation import all_heard, exchange, workspace

CANARY = "CANARYWORD"
once = workspace(retry_delays=(0.1, 0.1, 0.1))
DEEP = 20_000
MENTION = {"type": "message", "user": "U1", "channel": "C1", "ts": "1700000100.000100", "text": CANARY}
"""A message whose odd part is put beside it."""


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {vars(record)} {record.exc_info}" for record in caplog.records)


NO_EVENTS = [
    *(None, 5, CANARY, [CANARY], {}, {"event": CANARY}, {"event": [CANARY]}, {"event": None}),
    {"event": {**MENTION, "blocks": [{"type": "rich_text", "elements": [{"indent": CANARY}]}]}},
    {"event": {**MENTION, "user": "\ud800", "channel_type": "im"}},
    {"event": MENTION, "team": 5},
    {"event": MENTION, "authorizations": {"0": CANARY}},
    {"event": MENTION, "enterprise": 7},
]


@once
async def test_events_that_are_none(slack, product, caplog):
    async with product():
        for payload in NO_EVENTS:
            whole = {"type": "event_callback", **payload} if isinstance(payload, dict) else payload
            slack.sockets.deliveries.publish(whole)
            await all_heard(slack)

    assert [] == slack.unacked()
    assert CANARY not in logged(caplog)
    assert "Traceback" not in logged(caplog)


UNREADABLE = [
    *("[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "[" * DEEP, "{", "9" * 5000),
    f'{{"text": "{"x" * (5 * 2**20)}"}}',
]


async def test_frames_that_cannot_be_parsed(slack, product):
    """Each is acknowledged by the id in its text, wherever that stands; the socket stays."""
    sent: list[str] = []
    async with product():
        for payload in UNREADABLE:
            for before in (True, False):
                sent.append(f"e-{len(sent)}")
                id, rest = f'"envelope_id": "{sent[-1]}"', f'"type": "events_api", "payload": {payload}'
                slack.sockets.send_raw(f"{{{id}, {rest}}}" if before else f"{{{rest}, {id}}}")
        await slack.until(lambda: len(slack.sockets.deliveries.unknown_acks) == len(sent))
        await exchange(slack, "U1", "C1", "still there?")

    assert sorted(sent) == sorted(slack.sockets.deliveries.unknown_acks)
    assert 1 == slack.sockets.opened


@pytest.mark.parametrize("depth", [50, 900])
async def test_a_message_that_is_nested(slack, product, depth):
    """Deeper than any reader follows, and shallow enough to be parsed."""
    inner = '{"type": "rich_text_section", "elements": [' * depth + "]}" * depth
    blocks = f'[{{"type": "rich_text", "elements": [{inner}]}}]'
    event = json.dumps(MENTION)[:-1] + f', "blocks": {blocks}}}'
    text = f'{{"envelope_id": "e-1", "type": "events_api", "payload": {{"event": {event}}}}}'
    async with product():
        slack.sockets.send_raw(text)
        await slack.until(lambda: slack.sockets.deliveries.unknown_acks)
        await exchange(slack, "U1", "C1", "still there?")

    assert ["e-1"] == slack.sockets.deliveries.unknown_acks
