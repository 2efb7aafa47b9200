"""What people do on the page, in a browser. Left out where none is: `scripts/browser` says how to get one."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from standins.script.script import Call, Scenario
from tests.conftest import Product
from tests.tool_files import PAY, put_tool
from tests.web.clients import Api, free_port

LEFT_OUT = "no Playwright, or no browser: scripts/browser says how to get them"
playwright = pytest.importorskip("playwright.async_api", reason=LEFT_OUT)
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
SCREENS = Path(__file__).resolve().parents[2] / "scripts/screens"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "<svg/onload=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
)
pytestmark = pytest.mark.skipif(not BROWSER, reason=LEFT_OUT)


@pytest.fixture
async def api(product: Product, tmp_path: Path) -> AsyncIterator[Api]:
    port = free_port()
    put_tool(tmp_path / "data", "pay", PAY)
    served = ("api", "health", "console")
    async with product(http=f"127.0.0.1:{port}", http_serve=served, openai_features="full"):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with api.stack:
            yield api


@pytest.fixture
async def page(api: Api) -> AsyncIterator[Any]:
    """A page that is logged in; nothing may have gone wrong on it, and nothing may have asked."""
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = await (await browser.new_context(locale="en")).new_page()
        told = list[str]()
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda one: told.extend([one.text] * ("Content Security Policy" in one.text)))
        page.on("dialog", lambda dialog: told.append(dialog.message))
        await page.goto(f"{api.url.removesuffix('/v1')}/#key={await api.key('mina', console=True)}")
        await page.get_by_role("navigation").wait_for()
        yield page
        await browser.close()
    assert [] == told


async def made(page: Any, name: str, instructions: str = "Be brief.", tool: str = "") -> None:
    """An assistant, saved, in the playground."""
    await page.get_by_role("link", name="Assistants").click()
    await page.get_by_role("button", name="New assistant").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Instructions").fill(instructions)
    if tool:
        await page.get_by_role("switch", name=tool).click()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("saved as v2").wait_for()
    await page.get_by_role("link", name="Open in the playground").click()


async def said(page: Any, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_every_screen_in_both_languages_themes_and_sizes(api: Api, tmp_path: Path):
    """No violation of the policy, none of WCAG 2.2 AA, no sideways scroll, no error, no request elsewhere."""
    key = await api.key("screens", console=True)
    command = (str(SCREENS), api.url.removesuffix("/v1"), key, str(tmp_path / "pictures"))
    looked = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    assert b"" == (await looked.communicate())[0]
    assert 0 == looked.returncode


async def test_wrong_key_log_in_log_out(api: Api, page: Any):
    await page.get_by_role("button", name="Log out").click()
    await page.get_by_label("Console key").fill("wrong")
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("alert").wait_for()
    await page.get_by_label("Console key").fill(await api.key("again", console=True))
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("heading", name="Playground", level=1).wait_for(state="attached")


async def test_an_assistant_is_made_and_answers(page: Any, script: Scenario):
    """From nothing to the first answer; its run is then in the list, by its id."""
    script.enqueue("Blue, mostly.")
    await made(page, "Painter")
    await said(page, "Which colour?")
    await page.get_by_role("log", name="Talk").get_by_text("Blue, mostly.").wait_for()
    await page.get_by_role("link", name="Runs").click()
    await page.get_by_role("link", name="run_").click()
    await page.get_by_role("heading", name="Timeline").wait_for()


async def test_a_person_is_asked(page: Any, script: Scenario, tmp_path: Path):
    """With all arguments, and what was allowed is carried out once."""
    script.enqueue(Call("pay", {"amount": 5}, id="call_p"))
    script.enqueue("Paid.")
    await made(page, "Payer", tool="pay")
    await said(page, "pay five")
    await page.get_by_text('"amount": 5').wait_for()
    await page.get_by_role("button", name="Yes, do it").click()
    await page.get_by_role("log", name="Talk").get_by_text("Paid.").wait_for()
    assert "5\n" == (tmp_path / "data" / "tools" / "ledger").read_text()


async def test_enter_that_ends_a_syllable_does_not_send(page: Any):
    await made(page, "Writer")
    box = page.get_by_label("Message", exact=True)
    await box.fill("안녕")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "keyCode": 229})
    assert "안녕" == await box.input_value()


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_people_write_stays_text(page: Any, script: Scenario, text: str):
    """In a name, in instructions, in a question and in an answer; the fixture sees what it would do."""
    script.enqueue(text)
    await made(page, text, instructions=text)
    await said(page, text)
    await page.get_by_text("completed", exact=True).first.wait_for()
    for link in await page.get_by_role("log", name="Talk").get_by_role("link").all():
        assert str(await link.get_attribute("href")).startswith("https://")
