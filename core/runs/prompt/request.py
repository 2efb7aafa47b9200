"""What of an assistant's tools a request offers: functions there is code for, hosted tools the server has."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from core.assistants import models
from core.assistants.validate import mcp_host
from core.errors import Permanent, Retryable
from core.files.library import Library
from core.runs.prompt.input import KEPT_DAYS, RunInput
from core.runs.run import Run
from core.store import files, vector_stores
from core.store.steps import Call
from core.tools import Toolbox
from core.types import EVERY_FUNCTION, SETTINGS_ID, Assistant

READ_CHANNEL = "read_channel"
"""The function tool that every assistant has."""
MOST_FILES = 50
"""Files that a container may be made with; the newest of a thread are.
https://github.com/openai/openai-openapi (AutoCodeInterpreterToolParam)"""


@dataclass(frozen=True, slots=True)
class Offer:
    """`tools` and `options` as the request has them; `missing` are the assistant's that cannot be offered."""

    tools: tuple[Mapping[str, Any], ...] = ()
    options: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    """Names that may be called."""
    client: frozenset[str] = frozenset()
    """Names that the client of the API carries out itself."""

    def of_client(self, call: Call) -> bool:
        """Whether the client carries it out."""
        return not call.server and call.name in self.client

    @property
    def hosted(self) -> bool:
        """Whether any of them is carried out by the server."""
        return any(tool["type"] != "function" for tool in self.tools)

    def remote(self, server: str, name: str) -> bool:
        """Whether that tool of an MCP server is among them."""
        servers = [
            tool for tool in self.tools if tool["type"] == "mcp" and tool.get("server_label") == server
        ]
        return any(_allows(tool.get("allowed_tools"), name) for tool in servers)


@dataclass(frozen=True, slots=True)
class Resources:
    """What hosted tools work on in this thread: ids at the model server."""

    stores: Sequence[str] = ()
    files: Sequence[str] = ()


class ThreadResources:
    """Of the thread of one run. `input` is what it brings itself."""

    def __init__(self, run: Run, library: Library, input: RunInput) -> None:
        self._run, self._claim, self._library, self._input = run, run.claim, library, input

    def __bool__(self) -> bool:
        """Whether there is anything from before this question."""
        return bool(self._claim.kept or self._claim.store)

    def resources(self, *, before: bool = True) -> Resources:
        """What hosted tools work on; what was there `before` this question may be left out."""
        if not self._run.rules.full:
            return Resources()
        store = self._input.store or (self._claim.store if before else None)
        sent = [file.remote for file in self._input.sent() if file.remote]
        return Resources(
            [store] if store else [], list(dict.fromkeys([*(self._claim.kept if before else ()), *sent]))
        )

    async def searched(self) -> None:
        """The store was used: its days are counted anew at the server, and here."""
        until = time.time() + KEPT_DAYS * 86_400
        await self._run.db(lambda tx: vector_stores.used(tx, self._claim.thread, until))

    async def forget(self) -> None:
        """Something of it is gone at the server: not every question is to be refused first because of it."""
        claim, now = self._claim, time.time()
        await self._run.db(lambda tx: files.forget_remotes(tx, claim.thread, claim.run))
        await self._run.db(lambda tx: vector_stores.used(tx, claim.thread, now))  # in doubt from now on
        with suppress(Retryable, Permanent):
            if claim.store and await self._library.store(claim.thread):
                await self.searched()


def offer(
    assistant: Assistant,
    toolbox: Toolbox,
    *,
    full: bool,
    hosts: frozenset[str],
    resources: Resources,
    effort: str = "none",
    unsupported: bool = False,
    client: Literal["", "all", "rest"] = "",
) -> Offer:
    """`unsupported`: the server has refused hosted tools in this run, so none is offered. `client`: functions
    are carried out by whoever asked, and are described by the assistant itself; `rest`: those not known here.
    """
    theirs = [tool for tool in assistant.tools if client and _of_client(tool)]
    if client == "rest":
        theirs = [tool for tool in theirs if toolbox.get(tool["function"]["name"]) is None]
    described = {tool["function"]["name"]: _described(tool["function"]) for tool in theirs}
    named = assistant.functions() - described.keys()
    wanted = named | {READ_CHANNEL}  # which is in the toolbox where there is a channel to read
    found = [name for name in toolbox.names() if EVERY_FUNCTION in named or name in wanted]
    found = [name for name in found if name not in described]
    tools: list[Mapping[str, Any]] = [*toolbox.specs(found), *described.values()]
    missing = [name for name in sorted(named) if name != EVERY_FUNCTION and name not in found]
    for tool in assistant.tools:
        if tool["type"] == "function":
            continue
        made = _hosted(tool, assistant, hosts, resources) if full and not unsupported else None
        if made:
            tools.append(made)
        elif made is None:
            missing.append(_label(tool))
    if full and not unsupported and resources.stores and not assistant.tool("file_search"):
        tools.append({"type": "file_search", "vector_store_ids": list(resources.stores)})
    options = _options(assistant, full, effort, tools)
    return Offer(tuple(tools), options, tuple(missing), frozenset(found), frozenset(described))


def _of_client(tool: Mapping[str, Any]) -> bool:
    return bool(tool["type"] == "function" and tool["function"]["name"] != EVERY_FUNCTION)


def _described(function: Mapping[str, Any]) -> dict[str, Any]:
    """A function as its client describes it; where it says nothing of `strict`, it is not."""
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    told = {"type": "function", "name": function["name"], "parameters": parameters}
    words = {"description": function["description"]} if function.get("description") else {}
    return {**told, **words, "strict": bool(function.get("strict"))}


def _allows(allowed: Any, name: str) -> bool:
    """`allowed_tools` of an MCP server: a list of names, an object that may have one, or nothing for all."""
    names = allowed.get("tool_names") if isinstance(allowed, Mapping) else allowed
    return names is None or name in names


def _label(tool: Mapping[str, Any]) -> str:
    return f"mcp:{tool.get('server_label', '')}" if tool["type"] == "mcp" else str(tool["type"])


def _hosted(
    tool: Mapping[str, Any], assistant: Assistant, hosts: frozenset[str], resources: Resources
) -> dict[str, Any] | None:
    """The tool as a request has it; {} when it has nothing to work on, None when it may not be used."""
    resource = assistant.tool_resources.get(tool["type"]) or {}
    if tool["type"] == "code_interpreter":
        own = list(resource.get("file_ids", ()))[:MOST_FILES]
        files = [*own, *resources.files[max(0, len(own) + len(resources.files) - MOST_FILES) :]]
        container = {"type": "auto", **({"file_ids": files} if files else {})}
        return {"type": "code_interpreter", "container": container}
    if tool["type"] == "file_search":
        stores = [*resource.get("vector_store_ids", ()), *resources.stores]
        further = tool.get("file_search") or {}
        return {"type": "file_search", **further, "vector_store_ids": stores} if stores else {}
    if tool["type"] == "mcp":
        host = mcp_host(tool.get("server_url"))
        return {"require_approval": "always", **tool} if host and host in hosts else None
    return dict(tool)


def reasoning(assistant: Assistant, *, full: bool, effort: str) -> dict[str, Any]:
    """How much the model is to think: a model that cannot think so little thinks as little as it can."""
    own = assistant.reasoning_effort if full or assistant.id != SETTINGS_ID else None
    wanted = own or (effort if full else "")
    possible = models.known(assistant.model).efforts
    if wanted and possible and wanted not in possible:
        wanted = possible[0]
    return {"reasoning": {"effort": wanted}} if wanted else {}


def _options(
    assistant: Assistant, full: bool, effort: str, tools: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Fields the assistant sets. A portable server gets only what was asked for explicitly."""
    options = reasoning(assistant, full=full, effort=effort)
    for name in ("temperature", "top_p"):
        if (value := getattr(assistant, name)) not in (
            None,
            1,
        ):  # the default, which many models refuse to be told
            options[name] = value
    if isinstance(assistant.response_format, Mapping):
        options["text"] = {"format": _format(assistant.response_format)}
    if (
        tools
        and assistant.tool_choice != "auto"
        and _possible(choice := _choice(assistant.tool_choice), tools)
    ):
        options["tool_choice"] = choice
    if tools and not assistant.parallel_tool_calls:
        options["parallel_tool_calls"] = False
    return options


def _format(given: Mapping[str, Any]) -> dict[str, Any]:
    """The old API nested a schema under `json_schema`; the Responses API has it flat."""
    if given.get("type") == "json_schema" and "json_schema" in given:
        return {"type": "json_schema", **given["json_schema"]}
    return dict(given)


def _possible(choice: Any, tools: Sequence[Mapping[str, Any]]) -> bool:
    """A server refuses a request that forces a tool it does not offer."""
    if not isinstance(choice, Mapping) or choice.get("type") == "allowed_tools":
        return True
    named = ("type", "name") if choice.get("type") == "function" else ("type",)
    return any(all(tool.get(key) == choice.get(key) for key in named) for tool in tools)


def _choice(given: str | Mapping[str, Any]) -> Any:
    if isinstance(given, Mapping) and given.get("type") == "function" and "function" in given:
        return {"type": "function", "name": given["function"]["name"]}
    return given
