"""core.model_server.model on the wire: what is sent, what is read from raw bytes, what each error means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.errors import Permanent, Retryable
from core.model_server.model import Features
from core.types import Finished, ModelEvent, Started, TextDelta
from tests.core.model_server.wire import (
    DONE,
    PORTABLE,
    PROMPT,
    Sent,
    asking,
    delta,
    events,
    frame,
    refusal,
    wire,
)


async def answered(*chunks: bytes, features: Features = PORTABLE, end: Any = "whole") -> list[ModelEvent]:
    """The events of a body of these bytes."""
    async with wire() as server, asking(server, features) as model:
        server.answers.append(Sent(chunks, end=end))
        return await events(model)


async def refused(sent: Sent, features: Features = PORTABLE, resume: str | None = None) -> Any:
    """The error that this answer is read as. It is not asked again by the SDK: retries are the run's."""
    async with wire() as server, asking(server, features) as model:
        server.answers.append(sent)
        with pytest.raises((Retryable, Permanent)) as caught:
            await events(model, resume)
        assert 1 == len(server.requests)
        return caught.value


COMPLETED = Finished("completed", "", None)
HELLO = [TextDelta("Hel"), TextDelta("lo"), COMPLETED]


async def test_a_full_request_asks_for_everything_the_vendor_has():
    """Nothing is stored, reasoning is off, the cache has a key, deltas come without padding.

    A portable one has the contract only; one in the background is stored until it is recorded, to be resumed.
    """
    async with wire() as server:
        for features in (Features(effort="none"), PORTABLE, Features(background=True, effort="high")):
            async with asking(server, features) as model:
                await events(model)
        async with asking(server, Features(background=True)) as model:
            unkept = [one async for one in model.stream(replace(PROMPT, options={"store": False}))]

    got, portable, background, once = server.requests
    assert ("POST", "/v1/responses") == (got.method, got.path)
    assert "Bearer sk-test" == got.headers["authorization"]
    assert got.json == {
        "model": "gpt-6-luna",
        "instructions": "Be kind.",
        "stream": True,
        "store": False,
        "reasoning": {"effort": "none"},
        "prompt_cache_key": "thread_1",
        "safety_identifier": "hash",
        "stream_options": {"include_obfuscation": False},
        "input": [{"role": "user", "content": '안녕 "x"'}, {"role": "user", "content": "two"}],
    }
    assert {"model", "instructions", "stream", "store", "input"} == set(portable.json)
    assert (True, True) == (background.json["background"], background.json["store"])
    assert {"effort": "high"} == background.json["reasoning"]
    assert (False, None) == (once.json["store"], once.json.get("background"))
    assert not any(isinstance(one, Started) for one in unkept)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("done", [b"", b"data: [DONE]\n\n"])
async def test_dialects_of_the_stream(named, newline, done):
    """Event names or none, both kinds of newline, and an end marker of some servers."""
    body = delta("Hel", named=named) + delta("lo", named=named) + DONE + done
    assert HELLO == await answered(body.replace(b"\n", newline))


async def test_what_is_not_needed_is_skipped():
    """Comments, other events, empty lines, what is not JSON or not an object, and an unknown type."""
    noise = (
        *(b": keep-alive\n\n", b"\n\n", frame("response.in_progress", response={})),
        *(frame("response.reasoning_text.done", text="Hello"), b"event: response.output_text.delta\n\n"),
        *(
            b"data: nonsense\n\ndata: [1]\n\ndata: 1\n\n",
            b'data: {"no": "type"}\n\n',
            b"id: 5\nretry: 10\n\n",
        ),
    )
    assert HELLO == await answered(b"".join((*noise, delta("Hel"), *noise, delta("lo"), *noise, DONE)))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'data:{"type":"response.output_text.delta",\ndata: "delta":"Hel"}\n\n' + delta("lo") + DONE, HELLO),
        (b'event: response.completed\ndata: {"response":{}}\n\n', [COMPLETED]),
        (delta("Hel") + delta("lo") + DONE.rstrip(b"\n"), HELLO),
        (frame("response.refusal.delta", delta="I cannot.") + DONE, [TextDelta("I cannot."), COMPLETED]),
    ],
    ids=["data in several lines", "type in the name", "no blank line at the end", "a refusal is text"],
)
async def test_what_the_format_allows_is_read(body, found):
    """And what servers make of it."""
    assert found == await answered(body)


BODY = (
    b": \xed\x95\x9c\r\n\r\n" + delta("Hel").replace(b"\n", b"\r\n") + delta("\ud55c \U0001f600\r\n\n") + DONE
)


async def test_a_stream_may_be_cut_into_single_bytes():
    """Neither letters nor newlines nor events have to arrive in one piece."""
    chunks = [BODY[place : place + 1] for place in range(len(BODY))]
    assert [TextDelta("Hel"), TextDelta("한 😀\r\n\n"), COMPLETED] == await answered(*chunks)


async def test_the_ending_has_usage_and_reason():
    """Tokens as the server counted them, which may be less, and why an answer is incomplete."""
    usage = {"input_tokens": 7, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 5}}
    response = {
        "model": "m-1",
        "service_tier": "flex",
        "usage": usage,
        "incomplete_details": {"reason": "max_output_tokens"},
    }
    counted = {"input_tokens": 7, "output_tokens": 3, "cached_tokens": 5}
    ending = await answered(frame("response.incomplete", response=response))
    assert [Finished("incomplete", "max_output_tokens", counted, "m-1", "flex")] == ending
    ending = await answered(frame("response.completed", response={"usage": {"input_tokens": 7}}))
    assert [Finished("completed", "", {"input_tokens": 7})] == ending


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (frame("error", code="rate_limit_exceeded", message="m"), "rate_limit_exceeded"),
        (frame("error", error={"code": "rate_limit_exceeded"}), "rate_limit_exceeded"),
        (
            frame("response.failed", response={"error": {"code": "rate_limit_exceeded"}}),
            "rate_limit_exceeded",
        ),
        *(
            (one, "server_error")
            for one in (frame("error"), frame("response.failed"), frame("error", error=None))
        ),
    ],
)
async def test_a_failure_under_way_is_read_by_its_code(body, code):
    """Wherever the dialect of the server puts it; without one it is the server's, and may pass."""
    error = await refused(Sent([delta("Hm"), body]))
    assert (Retryable, code) == (type(error), error.code)


@pytest.mark.parametrize(
    ("sent", "kind", "code"),
    [
        (refusal(429, {"code": "rate_limit_exceeded"}), Retryable, "rate_limit_exceeded"),
        (refusal(429, {"code": None, "type": "slow_down"}), Retryable, "slow_down"),
        (refusal(429, {"type": "insufficient_quota"}), Permanent, "insufficient_quota"),
        (refusal(500, {}), Retryable, "http_500"),
        (refusal(502, None), Retryable, "http_502"),
        (refusal(503, {"code": "server_is_overloaded"}), Retryable, "server_is_overloaded"),
        (refusal(401, {"code": "invalid_api_key"}), Permanent, "invalid_api_key"),
        (refusal(404, {"code": "model_not_found"}), Permanent, "model_not_found"),
        (refusal(404, None), Permanent, "http_404"),
        (refusal(400, {"code": None, "type": "invalid_request_error"}), Permanent, "invalid_request_error"),
        (refusal(413, None), Permanent, "http_413"),
    ],
)
async def test_a_refused_request_is_read_by_code_type_and_status(sent, kind, code):
    """In this order; a body that is not the API's leaves the status."""
    error = await refused(sent)
    assert isinstance(error, kind)
    assert code == str(error)


@pytest.mark.parametrize(("header", "seconds"), [("1.5", 1.5), ("soon", None)])
async def test_retry_after_is_heard(header, seconds):
    """What it may be is decided in test_hints."""
    assert seconds == (await refused(refusal(429, {"code": "slow_down"}, Retry_After=header))).retry_after


async def test_a_server_that_is_not_there_may_come_back():
    """A connection that cannot be made is worth another try."""
    async with wire() as server:
        pass
    async with asking(server) as model:
        with pytest.raises(Retryable) as caught:
            await events(model)
    assert "connection_error" == caught.value.code


@pytest.mark.parametrize(("end", "code"), [("whole", "stream_ended_early"), ("cut", "connection_error")])
async def test_a_stream_without_a_terminal_event_is_no_success(end, code):
    """Whether it is closed in order or breaks."""
    error = await refused(Sent([delta("Hm")], end=end))
    assert (Retryable, code) == (type(error), error.code)
