"""What people are told of a command, in their language: the same words on every network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from core.assistants.choose import Choice
from core.assistants.model_choice import ModelChoice
from core.errors import SpoolError
from core.runs.summaries import Held, told
from core.texts import ended, text
from core.types import Assistant

SOON: Final = 1.5
"""Seconds that a direct message has: whoever typed a command is answered within three."""
LONGEST_LIST: Final = 1500
"""Characters of names listed at most: a chat's own reply has room for about so many."""


def reset_text(extent: str | None, locale: str, language: str) -> str:
    """Which thread has ended; None: the command cannot see which one is meant."""
    return ended(extent, locale, language) if extent else text("reset_topic", locale, language)


def memory_text(held: Held | None, locale: str, language: str) -> str:
    """What a thread holds; None: the command cannot see which thread is meant."""
    return text("memory_topic", locale, language) if held is None else told(held, locale, language)


async def console_text(url: str, direct: Callable[[str], Awaitable[None]], locale: str, language: str) -> str:
    """That a direct message has the link to the web page, or who gets one; where none arrives, the link."""
    words = text("console_link" if url else "console_admins", locale, language).format(url=url)
    if url:
        with contextlib.suppress(SpoolError, TimeoutError):  # it counts once, wherever it is read
            async with asyncio.timeout(SOON):
                await direct(words)
            return text("console_sent", locale, language)
    return words


def access_text(told: Mapping[str, Any] | None, locale: str, language: str) -> str:
    """What is in force for a person in a place, as `core.policy.explain` tells it; None: to admins only."""
    if told is None:
        return text("access_admins", locale, language)
    of = told["assistant"]
    lines = ["access_allowed" if told["allowed"] else "access_denied", *["access_assumed"] * told["assumed"]]
    lines += ["access_assistant", "access_scope", "access_limits", "access_tools"]
    said = {
        **told,
        "scoped": told["scope_source"],
        **{"name": of["name"] or of["id"], "id": of["id"], "version": of["version"], "of": of["source"]},
        "limits": ", ".join(f"{one['name']}={one['value']:g} ({one['source']})" for one in told["limits"]),
        "tools": ", ".join(told["tools"]) or "–",
    }
    return "\n".join(text(line, locale, language).format(**said) for line in lines)


def choice_text(choice: Choice, locale: str, language: str) -> str:
    """Who answers there, or why that could not be changed."""
    names, one = _names(choice.others), choice.assistant
    shown = {"name": one.label, "id": one.id, "model": one.model} if one else {"name": _plain(choice.wanted)}
    said = text(f"assistant_{choice.outcome}", locale, language).format(**shown, names=names)
    if choice.outcome in ("current", "closed") and names:
        return f"{said}\n{text('assistant_others', locale, language).format(names=names)}"
    return said


def model_text(choice: ModelChoice, locale: str, language: str) -> str:
    """Which model answers there, or why that could not be changed."""
    one, words = choice.assistant, partial(text, locale=locale, default=language)
    shown = {"name": one.label, "id": one.id, "model": one.model} if one else {}
    refused = choice.outcome == "refused"
    about = [remark.facts.get("text", "") for remark in choice.remarks]
    instead = "".join(remark.facts.get("replacement", "") for remark in choice.remarks) if refused else ""
    key = {"admins": "assistant_admins", "refused": "model_unfit"}.get(
        choice.outcome, f"model_{choice.outcome}"
    )
    said = words(key).format(**shown, wanted=_plain(choice.wanted), reason=" ".join(about))
    more = words("model_instead").format(model=instead) if instead and instead not in said else ""
    warned = [] if refused else [words("model_warned").format(reason=reason) for reason in about if reason]
    return "\n".join(filter(None, [said, more, *warned]))


def _plain(wanted: str) -> str:
    """What was typed, short, and no markup."""
    return wanted[:100].replace("`", "")


def _names(found: Iterable[Assistant]) -> str:
    shown: list[str] = []
    for one in found:
        shown.append(f"{one.label} ({one.id})")
        if sum(map(len, shown)) + 2 * len(shown) > LONGEST_LIST:
            return f"{', '.join(shown[:-1])} …"
    return ", ".join(shown)
