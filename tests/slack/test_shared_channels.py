"""Whose event it is and who wrote it: other installations of the app, and people of other organisations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bots.slack.reading.events import Us, read
from tests.slack.conversation import all_heard, calls, exchange, texts
from tests.slack.stage import Pause

STRANGER = json.loads(
    (Path(__file__).parents[1] / "events" / "slack" / "shared_channel.json").read_text(encoding="utf-8")
)["envelope"]


INSTALLATIONS: list[tuple[str, list[dict[str, Any]], bool]] = [
    ("T0TEAM0002", [{"team_id": "T0TEAM0002", "enterprise_id": None}], False),
    ("T0TEAM0001", [{"team_id": "T0TEAM0002"}, {"team_id": "T0TEAM0003"}], False),
    ("T0TEAM0001", [{"team_id": None, "enterprise_id": "E2", "is_enterprise_install": True}], False),
    ("T0TEAM0002", [{"team_id": "T0TEAM0001", "enterprise_id": None}], True),
    ("T0TEAM0002", [{"team_id": "T0TEAM0002"}, {"team_id": "T0TEAM0001"}], True),
    ("T0TEAM0002", [], True),
]
"""The team and the authorizations an envelope names, and whether it is ours."""


async def test_only_our_own_installation_is_answered(slack, product, script, caplog):
    """The envelope's team does not decide: in a shared channel it may be the other organisation's."""
    room = slack.add_channel("C1", ["U1"], bot_in=False)
    asked = [await slack.say("U1", "C1", "…") for _ in INSTALLATIONS]
    room.bot_in = True
    event = {"type": "app_mention", "user": "U1", "channel": "C1"}
    async with product():
        for number, (team, authorizations, _) in enumerate(INSTALLATIONS):
            text = f"<@{slack.bot_user}> {number}"
            around = {"team_id": team, "authorizations": authorizations}
            await slack.deliver({**event, "ts": asked[number], "text": text}, **around)
            await slack.until(lambda: not slack.unacked())
        await all_heard(slack)
        await exchange(slack, "U1", "C1", "the last")

    heard = [*(str(number) for number, (*_, ours) in enumerate(INSTALLATIONS) if ours), "the last"]
    told = [
        record.__dict__["team"] for record in caplog.records if "another workspace" in record.getMessage()
    ]
    assert heard == [request[-1] for request in script.asked]
    assert ["T0TEAM0002", "E2"] == told, "once for each workspace"


@pytest.mark.parametrize(
    ("told", "envelope", "team"),
    [
        ({"user_team": "T2", "source_team": "T3", "team": "T4"}, "T1", "T2"),
        ({"source_team": "T3", "team": "T4"}, "T1", "T3"),
        ({"user_team": "E9", "team": "T4"}, "T1", "T4"),
        ({"team": 5}, "T1", "T1"),
        ({}, "T1", "T1"),
        ({"team": "E1"}, "T1", "T1"),
    ],
)
def test_the_team_of_who_wrote(told, envelope, team):
    """What the event says of the person, before what the envelope says of itself."""
    event = {**STRANGER["event"], "user_team": None, "source_team": None, "team": None, **told}
    found = read(event, Us("U0BOT", "E1"), envelope)

    assert found is not None
    assert team == found.team


async def test_a_stranger_gets_a_stream_too(slack, product):
    """Addressed to the person's own workspace; a process after this one knows it still."""
    slack.add_stranger("UEXT", "T0OTHER001")
    async with product(access_external=("slack:C1",)):
        await exchange(slack, "UEXT", "C1", "hello")
        await exchange(slack, "U1", "C1", "hello")

    teams = [call["recipient_team_id"] for call in calls(slack, "chat.startStream")]
    assert ["T0OTHER001", slack.team] == teams
    assert ["echo: hello"] * 2 == texts(slack, "C1")


async def test_what_is_refused_to_one_person_is_not_refused_to_the_channel(slack, product):
    async with product():
        slack.fail("chat.startStream", error="user_not_found")
        for user in ("U1", "U1", "U2"):
            await exchange(slack, user, "C1", "hello")

    assert ["U1", "U2"] == [call["recipient_user_id"] for call in calls(slack, "chat.startStream")]


@pytest.mark.parametrize("error", ["no_permission", "ratelimited"])
async def test_one_refused_status_does_not_end_them(slack, product, script, error):
    pause = Pause()
    script.perform(pause, "so")
    async with product():
        slack.fail("assistant.threads.setStatus", error=error)
        ts = await slack.mention("U1", "C1", "hello")
        await slack.until(lambda: slack.status("C1", ts), 10)
        pause.end()
        await slack.until(lambda: texts(slack, "C1") == ["so"])
