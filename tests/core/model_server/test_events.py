"""model_server.events: whatever the bytes, and however they are cut, events are read as they were sent."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import Permanent
from core.model_server.events import LARGEST_EVENT, WANTED
from tests.core.model_server.wire import read

TEXTS = st.lists(st.text(max_size=12), min_size=1, max_size=4)
NEWLINES = st.sampled_from([b"\n", b"\r\n", b"\r"])


def sent(texts: list[str], newline: bytes, *, named: bool) -> tuple[list[dict[str, Any]], bytes]:
    """Deltas of these texts: as events, and as the bytes a server sends."""
    kind = "response.output_text.delta"
    events = [{"type": kind, "delta": text, "sequence_number": n} for n, text in enumerate(texts)]
    name = f"event: {kind}\n" if named else ""
    body = "".join(f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    return events, body.encode().replace(b"\n", newline)


@given(texts=TEXTS, newline=NEWLINES, named=st.booleans(), data=st.data())
def test_a_stream_may_be_cut_anywhere(texts, newline, named, data):
    """Inside letters, newlines, also a pair of them, and names; empty pieces included, and single bytes."""
    events, body = sent(texts, newline, named=named)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=10)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert events == read(pieces)
    for size in {1, data.draw(st.integers(2, 9))}:
        assert events == read([body[at : at + size] for at in range(0, len(body), size)])


@given(noise=st.lists(st.binary(max_size=30), max_size=4), cut=st.integers(0, 99))
@example(noise=[b"event: \xff\ndata: {}"], cut=0)
@example(noise=[b"data: \xff"], cut=0)
@example(noise=[b'data: {"type": 5}', b"data: [1]", b"data: null", b"data: [DONE]"], cut=0)
def test_noise_is_neither_an_event_nor_an_error(noise, cut):
    """Whatever stands between two events, both are read, and nothing else that does not matter."""
    events, body = sent(["Hm"], b"\n", named=True)
    blank = b"\n\n"
    between = [blank + piece + blank for piece in noise]
    place = cut % len(body)
    found = read([body, *between, blank, body[:place], body[place:]])
    assert events == found[:1] == found[-1:]
    assert {event["type"] for event in found} <= WANTED


def test_a_large_event_is_searched_once():
    """A drawn picture comes on one line: twice as much takes about twice as long, not four times."""

    def seconds(size: int) -> float:
        body = b'data: {"type": "response.completed", "x": "' + b"A" * size + b'"}\n\n'
        pieces = [body[at : at + 1024] for at in range(0, len(body), 1024)]
        began = time.process_time()
        assert 1 == len(read(pieces))
        return time.process_time() - began

    assert min(seconds(2**23) for _ in range(3)) < 5 * min(seconds(2**21) for _ in range(3)) + 0.05


@pytest.mark.parametrize("begin", [b"data: ", b"", b'{"output": "', b"data:\n" * 3, b": "])
def test_an_event_without_end_is_not_read_for_ever(begin):
    """Nor asked for again: it would be as large."""
    piece = b"A" * 2**20
    with pytest.raises(Permanent) as caught:
        read([begin, *(piece for _ in range(LARGEST_EVENT // 2**20 + 1))])
    assert ("event_too_large", "answer_limit") == (caught.value.code, caught.value.notice)


def test_a_nested_event_is_noise():
    """Deeper than can be decoded."""
    deep = b'data: {"type": "response.completed", "x": ' + b"[" * 100_000 + b"\n\n"
    events, body = sent(["Hm"], b"\n", named=True)
    assert events == read([deep, body, b'{"output":' * 100_000])
