"""model_server.service and answers that are no pleasure: other servers, proxies, limits, nobody there."""

from __future__ import annotations

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


def listing(*models: str) -> Sent:
    """An answer with these models as JSON."""
    body = f'{{"object":"list","data":[{",".join(models)}]}}'
    return Sent([body.encode()], headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "field",
    ['"max_model_len":4096', '"context_length":4096', '"context_window":4096', '"meta":{"n_ctx":4096}'],
)
async def test_other_servers_tell_the_context_window(field):
    """Each in its own words."""
    assert {"m": ModelFacts(None, 4096)} == await answered(listing(f'{{"id":"m",{field}}}'))


@pytest.mark.parametrize(
    "field", ['"context_length":null', '"context_length":"many"', '"meta":null', '"shutdown_date":"soon"']
)
async def test_nonsense_about_a_model_is_nothing_known(field):
    """The model is there all the same."""
    assert {"m": ModelFacts()} == await answered(listing(f'{{"id":"m",{field}}}'))


async def test_a_page_of_a_proxy_is_no_answer():
    """It may be better later."""
    page = Sent([b"<html>login</html>"], headers={"Content-Type": "text/html"})
    async with answering(page, page, page) as (_, service):
        with pytest.raises(Retryable, match="unreadable_answer"):
            await service.models()


async def test_an_upload_to_a_proxy_is_no_upload():
    """A page has no id."""
    page = Sent([b"<html>login</html>"], headers={"Content-Type": "text/html"})
    async with answering(page) as (_, service):
        with pytest.raises(Retryable, match="unreadable_answer"):
            await service.upload("a.txt", b"a", purpose="assistants")


async def test_broken_json_is_no_answer():
    """Nor is a list that is none."""
    broken = Sent([b'{"data":'], headers={"Content-Type": "application/json"})
    other = Sent([b'{"data":3}'], headers={"Content-Type": "application/json"})
    for sent in ((broken,) * 3, (other,)):
        async with answering(*sent) as (_, service):
            with pytest.raises(Retryable, match="unreadable_answer"):
                await service.models()


async def test_a_billing_error_is_not_repeated():
    """Although its status is one that passes."""
    sent = refusal(429, {"code": "insufficient_quota", "message": "You ran out."})
    async with answering(sent) as (server, service):
        with pytest.raises(Permanent, match=r"insufficient_quota: You ran out\.") as caught:
            await service.models()
    assert ("billing", 1) == (caught.value.notice, len(server.requests))


async def test_a_server_that_asks_for_a_long_pause_is_left_alone():
    """Whoever called decides."""
    sent = refusal(429, {"code": "rate_limit_exceeded"}, retry_after="3600")
    async with answering(sent) as (server, service):
        with pytest.raises(Retryable) as caught:
            await service.models()
    assert (3600.0, 1) == (caught.value.retry_after, len(server.requests))


async def test_a_pause_that_is_asked_for_is_made():
    """However small, then the call is repeated."""
    sent = refusal(429, {"code": "rate_limit_exceeded"}, retry_after="0.01")
    async with answering(sent, listing('{"id":"m"}')) as (server, service):
        assert {"m": ModelFacts()} == await service.models()
    assert 2 == len(server.requests)


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
