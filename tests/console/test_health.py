"""Health in a browser: what fails comes first, with its cure, and is fine once it was mended."""

from __future__ import annotations

from typing import Any

from standins.slack import SlackStandin
from tests.web.clients import Api


async def test_a_scope_that_is_missing_until_it_is_not(api: Api, context: Any, slack: SlackStandin):
    """Whoever is no admin sees that something fails, and not what."""
    slack.scopes.discard("chat:write")
    page, origin = await context.new_page(), api.url.removesuffix("/v1")
    await page.goto(f"{origin}/#key={await api.key('ben', console=True)}")
    await page.get_by_role("link", name="Health", exact=True).click()
    of_slack = page.get_by_role("region", name="Slack")
    await of_slack.get_by_text("fails", exact=True).wait_for()
    assert 0 == await page.get_by_text("it cannot answer").count()
    assert 0 == await page.get_by_role("button", name="Check again").count()

    await page.goto(f"{origin}/health#key={await api.key('mina', console=True, admin=True)}")
    await of_slack.get_by_text("chat:write (it cannot answer)").wait_for()
    assert "Slack" == await page.get_by_role("heading", level=2).first.inner_text()
    assert await of_slack.get_by_text("Reinstall to Workspace").is_visible()
    slack.scopes.add("chat:write")
    await page.get_by_role("button", name="Check again").click()
    await of_slack.get_by_text("The app has all").wait_for()
    assert 0 == await page.get_by_text("fails", exact=True).count()
    await page.get_by_role("button", name="한국어").click()
    await page.get_by_role("heading", level=1, name="상태", exact=True).wait_for()
    assert await page.get_by_role("button", name="다시 확인").is_visible()
    assert await page.get_by_role("link", name="상태", exact=True).is_visible()
    of_slack = page.get_by_role("region", name="Slack")
    await of_slack.get_by_text("권한 범위 15개가").wait_for()
    assert 0 == await of_slack.locator("[lang=en]").count()
