"""What an assistant may be: limits of the Assistants API and our own, with the cure of each mistake."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from core.assistants.audience import ADMINS
from core.assistants.models import known
from core.assistants.remarks import Remark, invalid
from core.types import EVERY_FUNCTION, Assistant

HOSTED = ("code_interpreter", "file_search", "web_search", "image_generation")
"""Tools that need nothing but their type."""
FORMER = {"retrieval": "file_search", "websearchpreview": "web_search"}
"""Other names of hosted tools, without _: of the old API, and of previews."""
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
LENGTHS = {"name": 256, "description": 512, "instructions": 256_000}
"""Characters."""
PAIRS, KEY, VALUE = 16, 64, 512
"""Of the metadata: how many, and characters."""
TOOLS = 128
LONGEST_RUN = 86_400
MOST_CALLS = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LISTENER = re.compile(r"slack:[UWCGDTE][A-Z0-9]{1,30}|discord:[0-9]{5,20}")
_MCP_URL = re.compile(
    r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::443)?(?:[/?#][!-\[\]-~]*)?", re.ASCII | re.IGNORECASE
)
"""Only what every parser reads alike: no login, backslash, space, other port, or host in other letters."""


def misshapen(fields: Mapping[str, Any]) -> list[Remark]:
    """What keeps these fields of the API from being read as an assistant at all."""
    return [
        invalid(name, f"The field {name} has another shape than in the API.")
        for name, kind in (("tools", list | tuple), ("tool_resources", Mapping), ("audience", list | tuple))
        if fields.get(name) is not None and not isinstance(fields[name], kind)
    ]


def mistakes(assistant: Assistant, *, mcp_hosts: Collection[str]) -> list[Remark]:
    """Everything that is wrong with it, each a complete sentence with its cure; [] when nothing is."""
    return [
        *_texts(assistant),
        *_numbers(assistant),
        *(invalid("metadata", text) for text in _metadata(assistant.metadata)),
        *_tools(assistant, mcp_hosts),
        *(invalid("audience", text) for text in _audience(assistant.audience)),
        *(invalid("tool_choice", text) for text in _choice(assistant)),
        *(invalid("response_format", text) for text in _format(assistant.response_format)),
        *(invalid("truncation_strategy", text) for text in _truncation(assistant.truncation_strategy)),
    ]


def _texts(assistant: Assistant) -> Iterator[Remark]:
    for name, limit in LENGTHS.items():
        text = getattr(assistant, name)
        if not isinstance(text, str):
            yield invalid(name, f"The {name} is not a text.")
        elif len(text) > limit:
            longer = f"The {name} came to {len(text):,} characters; at most {limit:,} are allowed."
            yield invalid(name, f"{longer} Shorten it.")
    if isinstance(assistant.name, str) and assistant.name.casefold() == "none":
        taken = "An assistant cannot be called “none”: that word ends an assignment. Choose another name."
        yield invalid("name", taken)
    if not isinstance(assistant.model, str) or not assistant.model.strip():
        yield invalid("model", "The model is missing. Name one, for example gpt-6-luna.")
    effort = assistant.reasoning_effort
    allowed = known(assistant.model).efforts if isinstance(assistant.model, str) else ()
    if effort is not None and effort not in (allowed or EFFORTS):
        whose = f" with the model {assistant.model}" if allowed else ""
        instead = f"Use one of: {', '.join(allowed or EFFORTS)}."
        yield invalid("reasoning_effort", f"The effort {effort} does not exist{whose}. {instead}")


def _numbers(assistant: Assistant) -> Iterator[Remark]:
    for name, highest in (("temperature", 2), ("top_p", 1)):
        value = getattr(assistant, name)
        if value is not None and not _within(value, 0, highest):
            yield invalid(name, f"The {name} {value} is not a number from 0 to {highest}.")
    calls, seconds = assistant.max_model_calls, assistant.run_seconds
    if not _whole(calls, 1, MOST_CALLS):
        text = f"The limit of model calls, {calls}, is no whole number from 1 to {MOST_CALLS}."
        yield invalid("max_model_calls", text)
    if seconds is not None and not _whole(seconds, 1, LONGEST_RUN):
        text = f"The seconds of a run, {seconds}, are no whole number from 1 to {LONGEST_RUN}."
        yield invalid("run_seconds", text)
    if assistant.parallel_tool_calls not in (True, False):
        yield invalid("parallel_tool_calls", "parallel_tool_calls is neither true nor false.")


def _within(value: object, lowest: float, highest: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and lowest <= value <= highest  # type: ignore[arg-type,operator]


def _whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and _within(value, lowest, highest)


def _metadata(metadata: object) -> Iterator[str]:
    if not isinstance(metadata, Mapping):
        yield "The metadata are not an object of keys and values."
        return
    if len(metadata) > PAIRS:
        yield f"There are {len(metadata)} pairs of metadata; at most {PAIRS} are allowed. Remove some."
    for key, value in metadata.items():
        if not 0 < len(key) <= KEY:
            yield f"The metadata key “{key[:KEY]}” does not have 1 to {KEY} characters."
        if not isinstance(value, str) or len(value) > VALUE:
            yield f"The metadata value of “{key[:KEY]}” is not a text of at most {VALUE} characters."


def _audience(audience: Collection[object]) -> Iterator[str]:
    for one in audience:
        if not isinstance(one, str) or (one != ADMINS and not _LISTENER.fullmatch(one)):
            yield (
                f"“{one!s:.40}” is nobody whom an assistant can be limited to. Use ids with their network, "
                f"such as slack:U… or discord:…, or {ADMINS}."
            )


def _tools(assistant: Assistant, mcp_hosts: Collection[str]) -> Iterator[Remark]:
    tools = assistant.tools
    if len(tools) > TOOLS:
        yield invalid("tools", f"There are {len(tools)} tools; at most {TOOLS} are allowed. Remove some.")
    seen: set[str] = set()
    for number, tool in enumerate(tools):
        if problem := _tool(tool, mcp_hosts):
            yield invalid(f"tools[{number}]", problem)
            continue
        name = tool_name(tool)
        if name in seen:
            yield invalid(f"tools[{number}]", f"The tool {name} is there twice. Name it once.")
        seen.add(name)


def tool_name(tool: Mapping[str, Any]) -> str:
    """What people call a tool: its type, the name of its function, or `mcp:` and its server's label."""
    if tool["type"] == "function":
        name = tool["function"]["name"]
        return "all" if name == EVERY_FUNCTION else str(name)
    return f"mcp:{tool['server_label']}" if tool["type"] == "mcp" else str(tool["type"])


def meant(name: str) -> str:
    """The hosted tool that somebody means who names a function there is no code for; "" when none."""
    plain = re.sub("[^a-z]", "", name.lower())
    names = {hosted.replace("_", ""): hosted for hosted in HOSTED} | FORMER
    close = difflib.get_close_matches(plain, names, n=1, cutoff=0.85)
    return names[close[0]] if close else ""


def _tool(tool: object, mcp_hosts: Collection[str]) -> str:
    """What is wrong with a tool, "" when nothing is."""
    type = tool.get("type") if isinstance(tool, Mapping) else None
    if not isinstance(tool, Mapping) or not isinstance(type, str):
        return f"{tool!r:.80} is no tool: it has no type."
    if type == "function":
        function = tool.get("function")
        name = function.get("name") if isinstance(function, Mapping) else None
        if name == EVERY_FUNCTION or (isinstance(name, str) and _NAME.fullmatch(name)):
            return ""
        return f"“{name}” is no name of a function: 1 to 64 letters, digits, _ and - make one."
    if type == "mcp":
        return _mcp(tool, mcp_hosts)
    if type in HOSTED:
        return ""
    return f"There is no tool “{type}”. Use {', '.join(HOSTED)}, mcp, or a function."


def mcp_host(url: object) -> str:
    """The host that any reader of this URL connects to, by https on port 443; "" when that is not sure."""
    found = _MCP_URL.fullmatch(url) if isinstance(url, str) else None
    return found[1].lower() if found else ""


def _mcp(tool: Mapping[str, Any], mcp_hosts: Collection[str]) -> str:
    label, url = tool.get("server_label"), tool.get("server_url")
    if not isinstance(label, str) or not _NAME.fullmatch(label):
        return f"“{label}” is no label of an MCP server: 1 to 64 letters, digits, _ and - make one."
    host = mcp_host(url)
    if not host:
        return (
            f"The address of the MCP server {label} must be https://HOST/…: no password, no port "
            "but 443, and neither a backslash nor a space anywhere."
        )
    if host not in {allowed.lower() for allowed in mcp_hosts}:
        return f"The MCP server {label} is at {host}, which is not allowed. Add {host} to MCP_HOSTS first."
    return ""


def _choice(assistant: Assistant) -> Iterator[str]:
    choice: Any = assistant.tool_choice
    if choice in ("auto", "none"):
        return
    if choice == "required":
        if not assistant.tools:
            yield "The tool choice “required” needs at least one tool. Add one, or use auto."
        return
    name, names = _named(choice), {_named(tool) for tool in assistant.tools}
    if name is None:
        yield "The tool choice is neither auto, none, required nor one of its tools."
    elif name not in names and not (dict(choice).get("type") == "function" and "all" in names):
        yield f"The tool choice {name} is none of its tools. Add it with --tool, or use auto."


def _named(tool: object) -> str | None:
    """The name of a tool, None when it is no tool."""
    try:
        return tool_name(tool) if isinstance(tool, Mapping) else None
    except (KeyError, TypeError):
        return None


def _format(format: object) -> Iterator[str]:
    if format == "auto":
        return
    type = format.get("type") if isinstance(format, Mapping) else None
    if type in ("text", "json_object"):
        return
    schema = format.get("json_schema") if isinstance(format, Mapping) else None
    if type != "json_schema":
        yield "The response format is not known. Use text, json_object, or JSON of type json_schema."
    elif not isinstance(schema, Mapping) or not schema.get("name") or "schema" not in schema:
        yield 'A json_schema needs {"json_schema": {"name": …, "schema": …}} beside its type.'


def _truncation(strategy: object) -> Iterator[str]:
    type = strategy.get("type") if isinstance(strategy, Mapping) else None
    if not isinstance(strategy, Mapping) or type not in ("auto", "last_messages", "summary"):
        yield f"The truncation {type or strategy} is not known. Use auto, summary or last_messages:N."
    elif type == "last_messages":
        if not _whole(strategy.get("last_messages"), 1, 10**6):
            yield "The truncation last_messages needs a number of messages. Write last_messages:N."
    elif strategy.get("max_tokens") is not None and not _whole(strategy["max_tokens"], 1, 10**9):
        yield f"The tokens of the truncation {type} are no whole number above 0. Write {type}:TOKENS."


def unavailable(assistant: Assistant, *, full: bool) -> list[Remark]:
    """A warning of tools that the model server would carry out, where it has none (not `full`)."""
    hosted = [tool_name(tool) for tool in assistant.tools if tool["type"] != "function"]
    if full or not hosted:
        return []
    return [Remark("tools_unavailable", {"label": assistant.label, "tools": ", ".join(hosted)}, "tools")]
