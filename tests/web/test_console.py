"""What the web page is told: over real sockets, as a browser asks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core.store import assistants
from core.store.database import FILE, Database, Execute, look
from core.types import SETTINGS_ID
from standins.discord import DiscordStandin
from standins.local import free_port
from standins.script.script import Call, Scenario
from standins.slack import SlackStandin
from tests.commands import ran
from tests.conftest import Product
from tests.discord.people import ANN, GUILD, ROOM
from tests.slack.conversation import exchange
from tests.web.browser import SERVED, Browser, browser, stranger
from tests.web.clients import MODEL, Api, ended, talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def api(console: Api) -> Api:
    return console


async def test_a_link_logs_in_once(api: Api, tmp_path: Path):
    environ = {"DATA_DIR": str(api.data), "HTTP": api.url.removeprefix("http://").removesuffix("/v1")}
    status, out, _ = await ran("console", "--read-chats", cwd=tmp_path, environ=environ)
    head, _, secret = out.strip().partition("/#key=")
    assert (0, f"Console: {api.url.removesuffix('/v1')}") == (status, head)
    async with stranger(api) as one:
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
        assert {"good": 0, "bad": 0} == rows["data"][0]["feedback"]
        with sqlite3.connect(api.data / FILE) as db:
            db.execute("INSERT INTO feedback VALUES (?, 'slack:U1', 0, 'canary <b>', 5.0)", (run,))
        rows = await mina.get("/console/api/runs?feedback=bad")
        assert [(run, {"good": 0, "bad": 1})] == [(r["id"], r["feedback"]) for r in rows["data"]]
        assert [] == (await mina.get("/console/api/runs?feedback=good"))["data"]
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
        assert [{"person": "slack:U1", "good": False, "reason": "canary <b>", "at": 5.0}] == texts["feedback"]
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
        assert ["key:mina", "key:mina"] == [one["by"] for one in first["versions"]]
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


async def test_people_and_places_go_by_their_names(
    product: Product, slack: SlackStandin, discord: DiscordStandin, tmp_path: Path
):
    """As both networks tell them, and they are found by them; by their ids where nobody has told one."""
    port, mina = free_port(), "<b>Mina</b>"
    api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
    slack.workspace.person("U1").name, slack.add_channel("C1").name = mina, "ops"
    discord.add_guild(GUILD, "Acme")
    discord.add_channel(GUILD, ROOM, "general")
    discord.add_user(ANN, "Ann")
    slack.delay("conversations.info", 1.5)  # longer than an answer takes
    async with product(http=f"127.0.0.1:{port}", http_serve=SERVED), api.stack, browser(api) as page:
        await exchange(slack, "U1", "C1", "hi")
        assert ["C1"] == [row["place"] for row in (await page.get("/console/api/runs"))["data"]]
        await slack.say("U1", "D1", "hi")
        await discord.say(ANN, ROOM, "hi", mention_bot=True)
        await discord.say(ANN, discord.dm(ANN), "hi")
        wanted = [("#general", "Ann"), ("#ops", mina), (mina, mina), ("Ann", "Ann")]
        for lists in ("runs", "threads"):
            await page.until(
                f"/console/api/{lists}",
                lambda told: wanted == sorted((row["place"], row["person"]) for row in told["data"]),
            )
        for count, query in ((1, "%23OPS"), (2, "mina%3C"), (2, "U1"), (2, "ann"), (1, "general")):
            assert count == len((await page.get(f"/console/api/threads?q={query}"))["data"]), query

        def assign(tx: Execute) -> None:
            for where in (("slack", "C1"), ("slack", slack.team), ("discord", GUILD), ("slack", "C9")):
                assistants.assign(tx, *where, SETTINGS_ID)

        db = Database(api.data / FILE)
        await db(assign)
        db.close()
        told = (await page.get(f"/console/api/assistants/{SETTINGS_ID}"))["places"]
        assert {"#ops", "Standin", "Acme", "C9"} == {one["name"] for one in told}


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
            assert ("slack", "slack:U1") == (told["platform"], told["person_id"])
            post = slack.posts("C1")[0]
            link = f"https://slack.com/archives/C1/p{post.ts.replace('.', '')}"
            assert f"{link}?thread_ts={post.thread_ts}&cid=C1" == told["link"]
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
