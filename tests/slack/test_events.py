"""Recorded event payloads, replayed; and payloads nobody should ever send."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from standins.slack import File, SlackStandin
from standins.slack.deliveries import Answer
from tests import samples
from tests.slack.conversation import all_heard, exchange, texts, workspace

FOLDER = Path(__file__).parents[1] / "events" / "slack"
RECORDED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
EVENTS = {name: case for name, case in RECORDED.items() if "asked" in case}
QUESTIONS = {name: case for name, case in RECORDED.items() if "kind" in case}
HOSTILE: list[dict[str, Any]] = RECORDED["hostile"]["events"]
FILES = {"cat.png": samples.png(), "voice.m4a": samples.mp4(b"soun")}
HOST = "https://files.slack.com"


async def written(slack: SlackStandin, channel: str, messages: dict[str, str | None]) -> dict[str, str]:
    """The messages the events are about, so that they can be answered; placeholder → ts. No event is sent."""
    room = slack.add_channel(channel, ["U1", "U2"], kind={"G": "mpim"}.get(channel[0], ""))
    room.bot_in = False
    names = {"$NOW": f"{time.time():.6f}"}
    for name, root in messages.items():
        names[name] = await slack.say("U1", channel, "…", root and names[root])
        room.by_ts[names[name]].extra["subtype"] = "channel_join"  # so that only the event asks something
    room.bot_in = True
    return names


def filled(event: Any, names: dict[str, str]) -> Any:
    """The event with its placeholders replaced."""
    text = json.dumps(event)
    for name, value in names.items():
        text = text.replace(f'"{name}"', f'"{value}"')
    return json.loads(text)


def hosted(slack: SlackStandin, event: dict[str, Any]) -> dict[str, Any]:
    """The event with its files at the stand-in."""
    for told in event.get("files", ()):
        file = File(told["name"], "U1", "T0TEAM0001", slack.base_url, 0, FILES[told["name"]], id=told["id"])
        slack.workspace.files[file.id] = file
    moved: dict[str, Any] = json.loads(json.dumps(event).replace(HOST, slack.base_url))
    return moved


@pytest.mark.parametrize("name", EVENTS)
async def test_a_recorded_event(slack, product, script, name):
    """It is acknowledged; the model is asked exactly what the file says; there are as many posts."""
    case = EVENTS[name]
    channel = case.get("channel", "C1")
    names = await written(slack, channel, case["messages"])
    slack.workspace.person("W0STRANGER")
    async with product():
        for event in case["events"]:
            await slack.deliver(hosted(slack, filled(event, names)))
        await all_heard(slack)
        await slack.until(
            lambda: (
                len(slack.posts(channel)) >= case["posts"]
                and not any(post.streaming for post in slack.posts(channel))
            )
        )

    asked = [request[-1] for request in script.asked]
    assert len(case["asked"]) == len(asked), asked
    for expected, text in zip(case["asked"], asked, strict=True):
        assert (expected[1:] in text) if expected.startswith("~") else (expected == text)
    root = names.get(case.get("thread", "$TS"))
    assert [root] * case["posts"] == [post.thread_ts for post in slack.posts(channel)]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_recorded_command_or_shortcut(slack, product, script, name):
    """Acknowledged, and the next message knows nothing; a dead response_url does no harm."""
    case = QUESTIONS[name]
    heard: list[Answer] = []
    async with product():
        root = await exchange(slack, "U1", "C1", "one")
        names = {"$ROOT": root, "$TS": root, "$RESPONSE": f"{slack.base_url}/response/unknown"}
        slack.sockets.deliveries.ask(case["kind"], filled(case["payload"], names), heard.append)
        await slack.until(lambda: heard)
        await exchange(slack, "U1", "C1", "two")

    assert "" == heard[0].error
    assert ["two"] == script.asked[-1]


@pytest.mark.parametrize("number", range(0, len(HOSTILE), 10))
async def test_hostile_events_break_nothing(slack, product, caplog, number):
    """Ten of them at a time: all acknowledged, no stack trace, at most an answer in the thread."""
    names = await written(slack, "C1", {"$TS": None})
    async with product():
        for event in HOSTILE[number : number + 10]:
            await slack.deliver(filled(event, names))
        await all_heard(slack)
        await exchange(slack, "U2", "C2", "still there?")

    assert [] == [record.exc_info for record in caplog.records if record.exc_info]
    assert len(texts(slack, "C1")) <= 1


@workspace(retry_delays=(0.1,))
async def test_what_the_sdk_cannot_read_breaks_nothing(slack, product, script):
    """Whether it is acknowledged or not: no answer to it, and life goes on."""
    names = await written(slack, "C1", {"$TS": None})
    sound = filled(EVENTS["mention_app_mention_only"]["events"][0], names)
    async with product():
        for event in RECORDED["hostile"]["beyond_the_sdk"]:
            await slack.deliver(filled(event, names))
        await slack.deliver(sound, authorizations=[None])
        await all_heard(slack)

    assert [] == texts(slack, "C1")


async def test_strange_envelopes_are_read_all_the_same(slack, product, script):
    """What stands around the event may be missing or odd: it stays one message."""
    names = await written(slack, "C1", {"$TS": None})
    event = filled(EVENTS["mention_app_mention_only"]["events"][0], names)
    strange: list[dict[str, Any]] = [
        {"authorizations": None},
        {"authorizations": []},
        {"event_id": None},
        {"event_time": "x"},
        {"is_ext_shared_channel": "x"},
        {"context_team_id": 5},
    ]
    async with product():
        for around in strange:
            await slack.deliver(event, **around)
        await all_heard(slack)

    assert [["what is 6 times 7?"]] == script.asked


@workspace(retry_delays=())
async def test_damaged_mentions_break_nothing(slack, product):
    """Three hundred mentions, each damaged at random somewhere; at the end everything still works."""
    names = await written(slack, "C1", {"$TS": None})
    sound = filled(EVENTS["mention_message_first"]["events"][0], names)
    rng = random.Random(11)
    async with product():
        for _ in range(300):
            await slack.deliver(_damaged(sound, rng))
        await all_heard(slack)
        await exchange(slack, "U2", "C2", "still there?")

    assert len(texts(slack, "C1")) <= 1


def _damaged(value: Any, rng: random.Random) -> Any:
    """A copy in which about one value in eight is gone or of another type."""
    if rng.random() < 0.12:
        return rng.choice([None, 0, -1.5, "", "x", [], {}, [None], {"type": "user"}, True, "\ud7ff\u0000"])
    if isinstance(value, dict):
        return {key: _damaged(item, rng) for key, item in value.items() if rng.random() > 0.05}
    if isinstance(value, list):
        return [_damaged(item, rng) for item in value]
    return value
