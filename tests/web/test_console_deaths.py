"""kill -9 while the page waits for a person: the session, the question and the run are there again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Call, Scenario
from tests.tool_files import PAY, put_tool
from tests.web.browser import Browser
from tests.web.clients import talk
from tests.web.serving import Serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_w8_a_session_and_a_question_outlive_kill_9(
    tmp_path: Path, openai: OpenAIStandin, script: Scenario
):
    put_tool(tmp_path / "data", "pay", PAY)
    serving = Serving(tmp_path / "data", openai, HTTP_SERVE="api,health,console")
    await serving.start()
    key = await serving.api.key("mina", console=True)
    script.enqueue(Call("pay", {"amount": 5}, id="call_p"))
    script.enqueue("Paid.")
    async with serving.api.stack, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        mina = Browser(serving.api, session)
        await mina.post("/console/login", {"key": key})
        client = await serving.api.known((await mina.post("/console/api/token"))["token"])
        id, thread = await talk(client, tools=[{"type": "function", "function": {"name": "pay"}}])
        run = (await client.beta.threads.runs.create(thread, assistant_id=id)).id
        one = (await mina.until("/console/api/questions", lambda told: told["data"]))["data"][0]

        await serving.kill()
        await serving.start()

        assert [one] == (await mina.get("/console/api/questions"))["data"]
        await asyncio.sleep(0.2)
        assert "approved" == (await mina.post(f"/console/api/questions/{one['id']}", {"yes": True}))["state"]
        told = await mina.until(f"/console/api/runs/{run}", lambda told: told["status"] == "completed")
        (died,) = told["deaths"]
        assert told["began_at"] < one["asked_at"] <= died["at"] < died["taken_over_at"]
        decided = next(line["ended_at"] for line in told["timeline"] if line["kind"] == "person")
        assert decided > died["taken_over_at"]
        assert ("Paid.", 1) == (
            (await mina.post(f"/console/api/runs/{run}/texts"))["answer"],
            told["takeovers"],
        )
        assert "5\n" == (tmp_path / "data" / "tools" / "ledger").read_text()
    await serving.stop()
