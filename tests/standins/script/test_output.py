"""standins.script.output: a script's beats become output items, whatever their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standins.script.output import Added, Cited, Done, Output, Said
from standins.script.script import Call, Cite, Doing, Hosted, Reason, Say, Wait

BEATS: st.SearchStrategy[Doing] = st.one_of(
    st.builds(Say, st.text(max_size=5)),
    st.builds(Call, st.sampled_from(["clock", "dice"]), st.dictionaries(st.text(max_size=3), st.integers())),
    st.builds(Reason, st.text(max_size=5)),
    st.builds(
        Hosted,
        st.sampled_from(["web_search_call", "image_generation_call", "code_interpreter_call", "mcp_call"]),
        seconds=st.sampled_from([0.0, 0.1]),
    ),
)


class Place:
    """A `standins.script.output.Host` that tells what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def container(self) -> str:
        return "cntr_1"

    def produce(self, container: str, name: str, content: bytes) -> str:
        self.asked.append((container, name, content))
        return f"cfile_{len(self.asked)}"

    def search(self, queries: Sequence[str]) -> list[dict[str, Any]]:
        self.asked.append(list(queries))
        return [{"file_id": "file-1"}]


def played(*beats: Doing, output: Output | None = None) -> tuple[Output, list[Any]]:
    output = output or Output("resp_1", Place())
    moves = [move for beat in beats for move in output.play(beat)]
    return output, [*moves, *output.close("completed")]


@given(st.lists(BEATS, max_size=8))
def test_items_follow_one_another(beats):
    """Each begins, ends, and only then the next begins; text belongs to the message that is open."""
    output, moves = played(*beats)
    open_item: str | None = None
    done: list[Any] = []
    for move in moves:
        if isinstance(move, Added):
            assert open_item is None
            assert move.index == len(done)
            open_item = move.item["id"]
        elif isinstance(move, Done):
            assert open_item == move.item["id"]
            open_item, done = None, [*done, move.item]
        elif isinstance(move, Said):
            assert (move.item, move.index) == (open_item, len(done))
    assert open_item is None
    assert (done, len({item["id"] for item in done})) == (output.items, len(done))


@given(st.lists(BEATS, max_size=8))
def test_nothing_that_was_said_is_lost(beats):
    output, moves = played(*beats)
    said = "".join(beat.text for beat in beats if isinstance(beat, Say))
    parts = [item["content"][0] for item in output.items if item["type"] == "message"]
    assert "".join(part["text"] for part in parts) == said
    assert "".join(move.text for move in moves if isinstance(move, Said)) == said
    assert output.characters >= len(said)


@given(st.lists(BEATS, max_size=8))
def test_the_same_name_makes_the_same_items(beats):
    assert played(*beats)[1] == played(*beats)[1]


def test_what_begins_has_no_content_yet():
    _, moves = played(
        Call("clock", {"a": 1}),
        Hosted("image_generation_call"),
        Hosted("mcp_call", {"output": "x"}),
        Reason("Hm"),
    )
    begun = [move.item for move in moves if isinstance(move, Added)]
    assert begun[0]["arguments"] == ""
    assert begun[1]["result"] is None
    assert begun[2]["output"] is None
    assert begun[3]["summary"] == []


def test_work_takes_its_time_in_the_middle():
    _, moves = played(Hosted("web_search_call", seconds=2.0), Hosted("web_search_call"))
    assert ([type(move) for move in moves], moves[1]) == ([Added, Wait, Done, Added, Done], Wait(2.0))


@pytest.mark.parametrize(
    ("annotation", "places"),
    [
        ({"type": "file_citation", "file_id": "f", "filename": "a"}, {"index": 5}),
        ({"type": "url_citation", "url": "u", "title": "t"}, {"start_index": 5, "end_index": 5}),
        ({"type": "url_citation", "url": "u", "title": "t", "start_index": 1}, {"start_index": 1}),
    ],
)
def test_a_citation_stands_where_the_text_has_come_to(annotation, places):
    _, moves = played(Say("Hello"), Cite(annotation))
    (cited,) = (move for move in moves if isinstance(move, Cited))
    assert {key: cited.annotation[key] for key in places} == places


def test_a_search_is_made_where_the_server_is():
    """Unless the script knows its results; they are shown only to who asks for them."""
    place = Place()
    included = Output("resp_1", place, include=["file_search_call.results"])
    search = Hosted("file_search_call", {"queries": ["tea"]})
    assert played(search, output=included)[0].items[0]["results"] == [{"file_id": "file-1"}]
    assert played(search)[0].items[0]["results"] is None
    assert place.asked == [["tea"]]
