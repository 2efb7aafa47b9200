"""The playground in a browser, before the whole product with a scripted model."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

from standins.script.script import Call, Fault, Hosted, Scenario, text_of
from tests.console.hands import answered, attached, made, said
from tests.web.clients import Api

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "[click](javascript:alert(1)) [data](data:text/html,x) ![x](https://evil.example/x.png)",
    "<svg/onload=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
)


async def test_by_its_korean_names(api: Api, chromium: Any, script: Scenario, tmp_path: Path):
    """From nothing to an answer for which a function was allowed; its run is then in the list, by its id."""
    script.enqueue(Call("pay", {"amount": 5}, id="call_p"))
    script.enqueue("냈습니다.")
    page = await (await chromium.new_context(locale="ko")).new_page()
    await page.goto(api.url.removesuffix("/v1"))
    await page.get_by_label("콘솔 키").fill(await api.key("mina", console=True))
    await page.get_by_role("button", name="로그인").click()
    await page.get_by_role("link", name="어시스턴트").click()
    await page.get_by_role("button", name="새 어시스턴트").click()
    await page.get_by_label("이름", exact=True).fill("회계")
    await page.get_by_label("지시문").fill("짧게.")
    await page.get_by_role("switch", name="pay").click()
    await page.get_by_role("button", name="저장", exact=True).click()
    await page.get_by_text("v2 저장됨").wait_for()
    await page.get_by_role("link", name="플레이그라운드", exact=True).click()
    await page.get_by_label("어시스턴트", exact=True).select_option(label="회계")
    await composed(page, page.get_by_label("메시지", exact=True), "내", "내 줘")
    await page.get_by_role("button", name="보내기").click()
    talk = page.get_by_role("log", name="대화")
    await talk.get_by_text("내 줘 5", exact=True).wait_for()
    await talk.get_by_text('"amount": 5').wait_for()
    assert await page.get_by_role("button", name="멈추기").is_visible()
    assert await page.get_by_role("button", name="아니요").is_visible()
    await page.get_by_role("button", name="네, 실행해 주세요").click()
    await talk.get_by_text("냈습니다.").wait_for()
    assert "5\n" == (tmp_path / "data" / "tools" / "ledger").read_text()
    await page.get_by_role("button", name="새 대화").click()
    await talk.get_by_text("냈습니다.").wait_for(state="detached")
    await page.get_by_role("link", name="실행", exact=True).click()
    await page.get_by_role("link", name="run_").click()
    await page.get_by_role("heading", name="타임라인").wait_for()
    await page.get_by_role("button", name="글 보기").click()
    await page.get_by_text("냈습니다.").first.wait_for()
    await page.get_by_role("link", name="플레이그라운드에서 열기").click()
    await talk.get_by_text("냈습니다.").wait_for()
    await page.get_by_role("button", name="로그아웃").click()
    await page.get_by_label("콘솔 키").wait_for()


async def composed(page: Any, box: Any, syllable: str, text: str) -> None:
    """As a Korean keyboard does it: Enter that ends a syllable does not send, with Shift it begins a line."""
    await box.focus()
    keyboard = await page.context.new_cdp_session(page)
    await keyboard.send("Input.imeSetComposition", {"text": syllable, "selectionStart": 1, "selectionEnd": 1})
    enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    await keyboard.send("Input.dispatchKeyEvent", enter)
    await keyboard.send("Input.insertText", {"text": text})
    await box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    assert text == await box.input_value()
    await box.press("Shift+Enter")
    await box.press("5")


async def test_a_draft_answers_here_and_as_a_program(api: Api, page: Any, script: Scenario, tmp_path: Path):
    """What is not saved counts all the same; the program that the page shows does the same when it is run."""
    await made(page, "Painter")
    await page.get_by_label("Instructions").fill('Say "blue".')
    await page.get_by_role("switch", name="calculate").click()
    script.enqueue(Call("calculate", {"expression": "2*3"}, id="call_c"))
    script.enqueue("Blue, mostly.")
    await said(page, "Which colour?")
    await answered(page, "Blue, mostly.")
    assert 'Say "blue".' == script.requests[-1][0].partition("\n")[0]
    assert "6" == text_of(script.requests[-1][1][-1])

    script.enqueue("Blue again.")
    shown = await page.get_by_text("from openai import OpenAI").inner_text()
    program = tmp_path / "program.py"
    program.write_text(shown.replace("sk-spool-…", await api.key("program")), "utf-8")
    running = await asyncio.create_subprocess_exec(sys.executable, program, stdout=PIPE, stderr=PIPE)
    out, err = await running.communicate()
    assert b"Blue again." == out, err
    await answered(page, "Blue again.")
    assert 'Say "blue".' == script.requests[-1][0].partition("\n")[0]


async def test_what_a_failed_run_did_is_seen_later(page: Any, script: Scenario):
    """Between what was asked then and what was asked next, after a reload too."""
    await made(page, "Painter", tool="calculate")
    script.enqueue(Call("calculate", {"expression": "2*3"}, id="call_c"))
    script.enqueue(Fault("refuse", status=400, code="invalid_prompt"))
    await said(page, "What is it?")
    await page.get_by_role("alert").wait_for()
    await page.wait_for_timeout(1100)  # the API's times are whole seconds
    await said(page, "And now?")
    await answered(page, "echo: And now?")
    await page.reload()
    talk = page.get_by_role("log", name="Talk")
    await talk.get_by_text("echo: And now?", exact=True).wait_for()
    told = await talk.inner_text()
    assert told.index("What is it?") < told.index("calculate") < told.index("And now?")


async def test_a_file_is_read_and_a_message_said_otherwise(page: Any, script: Scenario, tmp_path: Path):
    """What came after it goes away, what was attached stays; run again, the same is asked once more."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    await made(page, "Reader")
    await attached(page, "Attach files", tmp_path / "a.txt", tmp_path / "b.txt")
    await page.get_by_role("button", name="Remove b.txt").click()
    script.enqueue(Hosted("file_search_call", {"queries": ["a"]}), "It says a.")
    await said(page, "What does it say?")
    await answered(page, "It says a.")
    assert await page.get_by_role("button", name="a.txt").is_visible()
    await page.get_by_role("button", name="as Slack").click()
    await page.get_by_role("article", name="Post 1 in Slack").get_by_text("It says a.").wait_for()
    await page.get_by_role("button", name="Playground").click()

    await page.get_by_text("What does it say?", exact=True).hover()
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.get_by_role("button", name="Remove a.txt").wait_for()
    script.enqueue("Once more: a.")
    await said(page, "And now?")
    await answered(page, "Once more: a.")
    script.enqueue("And again: a.")
    await page.get_by_role("button", name="Run again").click()
    await answered(page, "And again: a.")
    asked = script.requests[-1][1]
    assert ["And now?"] == [text_of(one) for one in asked if one.get("role") == "user"]
    assert script.requests[-2][1] == asked


async def test_what_people_write_stays_text(page: Any, script: Scenario, tmp_path: Path):
    """In a name, in instructions, arguments, a file's name, a question and an answer; a page that does
    anything with it fails its fixture."""
    file = tmp_path / "<img src=x onerror=alert(1)>.txt"
    file.write_text("x")
    text = "\n\n".join(HOSTILE)
    await made(page, " ".join(HOSTILE), instructions=text, tool="calculate")
    await attached(page, "Attach files", file)
    script.enqueue(Call("calculate", {"expression": text}, id="call_c"))
    script.enqueue(f"{text}\n\nThat was it.")
    await said(page, text)
    await answered(page, "That was it.")
    talk = page.get_by_role("log", name="Talk")
    for link in await talk.get_by_role("link").all():
        assert str(await link.get_attribute("href")).startswith("https://")
    assert 0 == await talk.locator("img, script").count()
