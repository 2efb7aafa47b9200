"""Remote MCP servers: only those of the allow-list, and what they do needs the yes of the person."""

from __future__ import annotations

import pytest

from core.runs.run_context import Limits
from core.tools import Toolbox
from standins.script.script import Call, Fault, Hosted, Say, approvals
from tests.core.fakes import TIMEOUT, Heard
from tests.core.runs.asking import SERVER, editing, remote, wanting
from tests.core.served import EN, again, assistant, given, killed, reborn, statuses, stored, tools

TOLD = EN["tool_interrupted"].format(name="edit")
TURNED_AWAY = Fault("refuse", code="rate_limit_exceeded", status=429)
DONE = Hosted("mcp_call", {"server_label": "wiki", "name": "edit", "output": "saved"})


@pytest.mark.parametrize("yes", [True, False])
async def test_the_person_is_asked(tmp_path, yes):
    """With server, tool and arguments; the model is told what they said. Nothing is left dangling: the next
    request of the thread is one that the server takes.
    """
    async with editing(tmp_path) as (spool, asked):
        assert "wiki: edit" in asked.text
        assert '"page": "Home"' in asked.text
        assert "not_yours" == await spool.inbox.decide(asked.id, "U2", yes)
        assert "done" == await spool.inbox.decide(asked.id, "U1", yes)
        await spool.idle()
        assert [asked.id] == list(spool.platform.decisions)
        await spool.ask("2", "Thanks")
        assert [f"May I? [{yes}]", "echo: Thanks"] == spool.platform.answers
        assert ["completed", "completed"] == await statuses(spool)
        assert {"user", "assistant"} == {item.get("role") for item in await stored(spool)}


@pytest.mark.parametrize("kind", ["ask", "stop"])
async def test_a_new_message_is_a_no(tmp_path, kind):
    """As with our own tools; the buttons go."""
    async with editing(tmp_path) as (spool, asked):
        await spool.ask("2", "Don't", kind=kind)
        answers = ["May I? [False]", "echo: Don't"] if kind == "ask" else [EN["stopped"]]
        assert answers == spool.platform.answers
        assert [asked.id] == list(spool.platform.decisions)
        assert "over" == await spool.inbox.decide(asked.id, "U1", True)


async def test_a_death_after_the_yes_before_it_was_sent(tmp_path):
    """The yes is on disk: it is sent once, by the next process."""
    async with editing(tmp_path) as (spool, asked):
        await killed(spool)
        await spool.inbox.decide(asked.id, "U1", True)
        await again(spool)
        await spool.idle()
        assert "May I? [True]" == spool.platform.answers[-1]


async def test_a_yes_is_not_sent_twice(tmp_path):
    """The process dies while the remote server may be at work: that is told, and not allowed again."""
    async with editing(tmp_path, [Say("Editing"), Fault("hang")]) as (spool, asked):
        await spool.inbox.decide(asked.id, "U1", True)
        await spool.script.until(2)
        await reborn(spool)
        assert f"May I? [False]\n\n{TOLD}" == spool.platform.answers[-1]
        assert [True] == list(approvals(given(spool.script.requests, 1)).values())


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (TURNED_AWAY, "May I? [True]"),
        ([DONE, Fault("failed", code="rate_limit_exceeded")], f"May I? [False]\n\n{TOLD}"),
    ],
    ids=["turned-away", "broken-off"],
)
async def test_a_yes_is_sent_again_when_nothing_was_done(tmp_path, first, answer):
    """Not after a response that broke off when the remote tool had worked, whatever the reason."""
    async with editing(tmp_path, first) as (spool, asked):
        await spool.inbox.decide(asked.id, "U1", True)
        await spool.idle()
        assert [answer] == spool.platform.answers


@pytest.mark.promise("T1")
@pytest.mark.parametrize(
    ("tool", "asked_for"),
    [
        ({**SERVER, "allowed_tools": ["read"]}, {"server_label": "wiki"}),
        ({**SERVER, "allowed_tools": {"tool_names": ["read"]}}, {"server_label": "wiki"}),
        (SERVER, {"server_label": "other"}),
        (SERVER, {}),
        ({**SERVER, "server_url": "https://evil.example.com/"}, {"server_label": "wiki"}),
    ],
)
async def test_nobody_is_asked_about_what_was_not_offered(tmp_path, tool, asked_for):
    """Whoever the model server says it is for, and however often: the answer to it is no."""
    script = Heard()
    wanted = {"name": "edit", "arguments": "{}", **asked_for}
    script.enqueue(*(Hosted("mcp_approval_request", {**wanted, "id": f"mcpr_{n}"}) for n in range(50)))
    script.enqueue(lambda items: f"May I? {set(approvals(items).values())}")
    async with remote(tmp_path, script, assistant=assistant(tools=tools(tool))) as (spool, _):
        await spool.ask("1", "Edit the page")
        assert str(spool.platform.answers[0]).startswith("May I? {False}")
        assert not spool.platform.questions


async def test_a_question_that_nobody_answers_is_a_no(tmp_path):
    """After its time."""
    limits = Limits(idle=TIMEOUT, run=TIMEOUT, approval=0.1)
    async with remote(tmp_path, wanting(), limits=limits) as (spool, _):
        await spool.ask("1", "Edit the page")
        assert ["May I? [False]"] == spool.platform.answers


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/sse",
        "https://mcp.example.com.evil.com/",
        "https://mcp.example.com@evil.com/",
        "not a url",
        "http://mcp.example.com/",
        "https://mcp.example.com:8443/",
        "https://mcp.example.com:443@evil.com/",
        "https://evil.com\\@mcp.example.com/",
        "https://mcp.example.com\\.evil.com/",
        "https://mcp.example.com\t.evil.com/",
        "https:mcp.example.com/",
        "https://mcp.example%2ecom/",
        "https://\uff4dcp.example.com/",
    ],
)
async def test_only_servers_of_the_allow_list_are_offered(tmp_path, url):
    """Others are named to the person; everything else works."""

    def look() -> str:
        """Look."""
        return "empty"

    script = Heard(Call("look"), "Empty.")
    who = assistant(tools=tools("def:look", {**SERVER, "server_url": url}))
    async with remote(tmp_path, script, assistant=who, toolbox=Toolbox.of(look)) as (spool, _):
        await spool.ask("1", "Hi")
        (answer,) = spool.platform.answers
    assert str(answer).startswith("Empty.")
    assert "`mcp:wiki`" in str(answer)
    assert ["function"] == [tool["type"] for tool in script.tools[0]]


async def test_a_person_is_asked_unless_the_assistant_says_otherwise(tmp_path):
    """The request says so for every tool of the server."""
    async with remote(tmp_path, Heard()) as (spool, _):
        await spool.ask("1", "Hi")
    ((offered,),) = spool.script.tools
    assert "always" == offered["require_approval"]


async def test_what_a_remote_tool_does_is_shown(tmp_path):
    """By the name of its server."""
    script = Heard([Hosted("mcp_call", {"server_label": "wiki", "name": "read", "output": "x"}), "Read."])
    async with remote(tmp_path, script) as (spool, _):
        await spool.ask("1", "Read")
        assert ["Read."] == spool.platform.answers
        assert (("Using wiki", "complete"),) in spool.platform.replies[0].tasks
