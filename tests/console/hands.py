"""What people do again and again on the page, by the names that they see."""

from __future__ import annotations

from pathlib import Path
from typing import Any


async def made(page: Any, name: str, instructions: str = "Be brief.", tool: str = "") -> None:
    """An assistant, saved, in the playground."""
    await page.get_by_role("link", name="Assistants").click()
    await page.get_by_role("button", name="New assistant").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Instructions").fill(instructions)
    if tool:
        await page.get_by_role("switch", name=tool).click()
    await saved(page, 2)
    await page.get_by_role("link", name="Try", exact=True).click()


async def saved(page: Any, version: int) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_text(f"saved as v{version}").wait_for()


async def said(page: Any, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_role("button", name="Send").click()


async def answered(page: Any, text: str) -> None:
    """The whole answer stands there, and its run has ended."""
    await page.get_by_role("log", name="Talk").get_by_text(text, exact=True).wait_for()
    await page.get_by_role("button", name="Stop").wait_for(state="detached")


async def attached(page: Any, button: str, *files: Path) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name=button).click()
    await (await chooser.value).set_files(files)
    for file in files:
        await page.get_by_role("button", name=f"Remove {file.name}").wait_for()
