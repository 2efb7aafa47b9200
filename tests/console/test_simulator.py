"""The simulator in a browser: the bot is killed in the middle of an answer, and the same post is finished."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.demo.pages import shown


async def test_killed_in_mid_answer(chromium: Any, tmp_path: Path):
    async with shown(tmp_path) as link:
        page, told = await (await chromium.new_context(locale="en")).new_page(), list[str]()
        page.on("console", lambda one: told.extend([one.text] * (one.type == "error")))
        await page.goto(link)
        slack = page.get_by_role("region", name="Slack")
        pid = page.get_by_text(re.compile(r"^bot process \d+$"))
        first = await pid.inner_text()
        box = slack.get_by_label("Message", exact=True)
        await box.fill("count to 60")
        await box.press("Enter")
        answer = slack.get_by_role("article").nth(1)
        await answer.get_by_text(" 12").wait_for()
        await page.get_by_role("button", name="kill -9 the bot").click()
        numbers = " ".join(map(str, range(1, 61)))
        await answer.get_by_text(numbers, exact=True).wait_for(timeout=60_000)
        assert 2 == await slack.get_by_role("article").count()
        assert first != await pid.inner_text()
        for promise in ("lost 0", "twice 0"):
            await page.get_by_text(promise, exact=True).wait_for()

        await page.get_by_role("button", name="Cut Slack for 30 s").click()
        await page.get_by_text("needs attention", exact=True).wait_for(state="attached")
        assert [] == told
