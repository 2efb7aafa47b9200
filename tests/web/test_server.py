"""The port: bound last, let go of first, and not there at all unless it is wanted."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

import aiohttp
import pytest

from bots.web.frame.streams import Streams
from core.api.watch import Watch
from core.errors import ConfigError
from core.settings import read
from core.types import SETTINGS_ID
from standins.local import free_port
from standins.openai import OpenAIStandin
from standins.script.script import Scenario, Wait
from tests.commands import alone, ended, ran
from tests.conftest import Product
from tests.web.clients import Api
from tests.web.serving import Serving

UNUSED = """
import asyncio, sys
from bots.app import assembled
from core.settings import Settings

async def main():
    async with assembled(Settings(openai_base_url="http://127.0.0.1:1/v1"), ()) as running:
        print(running.url, sorted(name for name in sys.modules if name.startswith(("bots.web", "core.api"))))

asyncio.run(main())
"""


async def test_where_http_is_empty_nothing_of_it_is_imported(tmp_path):
    (tmp_path / "data").mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", UNUSED), cwd=tmp_path, env=alone(), stdout=asyncio.subprocess.PIPE
    )

    assert (0, "[]\n") == (await process.wait(), (await ended(process))[1].lstrip())


async def test_serve_says_once_that_it_is_ready_and_ends_in_peace(tmp_path, openai: OpenAIStandin):
    serving = Serving(tmp_path / "data", openai)
    await serving.start()
    base = serving.api.url.removesuffix("/v1")
    async with aiohttp.ClientSession() as session:
        for path in ("/livez", "/readyz"):
            async with session.get(base + path) as response:
                assert (200, "") == (response.status, await response.text())

    lines = [json.loads(line) for line in (await serving.stop()).splitlines()]

    assert [f"http ready on {base}"] == [one["message"] for one in lines if "ready" in one["message"]]
    assert [] == [one for one in lines if one["level"] != "INFO" and one["logger"] != "core.concurrency"]


async def test_a_port_that_is_taken_is_said_with_the_cure(api: Api, tmp_path):
    where = api.url.removeprefix("http://").removesuffix("/v1")
    environ = {"HTTP": where, "OPENAI_API_KEY": "sk-x", "DATA_DIR": str(tmp_path / "other")}

    status, _, told = await ran("serve", cwd=tmp_path, environ=environ)

    cure = "another program listens there. Stop that one, or set HTTP to another port."
    assert (2, f"error: HTTP={where} cannot be served: {cure}") == (status, told.strip().splitlines()[-1])


async def test_keys_are_made_and_revoked_beside_it(api: Api, tmp_path):
    """Without tokens or a network; the secret stands nowhere but on the screen."""
    environ = {"DATA_DIR": str(api.data)}

    async def spool(*arguments: str) -> tuple[int | None, str, str]:
        return await ran(*arguments, cwd=tmp_path, environ=environ)

    status, out, _ = await spool("keys", "create", "bot", "--project", "p", "--admin", "--json")
    made = json.loads(out)
    assert (0, "bot", "p", ["admin"]) == (status, made["name"], made["project"], made["rights"])
    assert made.keys() == {"id", "name", "project", "rights", "key"}
    assert (True, True) == (made["key"].startswith("sk-spool-"), len(made["key"]) >= 9 + 43)
    assert 2 == (await spool("keys", "create", "bot"))[0]

    client = await api.known(made["key"])
    assert (await client.models.list()).data
    (row,) = json.loads((await spool("keys", "list", "--json"))[1])["data"]
    assert (made["key"][-4:], True) == (row["last4"], row["last_used_at"] >= row["created_at"])
    secret = made["key"].removeprefix("sk-spool-").encode()
    assert not any(secret in path.read_bytes() for path in api.data.iterdir() if path.is_file())

    assert 0 == (await spool("keys", "revoke", "bot"))[0]
    assert 2 == (await spool("keys", "revoke", "bot"))[0]
    audited = json.loads((await spool("audit", "--json"))[1])["data"]
    assert [("operator", "keys.revoke", "bot"), ("operator", "keys.create", "bot")] == [
        (one["actor"], one["action"], one["object"]) for one in audited
    ]


async def test_what_one_key_may_ask_for_is_bounded(product: Product, tmp_path):
    port = free_port()
    async with product(http=f"127.0.0.1:{port}", api_requests_per_minute=3):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        key, other = [{"Authorization": f"Bearer {await api.key(name)}"} for name in ("a", "b")]
        async with aiohttp.ClientSession() as session:
            answers = [await session.get(f"{api.url}/models", headers=key) for _ in range(4)]
            assert [200, 200, 200, 429] == [one.status for one in answers]
            told = (await answers[-1].json())["error"]
            assert ("rate_limit_exceeded", "rate_limit_error") == (told["code"], told["type"])
            assert 20 == int(answers[-1].headers["retry-after"])
            assert 200 == (await session.get(f"{api.url}/models", headers=other)).status


async def test_runs_at_once_are_bounded_however_they_come(product: Product, script: Scenario, tmp_path):
    """Ten at the same time in threads of their own; a tool that nobody carries out is refused there, too."""
    for _ in range(2):
        script.enqueue(Wait(30))
    port = free_port()
    async with product(http=f"127.0.0.1:{port}", openai_features="portable", api_runs_at_once=2):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        key = {"Authorization": f"Bearer {await api.key('a')}"}
        async with aiohttp.ClientSession(api.url.removesuffix("v1"), headers=key) as session:

            async def begun(**more: object) -> tuple[int, str | None]:
                wanted = {"assistant_id": SETTINGS_ID, **more}
                async with session.post("v1/threads/runs", json=wanted) as response:
                    return response.status, (await response.json()).get("error", {}).get("code")

            assert (400, "tool_unavailable") == await begun(tools=[{"type": "code_interpreter"}])
            answers = await asyncio.gather(*(begun() for _ in range(10)))

    assert [(200, None)] * 2 + [(429, "too_many_runs")] * 8 == sorted(answers, key=lambda one: one[0])


async def test_an_address_that_others_reach_is_warned_about(product: Product, caplog):
    async with product(http="0.0.0.0:0", http_serve=("health",)):
        pass
    warned = [one.message for one in caplog.records if one.levelno == logging.WARNING]
    assert ["HTTP=0.0.0.0:0 can be reached by others and is not encrypted: TLS is a proxy's job"] == warned


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (
            {"HTTP": "8080"},
            "HTTP=8080 is no address. Write it like 127.0.0.1:8080, or empty to serve nothing.",
        ),
        ({"HTTP": "localhost:70000"}, "HTTP=localhost:70000 is no address. Write it like 127.0.0.1:8080"),
        (
            {"HTTP_SERVE": "api,slack"},
            "HTTP_SERVE: slack comes with a later version. Use api, health, console and metrics.",
        ),
        ({"HTTP_SERVE": "apis"}, "HTTP_SERVE: there is no “apis”. Use api, health, console and metrics."),
        (
            {"HTTP_HOSTS": "https://a.example"},
            "HTTP_HOSTS: https://a.example is no host. Write only its name",
        ),
    ],
)
def test_settings_that_cannot_be(environ, told):
    with pytest.raises(ConfigError) as refused:
        read(environ)
    assert [True] == [problem.startswith(told) for problem in refused.value.problems]


async def test_streams_that_are_open_at_the_end_are_told_so():
    streams, early, late = Streams(), Watch(), Watch()
    with streams.reading(early):
        early.tell("thread.run.created", b"{}")
        streams.close()
        with streams.reading(late):
            told = [[(name, json.loads(data)) async for name, data in watch] for watch in (early, late)]

    assert [["thread.run.created", "error"], ["error"]] == [[name for name, _ in one] for one in told]
    assert "server_stopping" == told[1][0][1]["error"]["code"]
