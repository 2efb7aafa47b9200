"""model_server.assembly: an answer is whole, and told once, in whatever form a server gives it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model_server.assembly import Assembly, Veil, visible
from core.types import Finished, ItemDone, ModelEvent, TextDelta
from standins.openai import OpenAIStandin
from standins.openai.events import FORMS
from standins.script.script import Call, Say, Scenario
from tests.core.model_server.wire import PORTABLE, Sent, Wire, asking, delta, events, frame, wire

CASES = Path(__file__).parents[2] / "events" / "model"
Event = tuple[str, dict[str, Any]]
TEXTS = st.text(min_size=1, max_size=8).filter(lambda text: visible(text) and "<" not in text)
MESSAGES = st.lists(st.lists(TEXTS, min_size=1, max_size=3, unique=True), min_size=1, max_size=3)
WAYS = ("delta", "text", "part")


def said(found: Sequence[ModelEvent]) -> str:
    """All text of these events."""
    return "".join(event.text for event in found if isinstance(event, TextDelta))


def calls(found: Sequence[ModelEvent]) -> list[tuple[Any, Any]]:
    """Name and arguments of all calls."""
    items = [event.item for event in found if isinstance(event, ItemDone)]
    return [(one.get("name"), one.get("arguments")) for one in items if one["type"] == "function_call"]


async def answered(*sent: bytes, kind: str = "text/event-stream") -> list[ModelEvent]:
    """What a model makes of a body of these bytes."""
    async with wire() as server, asking(server) as model:
        server.answers.append(Sent(sent, headers={"Content-Type": kind}))
        return await events(model)


def message(number: int, texts: Sequence[str]) -> dict[str, Any]:
    """A message item."""
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": parts}


def played(messages: list[list[str]], ways: st.DataObject, *, places: bool) -> tuple[list[Event], Any]:
    """Events of an answer in which each text comes by at least one of the WAYS, and the response.

    `places`: whether events name the output and the content they belong to; else deltas come for each part.
    Nothing is told live behind what is told only at an end.
    """
    told: list[Event] = []
    live = sum(map(len, messages)) if not places else ways.draw(st.integers(0, sum(map(len, messages))))
    whole = ways.draw(st.booleans())
    for number, texts in enumerate(messages):
        told.append(("response.output_item.added", {"item": message(number, []), "output_index": number}))
        for at, text in enumerate(texts[:live]):
            place = {"output_index": number, "content_index": at} if places else {}
            some = ways.draw(st.sets(st.sampled_from(WAYS), min_size=1)) if places else {"delta", "text"}
            cut = ways.draw(st.integers(0, len(text)))
            part = {"type": "output_text", "text": text}
            events: list[tuple[str, Event]] = [
                ("delta", ("response.output_text.delta", {"delta": text[:cut], **place})),
                ("delta", ("response.output_text.delta", {"delta": text[cut:], **place})),
                ("text", ("response.output_text.done", {"text": text, **place})),
                ("part", ("response.content_part.done", {"part": part, **place})),
            ]
            told += [event for way, event in events if way in some]
        if live < len(texts):
            whole = whole or ways.draw(st.booleans())
        if live >= len(texts) or not whole:
            item = message(number, texts)
            told.append(("response.output_item.done", {"item": item, "output_index": number}))
        live = max(0, live - len(texts))
    output = [message(number, texts) for number, texts in enumerate(messages)] if whole else []
    return told, {"output": output}


@given(messages=MESSAGES, data=st.data(), places=st.booleans())
def test_every_text_is_told_once(messages, data, places):
    """By deltas or by any of what follows them, mixed in one answer."""
    told, response = played(messages, data, places=places)
    assembly = Assembly()
    found = [event for kind, fields in told for event in assembly.take(kind, fields)]
    found += assembly.whole(response, completed=True)
    assert "".join(text for texts in messages for text in texts) == said(found)


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_of_a_server_is_understood(form):
    """Text and calls, as the stand-in sends them in that form."""
    script = Scenario()
    script.enqueue("Let me see 😀.", Call("look", {"place": "attic"}), Call("now"))
    async with OpenAIStandin(script) as api:
        api.form = form
        async with asking(Wire(api.base_url), PORTABLE) as model:
            found = await events(model)

    assert "Let me see 😀." == said(found)
    assert [("look", {"place": "attic"}), ("now", {})] == [
        (name, json.loads(arguments)) for name, arguments in calls(found)
    ]
    assert isinstance(found[-1], Finished)
    assert "completed" == found[-1].ending


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("01-sse-text-done-no-delta.txt", "Hello there."),
        ("01-json-body-for-a-stream-request.json", "Hello JSON."),
        ("02-sse-comments-send-slowly.txt", "At last."),
        ("07-sse-think-tags.txt", "Hello!"),
        ("08-sse-broken-utf8.bin", "ok caf\ufffd end"),
        ("09-sse-zero-width-space-first.txt", "\u200bHello words."),
    ],
)
async def test_what_servers_were_seen_to_send(name, text):
    """Recorded from public bug reports, whole and in small pieces."""
    body = (CASES / name).read_bytes()
    kind = "application/json" if name.endswith(".json") else "text/event-stream"
    assert text == said(await answered(body, kind=kind))
    assert text == said(await answered(*(body[at : at + 7] for at in range(0, len(body), 7)), kind=kind))


async def test_arguments_that_come_only_at_their_end_are_a_call():
    """As recorded; and where no item was begun. Those of an unfinished call of a cut response may be half."""
    body = (CASES / "01-sse-call-arguments-done-only.txt").read_bytes()
    done = frame("response.function_call_arguments.done", item_id="fc_1", name="add", arguments='{"a":1}')
    begun = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "add", "arguments": ""}
    half = [
        frame("response.output_item.added", item=begun, output_index=0),
        frame("response.function_call_arguments.delta", item_id="fc_1", delta='{"a"'),
    ]
    assert [("probe_add", '{"a":1,"b":2}')] == calls(await answered(body))
    assert [("add", '{"a":1}')] == calls(await answered(done, frame("response.completed", response={})))
    assert [] == calls(await answered(*half, frame("response.incomplete", response={})))


async def test_arguments_find_their_call():
    """By id or by place, in whatever order; an item that is done without them gets them, too."""
    kind = "response.function_call_arguments.done"
    begun = [
        {"type": "function_call", "id": f"fc_{n}", "call_id": f"c_{n}", "name": f"f{n}"} for n in range(3)
    ]
    sent = [frame("response.output_item.added", item=item, output_index=n) for n, item in enumerate(begun)]
    sent.append(frame(kind, item_id="fc_2", arguments='{"n":2}'))
    sent.append(frame(kind, output_index=0, arguments={"n": 0}))
    sent.append(frame("response.function_call_arguments.delta", item_id="fc_1", delta='{"n":1}'))
    sent.append(frame("response.output_item.done", item={**begun[1], "arguments": ""}, output_index=1))
    found = await answered(*sent, frame("response.completed", response={"output": []}))

    assert [("f0", '{"n": 0}'), ("f1", '{"n":1}'), ("f2", '{"n":2}')] == sorted(calls(found))


async def test_items_that_are_named_anew_at_the_end_are_not_new():
    """Some servers do; each call would be carried out twice."""
    item = {"type": "function_call", "id": "a", "call_id": "a", "name": "look", "arguments": "{}"}
    again = {**item, "id": "b", "call_id": "b"}
    done = frame("response.output_item.done", item=item)
    begun = frame("response.output_item.added", item={**item, "arguments": ""})
    end = frame("response.completed", response={"output": [again]})
    assert [("look", "{}")] == calls(await answered(done, end)) == calls(await answered(begun, end))


@pytest.mark.parametrize(
    "body",
    [
        {"status": "completed", "output": [message(1, ["Hel", "lo"])]},
        {"output": [message(1, ["Hello"])]},
        {"output": [], "output_text": "Hello", "status": "completed"},
        {"output": [{"type": "message", "content": "Hello"}]},
        {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "Hello"}]}]},
        {"type": "response.completed", "response": {"output": [message(1, ["Hello"])]}},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_json_instead_of_a_stream_is_the_answer(body, kind):
    """In any layout, whatever the server calls it."""
    for indent in (None, 2):
        found = await answered(b"\n", json.dumps(body, indent=indent).encode(), kind=kind)
        assert "Hello" == said(found)
        assert Finished("completed", "", None) == found[-1]


@pytest.mark.parametrize(
    "halves", [("Hi \ud83d", "\ude00!"), ("\ud83d", "\ude00"), ("a\ud83d", "", "\ude00\ud83d", "\ude00")]
)
async def test_halves_of_an_emoji_are_joined(halves):
    """A server may cut its text anywhere; every JSON writer may escape them."""
    whole = "".join(halves).encode("utf-16", "surrogatepass").decode("utf-16")
    end = frame("response.output_text.done", text=whole)
    found = await answered(*map(delta, halves), end, frame("response.completed", response={}))
    assert (
        whole == said(found) == said(await answered(delta(whole), frame("response.completed", response={})))
    )


@pytest.mark.parametrize("halves", [["\ud83d"], ["\ude00!"], ["a\ud83d\ud83d"], ["\ud83d", "b"]])
async def test_half_of_a_character_becomes_one_that_can_be_stored(halves):
    """Neither the database nor a chat takes it: the answer would be lost."""
    found = said(await answered(*map(delta, halves), frame("response.completed", response={})))
    assert found.encode()
    assert "\ufffd" in found
    assert [*"ab!"] == [*filter(found.__contains__, "ab!")] or len(found) <= 3


THOUGHTS = [
    ("<think>Hm.</think>Hello", "Hello"),
    ("\n<think>\nHm <b>\n</think>\n\nHello", "Hello"),
    ("<thinking>Hm</think></thinking> Hello", "Hello"),
    ("<THOUGHT>Hm</Thought>\nHello", "Hello"),
    ("<think></think><think>Hm</think>Hello", "Hello"),
    ("<think>never closed", ""),
    ("Hello <think>no</think>", "Hello <think>no</think>"),
    ("`<think>` is a tag", "`<think>` is a tag"),
    ("<thi", "<thi"),
    ("<thinker>Rodin</thinker>", "<thinker>Rodin</thinker>"),
    ("    code", "    code"),
    ("\u200b\u2060\ufeff", ""),
    ("\u200b \n", ""),
    ("\u200bHello", "\u200bHello"),
]


@pytest.mark.parametrize(("text", "shown"), THOUGHTS)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_thoughts_at_the_beginning_are_hidden(text, shown, size):
    """However they come; what stands elsewhere is text, and invisible text is none."""
    veil = Veil()
    pieces = [veil.through(text[at : at + size]) for at in range(0, len(text), size)]
    assert shown == "".join(pieces) + veil.rest() == Veil.of(text)


@pytest.mark.parametrize("form", FORMS)
async def test_thoughts_are_neither_shown_nor_remembered(form):
    """In no form of the answer; the item that may be sent back has none either."""
    script = Scenario()
    script.enqueue(Say("<think>secret"), Say("</think>"), Say("\n\nHello"), Call("look"))
    async with OpenAIStandin(script) as api:
        api.form = form
        async with asking(Wire(api.base_url), PORTABLE) as model:
            found = await events(model)
    assert "Hello" == said(found)
    assert "secret" not in repr(found)
