"""Getting in, and out."""

from __future__ import annotations

from typing import Any

from tests.web.clients import Api


async def test_wrong_keys_the_right_one_and_out(api: Api, page: Any, context: Any):
    """The wrong ones are soon waited for; a link opens a page that stands open, and does not stay in it.

    Where a session ends, one is where one was; browsers take the cookie by either name of this machine.
    """
    origin = api.url.removesuffix("/v1")
    assert f"{origin}/overview" == page.url
    await page.get_by_role("button", name="Log out").click()
    key = page.get_by_label("Console key")
    for _ in range(6):
        await key.fill("wrong")
        async with page.expect_response("**/console/login"):
            await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("alert").get_by_text("Try again in").wait_for()
    await page.wait_for_timeout(1000)
    await key.fill(await api.key("again", console=True))
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("heading", name="Overview", level=1).wait_for()

    await page.get_by_role("button", name="Log out").click()
    await key.wait_for()
    secret = await api.key("link", console=True)
    await page.evaluate(f"location.hash = 'key={secret}'")
    await page.get_by_role("navigation").wait_for()
    assert f"{origin}/overview" == page.url

    menu = page.get_by_role("navigation")
    await menu.get_by_role("link", name="Runs").click()
    await page.get_by_role("heading", name="No run yet").wait_for()
    await context.clear_cookies()
    await menu.get_by_role("link", name="Playground").click()
    await page.get_by_role("alert").get_by_text("Your session has ended").wait_for()
    await page.get_by_label("Console key").fill(await api.key("third", console=True))
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("heading", name="Playground", level=1).wait_for(state="attached")

    local = api.url.removesuffix("/v1").replace("127.0.0.1", "localhost")
    await page.goto(f"{local}/#key={await api.key('local', console=True)}")
    await page.get_by_role("navigation").wait_for()
    await page.reload()
    await page.get_by_role("navigation").wait_for()
