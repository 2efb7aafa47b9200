"""The options that say what an assistant is, and what they mean as fields."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from bots.typed_path import typed_path
from core.assistants.of_settings import tool
from core.assistants.validate import HOSTED, tool_name
from core.types import FEEDBACK, Assistant, function_tool

CLEARABLE = {
    "name": "name",
    "description": "description",
    "model": "model",
    "instructions": "instructions",
    "tools": "tools",
    "tool-resources": "tool_resources",
    "effort": "reasoning_effort",
    "temperature": "temperature",
    "top-p": "top_p",
    "response-format": "response_format",
    "truncation": "truncation_strategy",
    "metadata": "metadata",
    "tool-choice": "tool_choice",
    "parallel-tool-calls": "parallel_tool_calls",
    "max-model-calls": "max_model_calls",
    "run-seconds": "run_seconds",
    "audience": "audience",
}
"""What `--clear` takes → the field."""
RATED = {"on": "1", "off": "0", "settings": ""}
"""What `--feedback` takes → what its metadata say."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `create` and `update`."""
    texts = (
        ("--name", "TEXT", "what it is called, up to 256 characters"),
        ("--description", "TEXT", "for you and for lists, up to 512 characters"),
        ("--instructions", "TEXT|@FILE|-", "what it is told before each conversation; -: standard input"),
        ("--model", "MODEL", "the model that answers; default of a new one: ASSISTANT_MODEL"),
        ("--effort", "EFFORT", "how much it thinks: none, low, medium, high, xhigh or max"),
        ("--temperature", "NUMBER", "0 to 2"),
        ("--top-p", "NUMBER", "0 to 1"),
        ("--response-format", "text|json_object|JSON", "what form answers have; JSON: a json_schema"),
        ("--truncation", "HOW", "of long conversations: summary (default), auto or last_messages:N"),
        ("--tool-choice", "auto|none|required|TOOL", "whether it may, or must, use a tool"),
        ("--max-model-calls", "N", "per answer; default: 16"),
        (
            "--audience",
            "ID,ID|admins|everyone",
            "who may use it: slack:U…, discord:…, channels and servers, too",
        ),
        ("--run-seconds", "N", "after which an answer is ended; default: RUN_SECONDS"),
    )
    for name, metavar, text in texts:
        parser.add_argument(name, metavar=metavar, help=text)
    parser.add_argument(
        "--tool",
        action="append",
        default=[],
        metavar="TOOL",
        help=f"{', '.join(HOSTED)}, the name of a function, all (every function there is), or mcp:LABEL=URL; "
        "repeatable",
    )
    parser.add_argument(
        "--metadata", action="append", default=[], metavar="KEY=VALUE", help="repeatable; KEY= removes it"
    )
    parser.add_argument("--feedback", choices=RATED, help="buttons to rate answers; settings: as FEEDBACK")
    parser.add_argument(
        "--parallel-tool-calls",
        action=argparse.BooleanOptionalAction,
        help="whether it may call several tools at once; default: it may",
    )


def changes(options: argparse.Namespace, current: Assistant) -> tuple[dict[str, Any], list[str]]:
    """The fields that the options change in that assistant, and everything that is wrong with the options."""
    reading = _Reading(options)
    fields = reading.plain()
    for name in getattr(options, "clear", ()):
        if name in CLEARABLE:
            fields[CLEARABLE[name]] = None
        else:
            reading.problems.append(f"--clear {name} is not known. Use one of: {', '.join(CLEARABLE)}.")
    if options.tool or getattr(options, "remove_tool", ()):
        kept = () if "tools" in fields else current.tools
        fields["tools"] = reading.tools(kept)
    if options.feedback:
        options.metadata = [*options.metadata, f"{FEEDBACK}={RATED[options.feedback]}"]
    if options.metadata:
        kept_pairs = {} if "metadata" in fields else current.metadata
        fields["metadata"] = reading.metadata(kept_pairs)
    return fields, reading.problems


class _Reading:
    """Options on their way to fields; what is wrong is collected."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self.problems: list[str] = []

    def plain(self) -> dict[str, Any]:
        """The fields whose option stands for the whole value."""
        options = self._options
        found = {
            "name": options.name and options.name.strip(),
            "description": options.description,
            "instructions": self._text(options.instructions),
            "model": options.model and options.model.strip(),
            "reasoning_effort": options.effort and options.effort.lower(),
            "temperature": self._number("--temperature", options.temperature, float),
            "top_p": self._number("--top-p", options.top_p, float),
            "response_format": self._format(options.response_format),
            "truncation_strategy": self._truncation(options.truncation),
            "tool_choice": _choice(options.tool_choice),
            "max_model_calls": self._number("--max-model-calls", options.max_model_calls, int),
            "run_seconds": self._number("--run-seconds", options.run_seconds, int),
            "parallel_tool_calls": options.parallel_tool_calls,
            "audience": _listeners(options.audience),
        }
        return {name: value for name, value in found.items() if value is not None}

    def tools(self, kept: tuple[Mapping[str, Any], ...]) -> list[Mapping[str, Any]]:
        """The tools after those of the options were added and removed."""
        by_name = {tool_name(tool): tool for tool in kept}
        for text in getattr(self._options, "remove_tool", ()):
            if by_name.pop(text.partition("=")[0], None) is None:
                has = f"It has: {', '.join(by_name)}." if by_name else "It has none."
                self.problems.append(f"--remove-tool {text}: the assistant has no such tool. {has}")
        for text in self._options.tool:
            made = self._tool(text)
            if made is not None:
                by_name[tool_name(made)] = made
        return list(by_name.values())

    def metadata(self, kept: Mapping[str, str]) -> dict[str, str]:
        """The pairs after those of the options."""
        pairs = dict(kept)
        for text in self._options.metadata:
            key, equals, value = text.partition("=")
            if not equals or not key:
                self.problems.append(f"--metadata {text} is no pair. Write KEY=VALUE.")
            elif value:
                pairs[key] = value
            else:
                pairs.pop(key, None)
        return pairs

    def _text(self, given: str | None) -> str | None:
        """`@FILE` and `-` are read; `@@…` begins with one @."""
        if given == "-":
            return sys.stdin.read().strip()
        if given is None or not given.startswith("@") or given.startswith("@@"):
            return given.removeprefix("@") if given else given
        try:
            return typed_path(given[1:]).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.problems.append(
                f"--instructions {given}: {given[1:]} cannot be read ({reason}). Write @@ for a text that "
                "begins with @."
            )
            return None

    def _number(self, option: str, text: str | None, kind: type[int] | type[float]) -> float | None:
        if text is None:
            return None
        try:
            return kind(text)
        except ValueError:
            self.problems.append(f"{option} {text} is not a {'whole ' if kind is int else ''}number.")
            return None

    def _tool(self, text: str) -> Mapping[str, Any] | None:
        try:
            return tool(text)
        except ValueError as problem:
            self.problems.append(f"--tool {problem}")
            return None

    def _format(self, text: str | None) -> str | dict[str, Any] | None:
        if text is None or text == "auto":
            return text
        if text in ("text", "json_object"):
            return {"type": text}
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            self.problems.append(f"--response-format {text:.60} is not known. Use text, json_object or JSON.")
            return None
        return found

    def _truncation(self, text: str | None) -> dict[str, Any] | None:
        if text is None:
            return None
        type, _, number = text.partition(":")
        field = "last_messages" if type == "last_messages" else "max_tokens"
        if not number:
            return {"type": type}
        if not number.isascii() or not number.isdigit():
            self.problems.append(f"--truncation {text}: {number} is not a number.")
            return None
        return {"type": type, field: int(number)}


def _listeners(text: str | None) -> list[str] | None:
    named = [one.strip() for one in (text or "").split(",")]
    return None if text is None else [] if named == ["everyone"] else named


def _choice(text: str | None) -> str | dict[str, Any] | None:
    if text is None or text in ("auto", "none", "required"):
        return text
    if text.startswith("mcp:"):
        return {"type": "mcp", "server_label": text.removeprefix("mcp:")}
    return {"type": text} if text in HOSTED else function_tool(text)
