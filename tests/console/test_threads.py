"""A talk of a chat on the page: whose memory it is, what was said on request, and on with it as a copy."""

from __future__ import annotations

from typing import Any

from standins.script.script import Call, Scenario, text_of
from standins.slack import SlackStandin
from tests.console.hands import answered, said
from tests.web.clients import Api


async def test_a_chat_goes_on_here_as_a_copy(api: Api, context: Any, script: Scenario, slack: SlackStandin):
    """With the same memory, and nothing of it in the chat; whoever may not read chats is told so."""
    script.enqueue(Call("calculate", {"expression": "2*3"}, id="call_c"))
    script.enqueue("Your number is six.")
    await slack.mention("U1", "C1", "Remember two times three")
    await slack.until(lambda: any("six" in one.text and not one.streaming for one in slack.posts("C1")))
    page, origin = await context.new_page(), api.url.removesuffix("/v1")
    await page.goto(f"{origin}/threads#key={await api.key('ben', console=True)}")
    await page.get_by_role("link", name="thread_").click()
    await page.get_by_role("heading", level=1, name="thread_").wait_for()
    chat = page.url.split("/threads/")[1]
    await page.get_by_role("button", name="Continue in the playground").click()
    await page.get_by_role("alert").get_by_text("--read-chats").wait_for()

    await page.goto(f"{origin}/?#key={await api.key('mina', console=True, read_chats=True)}")
    await page.goto(f"{origin}/threads/{chat}")
    await page.get_by_text("channel, one person").first.wait_for()
    await page.get_by_role("table").get_by_text("completed").wait_for()  # a reset before that would end it
    await slack.slash("U1", "C1", "/reset")
    await page.reload()
    await page.get_by_text("A reset ended this conversation").wait_for()
    assert await page.get_by_text("Slack").first.is_visible()
    await page.get_by_role("button", name="Show texts").click()
    talk = page.get_by_role("region", name="Talk")
    await talk.get_by_text("Your number is six.").wait_for()
    assert await talk.get_by_text("calculate", exact=True).is_visible()
    await page.get_by_role("button", name="한국어").click()
    await page.get_by_role("button", name="플레이그라운드에서 이어서 하기").click()
    await page.get_by_role("button", name="English").click()
    await page.get_by_role("log", name="Talk").get_by_text("Your number is six.").wait_for()
    await said(page, "Which number was it?")
    await answered(page, "echo: Which number was it?")
    asked = [text_of(one) for one in script.requests[-1][1]]
    assert ["Remember two times three", "Your number is six."] == [asked[0], asked[-2]]
    assert 1 == len(slack.posts("C1"))
    copy = page.url.split("thread=")[1].split("&")[0]
    await page.goto(f"{origin}/threads/{copy}")
    await page.get_by_role("link", name=chat).click()
    await page.get_by_role("heading", level=1, name=chat).wait_for()
