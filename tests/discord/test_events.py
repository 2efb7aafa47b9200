"""Recorded gateway payloads, replayed: who is answered, with what, and what no payload may ever do."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from core.texts import TEXTS, text
from standins.discord import DiscordStandin, Upload
from tests import samples
from tests.discord.conversation import ANN, BOB, GUILD, ROOM, all_heard, creations, exchange, texts

EVENTS = Path(__file__).parents[1] / "events" / "discord"
_NUMBERS = itertools.count(1)
_FILES = {"cat.png": samples.png(), "voice-message.ogg": samples.ogg()}


def recording(name: str) -> dict[str, Any]:
    """A recording. Ids and times of their day become those of today."""
    return _today(json.loads((EVENTS / f"{name}.json").read_text()))  # type: ignore[no-any-return]


def _today(value: Any) -> Any:
    """`NEW` in a recording is an id made now."""
    if isinstance(value, dict):
        return {name: _today(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_today(part) for part in value]
    if value == "NEW":
        return str(((int(time.time() * 1000) - 1_420_070_400_000) << 22) + next(_NUMBERS))
    return value


def all_of(kind: str) -> list[str]:
    """The names of the recordings whose `expect` begins with this word."""
    names = []
    for path in sorted(EVENTS.glob("*.json")):
        expected = json.loads(path.read_text()).get("expect", "")
        names += [path.stem] if expected.split(" ")[0] == kind else []
    return names


async def replayed(discord: DiscordStandin, name: str) -> dict[str, Any]:
    """The recording told to the bot, in the place it was recorded in; gives its message."""
    events = recording(name)["events"]
    for event in events:
        for one, mine in (("ROLE", discord.managed_role(GUILD)), ("DM", discord.dm(ANN))):
            event = json.loads(json.dumps(event).replace(f'"{one}"', f'"{mine}"'))
        for message in (event["d"], *(one["message"] for one in event["d"].get("message_snapshots", ()))):
            _host(discord, message.get("attachments", ()))
        await discord.replay(event["t"], event["d"])
    return event["d"]  # type: ignore[no-any-return]


def _host(discord: DiscordStandin, attachments: list[dict[str, Any]]) -> None:
    """Let the stand-in have the bytes of recorded files."""
    for told in attachments:
        name = told["filename"]
        told["url"] = discord._world.cdn.keep(told["id"], ROOM, Upload(name, _FILES[name])).url


def told(discord: DiscordStandin) -> dict[str, list[str]]:
    """What the bot has posted, by place."""
    return {
        place: found for place in (ROOM, discord.dm(ANN)) if (found := texts(discord, place))
    }  # fmt: skip


@pytest.mark.parametrize("name", all_of("answer"))
async def test_a_question_is_answered(discord, product, script, name):
    """Once, where it was asked; in a server as a reply to it. The model gets what `expect` says."""
    expected = recording(name)["expect"].removeprefix("answer ")
    async with product():
        message = await replayed(discord, name)
        await discord.until(lambda: told(discord))
        await all_heard(discord)
        place = message["channel_id"]
        assert {place: [f"echo: {expected}"]} == told(discord)

    assert [[expected]] == script.asked
    if "guild_id" in message:
        assert message["id"] == str(creations(discord, place)[0].body["message_reference"]["message_id"])


@pytest.mark.parametrize("name", all_of("file"))
async def test_a_file_alone_is_answered(discord, product, script, name):
    """Once, where it was sent; what was said in a recording stands above the answer."""
    script.perform("I see.")
    async with product():
        message = await replayed(discord, name)
        await discord.until(lambda: told(discord))
        await all_heard(discord)
        ((place, (post,)),) = told(discord).items()

    assert (message["channel_id"], 1) == (place, len(script.asked))
    assert ("> 🎤 a recording of" in post) is ("voice" in name)
    assert post.endswith("I see.")


@pytest.mark.parametrize("name", all_of("notice"))
async def test_what_cannot_be_understood_gets_a_notice(discord, product, script, name):
    """Once, without the model."""
    expected = recording(name)["expect"].removeprefix("notice ")
    async with product():
        message = await replayed(discord, name)
        await discord.until(lambda: told(discord))
        await all_heard(discord)
        assert {message["channel_id"]: [text(expected, "en")]} == told(discord)

    assert [] == script.asked


async def test_what_is_not_for_the_bot_is_met_with_silence(discord, product, script):
    """No post, no question to the model, no typing; one recording after the other."""
    async with product():
        for name in all_of("silence"):
            await replayed(discord, name)
            await all_heard(discord)
            assert ({}, []) == (told(discord), script.asked), name

    assert not {ROOM, discord.dm(ANN)} & {place for _, place in discord.typing}


def test_every_recording_is_used():
    """A recording that expects something unknown would be a test that never runs."""
    known = {
        *all_of("answer"),
        *all_of("file"),
        *all_of("notice"),
        *all_of("silence"),
        "hostile",
        "hostile_events",
    }
    assert known == {path.stem for path in EVENTS.glob("*.json")}
    assert all(recording(name)["expect"].split(" ")[1] in TEXTS["en"] for name in all_of("notice"))


def malformed(discord: DiscordStandin, place: str, variant: dict[str, Any]) -> dict[str, Any]:
    """A good message with some keys replaced or taken away."""
    (event,) = recording(place)["events"]
    message = {**event["d"], **_today(variant.get("set", {}))}
    for key in variant.get("drop", []):
        message.pop(key, None)
    return json.loads(json.dumps(message).replace('"DM"', f'"{discord.dm(ANN)}"'))  # type: ignore[no-any-return]


@pytest.mark.parametrize("place", ["mention", "direct_message"])
async def test_malformed_messages_harm_nobody(discord, product, script, place):
    """One after the other: the connection stands all the time, and what makes no sense is not answered."""
    answered = []
    async with product():
        for variant in json.loads((EVENTS / "hostile.json").read_text())["variants"]:
            before = told(discord), script.asked
            await discord.replay("MESSAGE_CREATE", malformed(discord, place, variant))
            await all_heard(discord)
            assert (1, 0) == (discord.identifies, discord.resumes), variant
            if variant.get("silence", True) and before != (told(discord), script.asked):
                answered.append(variant["what"])
        await exchange(discord, BOB, ROOM, "still there?")

    assert [] == answered


async def test_malformed_events_harm_nobody(discord, product, script):
    """Events of all names with nonsense in them, one after the other: the connection stands all the time."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
        for event in recording("hostile_events")["events"]:
            await discord.replay(event["t"], event.get("d"))
            await all_heard(discord)
            assert (1, 0) == (discord.identifies, discord.resumes), event
        await exchange(discord, ANN, ROOM, "still there?")

    assert [["one"], ["one", "echo: one", "still there?"]] == script.asked


async def test_poison_does_not_come_back_with_a_restart(discord, product):
    """An event that cannot be understood, told while away, is passed over once and for all."""
    async with product():
        await exchange(discord, ANN, ROOM, "one")
    for event in recording("hostile_events")["events"]:
        await discord.replay(event["t"], event.get("d"))
    for number in range(2):
        async with product():
            await exchange(discord, ANN, ROOM, f"hello {number}")

    assert (1, 2) == (discord.identifies, discord.resumes)
