"""The rules of the web page, W1 to W12 (SECURITY.md): over real sockets, as browsers and worse ask."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import time
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, AuthenticationError

from bots.web.page.gate import MOST_UNKNOWN
from bots.web.route import COOKIE
from core.api.console.changes import HELD, READERS
from core.errors import ConfigError
from core.store import assistants
from core.store.database import FILE, Database, look
from standins.local import free_port
from standins.slack import SlackStandin
from tests.commands import ran
from tests.conftest import Product
from tests.slack.conversation import exchange
from tests.web.browser import SERVED, browser, stranger
from tests.web.clients import MODEL, Api

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LOGIN = ("POST", "/console/login", {"key": "x"})
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e\"'`${7*7}"


@pytest.fixture
def api(console: Api) -> Api:
    return console


async def raw(api: Api, sent: str) -> bytes:
    """What comes back, headers and all."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.split(":")[2].split("/")[0]))
    writer.write(sent.replace("\n", "\r\n").encode())
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


async def test_w1_nobody_else_reaches_a_page_that_no_key_opens(product: Product, tmp_path: Path):
    """Beyond this machine it starts only once there is a key for it."""
    settings = {"http": f"0.0.0.0:{free_port()}", "http_serve": SERVED}
    with pytest.raises(ConfigError, match="no key opens the page"):
        async with product(**settings):
            pass
    await Api("", tmp_path / "data").key("mina", "default", console=True)
    async with product(**settings):
        pass


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "me@127.0.0.1", "0", ""])
async def test_w2_other_hosts_are_not_answered(api: Api, host: str):
    """Whatever is asked for, however it is asked; nothing else of the request is looked at before."""
    for path in ("/", "/console/app.js", "/console/api/session", "/v1/models"):
        head = f"GET {path} HTTP/1.1\nHost: {host}\nOrigin: https://evil.example\nConnection: close\n\n"
        assert b"host_not_allowed" in await raw(api, head)
    here = api.url.removesuffix("/v1")
    two_hosts = f"GET http://evil.example/ HTTP/1.1\nHost: {here[7:]}\nConnection: close\n\n"
    assert b"host_not_allowed" in await raw(api, two_hosts)


async def test_w3_only_the_page_itself_is_answered(api: Api):
    """A wrong Origin or Sec-Fetch-Site is 403 before anything else is looked at; then comes the session."""
    async with browser(api) as mina:
        cases: tuple[tuple[dict[str, str], int], ...] = (
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": f"{mina.origin}.evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "none"}, 403),
            ({"Sec-Fetch-Site": "", "Origin": ""}, 403),
            ({"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}, 403),
            ({"Sec-Fetch-Site": ""}, 401),
            ({"Origin": ""}, 401),
            ({"Content-Type": "text/plain"}, 415),
        )
        for headers, status in cases:
            assert status == (await mina.ask(*LOGIN, **headers))[0], headers
        strange = {"Sec-Fetch-Site": "cross-site"}
        for path in ("session", "runs", "events", "none"):
            assert 403 == (await mina.ask("GET", f"/console/api/{path}", **strange))[0]
        mina.cookie = ""
        for path in ("session", "runs", "threads", "events", "tools", "questions", "assistants/asst_1"):
            assert 401 == (await mina.ask("GET", f"/console/api/{path}"))[0]
        for path in ("/logout", "/api/token", "/api/runs/run_1/texts", "/api/shown"):
            assert 401 == (await mina.ask("POST", f"/console{path}", {}))[0]
            assert 403 == (await mina.ask("POST", f"/console{path}", {}, **strange))[0]
        for method in ("OPTIONS", "PUT", "DELETE", "TRACE"):
            assert 405 == (await mina.ask(method, "/console/api/session"))[0]
        assert 404 == (await mina.ask("HEAD", "/console/api/events"))[0]


async def test_w4_one_shell_without_data_under_the_strictest_policy(api: Api):
    async with stranger(api) as one:
        shells = {await one.get(path) for path in ("/", "/runs", "/runs/run_1", "/assistants/x", "/usage")}
        assert 1 == len(shells)
        script = re.findall(r'<script type="importmap">(.*?)</script>', shells.pop(), re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = (
            f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; "
            "img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
        )
        for path in ("/", "/console/api/session", "/console/none.js", "/v1/models", "/livez"):
            await one.ask("GET", path)
            assert policy == one.last.headers["Content-Security-Policy"]
            kept = ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")
            assert ["nosniff", "no-referrer", "same-origin"] == [one.last.headers[name] for name in kept]
            assert not [name for name in one.last.headers if name.startswith("Access-Control-")]
            assert "no-cache" if path == "/" else "no-store" == one.last.headers["Cache-Control"]
        for path, bare in (("/runs/", "/runs"), ("/runs/run_1/", "/runs/run_1"), ("/console/", "/")):
            told = await raw(api, f"GET {path} HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n")
            assert told.startswith(b"HTTP/1.1 308")
            assert f"Location: {bare}\r\n".encode() in told
        for path in (
            "vendor/../../server.py",
            "..%2fserver.py",
            "%2e%2e/server.py",
            ".git/config",
            "index.html",
        ):
            told = await raw(api, f"GET /console/{path} HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n")
            assert told.startswith(b"HTTP/1.1 404")


async def test_w4_hostile_words_are_data_and_nothing_else(api: Api):
    """Names, instructions and what is searched come back as they are, in JSON that no browser shows."""
    async with browser(api) as mina:
        client = await api.known((await mina.post("/console/api/token"))["token"])
        made = await client.beta.assistants.create(model=MODEL, name=EVIL, instructions=EVIL)
        told = await mina.get(f"/console/api/assistants/{made.id}")
        assert EVIL == told["versions"][0]["fields"]["name"] == told["assistant"]["instructions"]
        assert "application/json" == mina.last.content_type
        for q, status in (
            ("%25", 200),
            ("'%20OR%201=1--", 200),
            ("\\", 200),
            ("a" * 5000, 400),
            ("%00", 400),
        ):
            for path in ("runs", "threads"):
                answer = await mina.ask("GET", f"/console/api/{path}?q={q}")
                assert (status, []) == (answer[0], answer[1].get("data", []))
        assert 404 == (await mina.ask("GET", f"/runs/x/{EVIL}"))[0]
        for query in ("limit=0", "limit=x", "limit=101", "q=a&q=b", "sort=1"):
            assert 400 == (await mina.ask("GET", f"/console/api/runs?{query}"))[0]


async def test_w5_a_key_opens_a_session_that_is_in_the_cookie_alone(api: Api):
    """A new secret each time, whatever cookie was there; of it, as of keys, only a hash is stored."""
    async with browser(api) as mina:
        first = mina.cookie
        assert (
            f"{COOKIE}={first}; HttpOnly; Path=/; SameSite=Strict; Secure" == mina.last.headers["Set-Cookie"]
        )
        told = await mina.get("/console/api/session")
        assert ("mina", "default", False, False) == tuple(
            told[n] for n in ("name", "project", "admin", "read_chats")
        )
        assert {"session": told} == await mina.get("/console/login")
        async with stranger(api) as other:
            assert (200, {"session": None}) == await other.ask("GET", "/console/login")
        await mina.post("/console/login", {"key": await api.key("ari", console=True)})
        assert ("ari", False) == ((await mina.get("/console/api/session"))["name"], mina.cookie == first)
        stored = look(api.data / FILE, lambda tx: tx.execute("SELECT hash FROM sessions").fetchall())
        assert first not in str(stored)
        assert 0o600 == (api.data / FILE).stat().st_mode & 0o777


async def test_w5_wrong_keys_are_soon_answered_slowly(api: Api):
    """Five, however many come at once; then 429 with the seconds, also for the right key."""
    async with stranger(api) as one, stranger(api) as other:
        weak = await api.key("weak")
        status, told = await one.ask("POST", "/console/login", {"key": weak})
        assert (401, "console_right") == (status, told["error"]["code"])
        asked = await asyncio.gather(*(other.ask(*LOGIN) for _ in range(20)))
        assert sorted([401] * 4 + [429] * 16) == sorted(status for status, _ in asked)
        right = ("POST", "/console/login", {"key": await api.key("mina", console=True)})
        assert 429 == (await one.ask(*right))[0]
        await asyncio.sleep(int(one.last.headers["retry-after"]))
        assert 204 == (await one.ask(*right))[0]


async def test_w6_whether_it_lives_is_all_that_strangers_hear(api: Api):
    async with stranger(api) as one:
        for path in ("/livez", "/readyz"):
            assert (200, "") == await one.ask("GET", path, **{"Sec-Fetch-Site": "cross-site"})
        for path in ("/metrics", "/healthz", "/console/api/healthz"):
            assert 404 == (await one.ask("GET", path))[0]


async def test_w7_the_cookie_counts_below_console_and_a_token_for_v1(api: Api):
    """Neither opens the other's; together they open nothing. A token has the rights of its session."""
    async with browser(api) as mina:
        token = (await mina.post("/console/api/token"))["token"]
        assert 401 == (await mina.ask("GET", "/v1/models"))[0]
        bearer = {"Authorization": f"Bearer {token}"}
        assert 200 == (await mina.ask("GET", "/v1/models", **bearer))[0]
        cookie = mina.cookie
        for mina.cookie in (cookie, ""):
            for secret in (token, await api.key(f"other-{len(mina.cookie)}", console=True)):
                with_key = {"Authorization": f"Bearer {secret}"}
                assert 401 == (await mina.ask("GET", "/console/api/session", **with_key))[0]
        mina.cookie = token
        assert 401 == (await mina.ask("GET", "/console/api/session"))[0]
        db = Database(api.data / FILE)
        theirs = (await db(lambda tx: assistants.create(tx, {"name": "Ops", "model": MODEL}, 1.0))).id
        db.close()
        for rights, status in (({}, 403), ({"admin": True}, 200)):
            async with browser(api, **rights) if rights else contextlib.nullcontext(mina) as one:
                one.cookie = one.cookie if rights else cookie
                bearer = {"Authorization": f"Bearer {(await one.post('/console/api/token'))['token']}"}
                asked = await one.ask("POST", f"/v1/assistants/{theirs}", {"name": "Dev"}, **bearer)
                assert status == asked[0]


async def test_w8_sessions_outlive_a_restart_and_end_with_their_key(product: Product, tmp_path: Path):
    """With their tokens and streams; and by log-out, which takes the cookie away."""
    port = free_port()
    api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
    settings = {"http": f"127.0.0.1:{port}", "http_serve": SERVED}
    async with product(**settings), browser(api) as mina:
        cookie = mina.cookie
    async with product(**settings), api.stack, stranger(api) as mina:
        mina.cookie = cookie
        token = await mina.post("/console/api/token")
        client: AsyncOpenAI = await api.known(token["token"])
        assert 900 == token["expires_in"]
        assert (await client.models.list()).data
        events = mina.events()
        assert "hello" == (await anext(events))[1]
        await ran("keys", "revoke", "mina", cwd=tmp_path, environ={"DATA_DIR": str(api.data)})
        await asyncio.sleep(0.6)
        assert 401 == (await mina.ask("GET", "/console/api/session"))[0]
        with pytest.raises(AuthenticationError):
            await client.models.list()
        assert [] == [name async for _, name, _ in events]
        async with browser(api, admin=True) as ari:
            cookie, token = ari.cookie, (await ari.post("/console/api/token"))["token"]
            assert 204 == (await ari.ask("POST", "/console/logout", {}))[0]
            assert "Max-Age=0" in ari.last.headers["Set-Cookie"]
            ari.cookie = cookie
            assert 401 == (await ari.ask("GET", "/console/api/session"))[0]
            bearer = {"Authorization": f"Bearer {token}"}
            assert 401 == (await ari.ask("GET", "/v1/models", **bearer))[0]


async def test_w9_texts_need_their_right_and_each_time_a_line_of_the_audit(
    product: Product, slack: SlackStandin, tmp_path: Path
):
    port = free_port()
    api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")

    def audited() -> list[Any]:
        sql = "SELECT actor, action, object FROM audit WHERE action LIKE 'texts.%'"
        return look(api.data / FILE, lambda tx: tx.execute(sql).fetchall())

    async with product(http=f"127.0.0.1:{port}", http_serve=SERVED):
        await exchange(slack, "U1", "C1", "canary")
        async with browser(api, admin=True) as mina, browser(api, read_chats=True) as ari:
            rows = (await mina.until("/console/api/runs?status=completed", lambda told: told["data"]))["data"]
            run, thread = rows[0]["id"], rows[0]["thread_id"]
            paths = [f"/console/api/runs/{run}/texts", f"/console/api/threads/{thread}/texts"]
            for path in paths:
                status, told = await mina.ask("POST", path, {})
                assert (403, "read_chats") == (status, told["error"]["code"])
                assert 404 == (await ari.ask("GET", path))[0]
            assert [] == audited()
            for path in (*paths, paths[0]):
                assert "canary" in str(await ari.post(path))
            who = "mina-read_chats"
            wanted = [(who, "texts.run", run), (who, "texts.thread", thread), (who, "texts.run", run)]
            assert wanted == audited()


async def test_w10_what_one_page_may_cost_is_bounded(api: Api):
    """Bodies, pages that look on, and events that are kept for one that is slow."""
    async with stranger(api) as one:
        assert 413 == (await one.ask("POST", "/console/login", {"key": "x" * MOST_UNKNOWN}))[0]
    async with browser(api) as mina, contextlib.AsyncExitStack() as stack:
        events = mina.events()
        await anext(events)
        for _ in range(READERS - 1):
            following = await stack.enter_async_context(contextlib.aclosing(mina.events()))
            await anext(following)
        assert 429 == (await mina.ask("GET", "/console/api/events"))[0]
        db = Database(api.data / FILE)
        fields, now = {"model": MODEL}, time.time()
        await db(lambda tx: [assistants.create(tx, fields, now, project="default") for _ in range(HELD)])
        db.close()
        assert "reload" == (await anext(events))[1]
        await events.aclose()


async def test_w11_files_of_people_are_never_pages(api: Api):
    """Whatever their names and types: they are attachments of no type."""
    async with browser(api) as mina:
        token = (await mina.post("/console/api/token"))["token"]
        client = await api.known(token)
        content = (f'{EVIL}\r\nX: "1".html', EVIL.encode(), "text/html")
        file = await client.files.create(file=content, purpose="assistants")
        await mina.ask("GET", f"/v1/files/{file.id}/content", Authorization=f"Bearer {token}")
        headers = mina.last.headers
        assert ("application/octet-stream", "nosniff") == (
            headers["Content-Type"],
            headers["X-Content-Type-Options"],
        )
        assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%3Cimg")
        assert "X" not in headers


async def test_w12_what_the_document_says_of_all_this(api: Api):
    client = await api.client("me")
    told: Any = await client.get("/openapi.json", cast_to=object)
    paths = told["paths"]
    assert ["204", "default"] == sorted(paths["/console/login"]["post"]["responses"])
    assert [] == paths["/console/login"]["post"]["security"]
    assert [{"session": []}] == paths["/console/api/runs/{run_id}"]["get"]["security"]
    assert "text/event-stream" in paths["/console/api/events"]["get"]["responses"]["200"]["content"]
    assert COOKIE == told["components"]["securitySchemes"]["session"]["name"]
