"""Usage in a browser: the numbers of `spool usage`, a plot, and a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.commands import ran
from tests.web.clients import MODEL, Api, talk

HOSTILE = ('=HYPERLINK("x"), "=1"' + "w" * 200, "@SUM(A1)\n<img src=x onerror=alert(1)>", "이수아")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_what_it_costs(api: Api, page: Any, tmp_path: Path):
    """Figures and the file say the same as the command; names stay text everywhere, in both languages."""
    client = await api.client("program")
    for name in HOSTILE:
        assistant, thread = await talk(client, name=name)
        await client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    origin = api.url.removesuffix("/v1")
    await page.goto(f"{origin}/usage?by=assistant&days=7")
    await page.get_by_role("img", name="Cost a day").locator("canvas").wait_for()
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    there = await page.context.browser.new_context(
        timezone_id="America/St_Johns", storage_state=await page.context.storage_state()
    )
    elsewhere = await there.new_page()  # what is said to be so in a zone is that zone's time
    async with elsewhere.expect_response("**/console/api/usage?*") as answer:
        await elsewhere.goto(f"{origin}/usage")
    figure = await (await answer.value).json()
    at = datetime.fromtimestamp(figure["at"], ZoneInfo(figure["zone"]))
    await elsewhere.get_by_text(f"{at:%H:%M}").wait_for()
    await there.close()
    asked = ("usage", "--by", "assistant", "--since", "7d", "--json")
    told = json.loads((await ran(*asked, cwd=tmp_path, environ={"DATA_DIR": str(api.data)}))[1])
    shown = await figures(page, "Requests", "Input tokens", "Output tokens", "Cost")
    total = [told["total"][name] for name in ("requests", "input", "output", "price_usd")]
    assert (3, f"${total[-1]:.6f}") == (total[0], shown.pop())
    assert [f"{one:,}" for one in total[:-1]] == shown

    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    file = await download.value
    day = await page.evaluate("new Intl.DateTimeFormat('sv').format()")
    assert f"spool-usage-assistant-{day}.csv" == file.suggested_filename
    await file.save_as(tmp_path / "usage.csv")
    written = (tmp_path / "usage.csv").read_bytes().decode("utf-8")
    assert "\ufeff" == written[0]
    head, *lines = csv.reader(written[1:].splitlines(keepends=True), strict=True)
    assert {f"'{HOSTILE[0]}", f"'{HOSTILE[1]}", HOSTILE[2]} == {line[0] for line in lines}
    kept = {one["key"]: one for one in told["data"]}
    columns = {
        "Requests": "requests",
        "Input tokens": "input",
        "Output tokens": "output",
        "Cost": "price_usd",
    }
    for line in lines:
        numbers = dict(zip(head, line, strict=True))
        assert all(float(numbers[one]) == kept[line[1]][name] for one, name in columns.items())

    for cut in (page.locator(".legend"), page.get_by_role("region", name="Usage by assistant")):
        assert 1 == await cut.locator(f"[title^='{HOSTILE[0]}']").count()  # pointed at, it is told whole
    await page.get_by_role("button", name="Requests", exact=True).click()
    await page.get_by_role("img", name="Requests a day").wait_for()
    await page.get_by_role("button", name="한국어").click()
    await page.get_by_role("heading", name="사용량", level=1).wait_for()
    assert "3" == (await figures(page, "요청", "입력 토큰", "출력 토큰", "비용"))[0]
    await page.get_by_role("button", name="모델", exact=True).click()
    await page.get_by_role("region", name="모델별 사용량").get_by_text(MODEL).wait_for()
    assert f"{origin}/usage?days=7&show=requests" == page.url


async def figures(page: Any, *names: str) -> list[str]:
    found = await page.locator("dt").all_inner_texts(), await page.locator("dd").all_inner_texts()
    return [dict(zip(*found, strict=True))[name] for name in names]
