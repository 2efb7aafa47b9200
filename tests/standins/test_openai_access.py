"""The OpenAI stand-in: keys, models, limits, unknown addresses, and the portable variant."""

from __future__ import annotations

from typing import Any

import aiohttp
import openai
import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.standins.openai_client import ASK, served


async def fetched(
    api: OpenAIStandin, method: str, path: str, *, key: str = "sk-any", data: str | None = None
) -> tuple[int, Any]:
    """Status and JSON of a request made by hand."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, api.base_url + path, data=data) as answer,
    ):
        assert answer.headers["x-request-id"]
        return answer.status, await answer.json()


async def test_any_key_will_do_unless_one_is_set():
    """Without api_key every key is taken."""
    async with OpenAIStandin(Scenario()) as api:
        assert (await fetched(api, "GET", "/models", key="whatever"))[0] == 200


async def test_no_key_is_refused():
    """A request without a key never gets in."""
    async with OpenAIStandin(Scenario()) as api:
        assert (await fetched(api, "GET", "/models", key=""))[0] == 401


async def test_another_key_is_refused():
    """With api_key set, others earn 401 invalid_api_key."""
    async with served(Scenario(), api_key="sk-right") as (_, client):
        with pytest.raises(openai.AuthenticationError) as caught:
            await client.with_options(api_key="sk-wrong").responses.create(**ASK)
        assert caught.value.code == "invalid_api_key"

        assert (await client.responses.create(**ASK)).status == "completed"


async def test_models_tell_their_end():
    """The list has the shutdown dates."""
    async with served(Scenario(), models={"a": None, "b": "2099-01-14"}) as (_, client):
        models = [model async for model in client.models.list()]

    assert [(model.id, model.shutdown_date) for model in models] == [("a", None), ("b", "2099-01-14")]


@pytest.mark.parametrize("model", ["gpt-9", "gone"])
async def test_a_model_that_is_not_there(model):
    """Unknown models and those past their date earn 404 model_not_found."""
    async with served(Scenario(), models={"gpt-6-luna": None, "gone": "2026-10-23"}) as (_, client):
        with pytest.raises(openai.NotFoundError) as caught:
            await client.responses.create(**{**ASK, "model": model})
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve(model)

    assert caught.value.code == "model_not_found"


async def test_any_model():
    """models=None takes every model."""
    async with served(Scenario(), models=None) as (_, client):
        assert (await client.responses.create(**{**ASK, "model": "llama"})).model == "llama"
        assert (await client.models.retrieve("llama")).id == "llama"


async def test_too_long_an_input_is_refused():
    """Beyond the context window the request earns 400 context_length_exceeded."""
    async with served(Scenario()) as (api, client):
        api.context_window = 10
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(**{**ASK, "input": "x" * 44})

    assert caught.value.code == "context_length_exceeded"


async def test_truncation_drops_the_oldest():
    """truncation=auto makes an input fit from its beginning."""
    scenario = Scenario()
    items = [{"role": "user", "content": "x" * 400}, {"role": "user", "content": "newest"}]
    async with served(scenario) as (api, client):
        api.context_window = 10
        await client.responses.create(**{**ASK, "input": items}, truncation="auto")

    assert scenario.requests[0][1] == items[1:]


async def test_bad_json_is_refused():
    """A body that is no JSON earns 400, and is remembered as a request."""
    async with OpenAIStandin(Scenario()) as api:
        status, answer = await fetched(api, "POST", "/responses", data="{")

    assert status == 400
    assert answer["error"]["type"] == "invalid_request_error"
    assert api.requests[0].status == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "/conversations"), ("PUT", "/responses")])
async def test_unknown_addresses_answer_in_json(method, path):
    """A wrong address is told in the API's error shape."""
    async with OpenAIStandin(Scenario()) as api:
        status, answer = await fetched(api, method, path)

    assert status in (404, 405)
    assert set(answer["error"]) == {"message", "type", "param", "code"}


async def test_an_invalid_request_never_reaches_the_script():
    """Validation comes first, over HTTP too."""
    scenario = Scenario()
    async with served(scenario) as (_, client):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(**ASK, extra_body={"prompt_cash_key": "x"})

    assert caught.value.param == "prompt_cash_key"
    assert scenario.requests == []


async def test_a_portable_server_streams_without_obfuscation():
    """The portable contract is enough for an answer; no field of OpenAI's own comes back on deltas."""
    async with served(Scenario(), portable=True) as (_, client):
        events = [event async for event in await client.responses.create(**ASK, stream=True)]

    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert "".join(delta.delta for delta in deltas) == "echo: Good morning"
    assert not any(delta.model_extra for delta in deltas)


async def test_a_portable_server_keeps_nothing():
    """There is nothing to fetch, even without store=false."""
    async with served(Scenario(), portable=True) as (api, client):
        response = await client.responses.create(model="gpt-6-luna", input="Hi")
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(response.id)

    assert api.responses == {}


async def test_until_gives_up():
    """A predicate that never holds is a TimeoutError, not a hang."""
    async with OpenAIStandin(Scenario()) as api:
        with pytest.raises(TimeoutError):
            await api.until(lambda: False, timeout=0.01)
