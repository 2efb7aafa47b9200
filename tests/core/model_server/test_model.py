"""core.model_server.model on the wire: what is sent, what is read from raw bytes, what each error means."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Permanent, Retryable
from core.model_server.model import Features
from core.types import Finished, ModelEvent, TextDelta
from tests.core.model_server.wire import DONE, PORTABLE, Sent, asking, delta, events, frame, refusal, wire


async def answered(*chunks: bytes, features: Features = PORTABLE, end: Any = "whole") -> list[ModelEvent]:
    """The events of a body of these bytes."""
    async with wire() as server, asking(server, features) as model:
        server.answers.append(Sent(chunks, end=end))
        return await events(model)


async def refused(sent: Sent, features: Features = PORTABLE, resume: str | None = None) -> Any:
    """The error that this answer is read as."""
    async with wire() as server, asking(server, features) as model:
        server.answers.append(sent)
        with pytest.raises((Retryable, Permanent)) as caught:
            await events(model, resume)
        return caught.value


COMPLETED = Finished("completed", "", None)
HELLO = [TextDelta("Hel"), TextDelta("lo"), COMPLETED]


async def test_a_full_request_asks_for_everything_the_vendor_has():
    """Nothing is stored, reasoning is off, the cache has a key, deltas come without padding."""
    async with wire() as server, asking(server, Features(effort="none")) as model:
        await events(model)

    (got,) = server.requests
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


async def test_a_portable_request_asks_for_nothing_but_the_contract():
    """Model, instructions, input, streaming; and that nothing be stored."""
    async with wire() as server, asking(server) as model:
        await events(model)
    assert {"model", "instructions", "stream", "store", "input"} == set(server.requests[0].json)


async def test_a_background_request_is_stored_until_it_is_recorded():
    """Only what is stored can be resumed."""
    async with wire() as server, asking(server, Features(background=True, effort="high")) as model:
        await events(model)
    body = server.requests[0].json
    assert (True, True, {"effort": "high"}) == (body["background"], body["store"], body["reasoning"])


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
        b": keep-alive\n\n"
        + b"\n\n"
        + frame("response.in_progress", response={})
        + frame("response.reasoning_text.done", text="Hello")
        + b"event: response.output_text.delta\n\n"
        + b"data: nonsense\n\ndata: [1]\n\ndata: 1\n\n"
        + b'data: {"no": "type"}\n\n'
        + b"id: 5\nretry: 10\n\n"
    )

    assert HELLO == await answered(noise + delta("Hel") + noise + delta("lo") + noise + DONE)


async def test_the_data_of_an_event_may_stand_in_several_lines():
    """As the format allows, with and without the blank behind the colon."""
    body = b'data:{"type":"response.output_text.delta",\ndata: "delta":"Hel"}\n\n' + delta("lo") + DONE
    assert HELLO == await answered(body)


async def test_the_name_of_an_event_stands_for_its_type():
    """Some servers leave `type` out of the data."""
    body = b'event: response.completed\ndata: {"response":{}}\n\n'
    assert [COMPLETED] == await answered(body)


async def test_the_last_event_needs_no_blank_line():
    """A server that ends right behind it has said all the same."""
    assert HELLO == await answered(delta("Hel") + delta("lo") + DONE.rstrip(b"\n"))


async def test_a_refusal_of_the_model_is_text():
    """People are shown it like an answer."""
    body = frame("response.refusal.delta", delta="I cannot.", sequence_number=1) + DONE
    assert [TextDelta("I cannot."), COMPLETED] == await answered(body)


BODY = (
    b": \xed\x95\x9c\r\n\r\n" + delta("Hel").replace(b"\n", b"\r\n") + delta("\ud55c \U0001f600\r\n\n") + DONE
)


async def test_a_stream_may_be_cut_into_single_bytes():
    """Neither letters nor newlines nor events have to arrive in one piece."""
    chunks = [BODY[place : place + 1] for place in range(len(BODY))]
    assert [TextDelta("Hel"), TextDelta("한 😀\r\n\n"), COMPLETED] == await answered(*chunks)


async def test_the_ending_has_usage_and_reason():
    """Tokens as the server counted them, and why an answer is incomplete."""
    usage = {"input_tokens": 7, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 5}}
    details = {"reason": "max_output_tokens"}
    response = {"usage": usage, "incomplete_details": details}
    (ending,) = await answered(frame("response.incomplete", response=response))
    counted = {"input_tokens": 7, "output_tokens": 3, "cached_tokens": 5}
    assert Finished("incomplete", "max_output_tokens", counted) == ending


async def test_a_server_may_count_less():
    """Neither details nor usage have to be there."""
    (ending,) = await answered(frame("response.completed", response={"usage": {"input_tokens": 7}}))
    assert ending == Finished("completed", "", {"input_tokens": 7, "output_tokens": 0, "cached_tokens": 0})


@pytest.mark.parametrize(
    "body",
    [
        frame("error", code="rate_limit_exceeded", message="m"),
        frame("error", error={"code": "rate_limit_exceeded"}),
        frame("response.failed", response={"error": {"code": "rate_limit_exceeded"}}),
    ],
)
async def test_a_failure_under_way_is_read_by_its_code(body):
    """Wherever the dialect of the server puts it."""
    error = await refused(Sent([delta("Hm"), body]))
    assert isinstance(error, Retryable)
    assert "rate_limit_exceeded" == error.code


@pytest.mark.parametrize("body", [frame("error"), frame("response.failed"), frame("error", error=None)])
async def test_a_failure_without_a_code_is_the_servers(body):
    """It may pass."""
    error = await refused(Sent([body]))
    assert isinstance(error, Retryable)
    assert "server_error" == error.code


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


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("1.5", 1.5), ("0", 0.0), ("soon", None), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0)],
)
async def test_retry_after_is_read_in_seconds(header, seconds):
    """Anything else is left to our own pauses."""
    error = await refused(refusal(429, {"code": "rate_limit_exceeded"}, Retry_After=header))
    assert seconds == error.retry_after


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


async def test_requests_are_not_repeated_by_the_sdk():
    """Retries are the run's: it alone knows which errors are worth it."""
    async with wire() as server, asking(server) as model:
        server.answers.append(refusal(500, {}))
        with pytest.raises(Retryable):
            await events(model)
    assert 1 == len(server.requests)
