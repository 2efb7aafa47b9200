"""The web page's gate, and what it is told: over real sockets, as a browser asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openai import AuthenticationError

from bots.web.route import COOKIE
from core.errors import ConfigError
from core.store.database import FILE, look
from standins.script.script import Call, Scenario
from standins.slack import SlackStandin
from tests.commands import ran
from tests.conftest import Product
from tests.slack.conversation import exchange
from tests.tool_files import PAY, put_tool
from tests.web.browser import Browser
from tests.web.clients import MODEL, Api, ended, free_port, talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SERVED = ("api", "health", "console")


@pytest.fixture
async def api(product: Product, tmp_path: Path) -> AsyncIterator[Api]:
    port = free_port()
    put_tool(tmp_path / "data", "pay", PAY)
    async with product(http=f"127.0.0.1:{port}", http_serve=SERVED, openai_features="full"):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with api.stack:
            yield api


@asynccontextmanager
async def browser(api: Api, **rights: bool) -> AsyncIterator[Browser]:
    name = "-".join(["mina", *rights])
    key = await api.key(name, "default", console=True, **rights)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        one = Browser(api, session)
        await one.post("/console/login", {"key": key})
        yield one


async def test_w3_w5_login_cookie_logout(api: Api):
    """W3, W5: a key with the right opens a session whose secret is in the cookie alone; log-out ends it."""
    async with browser(api) as mina:
        set_cookie = f"{COOKIE}={mina.cookie}; HttpOnly; Path=/; SameSite=Strict; Secure"
        assert set_cookie == mina.last.headers["Set-Cookie"]
        told = await mina.get("/console/api/session")
        assert ("mina", "default", False, False) == tuple(
            told[n] for n in ("name", "project", "admin", "read_chats")
        )
        stored = look(api.data / FILE, lambda tx: tx.execute("SELECT hash FROM sessions").fetchall())
        assert mina.cookie not in str(stored)
        cookie = mina.cookie
        assert 204 == (await mina.ask("POST", "/console/logout", {}))[0]
        assert "Max-Age=0" in mina.last.headers["Set-Cookie"]
        mina.cookie = cookie
        assert 401 == (await mina.ask("GET", "/console/api/session"))[0]


async def test_w5_wrong_keys_are_soon_answered_slowly(api: Api):
    """W5: five wrong ones, then 429 with the seconds; a key without the right opens nothing either."""
    async with browser(api) as mina:
        mina.cookie = ""
        weak = await api.key("weak")
        tried = [await mina.ask("POST", "/console/login", {"key": key}) for key in [weak, *["x"] * 4]]
        assert [401] * 5 == [status for status, _ in tried]
        assert ["console_right", *["console_key"] * 4] == [told["error"]["code"] for _, told in tried]
        assert 429 == (await mina.ask("POST", "/console/login", {"key": "x"}))[0]
        assert int(mina.last.headers["retry-after"]) >= 1


async def test_w3_only_the_page_itself_is_answered(api: Api):
    """W3: a wrong Origin or Sec-Fetch-Site is 403 before the session is looked at; no session is 401."""
    async with browser(api) as mina:
        login = ("POST", "/console/login", {"key": "x"})
        cases = (
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "none"}, 403),
            ({"Sec-Fetch-Site": "", "Origin": ""}, 403),
            ({"Sec-Fetch-Site": ""}, 401),
            ({"Origin": ""}, 401),
            ({"Content-Type": "text/plain"}, 415),
        )
        for headers, status in cases:
            assert status == (await mina.ask(*login, **headers))[0], headers
        assert 403 == (await mina.ask("GET", "/console/api/session", **{"Sec-Fetch-Site": "cross-site"}))[0]
        secret = {"Authorization": f"Bearer {await api.key('other', console=True)}"}
        assert 401 == (await mina.ask("GET", "/console/api/session", **secret))[0]
        mina.cookie = ""
        for path in ("session", "runs", "events", "threads", "tools"):
            assert 401 == (await mina.ask("GET", f"/console/api/{path}"))[0]


async def test_w2_w4_the_shell_and_its_headers(api: Api):
    """W2, W4: every address of the page is the same shell without data, under the strictest policy."""
    async with browser(api) as mina:
        mina.cookie = ""
        shells = {await mina.get(path) for path in ("/", "/runs", "/runs/run_1", "/assistants/x", "/usage")}
        assert 1 == len(shells)
        for path in ("/", "/console/api/session", "/console/none.js"):
            await mina.ask("GET", path)
            policy = mina.last.headers["Content-Security-Policy"]
            begin, end = "default-src 'none'; script-src 'self'", "require-trusted-types-for 'script'"
            assert (policy.startswith(begin), policy.endswith(end)) == (True, True)
            assert "unsafe" not in policy
            kept = ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")
            assert ["nosniff", "no-referrer", "same-origin"] == [mina.last.headers[name] for name in kept]
            assert "Access-Control-Allow-Origin" not in mina.last.headers
        assert 403 == (await mina.ask("GET", "/", Host="evil.example"))[0]
        assert (
            "no-store"
            == (await mina.ask("GET", "/console/api/session"), mina.last.headers["Cache-Control"])[1]
        )


async def test_sessions_outlive_a_restart_and_end_with_their_key(product: Product, tmp_path: Path):
    """Sessions are in the database; a revoked key ends them, and the tokens that came of them."""
    port = free_port()
    api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
    settings = {"http": f"127.0.0.1:{port}", "http_serve": SERVED}
    async with product(**settings), browser(api) as mina:
        cookie = mina.cookie
    async with (
        product(**settings),
        api.stack,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        mina = Browser(api, session)
        mina.cookie = cookie
        token = await mina.post("/console/api/token")
        client = await api.known(token["token"])
        assert 900 == token["expires_in"]
        assert (await client.models.list()).data
        await ran("keys", "revoke", "mina", cwd=tmp_path, environ={"DATA_DIR": str(api.data)})
        await asyncio.sleep(0.6)
        assert 401 == (await mina.ask("GET", "/console/api/session"))[0]
        with pytest.raises(AuthenticationError):
            await client.models.list()


async def test_a_link_logs_in_once(api: Api, tmp_path: Path):
    environ = {"DATA_DIR": str(api.data), "HTTP": api.url.removeprefix("http://").removesuffix("/v1")}
    status, out, _ = await ran("console", "--read-chats", cwd=tmp_path, environ=environ)
    head, _, secret = out.strip().partition("/#key=")
    assert (0, f"Console: {api.url.removesuffix('/v1')}") == (status, head)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        one = Browser(api, session)
        await one.post("/console/login", {"key": secret})
        told = await one.get("/console/api/session")
        assert ("console:operator", True, True) == (told["name"], told["admin"], told["read_chats"])
        assert 401 == (await one.ask("POST", "/console/login", {"key": secret}))[0]


async def run_once(
    mina: Browser, api: Api, script: Scenario, *turns: Any, **assistant: Any
) -> tuple[Any, str]:
    """A run that the page began, as the stream of /v1 ends it; and its client."""
    client = await api.known((await mina.post("/console/api/token"))["token"])
    for turn in turns:
        script.enqueue(*turn) if isinstance(turn, tuple) else script.enqueue(turn)
    id, thread = await talk(client, "canary-question", **assistant)
    return client, (await client.beta.threads.runs.create(thread, assistant_id=id)).id


async def test_a_run_as_it_went_and_its_texts(api: Api, script: Scenario):
    """Lists and the timeline have nobody's words; texts are told after a row of the audit."""
    async with browser(api) as mina:
        _, run = await run_once(mina, api, script, (Call("look", id="call_1"),), "canary-answer")
        told = await mina.until(f"/console/api/runs/{run}", lambda told: told["status"] == "completed")
        kinds = [(line["kind"], line["outcome"]) for line in told["timeline"]]
        assert [
            ("received", None),
            ("model", "completed"),
            ("tool", "failed"),
            ("model", "completed"),
        ] == kinds
        assert (2, 0, None, []) == (told["requests"], told["takeovers"], told["why"], told["deaths"])
        rows = await mina.get("/console/api/runs?q=" + run[4:12])
        assert [(run, "api", "key:mina")] == [(r["id"], r["platform"], r["person"]) for r in rows["data"]]
        assert [] == (await mina.get("/console/api/runs?q=canary"))["data"]
        assert [] == (await mina.get("/console/api/runs?status=failed,expired"))["data"]
        thread = await mina.get(f"/console/api/threads/{told['thread_id']}")
        assert [run] == [one["id"] for one in thread["runs"]]
        threads = (await mina.get("/console/api/threads?status=completed"))["data"]
        assert [told["thread_id"]] == [one["id"] for one in threads]
        assert "canary" not in json.dumps([told, rows, thread, threads])
        texts = await mina.post(f"/console/api/runs/{run}/texts")
        assert ("canary-question", "canary-answer") == (texts["question"], texts["answer"])
        assert texts["steps"]["call:call_1"]["result"].startswith("error:")
        said = (await mina.post(f"/console/api/threads/{told['thread_id']}/texts"))["messages"]
        assert ["canary-question", "canary-answer"] == [one["text"] for one in said]
        deeds = look(
            api.data / FILE, lambda tx: tx.execute("SELECT action FROM audit ORDER BY seq").fetchall()
        )
        assert [("texts.run",), ("texts.thread",)] == deeds[-2:]


async def test_other_projects_are_not_there(api: Api, script: Scenario):
    """What another project does is nobody's affair but an admin's, who needs the right to read it."""
    other = await api.client("other", "elsewhere")
    id, thread = await talk(other)
    run = (await other.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=id)).id
    async with browser(api, read_chats=True) as mina, browser(api, admin=True) as ari:
        assert 404 == (await mina.ask("GET", f"/console/api/runs/{run}"))[0]
        assert 404 == (await mina.ask("POST", f"/console/api/threads/{thread}/texts", {}))[0]
        assert [] == (await mina.get("/console/api/runs"))["data"]
        assert run == (await ari.get(f"/console/api/runs/{run}"))["id"]
        status, told = await ari.ask("POST", f"/console/api/runs/{run}/texts", {})
        assert (403, "read_chats") == (status, told["error"]["code"])


async def test_changes_are_told_and_told_again(api: Api, script: Scenario):
    """A page that comes back gets what it missed; one whose last event is not held reads everything anew."""
    async with browser(api) as mina:
        seen: list[tuple[str, str, Any]] = []
        events = mina.events()
        assert "hello" == (await anext(events))[1]
        _, run = await run_once(mina, api, script, "hi")
        async for event in events:
            seen.append(event)
            if event[1] == "run" and event[2]["status"] == "completed":
                break
        assert {run} == {told["id"] for _, name, told in seen if name == "run"}
        await events.aclose()
        assert seen[0][0].endswith("-1")
        first = seen[0][0]
        again: list[Any] = []
        async for event in mina.events(first):
            again += [event] if event[1] != "hello" else []
            if len(again) == len(seen) - 1:
                break
        assert seen[1:] == again
        async for _, name, _ in mina.events("gone-7"):
            if name != "hello":
                assert "reload" == name
                break


async def test_a_person_is_asked_on_the_page(api: Api, script: Scenario):
    """A function that changes something waits for a yes on the page, with the very arguments; once."""
    async with browser(api) as mina, browser(api, admin=True) as ari:
        pay = {"type": "function", "function": {"name": "pay"}}
        call = Call("pay", {"amount": 5}, id="call_p")
        client, run = await run_once(mina, api, script, (call,), "paid", tools=[pay])
        one = (await mina.until("/console/api/questions", lambda told: told["data"]))["data"][0]
        assert ("pay", "waiting", run) == (one["tool"], one["state"], one["run_id"])
        assert {"amount": 5} == json.loads(one["arguments"])
        where = f"/console/api/questions/{one['id']}"
        assert 404 == (await ari.ask("POST", where, {"yes": True}))[0]
        assert "approved" == (await mina.post(where, {"yes": True}))["state"]
        assert 409 == (await mina.ask("POST", where, {"yes": False}))[0]
        assert "completed" == (await ended(client, one["thread_id"], run, "completed")).status
        told = await mina.get(f"/console/api/runs/{run}")
        assert [("person", "approved"), ("tool", "once")] == [
            (line["kind"], line["outcome"]) for line in told["timeline"] if line["level"]
        ]


async def test_two_people_edit_one_assistant(api: Api):
    """The second one is not written over the first: 409 with what it is now."""
    async with browser(api) as mina:
        client = await api.known((await mina.post("/console/api/token"))["token"])
        made = await client.beta.assistants.create(model=MODEL, name="a", instructions="one")
        where = f"/console/api/assistants/{made.id}"
        assert 1 == (await mina.get(where))["version"]
        first = await mina.post(where, {"version": 1, "fields": {"instructions": "two"}})
        assert (2, ["instructions"]) == (first["version"], first["versions"][0]["changed"])
        assert ["two", "one"] == [one["fields"]["instructions"] for one in first["versions"]]
        status, told = await mina.ask("POST", where, {"version": 1, "fields": {"instructions": "three"}})
        assert (409, "assistant_changed") == (status, told["error"]["code"])
        assert "two" == told["current"]["assistant"]["instructions"]
        names = {one["name"]: one["needs_approval"] for one in (await mina.get("/console/api/tools"))["data"]}
        assert (True, False) == (names["pay"], names["code_interpreter"])


@pytest.mark.parametrize("platform", ["slack", "discord"])
async def test_an_answer_as_it_would_be_posted(api: Api, platform: str):
    async with browser(api) as mina:
        text = "# Head\n\nHi <@U1> @everyone\n\n- one\n\n```python\nx = 1\n```\n"
        told = await mina.post("/console/api/shown", {"platform": platform, "text": text})
        lines = told["posts"][0]["lines"]
        assert {"heading", "text", "list", "code"} <= {line["kind"] for line in lines}
        assert ("python", "x = 1") == next(
            (one["language"], one["text"]) for one in lines if one["kind"] == "code"
        )
        assert "<@U1>" not in told["raw"] or platform == "discord"


async def test_w1_nobody_else_reaches_a_page_that_no_key_opens(product: Product, tmp_path: Path):
    """W1: beyond this machine it starts only once there is a key for it."""
    settings = {"http": f"0.0.0.0:{free_port()}", "http_serve": SERVED}
    with pytest.raises(ConfigError, match="no key opens the page"):
        async with product(**settings):
            pass
    await Api("", tmp_path / "data").key("mina", "default", console=True)
    async with product(**settings):
        pass


async def test_a_chat_is_read_with_the_right_only(product: Product, slack: SlackStandin, tmp_path: Path):
    """Its run is listed with the post's link; what was said is told to whoever may read chats."""
    port = free_port()
    api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
    async with product(http=f"127.0.0.1:{port}", http_serve=SERVED), api.stack:
        await exchange(slack, "U1", "C1", "canary")
        async with browser(api) as mina, browser(api, read_chats=True) as ari:
            done = await mina.until("/console/api/runs?status=completed", lambda told: told["data"])
            row = done["data"][0]
            told = await mina.get(f"/console/api/runs/{row['id']}")
            assert ("slack", "C1", "slack:U1") == (told["platform"], told["place"], told["person_id"])
            assert told["link"].startswith("https://slack.com/archives/C1/p")
            assert "post" in [line["kind"] for line in told["timeline"]]
            assert "canary" not in json.dumps([row, told, await mina.get("/console/api/threads")])
            for found, query in (
                (1, f"q=u1&platform=slack&status=completed&assistant={row['assistant']['id']}"),
                (1, f"q={row['thread_id'][:12]}"),
                (0, "q=canary"),
                (0, "q=%25"),
                (0, "platform=discord"),
                (0, f"after={row['thread_id']}"),
            ):
                assert found == len((await mina.get(f"/console/api/threads?{query}"))["data"]), query
            assert 404 == (await mina.ask("GET", "/console/api/runs?after=run_none"))[0]
            where = f"/console/api/runs/{row['id']}/texts"
            assert 403 == (await mina.ask("POST", where, {}))[0]
            texts = await ari.post(where)
            assert "canary" in texts["question"]
            assert [told["link"]] == [post["link"] for post in texts["posts"]]


async def test_the_document_describes_the_page_s_operations(api: Api):
    client = await api.client("me")
    told: Any = await client.get("/openapi.json", cast_to=object)
    paths = told["paths"]
    assert ["204", "default"] == sorted(paths["/console/login"]["post"]["responses"])
    assert [] == paths["/console/login"]["post"]["security"]
    assert [{"session": []}] == paths["/console/api/runs/{run_id}"]["get"]["security"]
    assert "text/event-stream" in paths["/console/api/events"]["get"]["responses"]["200"]["content"]
    assert COOKIE == told["components"]["securitySchemes"]["session"]["name"]
