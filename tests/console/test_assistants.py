"""Assistants are built, by one person and by two at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.console.hands import attached, made, saved
from tests.web.clients import Api

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_two_people_edit_one(page: Any, context: Any):
    """The second one sees both texts and decides; what is typed outlives other screens and a reload."""
    await made(page, "Painter")
    await page.get_by_role("link", name="History").click()
    await page.get_by_role("link", name="Settings").click()
    words = page.get_by_label("Instructions")
    await words.fill("Mine.")
    await page.get_by_role("link", name="Runs").click()
    await page.go_back()
    await page.reload()
    other = await context.new_page()
    await other.goto(page.url)
    await other.get_by_label("Instructions").fill("Theirs.")
    await saved(other, 3)

    assert "Mine." == await words.input_value()
    async with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        await page.get_by_role("button", name="Save", exact=True).click()
    assert 409 == (await answer.value).status
    both = page.get_by_role("alert")
    await both.get_by_text("Theirs.", exact=True).wait_for()
    await both.get_by_text("Mine.", exact=True).wait_for()
    await page.get_by_role("button", name="Save mine").click()
    await page.get_by_text("saved as v4").wait_for()
    await other.get_by_text("saved as v4").wait_for()
    assert "Mine." == await other.get_by_label("Instructions").input_value()


async def test_files_and_an_older_version(page: Any, api: Api, tmp_path: Path):
    """Files are found by what is in them; a version that was is the next one."""
    (tmp_path / "red.txt").write_text("thread")
    await made(page, "Librarian", instructions="Of before.")
    await page.get_by_role("link", name="History").click()
    await page.get_by_role("link", name="Files").click()
    await attached(page, "Add files", tmp_path / "red.txt")
    await page.get_by_text("completed", exact=True).wait_for()
    await page.get_by_role("link", name="Settings").click()
    assert "true" == await page.get_by_role("switch", name="File search").get_attribute("aria-checked")
    await page.get_by_label("Instructions").fill("Of now.")
    await saved(page, 4)

    await page.get_by_role("link", name="Versions").click()
    await page.get_by_text("Of before.").wait_for()
    await page.get_by_role("link", name="v2", exact=True).click()
    await page.get_by_role("button", name="Back to v2").click()
    await page.get_by_text("v5", exact=True).wait_for()
    client = await api.client("reader")
    made_so = await client.beta.assistants.retrieve(page.url.split("/assistants/")[1].split("?")[0])
    assert ("Of before.", [], {}) == (made_so.instructions, made_so.tools, made_so.metadata)
