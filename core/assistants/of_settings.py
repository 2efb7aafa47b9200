"""The assistant of the ASSISTANT_* settings, and the words in which people name tools."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from core import tools
from core.assistants.validate import HOSTED
from core.errors import ConfigError
from core.settings import Settings
from core.store import facts
from core.store.database import Execute
from core.types import EVERY_FUNCTION, SETTINGS_ID, Assistant, function_tool

MODEL: Final = f"model:{SETTINGS_ID}"
BUILT_IN: Final = {"clock": "current_time", "calculator": "calculate"}
"""Function tools that every Spool has: what people call them → the function's name."""
BUILT_IN_FILES: Final = tuple(Path(tools.__file__).parent / "examples" / f"{name}.py" for name in BUILT_IN)


def settings_assistant(settings: Settings) -> Assistant:
    """The assistant that the ASSISTANT_* settings describe. Raises ConfigError.

    Where they name no tools it has every function that is found, clock and calculator among them.
    """
    try:
        named = [tool(text) for text in settings.assistant_tools]
    except ValueError as problem:
        raise ConfigError(f"ASSISTANT_TOOLS: {problem}") from None
    return Assistant(
        id=SETTINGS_ID,
        name=settings.assistant_name,
        model=settings.assistant_model,
        instructions=settings.instructions,
        reasoning_effort=settings.assistant_effort,
        tools=tuple(named) or (function_tool(EVERY_FUNCTION),),
    )


def choose_model(tx: Execute, setting: str, model: str) -> None:
    """An admin has chosen that model for it: it counts for as long as ASSISTANT_MODEL is what it is."""
    facts.remember(tx, MODEL, {"setting": setting, "model": model} if model != setting else None)


def with_chosen_model(tx: Execute, assistant: Assistant) -> Assistant:
    """The assistant of the settings as an admin has left it. A setting that was changed counts again."""
    chosen = facts.find(tx, MODEL)
    if chosen and chosen["setting"] == assistant.model:
        return replace(assistant, model=chosen["model"])
    if chosen:
        facts.remember(tx, MODEL, None)
    return assistant


def tool(text: str) -> Mapping[str, Any]:
    """A tool by its words: a hosted one's name, a function's, `all` for every function, `mcp:LABEL=URL`.

    Raises ValueError for an MCP server that is not whole; whether there is such a function is not known here.
    """
    if (type := text.replace("-", "_")) in HOSTED:
        return {"type": type}
    if not text.startswith("mcp:"):
        return function_tool(EVERY_FUNCTION if text == "all" else BUILT_IN.get(text, text))
    label, equals, url = text.removeprefix("mcp:").partition("=")
    if not equals or not label or not url:
        raise ValueError(f"{text} is incomplete. Write mcp:LABEL=https://HOST/….")
    return {"type": "mcp", "server_label": label, "server_url": url, "require_approval": "always"}


def unknown_tools(settings: Settings, found: Collection[str]) -> list[str]:
    """What ASSISTANT_TOOLS names and is neither a hosted tool nor one of these functions."""
    functions = {text: tool(text) for text in settings.assistant_tools}
    names = {text: one["function"]["name"] for text, one in functions.items() if one["type"] == "function"}
    return [text for text, name in names.items() if name != EVERY_FUNCTION and name not in found]
