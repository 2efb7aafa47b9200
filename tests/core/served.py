"""The core over the OpenAI stand-in on a real socket, and what tests of runs with tools share."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.model_server.model import Features, OpenAIModel
from core.model_server.service import OpenAIService
from core.texts import TEXTS
from core.types import Assistant, Attachment, function_tool
from standins.openai import OpenAIStandin
from standins.script.script import Call, Scenario, Script
from tests.core.fakes import ASSISTANT, TIMEOUT
from tests.core.whole import Core, core

EN = TEXTS["en"]
Item = Mapping[str, Any]


def assistant(**changes: Any) -> Assistant:
    """That of the tests, changed."""
    return replace(ASSISTANT, **changes)


def tools(*types: Any) -> tuple[dict[str, Any], ...]:
    """Tools of an assistant: `"web_search"`, `"def:send"` for a function, or a whole tool."""
    made = []
    for one in types:
        if not isinstance(one, str):
            made.append(dict(one))
        elif one.startswith("def:"):
            made.append(function_tool(one[4:]))
        else:
            made.append({"type": one})
    return tuple(made)


@contextlib.asynccontextmanager
async def served(
    directory: Path, script: Script, *, portable: bool = False, window: int | None = None, **more: Any
) -> AsyncIterator[tuple[Core, OpenAIStandin]]:
    """The core that asks the stand-in, which offers everything unless it is portable.

    `hosted=False`: a server believed to offer everything that refuses hosted tools.
    """
    hosted = more.pop("hosted", None)
    async with OpenAIStandin(script, portable=portable, window=window, models=None, hosted=hosted) as api:
        features = Features(full=not portable)
        model = OpenAIModel(api_key="sk-test", base_url=api.base_url, features=features)
        service = OpenAIService(api_key="sk-test", base_url=api.base_url, pause=0.01)
        more.setdefault("service", None if portable else service)
        try:
            async with core(directory, model, **more) as spool:
                spool.script = script if isinstance(script, Scenario) else None
                yield spool, api
        finally:
            await service.close()
            await model.close()


def given(requests: Sequence[tuple[str, Sequence[Item]]], at: int = -1) -> list[Item]:
    """The input items of a request."""
    return list(requests[at][1])


def kinds(items: Sequence[Item]) -> list[str]:
    """What items are, in order: a role or a type."""
    return [str(item.get("role") or item["type"]) for item in items]


def said(items: Sequence[object]) -> str:
    """All of the items as JSON, to look for words in."""
    return json.dumps(items, ensure_ascii=False)


async def stored(spool: Core) -> list[Item]:
    """Everything the threads remember."""
    return [json.loads(item) for (item,) in await spool.rows("SELECT item FROM items ORDER BY seq")]


async def statuses(spool: Core) -> list[str]:
    """Of every run."""
    return [status for (status,) in await spool.rows("SELECT status FROM runs ORDER BY seq")]


async def until(holds: Callable[[], Any]) -> None:
    """Returns once the awaited value holds; for what only the database knows."""
    async with asyncio.timeout(TIMEOUT):
        while not await holds():  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.005)


async def recorded(spool: Core, step: str) -> None:
    """Returns once the step is on disk."""
    await until(lambda: spool.rows("SELECT 1 FROM steps WHERE name = ?", step))


async def killed(spool: Core) -> None:
    """The process is gone, with all that it did beside its runs."""
    await spool.memory.close()
    await spool.run_context.attachments.close()
    await spool.die()


async def again(spool: Core) -> None:
    """A new process goes on where the killed one was."""
    await spool.restart()
    await spool.memory.resume()


async def reborn(spool: Core, *, idle: bool = True) -> None:
    """The process is killed, and a new one goes on, to the end of what it finds unless told."""
    await killed(spool)
    await again(spool)
    if idle:
        await spool.idle()


async def showing(spool: Core, text: str) -> None:
    """Returns once this is what people see."""
    await spool.platform.news.until(lambda: text in spool.platform.screen.values())


def sent(spool: Core, **files: bytes) -> dict[str, Any]:
    """Files of a message, to be given to `say`; `a_txt` is a.txt."""
    named = {name.replace("_", "."): content for name, content in files.items()}
    spool.platform.stored.update({f"F-{name}": content for name, content in named.items()})
    made = [Attachment(f"F-{name}", name, "https://files.example/", len(it)) for name, it in named.items()]
    return {"files": tuple(made)}


def looking(place: Any = "attic", **more: Any) -> Call:
    """The model wants to look there."""
    return Call("look", {"place": place}, **more)
