"""What every request passes: its host, its key, its size, its JSON, and the one shape of what is refused."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from core.api.keys import revoke
from core.store.database import FILE, Database
from tests.web.clients import Api

ASSISTANTS = "/assistants"


def body(**fields: Any) -> str:
    return json.dumps({"model": "gpt-6-luna", **fields})


FUNCTION = "tools[0].function.name"


@pytest.fixture
async def http(api: Api) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {await api.key('http')}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield session


async def refused(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """What it says, when it is an error in the API's shape."""
    told = json.loads(await response.text())
    assert told.keys() == {"error"}
    assert told["error"].keys() == {"message", "type", "param", "code"}
    assert response.headers["x-request-id"].startswith("req_")
    assert not any(name.lower().startswith("access-control") for name in response.headers)
    assert "Set-Cookie" not in response.headers
    error: dict[str, Any] = told["error"]
    return error


@pytest.mark.parametrize(
    ("sent", "param", "code"),
    [
        ("{", None, "invalid_json"),
        ("[]", None, "invalid_json"),
        ("[" * 10_000, None, "invalid_json"),
        ('{"a":' * 101 + "1" + "}" * 101, None, "invalid_json"),
        ('{"model": "a", "model": "b"}', None, "invalid_json"),
        ('{"model": NaN}', None, "invalid_json"),
        ('{"model": 1e999}', None, "invalid_json"),
        ('{"model": ' + "9" * 5000 + "}", None, "invalid_json"),
        (b'{"model": "\xff"}', None, "invalid_json"),
        ('{"model": [0' + ",0" * 10_001 + "]}", None, "invalid_json"),
        ('{"model": "\\u0000"}', None, "invalid_text"),
        ('{"model": "\\ud800"}', None, "invalid_text"),
        ("{}", "model", "missing_required_parameter"),
        ('{"model": 5}', "model", "invalid_type"),
        ('{"model": ""}', "model", "string_below_min_length"),
        (body(x=1), "x", "unknown_parameter"),
        (body(name="a" * 257), "name", "string_above_max_length"),
        (body(tools=[{"type": "file_search"}] * 129), "tools", "array_above_max_length"),
        (body(tools=[{"type": "x"}]), "tools[0].type", "invalid_value"),
        (body(tools=[{}]), "tools[0].type", "missing_required_parameter"),
        (body(tools=[{"type": "function", "function": {"name": 1}}]), FUNCTION, "invalid_type"),
        (body(tools=[{"type": "function", "function": {}}]), FUNCTION, "missing_required_parameter"),
        (body(metadata={"k": 1}), "metadata.k", "invalid_type"),
        (body(metadata=dict.fromkeys("abcdefghijklmnopq", "")), "metadata", "object_above_max_properties"),
        (body(temperature=3), "temperature", "integer_above_max_value"),
        (body(temperature=-0.5), "temperature", "decimal_below_min_value"),
        (body(response_format={"type": "x"}), "response_format.type", "invalid_value"),
        (body(reasoning_effort="much"), "reasoning_effort", "invalid_value"),
    ],
)
async def test_a_body_that_does_not_fit_is_told_where(api, http, sent, param, code):
    async with http.post(api.url + ASSISTANTS, data=sent) as response:
        error = await refused(response)

    assert (400, "invalid_request_error", param, code) == (
        response.status,
        error["type"],
        error["param"],
        error["code"],
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/assistants?limit=0", 400, "integer_below_min_value"),
        ("GET", "/assistants?limit=101", 400, "integer_above_max_value"),
        ("GET", "/assistants?limit=x", 400, "invalid_type"),
        ("GET", "/assistants?order=up", 400, "invalid_value"),
        ("GET", "/assistants?limit=1&limit=2", 400, None),
        ("GET", "/assistants?page=1", 400, "unknown_parameter"),
        ("GET", "/assistants?after=asst_none", 404, None),
        ("GET", "/assistants/asst_none", 404, None),
        ("GET", "/assistants/%00", 400, "invalid_text"),
        ("GET", "/assistants/%ED%A0%80", 404, None),
        ("GET", "/nothing", 404, "unknown_url"),
        ("PUT", "/assistants", 405, "method_not_allowed"),
        ("OPTIONS", "/assistants", 405, "method_not_allowed"),
        ("PROPFIND", "/assistants", 405, "method_not_allowed"),
    ],
)
async def test_addresses_and_their_parameters_are_checked(api, http, method, path, status, code):
    async with http.request(method, api.url + path) as response:
        error = await refused(response)

    assert (status, code) == (response.status, error["code"])
    assert ("Allow" in response.headers) == (status == 405)


async def test_head_is_get_without_its_body(api, http):
    async with http.head(f"{api.url}/models") as response:
        assert (200, "application/json", b"") == (
            response.status,
            response.content_type,
            await response.read(),
        )


async def test_what_is_too_large_or_no_json_is_refused_unread(api, http):
    """The first says its size and sends nothing; the second only begins to say how much it is."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 2**20

    url = api.url + ASSISTANTS
    async with http.post(url, data=io.BytesIO(b"x" * 11 * 2**20)) as response:
        assert (413, "request_too_large") == (response.status, (await refused(response))["code"])
    async with http.post(url, data=endless()) as response:
        assert (413, "request_too_large") == (response.status, (await refused(response))["code"])
    async with http.post(url, data=b"a=b", headers={"Content-Type": "text/plain"}) as response:
        assert (415, "unsupported_content_type") == (response.status, (await refused(response))["code"])


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "evil.example:8080", ""])
async def test_other_hosts_are_not_answered(api, http, name):
    for url in (f"{api.url}/models", api.url.replace("/v1", "/livez")):
        async with http.get(url, headers={"Host": name}) as response:
            assert (403, "host_not_allowed") == (response.status, (await refused(response))["code"])


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:1", "[::1]:99", "127.0.0.1"])
async def test_names_of_this_machine_are_answered(api, http, name):
    async with http.get(f"{api.url}/models", headers={"Host": name}) as response:
        assert 200 == response.status


async def test_only_a_key_in_force_opens(api, http):
    url = f"{api.url}/models"
    secret = await api.key("short-lived")
    header = {"Authorization": f"Bearer {secret}"}
    async with http.get(url, headers=header) as response:
        assert 200 == response.status

    db = Database(api.data / FILE)
    await db(lambda tx: revoke(tx, "short-lived", 1.0))
    db.close()
    async with asyncio.timeout(1):
        while (await http.get(url, headers=header)).status == 200:  # noqa: ASYNC110 - another process knows
            await asyncio.sleep(0.05)

    said = []
    for key in (f"Bearer {secret}", "Bearer sk-spool-wrong-key-that-is-long", "Bearer short", "Basic x", ""):
        async with http.get(url, headers={"Authorization": key}) as response:
            error = await refused(response)
            said.append((response.status, error["code"], error["message"].partition(". ")[0]))
    shown = f"sk-s********{secret[-4:]}"
    assert said == [
        (401, "invalid_api_key", f"Incorrect API key provided: {shown}"),
        (401, "invalid_api_key", "Incorrect API key provided: sk-s********long"),
        (401, "invalid_api_key", "Incorrect API key provided: *****"),
        (401, None, "You didn't provide an API key"),
        (401, None, "You didn't provide an API key"),
    ]


async def test_a_request_is_one_line_of_the_log_without_its_words(api, http, caplog):
    caplog.set_level(logging.INFO)
    async with http.post(api.url + ASSISTANTS, data='{"model": "private words"}') as response:
        id = response.headers["x-request-id"]

    lines = [record for record in caplog.records if getattr(record, "request_id", None) == id]
    (line,) = [vars(record) for record in lines]
    assert ("POST", "/v1/assistants", 400, "http") == tuple(
        line[n] for n in ("method", "path", "status", "key")
    )
    assert "private" not in caplog.text


async def test_no_http_is_no_error_of_ours(api, caplog):
    """What the parser refuses is told in plain text, and is no traceback in the log."""
    host, port = api.url.removeprefix("http://").removesuffix("/v1").split(":")
    for sent in (
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost\r\n\r\n",
        b"GET  HTTP/9\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert not [record for record in caplog.records if record.exc_info or record.levelno > logging.WARNING]
