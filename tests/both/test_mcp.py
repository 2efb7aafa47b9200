"""Remote MCP servers: only those the settings allow, and each call only after a yes."""

from __future__ import annotations

import pytest

from standins.script.script import Call, Hosted, Scenario, approvals, outputs
from tests.both.chats import NO, YES, answered, asks, of_request, texts
from tests.both.office import Office

SERVER = {"type": "mcp", "server_label": "crm", "server_url": "https://mcp.example.com/mcp"}
HOSTS = ("mcp.example.com",)
LISTED = Hosted("mcp_list_tools", {"server_label": "crm", "tools": []})
REQUEST = Hosted(
    "mcp_approval_request",
    {"server_label": "crm", "name": "delete_customer", "arguments": '{"id":7}', "id": "mcpr_1"},
)


@pytest.fixture(autouse=True)
async def _server(office: Office, script: Scenario) -> None:
    """The assistant has a server whose tool the model wants to call."""
    await office.hire(SERVER)
    script.enqueue(LISTED, REQUEST)
    script.enqueue(lambda items: f"approved: {approvals(items)}")


async def test_yes(chat, spool, office, openai):
    """The question names server, tool and arguments; the yes goes to the model server with the question."""
    async with spool(mcp_hosts=HOSTS):
        asked = await chat.ask("delete customer 7")
        question = await asks(chat, asked)
        assert "" == await chat.press(question, YES)
        await answered(chat, asked, "approved: {'mcpr_1': True}", "✅ Allowed: delete_customer")
        await office.over()

    assert "crm: delete_customer" in question.text
    assert '"id": 7' in question.text
    for request in openai.requests:
        assert [{**SERVER, "require_approval": "always"}] == of_request(request.body, "mcp")
    assert "" == chat.doing(asked)


async def test_no(chat, spool, office):
    """The model server is told that it may not."""
    async with spool(mcp_hosts=HOSTS):
        asked = await chat.ask("delete customer 7")
        await chat.press(await asks(chat, asked), NO)
        await answered(chat, asked, "approved: {'mcpr_1': False}", "🚫 Not allowed: delete_customer")
        await office.over()


async def test_another_person(chat, spool, script):
    """Cannot allow it."""
    async with spool(mcp_hosts=HOSTS):
        asked = await chat.ask("delete customer 7")
        question = await asks(chat, asked)
        assert "Only the person who asked can decide this." == await chat.press(question, YES, chat.bob)
        assert 1 == len(script.requests)
        await chat.press(question, NO)
        await answered(chat, asked, "approved: {'mcpr_1': False}")


async def test_the_next_question_knows_what_was_said(chat, spool, office, script):
    """Ids of the model server are not sent again once the run is over: it keeps nothing of us."""
    async with spool(mcp_hosts=HOSTS):
        asked = await chat.ask("delete customer 7")
        await chat.press(await asks(chat, asked), YES)
        await answered(chat, asked, "approved: {'mcpr_1': True}")
        await office.over()
        again = await chat.ask("thanks")
        await answered(chat, again, "echo: thanks")

    assert ["user", "assistant", "user"] == [item.get("role") for item in script.requests[-1][1]]


async def test_a_server_that_is_not_allowed(chat, spool, office, openai, script):
    """It is not offered, and the person learns once which tool is missing; all else works."""
    script.answers.clear()
    office.tool("dice", '@tool\ndef dice() -> int:\n    "Throw one."\n    return 4\n')
    await office.hire(SERVER, {"type": "function", "function": {"name": "dice"}}, name="Other")
    script.enqueue(Call("dice", id="call_1"))
    script.enqueue(lambda items: f"thrown: {outputs(items)['call_1']}")
    async with spool(mcp_hosts=("other.example.com",)):
        asked = await chat.ask("throw")
        await chat.until(lambda: "thrown: 4" in "".join(texts(chat, asked)))
        await office.over()

    assert "mcp:crm" in "".join(texts(chat, asked))
    assert [] == [tool for request in openai.requests for tool in of_request(request.body, "mcp")]
