"""model_server.service and answers that are no pleasure: other servers, proxies, limits, nobody there."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.errors import Permanent, Retryable
from core.model_server.service import OpenAIService
from core.ports import GONE, ModelFacts
from tests.core.model_server.wire import Sent, Wire, refusal, wire


@asynccontextmanager
async def answering(*answers: Sent) -> AsyncIterator[tuple[Wire, OpenAIService]]:
    """A server that gives these answers, and a service that asks it."""
    async with wire() as server:
        server.answers.extend(answers)
        service = OpenAIService(api_key="sk-test", base_url=server.url, pause=0.0)
        try:
            yield server, service
        finally:
            await service.close()


async def answered(sent: Sent) -> Any:
    """What models() makes of this answer."""
    async with answering(sent) as (_, service):
        return await service.models()


JSON = {"Content-Type": "application/json"}


def listing(*models: str) -> Sent:
    """An answer with these models as JSON."""
    return Sent([f'{{"object":"list","data":[{",".join(models)}]}}'.encode()], headers=JSON)


@pytest.mark.parametrize(
    ("field", "context"),
    [
        *((one, 4096) for one in ('"max_model_len":4096', '"context_length":4096', '"context_window":4096')),
        ('"meta":{"n_ctx":4096}', 4096),
        *((one, None) for one in ('"context_length":null', '"context_length":"many"', '"meta":null')),
        ('"shutdown_date":"soon"', None),
    ],
)
async def test_other_servers_tell_the_context_window(field, context):
    """Each in its own words; nonsense is nothing known, the model is there all the same."""
    assert {"m": ModelFacts(None, context)} == await answered(listing(f'{{"id":"m",{field}}}'))


PAGE = Sent([b"<html>login</html>"], headers={"Content-Type": "text/html"})


@pytest.mark.parametrize(
    "sent", [PAGE, Sent([b'{"data":'], headers=JSON), Sent([b'{"data":3}'], headers=JSON)]
)
async def test_a_page_of_a_proxy_is_no_answer(sent):
    """It may be better later; nor is broken JSON, or a list that is none. An upload there has no id."""
    async with answering(*[sent] * 4) as (server, service):
        with pytest.raises(Retryable, match="unreadable_answer"):
            await service.models()
        server.answers = deque([PAGE])
        with pytest.raises(Retryable, match="unreadable_answer"):
            await service.upload("a.txt", b"a", purpose="assistants")


async def test_a_billing_error_is_not_repeated():
    """Although its status is one that passes."""
    sent = refusal(429, {"code": "insufficient_quota", "message": "You ran out."})
    async with answering(sent) as (server, service):
        with pytest.raises(Permanent, match=r"insufficient_quota: You ran out\.") as caught:
            await service.models()
    assert ("billing", 1) == (caught.value.notice, len(server.requests))


async def test_a_server_that_asks_for_a_long_pause_is_left_alone():
    """Whoever called decides. A small one is made, then the call is repeated."""
    long, short = (refusal(429, {"code": "rate_limit_exceeded"}, retry_after=one) for one in ("3600", "0.01"))
    async with answering(long, short, listing('{"id":"m"}')) as (server, service):
        with pytest.raises(Retryable) as caught:
            await service.models()
        assert (3600.0, 1) == (caught.value.retry_after, len(server.requests))
        assert {"m": ModelFacts()} == await service.models()
    assert 3 == len(server.requests)


async def test_a_server_that_is_away_is_tried_three_times():
    """Then it is a connection error."""
    cut = Sent([], end="cut")
    async with answering(cut, cut, cut) as (server, service):
        with pytest.raises(Retryable, match="connection_error"):
            await service.models()
    assert 3 == len(server.requests)


async def test_a_download_that_is_cut_is_begun_anew():
    """Half a file is no file."""
    half, whole = Sent([b"half"], end="cut"), Sent([b"half", b" and half"])
    async with answering(half, whole) as (_, service):
        assert b"half and half" == await service.produced("cntr_1", "cfile_1")


async def test_a_server_without_files_does_not_say_they_are_gone():
    """Nothing was kept there that could be gone."""
    async with answering(refusal(404, None), refusal(404, None)) as (_, service):
        notices = []
        for call in (service.upload("a.txt", b"a", purpose="assistants"), service.create_store("s")):
            with pytest.raises(Permanent) as caught:
                await call
            notices.append(caught.value.notice)
    assert GONE not in notices
