"""model_server.events: whatever the bytes, and however they are cut, events are read as they were sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from core.model_server.events import WANTED, frames

TEXTS = st.lists(st.text(max_size=12), min_size=1, max_size=4)
NEWLINES = st.sampled_from([b"\n", b"\r\n"])


def read(chunks: Sequence[bytes]) -> list[dict[str, Any]]:
    """The events of a body that comes in these pieces."""

    async def coming() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def work() -> list[dict[str, Any]]:
        return [event async for event in frames(coming())]

    return asyncio.run(work())


def sent(texts: list[str], newline: bytes, *, named: bool) -> tuple[list[dict[str, Any]], bytes]:
    """Deltas of these texts: as events, and as the bytes a server sends."""
    kind = "response.output_text.delta"
    events = [{"type": kind, "delta": text, "sequence_number": n} for n, text in enumerate(texts)]
    name = f"event: {kind}\n" if named else ""
    body = "".join(f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events)
    return events, body.encode().replace(b"\n", newline)


@given(texts=TEXTS, newline=NEWLINES, named=st.booleans(), data=st.data())
def test_a_stream_may_be_cut_anywhere(
    texts: list[str], newline: bytes, named: bool, data: st.DataObject
) -> None:
    """Inside letters, newlines and names; empty pieces included."""
    events, body = sent(texts, newline, named=named)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=10)))

    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    assert events == read(pieces)


@given(texts=TEXTS, newline=NEWLINES, named=st.booleans())
def test_a_stream_may_come_byte_by_byte(texts: list[str], newline: bytes, named: bool) -> None:
    """The smallest pieces there are."""
    events, body = sent(texts, newline, named=named)

    assert events == read([body[place : place + 1] for place in range(len(body))])


@given(noise=st.lists(st.binary(max_size=30), max_size=4), cut=st.integers(0, 99))
@example(noise=[b"event: \xff\ndata: {}"], cut=0)
@example(noise=[b"data: \xff"], cut=0)
@example(noise=[b'data: {"type": 5}', b"data: [1]", b"data: null", b"data: [DONE]"], cut=0)
def test_noise_is_neither_an_event_nor_an_error(noise: list[bytes], cut: int) -> None:
    """Whatever stands between two events, both are read, and nothing else that does not matter."""
    events, body = sent(["Hm"], b"\n", named=True)
    blank = b"\n\n"

    between = [blank + piece + blank for piece in noise]
    place = cut % len(body)

    found = read([body, *between, blank, body[:place], body[place:]])

    assert events == found[:1] == found[-1:]
    assert {event["type"] for event in found} <= WANTED
