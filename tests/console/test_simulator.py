"""The simulator in a browser: the bot is killed in the middle of an answer, and the same post is finished."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.demo.pages import shown

WORDS = {
    "en": ("Message", "kill -9 the bot", "lost 0", "twice 0", "bot process", "count to 60"),
    "ko": ("메시지", "봇에 kill -9", "잃음 0", "중복 0", "봇 프로세스", "60까지 세어 줘"),
}


@pytest.mark.parametrize("language", WORDS)
async def test_killed_in_mid_answer(chromium: Any, tmp_path: Path, language: str):
    message, kill, lost, twice, process, count = WORDS[language]
    async with shown(tmp_path, LANGUAGE=language) as link:
        page = await (await chromium.new_context(locale=language)).new_page()
        await page.goto(link)
        slack = page.get_by_role("region", name="Slack")
        pid = page.get_by_text(re.compile(rf"^{process} \d+$"))
        first = await pid.inner_text()
        box = slack.get_by_label(message, exact=True)
        await box.fill(count)
        await box.press("Enter")
        answer = slack.get_by_role("article").nth(1)
        await answer.get_by_text(" 12").wait_for()
        await page.get_by_role("button", name=kill).click()
        numbers = " ".join(map(str, range(1, 61)))
        await answer.get_by_text(numbers, exact=True).wait_for(timeout=60_000)
        assert 2 == await slack.get_by_role("article").count()
        assert first != await pid.inner_text()
        for promise in (lost, twice):
            await page.get_by_text(promise, exact=True).wait_for()
