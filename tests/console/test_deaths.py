"""kill -9 of the server while somebody looks at the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from standins.openai import OpenAIStandin
from standins.script.script import Call, Scenario
from tests.console.hands import answered, made, said
from tests.tool_files import PAY, put_tool
from tests.web.serving import Serving


async def test_the_page_outlives_the_server(
    context: Any, tmp_path: Path, openai: OpenAIStandin, script: Scenario
):
    """It says that it is reconnecting and heals: the question is answered then, what was typed is there."""
    put_tool(tmp_path / "data", "pay", PAY)
    serving = Serving(tmp_path / "data", openai, HTTP_SERVE="api,health,console")
    await serving.start()
    page = await context.new_page()
    key = await serving.api.key("mina", console=True)
    await page.goto(f"{serving.api.url.removesuffix('/v1')}/#key={key}")
    await page.get_by_role("navigation").wait_for()
    script.enqueue(Call("pay", {"amount": 5}, id="call_p"))
    script.enqueue("Paid.")
    await made(page, "Payer", tool="pay")
    await said(page, "pay five")
    yes = page.get_by_role("button", name="Yes, do it")
    await yes.wait_for()
    box = page.get_by_label("Message", exact=True)
    await box.fill("typed meanwhile")

    await serving.kill()
    away = page.get_by_text("Reconnecting")
    await away.wait_for()
    await serving.start()
    await away.wait_for(state="detached")

    await yes.click()
    await answered(page, "Paid.")
    assert "5\n" == (tmp_path / "data" / "tools" / "ledger").read_text()
    await box.press("Enter")
    await answered(page, "echo: typed meanwhile")
    await serving.stop()
