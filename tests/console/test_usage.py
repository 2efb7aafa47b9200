"""Usage in a browser: the numbers of `spool usage`, a plot, and a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from standins.script.script import Scenario
from tests.commands import ran
from tests.web.clients import MODEL, Api

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

HOSTILE = ('=HYPERLINK("x"), "=1"', "@SUM(A1)\n<img src=x onerror=alert(1)>", "이수아")


async def test_what_it_costs(api: Api, page: Any, script: Scenario, tmp_path: Path):
    """Figures, rows and the file say the same; names stay text everywhere, in both languages."""
    client = await api.client("program", admin=True)
    for name in HOSTILE:
        made = await client.beta.assistants.create(model=MODEL, name=name)
        thread: Any = {"messages": [{"role": "user", "content": "hello"}]}
        await client.beta.threads.create_and_run_poll(assistant_id=made.id, thread=thread)
    origin = api.url.removesuffix("/v1")
    await page.goto(f"{origin}/usage?by=assistant&days=7")
    await page.get_by_role("img", name="Cost a day").locator("canvas").wait_for()
    status, out, err = await ran(
        *("usage", "--by", "assistant", "--since", "7d", "--json"),
        cwd=tmp_path,
        environ={"DATA_DIR": str(api.data)},
    )
    assert 0 == status, err
    told = json.loads(out)
    total = told["total"]
    assert 3 == total["requests"]
    figures = await read(page)
    assert ("3", f"{total['input']:,}", f"{total['output']:,}") == tuple(
        figures[name] for name in ("Requests", "Input tokens", "Output tokens")
    )
    assert f"{total['price_usd']:.6f}" == f"{float(figures['Cost'].removeprefix('$')):.6f}"
    rows = page.get_by_role("region", name="Usage by Assistant").locator("tbody tr")
    assert 3 == await rows.count()

    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    file = await download.value
    day = await page.evaluate("new Intl.DateTimeFormat('sv').format()")
    assert f"spool-usage-assistant-{day}.csv" == file.suggested_filename
    await file.save_as(tmp_path / "usage.csv")
    written = (tmp_path / "usage.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.endswith(b"\r\n")
    head, *lines = csv.reader(written.decode("utf-8-sig").splitlines(keepends=True))
    assert {f"'{HOSTILE[0]}", f"'{HOSTILE[1]}", HOSTILE[2]} == {line[0] for line in lines}
    by_key = {one["key"]: one for one in told["data"]}
    for line in lines:
        one, shown = by_key[line[1]], dict(zip(head, line, strict=True))
        assert (one["requests"], one["input"], one["output"]) == tuple(
            int(shown[name]) for name in ("Requests", "Input tokens", "Output tokens")
        )
        assert one["price_usd"] == float(shown["Cost"])

    await page.get_by_role("button", name="Requests", exact=True).click()
    await page.get_by_role("img", name="Requests a day").wait_for()
    await page.get_by_role("button", name="한국어").click()
    await page.get_by_role("heading", name="사용량", level=1).wait_for()
    assert "3" == (await read(page))["요청"]
    assert {"입력 토큰", "출력 토큰", "비용"} <= set(await read(page))
    await page.get_by_role("button", name="모델", exact=True).click()
    await page.get_by_role("region", name="모델별 사용량").get_by_text(MODEL).wait_for()
    assert f"{origin}/usage?days=7&show=requests" == page.url


async def read(page: Any) -> dict[str, str]:
    """What each figure says."""
    names, values = await page.locator("dt").all_inner_texts(), await page.locator("dd").all_inner_texts()
    return dict(zip(names, values, strict=True))
