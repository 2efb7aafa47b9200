"""core.offline: the demo's model shows what it is given and offered."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core.picture import png
from core.script import Beat, Call, Cite, Hosted, Offline, Say

Item = Mapping[str, Any]

CLOCK: Item = {
    "type": "function",
    "name": "current_time",
    "parameters": {"type": "object", "properties": {"zone": {"type": ["string", "null"]}}},
}
CALCULATOR: Item = {
    "type": "function",
    "name": "calculate",
    "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}},
}
ALL: Sequence[Item] = (
    CLOCK,
    CALCULATOR,
    {"type": "image_generation"},
    {"type": "code_interpreter", "container": {"type": "auto"}},
)


def played(content: Any, tools: Sequence[Item] = ALL, *more: Item) -> list[Beat]:
    """What it does for a message."""
    return list(Offline(delay=0.0).play("", [{"role": "user", "content": content}, *more], tools))


def said(beats: list[Beat]) -> str:
    """The text of an answer."""
    return "".join(beat.text for beat in beats if isinstance(beat, Say))


def calls(text: str, tools: Sequence[Item] = ALL) -> list[Call]:
    """The functions it calls for a message."""
    return [beat for beat in played(text, tools) if isinstance(beat, Call)]


@pytest.mark.parametrize("text", ["What time is it?", "지금 몇 시야?", "시간 알려줘"])
def test_the_time_is_asked_of_the_tool(text: str) -> None:
    """With a time zone of its own making."""
    (call,) = calls(text)

    assert call.name == "current_time"
    assert isinstance(call.arguments, Mapping)
    assert call.arguments["zone"] in ("UTC", "Asia/Seoul")


@pytest.mark.parametrize(
    ("text", "expression"),
    [("calculate 2*(3+4)", "2*(3+4)"), ("Please compute 10 / 4!", "10 / 4"), ("계산해줘 1+1", "1+1")],
)
def test_sums_are_left_to_the_tool(text: str, expression: str) -> None:
    """The expression is given as it was written."""
    assert calls(text) == [Call("calculate", {"expression": expression})]


def test_two_wishes_are_two_calls() -> None:
    """At once."""
    names = [call.name for call in calls("What time is it, and calculate 1+1")]

    assert names == ["current_time", "calculate"]


def test_what_is_not_offered_is_not_used() -> None:
    """Without tools it answers as it always did."""
    for text in ("What time is it?", "calculate 1+1", "draw a cat", "make a csv file"):
        assert said(played(text, ())).startswith("I am the offline model")


def test_a_result_is_told() -> None:
    """Of each call, after the calls."""
    outputs = [{"type": "function_call_output", "call_id": id, "output": id} for id in ("12:00", "2")]

    assert said(played("What time is it?", ALL, *outputs)) == "The tool says: 12:00; 2"


def test_a_picture_is_drawn() -> None:
    """By the server's tool."""
    beats = played("Draw a cat")

    assert any(isinstance(beat, Hosted) and beat.type == "image_generation_call" for beat in beats)


def test_a_file_is_made_and_cited() -> None:
    """The citation names the file that was produced."""
    beats = played("Make me a CSV file")

    (hosted,) = (beat for beat in beats if isinstance(beat, Hosted))
    (cite,) = (beat for beat in beats if isinstance(beat, Cite))
    assert hosted.produces[0][0] == cite.annotation["filename"]


def test_a_picture_that_was_sent_is_seen() -> None:
    """With its size in bytes."""
    url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    content = [{"type": "input_text", "text": "a picture of?"}, {"type": "input_image", "image_url": url}]

    assert f"a picture ({len(png())} bytes)" in said(played(content))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_file", "filename": "plan.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_text", "text": "[File plan.pdf]\n```\nbuy tea\n```"},
        {"type": "input_text", "text": "[File plan.pdf: use file_search to read it]"},
    ],
)
def test_a_document_that_was_sent_is_named(part: Item) -> None:
    """However it came."""
    assert "the file plan.pdf" in said(played([part]))


def test_a_summary_keeps_what_people_said() -> None:
    """When it is asked to write the memory of a conversation."""
    asked = "Remembered so far:\nAnn likes tea\n\nAbout to be forgotten:\nuser: I am 30\nassistant: Good"

    assert said(played(asked, ())) == "Ann likes tea; ; I am 30"


@pytest.mark.parametrize(
    "text", ["announce that tea is ready", "Please announce tea is ready", "공지해줘 tea is ready"]
)
def test_an_announcement_is_left_to_the_tool(text: str) -> None:
    """The demo's tool with an effect, with the words as they were written."""
    announce: Item = {
        "type": "function",
        "name": "announce",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
    }

    assert calls(text, [announce]) == [Call("announce", {"text": "tea is ready"})]


def test_a_file_that_could_not_be_read_is_not_claimed() -> None:
    """The model is told of it among the words."""
    answer = said(played("what is this?\n\n[File a.zip could not be read]"))

    assert answer.startswith("I am the offline model")
