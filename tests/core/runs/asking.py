"""Runs that ask a person: a tool that sends letters, and the remote tools of a wiki."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from core.runs.run_context import Limits
from core.tools import Toolbox, tool
from core.types import ApprovalRequest
from standins.script.script import Call, Hosted, approvals, outputs
from tests.core.fakes import TIMEOUT, Heard
from tests.core.served import assistant, served, statuses, tools, until
from tests.core.whole import Core, core

PATIENT = Limits(idle=TIMEOUT, run=TIMEOUT, approval=60)
SERVER = {"type": "mcp", "server_label": "wiki", "server_url": "https://mcp.example.com/sse"}
WHO = assistant(tools=tools(SERVER))


class Post:
    """A tool that sends, and counts how often, once it `may`; and the script of the model that wants it."""

    def __init__(self, *to: str) -> None:
        self.sent: list[str] = []
        self.begun, self.may = asyncio.Event(), asyncio.Event()
        self.may.set()
        calls = [Call("send", {"to": one}, id=f"call_{one}") for one in to or ("bob",)]
        self.script = Heard(calls, lambda items: " / ".join(outputs(items).values()))

    def toolbox(self) -> Toolbox:
        """It, and one without effects."""

        @tool(confirm=True)
        async def send(to: str) -> str:
            """Send a letter."""
            self.sent.append(to)
            self.begun.set()
            await self.may.wait()
            return f"sent to {to}"

        def look(place: str) -> str:
            """Look."""
            return f"{place} is empty"

        return Toolbox.of(send, look)


def posting(directory: Path, post: Post, **more: Any) -> Any:
    """The core with that tool."""
    return core(directory, post.script, toolbox=post.toolbox(), **{"limits": PATIENT, **more})


async def question(spool: Core, count: int = 1) -> ApprovalRequest:
    """The newest question, once there are so many."""
    await spool.platform.news.until(lambda: len(spool.platform.questions) >= count)
    return list(spool.platform.questions.values())[-1]


async def waiting(spool: Core) -> None:
    """Returns once a run waits for a person."""

    async def holds() -> bool:
        return "requires_action" in await statuses(spool)

    await until(holds)


@contextlib.asynccontextmanager
async def asked(directory: Path, *to: str, **more: Any) -> AsyncIterator[tuple[Core, Post, ApprovalRequest]]:
    """A run of U1 that waits for a yes to letters to these, and the newest question."""
    post = Post(*to)
    async with posting(directory, post, **more) as spool:
        await spool.say("1", "Send it")
        found = await question(spool, len(to or ("bob",)))
        await waiting(spool)
        yield spool, post, found


@contextlib.asynccontextmanager
async def stuck(directory: Path) -> AsyncIterator[tuple[Core, Post]]:
    """It had its yes, and hangs in the middle of sending."""
    post = Post()
    post.may.clear()
    async with posting(directory, post) as spool:
        await spool.say("1", "Send it")
        await spool.inbox.decide((await question(spool)).id, "U1", True)
        await post.begun.wait()
        yield spool, post


def wanting(*between: Any) -> Heard:
    """A model that lists the wiki's tools, asks for one, and says whether it may after all else."""
    request = {"server_label": "wiki", "name": "edit", "arguments": '{"page": "Home"}', "id": "mcpr_1"}
    listed = Hosted("mcp_list_tools", {"server_label": "wiki", "tools": []})
    may = lambda items: f"May I? {list(approvals(items).values())}"  # noqa: E731
    return Heard([listed, Hosted("mcp_approval_request", request)], *between, may)


def remote(directory: Path, script: Heard, **more: Any) -> Any:
    """The core at a server that has everything, with the wiki."""
    return served(directory, script, **{"assistant": WHO, "limits": PATIENT, **more})


@contextlib.asynccontextmanager
async def editing(directory: Path, *between: Any) -> AsyncIterator[tuple[Core, ApprovalRequest]]:
    """A run of U1 that waits for a yes to what the wiki is to do."""
    async with remote(directory, wanting(*between)) as (spool, _):
        await spool.say("1", "Edit the page")
        found = await question(spool)
        await waiting(spool)
        yield spool, found
