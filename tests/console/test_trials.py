"""A version is tried beside another on the page: what it costs first, then the answers side by side."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.console.hands import answered, made, said
from tests.web.clients import Api

AXE = (Path(__file__).parent / "vendor/axe.js").read_text("utf-8")
VIOLATED = "async tags => (await axe.run({runOnly: tags})).violations.map(one => one.help)"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEFORE = "fetch(`/console/api${location.pathname}/trials`).then((told) => told.json())"
HOSTILE = "<img src=x onerror=alert(1)> **bold**"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_a_version_is_tried_and_judged(page: Any, api: Api, chromium: Any):
    """A question of a run and a hostile typed one; the verdict stays; both looks are well."""
    await made(page, "Helper")
    await said(page, "ask of it")
    await answered(page, "echo: ask of it")
    await page.get_by_role("link", name="Runs").click()
    await page.get_by_role("link", name="run_").click()
    await page.get_by_role("button", name="Save as a trial question").click()
    await page.get_by_role("button", name="Saved as a trial question").wait_for()
    await page.get_by_role("link", name="Assistants").click()
    await page.get_by_role("link", name="Helper").click()
    await page.get_by_role("link", name="Trials").click()
    await page.get_by_label("Write a question").fill(HOSTILE)
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_text(re.compile(r"4 answers · about .*\$")).wait_for()
    assert 0 == await page.get_by_text("ask of it").count()
    await page.get_by_role("button", name="Show texts").click()
    await page.get_by_text("ask of it").wait_for()
    lists = await page.context.new_page()  # no trial floods it, whatever is told live
    await lists.goto(page.url.partition("/assistants")[0] + "/runs")
    await lists.get_by_role("link", name="run_").wait_for()
    await page.get_by_label("Ends at (US$)").fill("0.5")
    await page.get_by_role("button", name="Start the trial").dblclick()
    await page.get_by_text("All 4 answers are there.").wait_for()
    one = page.get_by_role("region", name=HOSTILE)
    assert 2 == await one.get_by_text("echo: ").count()
    assert 0 == await page.locator("img").count()
    assert 1 == len((await page.evaluate(BEFORE))["data"])
    assert 1 == await lists.get_by_role("link", name="run_").count()
    await one.get_by_role("button", name="worse").click()
    await page.get_by_text("1 worse").wait_for()
    await page.reload()
    assert "true" == await one.get_by_role("button", name="worse").get_attribute("aria-pressed")

    await one.get_by_role("link", name="run_").first.click()
    await page.get_by_role("heading", name="Timeline").wait_for()
    await page.go_back()
    await page.get_by_text("1 worse").wait_for()
    secret, at = await api.key("jonas", console=True), page.url
    for theme, width in (("light", 1440), ("dark", 390)):
        context = await chromium.new_context(
            locale="ko", color_scheme=theme, viewport={"width": width, "height": 900}
        )
        other = await context.new_page()
        await other.goto(f"{api.url.removesuffix('/v1')}/#key={secret}")
        await other.get_by_role("navigation").wait_for()
        for address, name in ((at, "더 나쁨 1"), (re.sub(r"\?.*", "?tab=trials", at), "시험 시작")):
            await other.goto(address)
            await other.get_by_text(name).first.wait_for()
            await other.evaluate(AXE)
            found = await other.evaluate(VIOLATED, RULES)
            assert ([], False) == (
                found,
                await other.evaluate("document.documentElement.scrollWidth > innerWidth"),
            )
