"""What is read of Discord's messages, in every shape they come in; and what no payload may ever do."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from bots.discord.events import read
from bots.intake.said import Said
from core.texts import TEXTS
from standins.discord import DiscordStandin
from tests.discord.conversation import all_heard, exchange, texts
from tests.discord.payloads import BOT, DM, ME, ROLE, heard
from tests.discord.people import ANN, BOB, GUILD, ROOM

EVENTS = Path(__file__).parents[1] / "events" / "discord"
_NUMBERS = itertools.count(1)


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


def read_of(name: str) -> Said | None:
    """What is read of a recording, with our role and our direct channel in it."""
    (event,) = recording(name)["events"]
    told = json.dumps(event["d"]).replace('"ROLE"', f'"{ROLE}"').replace('"DM"', f'"{DM}"')
    return read(json.loads(told), ME, ROLE) if event["t"] == "MESSAGE_CREATE" else None


@pytest.mark.parametrize("name", [*all_of("answer"), *all_of("quote"), *all_of("file"), *all_of("notice")])
def test_a_recorded_message_to_us(name):
    what, _, expected = recording(name)["expect"].partition(" ")
    said = read_of(name)

    assert said is not None
    assert (True, "us") == (said.concerns_us, said.to)
    assert (expected if what == "notice" else "ask") == said.kind
    assert (expected if what == "answer" else "") == said.text
    assert what != "quote" or [expected] == [quote.text for quote in said.quotes]
    assert what != "file" or ["voice" in name] == [file.voice for file in said.files]


@pytest.mark.parametrize("name", all_of("silence"))
def test_a_recorded_message_that_is_not_for_us(name):
    said = read_of(name)

    assert said is None or not said.concerns_us or said.to == "perhaps"


@pytest.mark.parametrize(
    ("content", "more", "to"),
    [
        (f"{BOT} hello", {}, "us"),
        ("hello", {"guild_id": None}, "us"),
        (f"<@&{ROLE}> hello", {"mention_roles": [ROLE]}, "us"),
        ("hello", {"referenced_message": {"author": {"id": ME}}, "message_reference": {}}, "us"),
        ("<@&330000000000000001> lunch?", {"mention_roles": ["330000000000000001"]}, "others"),
        (f"<@{BOB}> lunch?", {"mentions": [{"id": BOB}]}, "others"),
        ("yes", {"message_reference": {"message_id": "1"}}, "others"),
        ("", {}, "others"),
        ("", {"attachments": [{"id": "1", "filename": "a.txt"}]}, "perhaps"),
        *((text, {}, "perhaps") for text in ("hello everybody", "@spool hello", "@here lunch", "reset")),
        *((text, {}, "perhaps") for text in (f"`{BOT}` is its name", f"```\n{BOT} hello\n```")),
    ],
)
def test_to_whom(content, more, to):
    assert to == heard(content, **more).to


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        *((f"{BOT} hello", "hello"), (f"<@!{ME}> hello", "hello"), (f"hello {BOT}", "hello")),
        *((f"{BOT}\nhello", "hello"), (f"{BOT} {BOT} hello", "hello"), (f"<@&{ROLE}> hello", "hello")),
        (f"{BOT} a < b && c > d &amp; e", "a < b && c > d &amp; e"),
        (f"{BOT} first\nsecond\n\nfourth", "first\nsecond\n\nfourth"),
        (f"{BOT} **bold** `code` ||spoiler||", "**bold** `code` ||spoiler||"),
        (f"{BOT} ```py\n  if x:\n    pass\n```", "```py\n  if x:\n    pass\n```"),
        (f"{BOT} 안녕하세요 👋🏽 <:wave:12>", "안녕하세요 👋🏽 :wave:"),
        (f"tell me {BOT} a joke", "tell me  a joke"),
        (f"greet <@{BOB}> in <#{ROOM}>", rf"greet @Bob \1 @everyone in #{ROOM}"),
        (f"{BOT} how do I write `{BOT}` or `<#1>`?", f"how do I write `{BOT}` or `<#1>`?"),
        (f"{BOT} what is <#4> to <@&5> and <#6>", "what is #4 to @&5 and #six"),
        ("one\x00\u202etwo", "onetwo"),
    ],
)
def test_text_comes_as_it_was_typed(typed, plain):
    """The bot's own mention goes, others become names, whatever these are; everything else stays."""
    people = [{"id": ME, "username": "spool"}, {"id": BOB, "global_name": r"Bob \1 @everyone"}]

    assert plain == heard(typed, mentions=people).text


@pytest.mark.promise("S5")
@pytest.mark.parametrize(
    ("more", "by"),
    [
        *(({}, "person"), ({"type": 19}, "person"), ({"author": {"id": ME, "bot": True}}, "us")),
        ({"author": {"id": BOB, "bot": True}}, "other"),
        *(({"author": {"id": BOB, "system": True}}, "other"), ({"webhook_id": "1"}, "other")),
        ({"type": 7}, "other"),
    ],
)
def test_who_wrote_it(more, by):
    said = heard(f"{BOT} hello", **more)

    assert (by, by == "person") == (said.by, said.concerns_us)
    assert "you" == said.earlier("").user if by == "us" else said.user == said.earlier("").user


def test_where_it_stands():
    """A thread is a channel; a history does not tell the server, which is given then."""
    live, told = heard("hello"), {"id": "1574000000000000009", "channel_id": ROOM, "content": "hello"}
    found = read({**told, "author": {"id": ANN, "username": "ann", "global_name": "Ann"}}, ME, None, GUILD)
    message = live.incoming("parent")

    assert live == found
    assert (GUILD, ROOM, ROOM, "parent", "Ann") == (
        *(message.address.workspace, message.address.channel, message.address.topic),
        *(message.parent, message.author),
    )


def test_every_recording_is_used():
    """A recording that expects something unknown would be a test that never runs."""
    known = {
        *all_of("answer"),
        *all_of("quote"),
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
    variants = json.loads((EVENTS / "hostile.json").read_text())["variants"]
    async with product():
        for silent in (True, False):
            for variant in variants:
                if variant.get("silence", True) is silent:
                    await discord.replay("MESSAGE_CREATE", malformed(discord, place, variant))
            await all_heard(discord)
            assert not silent or ([], []) == (
                script.asked,
                texts(discord, ROOM) + texts(discord, discord.dm(ANN)),
            )
        await exchange(discord, BOB, ROOM, "still there?")

    assert (1, 0) == (discord.identifies, discord.resumes)


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
