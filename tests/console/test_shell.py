"""Every screen of the page; `scripts/screens` looks at them in all languages, themes and sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.web.clients import Api

AXE = (Path(__file__).parent / "vendor/axe.js").read_text("utf-8")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
SCREENS = (
    "/overview",
    "/playground",
    "/assistants",
    "/assistants/asst_settings",
    "/threads",
    "/runs",
    "/usage",
    "/health",
)


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1440), ("ko", "dark", 390)])
async def test_every_screen(api: Api, chromium: Any, language: str, theme: str, width: int):
    """No violation of the policy, none of WCAG 2.2 AA, no sideways scroll, no error, no request elsewhere."""
    size = {"width": width, "height": 900}
    context = await chromium.new_context(locale=language, color_scheme=theme, viewport=size)
    origin, told = api.url.removesuffix("/v1"), list[str]()
    context.on("console", lambda one: told.extend([one.text] * (one.type in ("error", "warning"))))
    context.on("request", lambda one: told.extend([one.url] * (not one.url.startswith((origin, "data:")))))
    page = await context.new_page()
    await page.goto(origin)
    secret = await api.key("mina", console=True, admin=True)
    for address in ("/", f"/#key={secret}", *SCREENS):
        await page.goto(origin + address)
        await page.get_by_role("heading", level=1).wait_for(state="attached")
        await page.wait_for_timeout(200)
        await page.evaluate(AXE)  # by the debugger, which no policy stops
        found = await page.evaluate("async tags => (await axe.run({runOnly: tags})).violations", list(RULES))
        told += [f"{address} {one['id']}: {one['nodes'][0]['html']}" for one in found]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            told.append(f"{address} scrolls sideways")
    assert [] == told


async def test_a_screen_that_was_not_loaded_is_loaded_again(page: Any):
    await page.route("**/screens/threads.js", lambda route: route.abort())
    await page.get_by_role("link", name="Threads").click()
    again = page.get_by_role("alert").get_by_role("button", name="Try again")
    await again.wait_for()
    await page.unroute_all()
    await again.click()
    await page.get_by_role("heading", name="Threads", level=1).wait_for()
