"""standins.script.script: what a model says, as its stand-ins play it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace

import pytest

from standins.script.offline import Offline
from standins.script.script import (
    Beat,
    Call,
    Fault,
    Say,
    Scenario,
    Script,
    Wait,
    approvals,
    outputs,
    performed,
    spoken,
    text_of,
)

SCRIPTS: tuple[type[Script], ...] = (Scenario, Offline)


def said(*texts: str) -> Sequence[Mapping[str, object]]:
    """Input items: what a person said, with answers in between."""
    return [{"role": role, "content": text} for text in texts for role in ("assistant", "user")][1:]


def words(script: Script, *texts: str) -> str:
    beats = script.play("Be kind.", said(*texts))
    return "".join(beat.text for beat in beats if isinstance(beat, Say))


@pytest.mark.parametrize("text", ["", "one", "one two", " one  two ", "a\nb c"])
def test_a_spoken_text_is_the_text(text):
    assert text == "".join(beat.text for beat in spoken(text) if isinstance(beat, Say))


def test_a_spoken_text_takes_its_time():
    assert [Wait(0.5), Say("one"), Wait(0.5), Say(" two")] == list(spoken("one two", delay=0.5))
    assert not [beat for beat in spoken("one two") if isinstance(beat, Wait)]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hi", "Hi"),
        ([{"type": "input_text", "text": "H"}, {"type": "input_text", "text": "i"}, {"type": "x"}], "Hi"),
        ([], ""),
        (None, ""),
        (5, ""),
    ],
)
def test_the_text_of_an_item_is_found_in_both_shapes(content, text):
    assert text == text_of({"role": "user", "content": content})


def test_a_scenario_plays_what_is_enqueued_then_echoes():
    script = Scenario()
    script.enqueue("one two", Fault("cut"))
    script.enqueue()
    assert [Say("one"), Say(" two"), Fault("cut")] == list(script.play("Be kind.", said("a")))
    assert ("", "echo: c") == (words(script, "b"), words(script, "c"))
    assert [("Be kind.", said(text)) for text in "abc"] == script.requests


OUTPUT: Mapping[str, object] = {"type": "function_call_output", "call_id": "call_1", "output": "12:00"}


@pytest.mark.parametrize("output", ["12:00", [{"type": "input_text", "text": "12:00"}]])
def test_the_text_of_a_result_is_what_a_function_gave(output):
    assert text_of({**OUTPUT, "output": output}) == "12:00"


def test_what_people_allowed_is_found():
    answer = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": False}
    assert approvals([*said("Drop it"), answer]) == {"mcpr_1": False}


def test_a_function_among_the_parts_sees_the_items():
    """It is called when its turn comes, and gives a text, a beat, or several parts."""
    script = Scenario()
    script.enqueue(Call("clock"))
    script.enqueue(lambda items: f"It is {outputs(items)['call_1']}.")
    script.enqueue(lambda items: [Say("a"), lambda _: Say("b"), "c d"], Wait(1))
    items = [*said("What time is it?"), OUTPUT]
    assert list(script.play("", said("What time is it?"))) == [Call("clock")]
    assert words_of(script.play("", items)) == "It is 12:00."
    assert list(script.play("", items)) == [Say("a"), Say("b"), Say("c"), Say(" d"), Wait(1)]


def test_a_standing_answer_takes_the_place_of_the_echo():
    script = Scenario(otherwise=lambda items: f"no {text_of(items[-1])}")
    script.enqueue("yes")
    assert [words(script, "a"), words(script, "b"), words(script, "c")] == ["yes", "no b", "no c"]


def test_tools_are_given_to_whoever_takes_them():
    script, tools = Scenario(), [{"type": "web_search"}]
    for offered in (tools, ()):
        performed(script, "", said("a"), offered)
    assert script.tools == [tools, ()]
    plays = (lambda instructions, items: [Say("two")], lambda *given: [Say(f"of {len(given)}")])
    for play, words in zip(plays, ("two", "of 3"), strict=True):
        assert words_of(performed(SimpleNamespace(play=play), "Hi", [], ())) == words


def words_of(beats: Iterable[Beat]) -> str:
    return "".join(beat.text for beat in beats if isinstance(beat, Say))
