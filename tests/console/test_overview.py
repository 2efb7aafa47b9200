"""The overview in a browser: where the real bot opens; it follows what happens, and outlives the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from standins.openai import OpenAIStandin
from standins.script.script import Fault, Scenario, Wait
from tests.web.clients import talk
from tests.web.serving import Serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_how_it_goes(context: Any, tmp_path: Path, openai: OpenAIStandin, script: Scenario):
    """From nobody to an answer and a failure; a server that is killed is healed from, and counted."""
    serving = Serving(tmp_path / "data", openai, HTTP_SERVE="api,health,console")
    await serving.start()
    origin = serving.api.url.removesuffix("/v1")
    page = await context.new_page()
    await page.goto(f"{origin}/#key={await serving.api.key('mina', console=True, admin=True)}")
    await page.get_by_role("heading", name="Overview", level=1).wait_for()
    assert f"{origin}/overview" == page.url
    await page.get_by_text("Nobody has written in this time.", exact=True).wait_for()
    await page.get_by_role("link", name="Ask something").wait_for()

    client = await serving.api.client("program")
    assistant, thread = await talk(client, "hello", name="<img src=x onerror=alert(1)>")
    script.enqueue(Wait(4), "Here I am.")
    running = page.get_by_role("region", name="Running now")
    run = await client.beta.threads.runs.create(thread, assistant_id=assistant)
    await running.get_by_role("link", name=run.id).wait_for()
    await running.get_by_text("in progress").wait_for()
    await serving.kill()
    await page.get_by_text("Reconnecting").wait_for()
    await serving.start()
    await running.wait_for(state="detached")
    await told(page, "Finished after a crash", "1/ 1")
    await told(page, "Messages lost", "0")
    await page.get_by_text("Everything is answered.", exact=True).wait_for()

    _, thread = await talk(client, "and now?")
    script.enqueue(Fault("refuse", status=400, code="invalid_prompt"))
    failed = await client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    await told(page, "Failed answers", "1")
    answer = await page.request.get(f"{origin}/console/api/overview?hours=24")
    counted = await answer.json()
    await told(page, "Messages", str(counted["messages"]["count"]))
    await page.get_by_role("button", name="1h").click()
    assert f"{origin}/overview?hours=1" == page.url
    await page.get_by_text("of 2 in 1 hour", exact=True).wait_for()
    await page.get_by_role("img", name="Time to the first word").locator("canvas").wait_for()
    await page.get_by_role("link", name="Details").click()
    await page.get_by_role("heading", name=failed.id, level=1).wait_for()
    await client.close()
    await serving.stop()


async def told(page: Any, name: str, value: str) -> None:
    """A figure comes to say so."""
    card = page.locator(".promises > div, .stat").filter(has=page.get_by_text(name, exact=True))
    await card.locator(".figure", has_text=re.compile(f"^{re.escape(value)}$")).wait_for()
