"""core.model_server.model: connections that live long, and background responses that outlive theirs."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from core.errors import Permanent, Retryable
from core.model_server.model import Features, OpenAIModel
from core.model_server.service import OpenAIService
from core.types import Alive, Finished, Started, TextDelta
from standins.openai import OpenAIStandin, StoredResponse
from standins.script.script import Fault, Say, Scenario, Wait
from tests.core.model_server.wire import DONE, PROMPT, Sent, asking, delta, events, frame, refusal, wire

BACKGROUND = Features(background=True)


async def test_answers_share_one_connection():
    """The terminal event is the end: a body that ends later, as over a real network, delays nothing."""
    async with wire() as server, asking(server) as model:
        for _ in range(4):
            server.answers.append(Sent([delta("Hm"), DONE], late=0.02))
            await events(model)
            await asyncio.sleep(0.1)
        server.answers.append(Sent([DONE], end="hold"))
        async with asyncio.timeout(0.5):
            await events(model)
    assert [0, 0, 0, 0, 0] == [got.connection for got in server.requests]


async def test_an_answer_nobody_waits_for_is_let_go_of():
    """Stopped in the middle, its connection is closed, and the next answer has one of its own."""
    async with wire() as server, asking(server) as model:
        server.answers.append(Sent([delta("Hm")], end="hold"))
        async with aclosing(model.stream(PROMPT)) as stream:
            assert TextDelta("Hm") == await anext(stream)
        await events(model)
    assert [0, 1] == [got.connection for got in server.requests]


async def test_a_cut_background_response_is_resumed_where_it_stopped():
    """By its id and the last sequence number that was read; nothing is said twice."""
    created = frame("response.created", response={"id": "resp_1"}, sequence_number=0)
    said = [
        frame("response.output_text.delta", delta=text, sequence_number=n)
        for n, text in ((3, "Hel"), (4, "lo"))
    ]
    async with wire() as server, asking(server, BACKGROUND) as model:
        server.answers.extend([Sent([created, said[0]], end="cut"), Sent([said[1], DONE])])
        found = await events(model)

    assert [Started("resp_1"), TextDelta("Hel"), TextDelta("lo")] == found[:-1]
    assert "/v1/responses/resp_1?stream=true&starting_after=3" == server.requests[1].path
    assert "GET" == server.requests[1].method


async def test_a_foreground_response_is_never_resumed():
    """A cut is told at once: the server keeps nothing."""
    created = frame("response.created", response={"id": "resp_1"}, sequence_number=0)
    async with wire() as server, asking(server) as model:
        server.answers.append(Sent([created], end="cut"))
        with pytest.raises(Retryable):
            await events(model)
    assert 1 == len(server.requests)


@pytest.mark.parametrize(
    "answers",
    [[refusal(404, {"message": "not found"})], [refusal(400, {"message": "too old"}), refusal(404, {})]],
)
async def test_a_response_the_server_forgot_is_asked_for_anew(answers):
    """404 for its id is not 404 for the model. That it cannot be discarded either is no matter."""
    async with wire() as server, asking(server, BACKGROUND) as model:
        server.answers.extend(answers)
        with pytest.raises(Retryable) as caught:
            await events(model, resume="resp_1")
    async with asking(server, BACKGROUND) as model:
        await model.discard("resp_1")
    assert "response_gone" == caught.value.code


async def test_reading_is_given_up_where_nothing_new_comes():
    """A stream that breaks again and again without an event does not go on for ever."""
    created = frame("response.created", response={"id": "resp_1"}, sequence_number=0)
    async with wire() as server, asking(server, BACKGROUND) as model:
        server.answers.append(Sent([created], end="cut"))
        server.answers.extend(Sent([], end="cut") for _ in range(9))
        with pytest.raises(Retryable):
            await events(model)
    assert 2 < len(server.requests) < 9


def only(api: OpenAIStandin) -> StoredResponse:
    """The one response that is kept."""
    (stored,) = api.responses.values()
    return stored


@pytest.mark.parametrize("stuck", [False, True])
async def test_discarding_ends_and_deletes_on_the_server(stuck):
    """What still runs, or is queued, is cancelled; nothing stays stored; a second time is no error."""
    script = Scenario()
    script.enqueue(Say("Hm"), Fault("hang"))
    async with OpenAIStandin(script) as api:
        if stuck:
            api.stuck_next()
        model = OpenAIModel(api_key="k", base_url=api.base_url, features=BACKGROUND)
        async with aclosing(model.stream(PROMPT)) as stream:
            started = await anext(stream)
            if stuck:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(stream), 0.05)
        assert isinstance(started, Started)
        for _ in range(2):
            await model.discard(started.response_id)

        assert only(api).cancelled
        assert only(api).deleted
        await model.close()


async def test_an_old_response_is_asked_for_when_it_can_no_longer_be_followed():
    """After five minutes there is no stream of it, but its text is there, once it is done."""
    script = Scenario()
    script.enqueue(Say("Hel"), Wait(0.05), Say("lo"))
    async with OpenAIStandin(script) as api:
        model = OpenAIModel(api_key="k", base_url=api.base_url, features=BACKGROUND)
        async with aclosing(model.stream(PROMPT)) as stream:
            started = await anext(stream)
        assert isinstance(started, Started)
        api.stream_window = 0.0
        await api.until(lambda: only(api).status == "completed")

        found = await events(model, resume=started.response_id)
        await model.close()

    assert TextDelta("Hello") in found
    assert isinstance(found[-1], Finished)
    assert "completed" == found[-1].ending


async def test_a_response_that_is_asked_for_gives_signs_of_life():
    """While it is not done yet, whoever waits is told that something waits with him."""
    queued = Sent(
        [json.dumps({"id": "resp_1", "status": "queued"}).encode()], 200, {"Content-Type": "application/json"}
    )
    async with wire() as server, asking(server, BACKGROUND) as model:
        server.answers.extend([refusal(400, {"message": "too old"}), queued])
        async with aclosing(model.stream(PROMPT, resume="resp_1")) as stream:
            assert Started("resp_1") == await anext(stream)
    assert "/v1/responses/resp_1" == server.requests[1].path


@pytest.mark.parametrize(
    "trouble", [[], [refusal(500, {})], [Sent([b"{"], end="cut")]], ids=["none", "error", "cut"]
)
async def test_a_server_in_trouble_is_asked_again_for_the_same_response(trouble):
    """It goes on meanwhile; after a crash it is read from its beginning: only its id is known."""
    async with wire() as server, asking(server, BACKGROUND) as model:
        server.answers.extend([refusal(400, {"message": "too old"}), *trouble] if trouble else [])
        found = await events(model, resume="resp_1")
    assert [Finished("completed", "", None)] == found
    paths = [got.path for got in server.requests]
    assert "/v1/responses/resp_1?stream=true" == paths[0]
    assert not trouble or "/v1/responses/resp_1" == paths[1]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status, caplog):
    """The whole conversation would go to a host nobody has chosen; the operator reads where it leads."""
    async with wire() as server, wire() as other, asking(server) as model:
        server.answers.append(Sent([], status, {"Location": f"{other.url}/responses?key=secret"}))
        with pytest.raises(Permanent) as caught:
            await events(model)
        assert (1, []) == (len(server.requests), other.requests)
        assert f"{other.url}/responses" in caplog.text
    assert (f"http_{status}", "model_moved") == (caught.value.code, caught.value.notice)
    assert "secret" not in caplog.text
    assert "OPENAI_BASE_URL" in caplog.text


async def test_nor_does_anything_else_at_the_server_follow_one():
    """Recordings and files are people's, too."""
    async with wire() as server, wire() as other:
        server.answers.append(Sent([], 307, {"Location": f"{other.url}/audio/transcriptions"}))
        service = OpenAIService(api_key="k", base_url=server.url)
        with pytest.raises(Permanent):
            await service.transcribe("a.ogg", b"OggS")
        await service.close()
        assert [] == other.requests


@pytest.mark.parametrize(
    "sign",
    [
        b": keep-alive\n\n",
        b":",
        frame("response.in_progress", response={}),
        frame("response.reasoning_text.delta", delta="Hm"),
        frame("response.reasoning_summary_text.delta", delta="Hm", named=False),
        frame("something new"),
        delta("<think>Hm"),
    ],
)
async def test_any_byte_is_a_sign_of_life(sign):
    """Whether it is understood or not: whoever waits is told."""
    async with wire() as server, asking(server) as model:
        server.answers.append(Sent([sign], end="hold"))
        async with aclosing(model.stream(PROMPT)) as stream, asyncio.timeout(1):
            assert Alive() == await anext(stream)
