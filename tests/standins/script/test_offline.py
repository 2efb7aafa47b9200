"""standins.script.offline: the demo's model shows what it is given and offered."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core.settings import INSTRUCTIONS, Settings
from standins.script.offline import Offline
from standins.script.picture import png
from standins.script.script import Beat, Call, Cite, Hosted, Say, Wait

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
    return list(Offline(delay=0.0).play("", [{"role": "user", "content": content}, *more], tools))


def said(beats: list[Beat]) -> str:
    return "".join(beat.text for beat in beats if isinstance(beat, Say))


def calls(text: str, tools: Sequence[Item] = ALL) -> list[Call]:
    return [beat for beat in played(text, tools) if isinstance(beat, Call)]


@pytest.mark.parametrize(
    ("text", "zone"),
    [("What time is it?", "UTC"), ("지금 몇 시야?", "Asia/Seoul"), ("calculate 1+1; the time", "UTC")],
)
def test_the_time_is_asked_of_the_tool(text, zone):
    assert calls(text)[0] == Call("current_time", {"zone": zone})
    assert [call.name for call in calls(text)[1:]] == ["calculate"] * ("calculate" in text)


@pytest.mark.parametrize(
    ("text", "expression"),
    [("calculate 2*(3+4)", "2*(3+4)"), ("Please compute 10 / 4!", "10 / 4"), ("계산해줘 1+1", "1+1")],
)
def test_sums_are_left_to_the_tool(text, expression):
    assert calls(text) == [Call("calculate", {"expression": expression})]


STOCK: Item = {
    "type": "function",
    "name": "stock",
    "parameters": {
        "type": "object",
        "properties": {"part": {"type": "string"}, "site": {"type": ["string", "null"]}},
    },
}
BOLTS = '{"part": "bolt", "site": "Busan"}'


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (f"use stock {BOLTS}", BOLTS),
        (f"Use  stock: {BOLTS} ", BOLTS),
        (f"stock {BOLTS}", BOLTS),
        ('use stock {"part": broken', '{"part": broken'),
        ("call stock bolt", {"part": "bolt"}),
        ("stock bolt M6", {"part": "bolt M6"}),
        ("use stock", {}),
        ('use stock {"part": "calculate 1+1"}', '{"part": "calculate 1+1"}'),
    ],
)
def test_any_function_is_called_by_its_name(text, arguments):
    """JSON as it was written, words as the first argument; it goes before what the words may mean."""
    assert calls(text, (*ALL, STOCK)) == [Call("stock", arguments)]


@pytest.mark.parametrize("text", ["is there stock?", "please use stock {}", "stocks are up", "use the force"])
def test_a_name_among_other_words_calls_nothing(text):
    answer = said(played(text, (*ALL, STOCK)))
    assert answer.startswith("I am the offline model")
    assert "does not have" not in answer


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("What time is it?", "current_time"),
        ("calculate 1+1", "calculate"),
        ("announce lunch", "announce"),
        ("draw a cat", "image_generation"),
        ("make a csv file", "code_interpreter"),
        ('use bolts {"part": "bolt"}', "bolts"),
    ],
)
def test_what_an_assistant_lacks_is_said(text, tool):
    answer = said(played(text, [STOCK]))
    assert f" does not have the tool `{tool}`, only stock." in answer
    assert f"`spool assistants update NAME --tool {tool}`" in answer


@pytest.mark.parametrize("content", ["hello", [{"type": "input_image", "file_id": "file-1"}]])
def test_whose_instructions_they_are_is_said(content):
    def told(instructions: str) -> str:
        return said(
            list(Offline(0.0, INSTRUCTIONS).play(instructions, [{"role": "user", "content": content}], ALL))
        )

    assert " My instructions: “You are HelpBot.”" in told("You are\nHelpBot.")
    assert f" My instructions: “{'a' * 60} …”" in told("a" * 61)
    assert " My instructions: “Help”." in told("Help")
    assert "My instructions" not in told("") + told(Settings(assistant_name="Ann").instructions)


def test_it_says_what_it_is_and_what_it_remembers():
    """Without tools it uses none, and it bears an empty request."""
    for text in ("What time is it?", "calculate 1+1", "draw a cat", "make a csv file"):
        assert said(played(text, ())).startswith("I am the offline model")
    assert '"Hi \\"you\\""' in said(played('Hi "you"'))
    assert "new" in said(played("Hi"))
    assert '""' in said(list(Offline(delay=0.0).play("", [])))
    for more, count in ((1, "1 earlier message of"), (2, "2 earlier")):
        answer = said(played("a", ALL, *[{"role": "user", "content": "b"}] * more))
        assert f"remember {count}" in answer
        assert 'oldest I was given is "a"' in answer


def test_a_result_is_told():
    outputs = [{"type": "function_call_output", "call_id": id, "output": id} for id in ("12:00", "2")]
    assert said(played("What time is it?", ALL, *outputs)) == "The tool says: 12:00; 2"


def test_a_picture_is_drawn_and_a_file_is_made_and_cited():
    assert any(
        isinstance(beat, Hosted) and beat.type == "image_generation_call" for beat in played("Draw it")
    )
    beats = played("Make me a CSV file")
    (hosted,) = (beat for beat in beats if isinstance(beat, Hosted))
    (cite,) = (beat for beat in beats if isinstance(beat, Cite))
    assert hosted.produces[0][0] == cite.annotation["filename"]


def test_a_picture_that_was_sent_is_seen():
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
def test_a_document_that_was_sent_is_named(part):
    assert "the file plan.pdf" in said(played([part]))


def test_a_summary_keeps_what_people_said():
    asked = "Remembered so far:\nAnn likes tea\n\nAbout to be forgotten:\nuser: I am 30\nassistant: Good"
    assert said(played(asked, ())) == "Ann likes tea; ; I am 30"


@pytest.mark.parametrize(
    "text", ["announce that tea is ready", "Please announce tea is ready", "공지해줘 tea is ready"]
)
def test_an_announcement_is_left_to_the_tool(text):
    """The demo's tool with an effect, with the words as they were written."""
    announce: Item = {
        "type": "function",
        "name": "announce",
        "parameters": {"type": "object", "properties": {"text": {"type": "string"}}},
    }
    assert calls(text, [announce]) == [Call("announce", {"text": "tea is ready"})]


def test_a_file_that_could_not_be_read_is_not_claimed():
    answer = said(played("what is this?\n\n[File a.zip could not be read]"))
    assert answer.startswith("I am the offline model")


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("count to 3", 3),
        ("Please count from 1 to 12, slowly!", 12),
        ("30까지 세어 줘", 30),
        ("1부터 20까지 숫자를 세 주세요", 20),
        ("count to 99999", 1000),
    ],
)
def test_it_counts_twenty_a_second(text, last):
    """Whatever the pace: who is not in a hurry is to see what happens meanwhile."""
    beats = played(text)
    assert said(beats) == " ".join(map(str, range(1, last + 1)))
    assert sum(beat.seconds for beat in beats if isinstance(beat, Wait)) == pytest.approx(last / 20)


@pytest.mark.parametrize("text", ["the account goes to 5", "count to three", "3까지 와 줘"])
def test_what_is_no_order_to_count(text):
    assert "You said" in said(played(text))


def test_a_slow_model_thinks_and_drawls():
    slow = Offline(delay=0.0)
    slow.slow = True
    waits = [
        beat.seconds
        for beat in slow.play("", [{"role": "user", "content": "hi there"}])
        if isinstance(beat, Wait)
    ]
    assert waits[0] == 3.0
    assert waits.count(0.4) > 10
