"""What operators give: documents for an assistant and examples of tools, from the shell to an answer."""

from __future__ import annotations

import pytest

from standins.script.script import Call, Cite, Hosted, Say, outputs
from tests.both.chats import answered, of_request, texts


@pytest.mark.slow
@pytest.mark.parametrize("chat", ["discord"], indirect=True)
async def test_documents(chat, spool, office, script, openai):
    """Added while the bot runs, searched by the next answer, named under it, removed again."""
    await office.hire()
    document = office.data.parent / "handbook.md"
    document.write_text("Dogs are allowed on Fridays.", "utf-8")
    environ = {"OPENAI_BASE_URL": openai.base_url, "OPENAI_API_KEY": "sk-test"}
    async with spool():
        await office.types("files", "add", "HelpBot", str(document), environ=environ)
        (kept,) = openai.files.kept
        cite = Cite({"type": "file_citation", "file_id": kept, "filename": "handbook.md"})
        script.enqueue(Hosted("file_search_call", {"queries": ["dogs"]}), Say("On Fridays."), cite)
        asked = await chat.ask("may I bring my dog?")
        await answered(chat, asked, "On Fridays.\n\n📄 handbook.md")
        await office.types("files", "remove", "HelpBot", "handbook.md", environ=environ)
        again = await chat.ask("and now?")
        await answered(chat, again, "echo: and now?")

    (tool,) = of_request(openai.requests[0].body, "file_search")
    (store,) = openai.stores.all.values()
    assert [store.id] == tool["vector_store_ids"]
    assert {} == openai.files.kept
    assert [200, 200] == [request.status for request in openai.requests]


async def test_example_tools(chat, spool, office, script):
    """Copied by one command, they are offered and work."""
    await office.types("tools", "add", "clock", "calculator")
    script.enqueue(
        Call("current_time", {"zone": "Asia/Seoul"}, id="time"),
        Call("calculate", {"expression": "6*7"}, id="sum"),
    )
    script.enqueue(lambda items: " / ".join(outputs(items).values()))
    async with spool():
        asked = await chat.ask("what time is it, and 6 times 7?")
        await chat.until(lambda: "/ 42" in "".join(texts(chat, asked)))

    assert "+09:00" in texts(chat, asked)[0] or "Seoul" in texts(chat, asked)[0]
    assert {"calculate", "current_time"} == {tool["name"] for tool in script.tools[0]}
