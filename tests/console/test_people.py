"""People and limits, and the audit, in a browser: found, seen, taken along, erased once it is typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from standins.slack import SlackStandin
from tests.slack.conversation import exchange
from tests.web.clients import Api


async def test_a_person_is_found_exported_and_erased(
    api: Api, context: Any, slack: SlackStandin, tmp_path: Path
):
    await exchange(slack, "U1", "C1", "canary-words")
    page, origin = await context.new_page(), api.url.removesuffix("/v1")
    key = await api.key("boss", console=True, admin=True, read_chats=True)
    await page.goto(f"{origin}/people#key={key}")
    speak = page.get_by_role("region", name="Who may speak")
    await speak.get_by_role("row", name="Slack: guests refused default").wait_for()
    limits = page.get_by_role("region", name="Limits")
    await limits.get_by_role("row", name="Messages of a person a minute 20").wait_for()
    await page.get_by_role("searchbox", name="A person's data").fill("slack:u1")
    await page.get_by_role("status").get_by_role("link").click()
    await page.get_by_role("heading", name="What is kept").wait_for()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export").click()
    await (await download.value).save_as(tmp_path / "one.json")
    assert "canary-words" in str(json.loads((tmp_path / "one.json").read_text("utf-8"))["messages"])
    erase, typed = page.get_by_role("button", name="Erase"), page.get_by_label("Type slack:U1 to confirm")
    for wrong in ("", "slack:U2", "slack:U"):
        await typed.fill(wrong)
        assert await erase.is_disabled()
    await typed.fill("slack:U1")
    await erase.click()
    await page.get_by_text("Erased at ").wait_for()
    await page.get_by_text("Messages", exact=True).wait_for(state="detached")

    await page.get_by_role("link", name="Audit").click()
    await page.get_by_role("button", name="Data", exact=True).click()
    table = page.get_by_role("region", name="Audit")
    await table.get_by_role("link", name="Data of a person erased").wait_for()
    await table.get_by_role("link", name="Data of a person exported").click()
    await table.get_by_role("link", name="Data of a person erased").wait_for(state="detached")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    await (await download.value).save_as(tmp_path / "audit.csv")
    told = (tmp_path / "audit.csv").read_text("utf-8-sig").splitlines(keepends=True)
    assert [["boss", "data.export", "slack:U1"]] == [row[1:] for row in csv.reader(told)][1:]
    await page.get_by_role("button", name="한국어").click()
    await page.get_by_role("heading", name="감사", level=1).wait_for()
    await page.get_by_role("link", name="사람과 한도").click()
    await page.get_by_role("heading", name="말할 수 있는 사람").wait_for()


async def test_others_are_told_that_it_takes_an_admin(api: Api, page: Any):
    """The navigation does not lead there; whoever goes there is told what to do."""
    assert 0 == await page.get_by_role("link", name="Audit").count()
    for address in ("/audit", "/people", "/people/slack:U1"):
        await page.evaluate(
            "to => (history.pushState(null, '', to), dispatchEvent(new Event('popstate')))", address
        )
        await page.get_by_role("alert").get_by_text("--admin").wait_for()
