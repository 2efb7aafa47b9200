"""The OpenAI stand-in: one table of what each address refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from standins.openai import OpenAIStandin
from standins.script.picture import png
from standins.script.script import Scenario

OGG = b"OggS" + bytes(100)
HOUR = 3600
ASK: dict[str, Any] = {"model": "gpt-6-luna", "input": "Good morning"}


def ask(**fields: Any) -> dict[str, Any]:
    return {"json": {**ASK, **fields}}


def tool(kind: str, **fields: Any) -> dict[str, Any]:
    return ask(tools=[{"type": kind, **fields}])


def part(kind: str, file: str) -> dict[str, Any]:
    return ask(input=[{"role": "user", "content": [{"type": kind, "file_id": file}]}])


def file(name: str = "a.txt", content: bytes = b"x", /, **fields: Any) -> dict[str, Any]:
    return {"files": {"file": (name, content)}, "data": {"purpose": "user_data", **fields}}


def lasting(anchor: str, seconds: str) -> dict[str, Any]:
    return file(**{"expires_after[anchor]": anchor, "expires_after[seconds]": seconds})


def heard(name: str = "a.ogg", content: bytes = OGG, **fields: str) -> dict[str, Any]:
    data = {"model": "gpt-transcribe", **fields}
    return {"files": {"file": (name, content)}, "data": {key: value for key, value in data.items() if value}}


def raw(kind: str, content: bytes = b"no form") -> dict[str, Any]:
    return {"headers": {"Content-Type": kind}, "content": content}


def living(anchor: str, unit: str, span: Any) -> dict[str, Any]:
    return {"json": {"name": "x", "expires_after": {"anchor": anchor, unit: span}}}


TALK, STORE = "POST /audio/transcriptions", "POST /vector_stores"
BOXES = ("cntr_none", "{box}", "{dead}")
LIFE, UNKNOWN, MISSING = "expires_after", "unknown_parameter", "missing_required_parameter"
RETIRED = "gone"
REFUSED: list[tuple[str, dict[str, Any], int, str | None, str | None]] = [
    ("POST /responses", raw("application/json", b"{"), 400, None, None),
    ("POST /responses", raw("application/json", b"[]"), 400, "", "invalid_type"),
    ("POST /responses", ask(prompt_cash_key="x"), 400, "prompt_cash_key", UNKNOWN),
    ("POST /responses", ask(model="gpt-9"), 404, "model", "model_not_found"),
    ("POST /responses", ask(model=RETIRED), 404, "model", "model_not_found"),
    ("POST /responses", part("input_image", "file-none"), 404, "id", None),
    ("POST /responses", part("input_file", "file-none"), 404, "id", None),
    ("POST /responses", part("input_image", "{file}"), 400, "input", "invalid_image"),
    ("POST /responses", tool("code_interpreter", container="cntr_none"), 404, None, None),
    ("POST /responses", tool("code_interpreter", container="{dead}"), 400, "tools", None),
    (
        "POST /responses",
        tool("code_interpreter", container={"type": "auto", "file_ids": ["file-none"]}),
        *(404, "id", None),
    ),
    ("POST /responses", tool("file_search", vector_store_ids=["vs_none"]), 404, None, None),
    ("POST /responses", tool("file_search", vector_store_ids=["{old}"]), 400, None, None),
    ("GET /responses/resp_none", {}, 404, None, None),
    ("GET /responses/resp_none?stream=true&starting_after=x", {}, 400, "starting_after", "invalid_type"),
    ("DELETE /responses/resp_none", {}, 404, None, None),
    ("POST /responses/resp_none/cancel", {}, 404, None, None),
    ("GET /conversations", {}, 404, None, None),
    ("PUT /responses", {}, 405, None, None),
    ("POST /files", raw("application/json"), 400, None, None),
    ("POST /files", raw("multipart/form-data"), 400, None, None),
    ("POST /files", raw("multipart/form-data; boundary=x"), 400, None, None),
    ("POST /files", {"files": {"note": (None, "x")}}, 400, "note", UNKNOWN),
    ("POST /files", {"files": {"purpose": (None, "batch")}}, 400, "file", MISSING),
    ("POST /files", {"files": {"file": ("a", b"x")}}, 400, "purpose", MISSING),
    ("POST /files", {"files": {"purpose": ("a", b"x"), "file": (None, "x")}}, 400, "purpose", "invalid_type"),
    ("POST /files", {"files": {"purpose": (None, "batch"), "file": (None, "x")}}, 400, "file", MISSING),
    ("POST /files", file(purpose="fun"), 400, "purpose", "invalid_value"),
    ("POST /files", file("a.txt", b""), 400, "file", None),
    ("POST /files", file("a.txt", b"x" * 200), 413, None, None),
    ("POST /files", lasting("created_at", "3599"), 400, f"{LIFE}.seconds", "integer_below_min_value"),
    ("POST /files", lasting("created_at", "2592001"), 400, f"{LIFE}.seconds", "integer_above_max_value"),
    ("POST /files", lasting("created_at", "long"), 400, f"{LIFE}.seconds", "invalid_type"),
    ("POST /files", lasting("last_active_at", "3600"), 400, f"{LIFE}.anchor", "invalid_value"),
    ("POST /files", file(**{"expires_after[anchor]": "created_at"}), 400, f"{LIFE}.seconds", MISSING),
    ("GET /files?limit=x", {}, 400, "limit", "invalid_type"),
    ("GET /files?limit=0", {}, 400, "limit", "integer_below_min_value"),
    ("GET /files?order=up", {}, 400, "order", "invalid_value"),
    ("DELETE /files/file-none", {}, 404, "id", None),
    (TALK, heard(name="a.txt"), 400, "file", None),
    (TALK, heard(name="a"), 400, "file", None),
    (TALK, heard(content=b"hello"), 400, "file", "invalid_value"),
    (TALK, heard(content=b""), 400, "file", "invalid_value"),
    (TALK, heard(content=OGG * 2), 413, None, None),
    (TALK, heard(model=""), 400, "model", MISSING),
    (TALK, heard(model="gpt-none"), 404, "model", "model_not_found"),
    (TALK, heard(model="gpt-6-luna"), 400, "model", None),
    (TALK, heard(response_format="srt"), 400, "response_format", "invalid_value"),
    (STORE, {"json": {"title": "x"}}, 400, "title", UNKNOWN),
    (STORE, {"json": {"name": 5}}, 400, "name", "invalid_type"),
    (STORE, {"json": {"file_ids": ["file-none"]}}, 404, "id", None),
    (STORE, living("created_at", "days", 1), 400, f"{LIFE}.anchor", "invalid_value"),
    (STORE, living("last_active_at", "days", 0), 400, f"{LIFE}.days", "integer_below_min_value"),
    (STORE, living("last_active_at", "days", "7"), 400, f"{LIFE}.days", "invalid_type"),
    ("GET /vector_stores/vs_none", {}, 404, None, None),
    ("DELETE /vector_stores/vs_none", {}, 404, None, None),
    ("POST /vector_stores/vs_none/files", {"json": {"file_id": "{file}"}}, 404, None, None),
    ("POST /vector_stores/{store}/files", {"json": {"file_id": "file-none"}}, 404, "id", None),
    ("POST /vector_stores/{store}/files", {"json": {"file_id": "{picture}"}}, 400, None, None),
    ("POST /vector_stores/{store}/files", {"json": {}}, 400, "file_id", MISSING),
    ("POST /vector_stores/{old}/files", {"json": {"file_id": "{file}"}}, 400, None, None),
    ("GET /vector_stores/{store}/files/{file}", {}, 404, None, None),
    ("DELETE /vector_stores/{store}/files/{file}", {}, 404, None, None),
    ("GET /containers", {}, 404, None, None),
    *((f"GET /containers/{name}/files/cfile_none/content", {}, 404, None, None) for name in BOXES),
]


@pytest.fixture
async def server() -> AsyncIterator[tuple[OpenAIStandin, dict[str, str]]]:
    """A stand-in, and the names of what is there: files, stores and containers, living and dead."""
    models = {"gpt-6-luna": None, "gpt-transcribe": None, RETIRED: "2026-10-23"}
    async with OpenAIStandin(Scenario(), models=models) as api:
        api.files.limit = api.recording_limit = 150
        old = api.stores.create("old", (), 1, {})
        dead = api.containers.create("dead")
        api.clock.skip(24 * HOUR)
        there = {
            "file": api.files.add("a.png", "user_data", b"tea").id,
            "picture": api.files.add("b.png", "vision", png()).id,
            "store": api.stores.create("new", (), None, {}).id,
            "old": old.id,
            "box": api.containers.create("new").id,
            "dead": dead.id,
        }
        yield api, there


def named(value: Any, there: dict[str, str]) -> Any:
    """The same with the names of what is there."""
    if isinstance(value, dict):
        return {key: named(inner, there) for key, inner in value.items()}
    if isinstance(value, list):
        return [named(inner, there) for inner in value]
    for key, name in there.items():
        value = value.replace(f"{{{key}}}", name) if isinstance(value, str) else value
    return value


async def asked(api: OpenAIStandin, where: str, *, key: str = "sk-any", **sent: Any) -> httpx2.Response:
    method, path = where.split()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(headers=headers, verify=False) as client:
        return await client.request(method, api.base_url + path, **sent)


@pytest.mark.parametrize(("where", "sent", "status", "param", "code"), REFUSED)
async def test_bad_requests_are_refused(server, where, sent, status, param, code):
    """With the parameter at fault and the API's code; nothing of them is kept."""
    api, there = server
    answer = await asked(api, named(where, there), **named(sent, there))
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (status, param, code)
    assert (set(error), error["type"]) == ({"message", "type", "param", "code"}, "invalid_request_error")
    assert answer.headers["x-request-id"]
    assert (len(api.files.uploaded), len(api.stores.all), len(api.containers.all)) == (2, 2, 2)
    assert api.script.requests == api.transcriptions == []


@pytest.mark.parametrize("where", ["GET /models", "GET /files"])
async def test_nobody_comes_in_without_the_key(where):
    async with OpenAIStandin(Scenario(), api_key="sk-right") as api:
        answers = [await asked(api, where, key=key) for key in ("", "sk-wrong", "sk-right")]
    assert [answer.status_code for answer in answers] == [401, 401, 200]
    assert answers[1].json()["error"]["code"] == "invalid_api_key"


async def test_any_key_will_do_unless_one_is_set():
    async with OpenAIStandin(Scenario()) as api:
        assert [(await asked(api, "GET /models", key=key)).status_code for key in ("", "x")] == [401, 200]


@pytest.mark.parametrize("options", [{"hosted": False}, {"portable": True}])
async def test_a_server_without_hosted_tools_says_so(options):
    look = {"type": "function", "name": "look"}
    async with OpenAIStandin(Scenario(), **options) as api:
        gone = await asked(api, "POST /files", **file())
        answer = await asked(api, "POST /responses", **ask(tools=[look, {"type": "web_search"}]))
        taken = await asked(api, "POST /responses", **ask(tools=[look]))
    assert [gone.status_code, answer.status_code, taken.status_code] == [404, 400, 200]
    assert answer.json()["error"]["param"] == "tools[1].type"


async def test_a_portable_server_keeps_nothing():
    async with OpenAIStandin(Scenario(), portable=True) as api:
        made = (await asked(api, "POST /responses", **ask())).json()
        answer = await asked(api, f"GET /responses/{made['id']}")
    assert (answer.status_code, api.responses) == (404, {})


LONG = {"role": "user", "content": "x" * 4000}
PICTURE = {"type": "input_image", "image_url": "https://example.com/a.png"}
TEXT = {"type": "input_file", "filename": "a.txt", "file_data": f"data:text/plain;base64,{'eHh4' * 1334}"}


@pytest.mark.parametrize(
    "items",
    [
        [LONG],
        [{"role": "user", "content": [PICTURE]}],
        [{"role": "user", "content": [TEXT]}],
        [
            {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "x" * 4000},
        ],
    ],
)
@pytest.mark.parametrize("options", [{}, {"portable": True}])
async def test_what_is_too_long_is_refused(items, options):
    """Text, pictures, files and results of tools all count."""
    async with OpenAIStandin(Scenario(), window=700, **options) as api:
        answer = await asked(api, "POST /responses", **ask(input=items, stream="portable" in options))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "context_length_exceeded")


async def test_truncation_drops_the_oldest():
    script = Scenario()
    async with OpenAIStandin(script, window=10) as api:
        newest = {"role": "user", "content": "newest"}
        await asked(api, "POST /responses", **ask(input=[LONG, newest], truncation="auto"))
    assert script.requests == [("", [newest])]
