"""A browser with the page open. Without one, pytest's summary has one line: how many tests were left out."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest

from standins.local import free_port
from tests.conftest import Product
from tests.tool_files import PAY, put_tool
from tests.web.clients import Api

LEFT_OUT = (
    "browser tests left out: no Playwright, or no browser on PATH (scripts/browser says how to get them)"
)
HARMLESS = ("Failed to load resource", "net::ERR_")
"""What a browser itself writes of answers that the page is prepared for."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and LEFT_OUT in str(report.longrepr):
        report.longrepr = (__file__, 1, f"Skipped: {LEFT_OUT}")  # one place: pytest counts them in one line
    return report


@pytest.fixture
async def chromium() -> AsyncIterator[Any]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        path = ""
    if not path:
        pytest.skip(LEFT_OUT)
    async with async_playwright() as started:
        yield await started.chromium.launch(executable_path=path, args=["--no-sandbox"])


@pytest.fixture
async def context(chromium: Any) -> AsyncIterator[Any]:
    """Nothing may go wrong on its pages, and nothing may open a window of its own."""
    told = list[str]()
    context = await chromium.new_context(locale="en")
    context.set_default_timeout(15_000)
    context.on("weberror", lambda one: told.append(str(one.error)))
    context.on("console", lambda one: told.extend([one.text] * (one.type == "error")))
    context.on("dialog", lambda one: told.append(one.message))
    yield context
    assert [] == [one for one in told if not any(known in one for known in HARMLESS)]


@pytest.fixture
async def api(chromium: Any, product: Product, tmp_path: Path) -> AsyncIterator[Api]:
    port = free_port()
    put_tool(tmp_path / "data", "pay", PAY)
    served = ("api", "health", "console")
    async with product(http=f"127.0.0.1:{port}", http_serve=served, openai_features="full"):
        api = Api(f"http://127.0.0.1:{port}/v1", tmp_path / "data")
        async with api.stack:
            yield api


@pytest.fixture
async def page(api: Api, context: Any) -> Any:
    """Logged in."""
    page = await context.new_page()
    await page.goto(f"{api.url.removesuffix('/v1')}/#key={await api.key('mina', console=True)}")
    await page.get_by_role("navigation").wait_for()
    return page
