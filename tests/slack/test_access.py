"""Who is answered in Slack: what an event tells of who wrote it, what users.info tells, what comes of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bots.intake.said import Said
from bots.slack.reading import acts
from bots.slack.reading.events import Us, read
from bots.slack.reading.people import Told
from core.store.database import FILE
from core.types import Standing
from standins.slack import SlackStandin
from standins.slack.workspace import Person
from tests.slack.conversation import all_heard, calls, exchange, texts
from tests.slack.stage import Pause

PLAIN = {"type": "message", "channel": "C1", "ts": "1.000001", "user": "U1", "text": "<@U0BOT> hello"}
REFUSED, UNKNOWN = "I may not answer you here", "send it again in a minute"


@pytest.mark.parametrize(
    ("fields", "by", "apps", "external"),
    [
        ({}, "person", (), False),
        ({"user_team": "T1"}, "person", (), False),
        ({"user_team": "T2"}, "person", (), True),
        ({"source_team": "T2"}, "person", (), True),
        ({"team": "T2"}, "person", (), True),
        ({"user_team": "E2"}, "person", (), True),
        ({"bot_id": "B7"}, "app", ("B7",), False),
        ({"app_id": "A7"}, "app", ("A7",), False),
        ({"bot_profile": {"id": "B7", "app_id": "A7"}}, "app", ("B7", "A7"), False),
        ({"bot_profile": {"is_workflow_bot": True}}, "workflow", (), False),
        ({"subtype": "bot_message", "bot_id": "B7", "user": None}, "app", ("B7",), False),
    ],
)
@pytest.mark.promise("A5")
def test_what_an_event_tells_of_who_wrote_it(fields, by, apps, external):
    event, us = PLAIN | fields, Us("U0BOT", "T1")
    said = read(event, us)
    assert isinstance(said, Said)
    act = acts.of_message(event, said, us)
    assert (by, apps, external) == (act.by, act.apps, bool(act.standing))


@pytest.mark.parametrize(
    ("team", "teams", "external"),
    [("T3", ["T3", "E1"], False), ("T3", ["T3", "E2"], True), ("E1", ["E1"], False), ("E2", [], True)],
)
def test_colleagues_in_other_workspaces_of_the_enterprise(team, teams, external):
    """Nothing an event tells alone separates them from strangers: users.info does."""
    us, event = Us("U0BOT", "T1", "E1"), PLAIN | {"user_team": team}
    said = read(event, us)
    assert isinstance(said, Said)
    shown = acts.of_message(event, said, us).standing
    asked = Told(standing=Standing(), teams=frozenset(teams)).standing_with(us)
    assert asked
    assert external is (shown or asked).external


def rows(tmp_path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What is on disk."""
    with sqlite3.connect(tmp_path / "data" / FILE) as db:
        return db.execute(sql).fetchall()


async def say(slack: SlackStandin, user: str, **fields: Any) -> str:
    """A mention that tells nothing but who wrote it and the fields. Returns its ts."""
    ts = slack.workspace.stamps.next()
    event = PLAIN | {"user": user, "ts": ts, "text": f"<@{slack.bot_user}> a canary", **fields}
    await slack.deliver(event)
    return ts


@pytest.mark.promise("A2")
@pytest.mark.parametrize(
    "who", [{"guest": "multi"}, {"guest": "single"}, {"deleted": True}, {"team": "T2"}, {}], ids=str
)
async def test_whom_only_users_info_shows(slack, product, script, who):
    """The model is asked beside it; nothing is shown, no status either. Told once. {}: it tells too late."""
    slack.add_channel("C1", ["U9"])
    slack.workspace.people["U9"] = Person("U9", **who)
    pause = Pause()
    script.perform("so far", pause)
    slack.delay("users.info", 0.3 if who else 2.0)
    async with product():
        root = await slack.say("U8", "C1", "nice weather")
        await say(slack, "U9")
        await slack.until(lambda: script.asked)
        await slack.until(lambda: slack.workspace.ephemerals)
        pause.end()
        slack.heal()
        if who:
            await say(slack, "U9", thread_ts=root)
            await all_heard(slack)

    (told,) = slack.workspace.ephemerals
    assert ("U9", None, True) == (told.user, told.thread_ts, (REFUSED if who else UNKNOWN) in told.text)
    assert ([], 1) == (texts(slack, "C1"), len(script.asked))
    assert [] == [log for log in slack.workspace.statuses.log if log[1] == "C1"]
    assert 1 == len([call for call in calls(slack, "users.info") if call["user"] == "U9"])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"user_team": "T2"}, True),
        ({"user": "U8"}, True),
        ({"bot_id": "B7", "subtype": "bot_message"}, False),
        ({"app_id": "A7"}, False),
        ({"bot_profile": {"is_workflow_bot": True}}, False),
    ],
    ids=str,
)
async def test_whom_the_event_shows(slack, product, script, tmp_path, fields, told):
    """Nobody is asked, nothing is stored, no file is fetched, and no app is told."""
    slack.add_channel("C1", ["U8", "U9"])
    file = {"id": "F1", "name": "a.txt", "url_private_download": f"{slack.base_url}/files-pri/T1-F1/a.txt"}
    async with product(access_deny=("slack:U8",)):
        for _ in range(2):
            await say(slack, **({"user": "U9", "files": [file], "subtype": "file_share"} | fields))
        await slack.until(lambda: len(slack.workspace.ephemerals) == told)
        await all_heard(slack)

    assert [("U0FENCE",)] == rows(tmp_path, "SELECT person FROM messages WHERE person <> ''")
    assert ([], [], told) == (script.asked, texts(slack, "C1"), len(slack.workspace.ephemerals))
    assert [] == [call for call in slack.calls if call.method == "download"]


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        ({"access_allow": ("slack:U9",)}, {"guest": "multi"}),
        ({"access_guests": ("slack:C1",)}, {"guest": "multi"}),
        ({"access_external": ("slack:C1",)}, {"team": "T2"}),
        ({"access_bots": ("slack:B7",)}, {}),
    ],
    ids=str,
)
async def test_who_is_let_in(slack, product, rule, who):
    """By setting, in the whole of an exchange."""
    slack.add_channel("C1", ["U9"])
    slack.workspace.people["U9"] = Person("U9", **who)
    async with product(**rule):
        if who:
            await exchange(slack, "U9", "C1", "hello")
        else:
            await slack.post_as("B7", "C1", f"<@{slack.bot_user}> hello")
            await slack.until(lambda: texts(slack, "C1") == ["echo: hello"])
