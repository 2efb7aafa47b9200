"""What a message points at, names and times: as the model is shown them, over deaths, and bounded."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.runs.prompt import speech
from core.settings.time_zone import known, of_machine, zone
from core.types import Attachment, Earlier, IncomingMessage, Person, Quote
from standins.script.script import Scenario, text_of
from tests.core.fakes import HERE, FakePlatform, elsewhere
from tests.core.whole import core, rules
from tests.scripted_model import ScriptedModel

NOON = 43_200.0
SEOUL = Person("Ann", "ko-KR", "Asia/Seoul")


def given(script, request=-1):
    """The texts of the input items of a request."""
    return [text_of(item) for item in script.requests[request][1]]


@pytest.mark.parametrize(
    ("quote", "read"),
    [
        (Quote("reply", "a\nb", "Bo", NOON), "[In reply to Bo at 21:00:]\n> a\n> b"),
        (Quote("reply", "a"), "[In reply to an earlier message:]\n> a"),
        (Quote("forward", "a", "@U7"), "[Forwarded message from @Bo:]\n> a"),
        (Quote("forward", "a"), "[Forwarded message from somebody:]\n> a"),
        (Quote("preview", "a"), "[Preview of a link:]\n> a"),
        (Quote("card", "a", "Grafana"), "[Shown by Grafana:]\n> a"),
        (Quote("card", ""), "[Shown by an app:]"),
        (Quote("reply", "x", "Eve]:\n> yes"), "[In reply to Eve] > yes:]\n> x"),
        (Quote("reply", "say @U7 and @U77"), "[In reply to an earlier message:]\n> say @Bo and @U77"),
    ],
)
async def test_what_is_pointed_at_stands_before_the_question(tmp_path, quote, read):
    """Marked as quoted, with its author and time as the asker's clock shows it; also in the next request."""
    script = Scenario()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.platform.people["U1"], spool.platform.called = SEOUL, {"@U7": "@Bo"}
        await spool.say("1", "what is it?", quotes=(quote,), mentions=("@U7",))
        await spool.idle()
        await spool.say("2", "and now?")
        await spool.idle()

    assert [f"{read}\n\nwhat is it?"] == given(script, 0)
    assert f"{read}\n\nwhat is it?" == given(script, 1)[0]


async def test_a_quote_alone_is_a_question(tmp_path):
    """Forwarded without a word."""
    script = Scenario()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        await spool.inbox.receive(
            IncomingMessage("1", HERE, "U1", "", 1.0, quotes=(Quote("forward", "down"),))
        )
        await spool.idle()
    assert ["[Forwarded message from somebody:]\n> down"] == given(script)


def test_quotes_are_bounded():
    """All of one message together, whatever they are."""
    told = speech.quoted([Quote("forward", "x" * 20_000), Quote("card", "y" * 20_000)])
    assert len(told) < speech.MOST_QUOTED + 200
    assert "[…]" in told


async def test_earlier_messages_have_names_and_times(tmp_path):
    """As the asker's clock shows them; ids only where no name is told; apps by their own name."""
    script = Scenario()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.platform.people["U1"] = SEOUL
        spool.platform.called = {"@U7": "@Bo", "#C5": "#ops", "@U9": "@Cy"}
        spool.platform.topic = [
            Earlier("1", "r1", "U7", "ask @U9 in #C5", at=NOON, mentions=("@U9", "#C5")),
            Earlier("2", "r2", "U8", "Hm"),
            Earlier("3", "r3", "bot", "5xx", author="Grafana", at=NOON + 60),
        ]
        await spool.say("4", "Hi", inside_topic=True)
        await spool.idle()
    lines = given(script)[0].split("\n")[1:]
    assert ["[21:00] Bo: ask @Cy in #ops", "U8: Hm", "[21:01] Grafana: 5xx"] == lines


async def test_files_of_earlier_messages_are_read(tmp_path):
    """The newest four; the others are named, and so are those that cannot be had."""
    script = Scenario()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        files = [Attachment(f"F{number}", f"n{number}.txt", "u", 2) for number in range(6)]
        spool.platform.stored = {file.id: f"text {file.id}".encode() for file in files if file.id != "F5"}
        spool.platform.topic = [
            Earlier(str(n), f"r{n}", "U7", "", files=(file,)) for n, file in enumerate(files)
        ]
        await spool.say("9", "Why?", inside_topic=True)
        await spool.idle()
        assert ["echo: Why?"] == spool.platform.answers
    before, question = given(script)
    assert ["text F2", "text F3", "text F4"] == [
        word for word in before.split("\n") if word.startswith("text ")
    ]
    assert "[File n0.txt]" in before
    assert "[File n5.txt could not be read]" in before
    assert "Why?" == question


async def test_names_are_not_waited_for(tmp_path, monkeypatch):
    """A platform that does not answer costs two seconds at most, and ids stay."""
    monkeypatch.setattr("core.runs.prompt.earlier.BEFORE_SECONDS", 0.05)
    script = Scenario()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.platform.may_name.clear()
        async with asyncio.timeout(2):
            await spool.say("1", "ask @U7", mentions=("@U7",))
            await spool.idle()
    assert ["ask @U7"] == given(script)


async def test_what_is_known_of_itself(tmp_path):
    """One block behind the instructions: date, zone, place, person, commands, tools, what can be shown."""
    model = ScriptedModel(Scenario())
    async with core(tmp_path, model, self_knowledge=True, zone="Europe/Berlin") as spool:
        spool.platform.people["U1"] = SEOUL
        await spool.say("1", "Hi")
        await spool.say("2", "Hi", user="U2", address=elsewhere(channel="D1"), author="Bo")
        await spool.idle()
    ann, bo = sorted((prompt.instructions for prompt in model.prompts), key=lambda text: "Bo" in text)
    assert ann.startswith("Be kind.\n\nAbout you")
    for word in (
        f"{datetime.now(UTC):%Y-}",
        "Asia/Seoul",
        "called “Ann”",
        "/reset",
        "no tools",
        "plain text",
    ):
        assert word in ann
    assert "Europe/Berlin" in bo
    assert "is called “Bo”" in bo


async def test_the_block_is_the_same_for_all_who_share_a_thread(tmp_path):
    """Else the server's prompt cache would be lost with each message; who speaks is told with each. In a
    direct message nobody shares one.
    """
    script = Scenario()
    model = ScriptedModel(script)
    async with core(tmp_path, model, policy=rules(scope="topic"), self_knowledge=True) as spool:
        for id, user in (("1", "U1"), ("2", "U2")):
            await spool.say(id, "Hi", user=user, author=user)
            await spool.idle()
        await spool.ask("3", "Hi", address=elsewhere(workspace=""), author="U1")
    first, second, alone = (prompt.instructions for prompt in model.prompts)
    assert first == second
    assert (True, ["Hi"]) == ("is called “U1”" in alone, given(script))


async def test_who_asks_is_asked_for_once_before_the_model(tmp_path):
    """A platform that is slow to tell keeps the question waiting once."""

    class Slow(FakePlatform):
        asked = 0

        async def person(self, user: str) -> Person:
            self.asked += 1
            return Person()

    platform = Slow()
    async with core(tmp_path, Scenario(), platform=platform, self_knowledge=True) as spool:
        await spool.ask("1", "hi", inside_topic=True, mentions=("@U7",))

    assert 1 == platform.asked


def test_time_zones(tmp_path):
    """By name; what is none is UTC, and a machine that does not say is in UTC."""
    (tmp_path / "zoneinfo").mkdir()
    for name in ("Nowhere", "a/../../b", "", "\0"):
        assert not known(name)
    assert known("Asia/Seoul")
    assert "UTC" == str(zone("Nowhere"))
    assert "UTC" == of_machine(tmp_path / "none")
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Asia/Seoul")
    assert of_machine(link) in ("Asia/Seoul", "UTC")
