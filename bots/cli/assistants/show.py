"""How assistants are shown to the person at the terminal, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bots.cli.table import put_rows
from core.assistants.validate import tool_name
from core.store.assistants import DEFAULT, Assignment
from core.types import SETTINGS_ID, Assistant

UNASSIGNED = "every channel without its own assistant"
"""Where the default one answers; or that of the settings, when there is none."""
SHOWN_LINES, SHOWN_LETTERS = 6, 400
"""So much of a long text is shown of an assistant."""
PLATFORMS = {"slack": "Slack", "discord": "Discord"}
EMPTY = """There are no assistants yet: the ASSISTANT_* settings answer everywhere. Create the first one with
  {} assistants create --name HelpBot --instructions "…" """


def put(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def tell(text: str) -> None:
    """Say something to the person, never into the output."""
    sys.stderr.write(f"{text}\n")


def put_json(value: object) -> None:
    """Write a value as JSON."""
    put(json.dumps(value, ensure_ascii=False, indent=2))


def list_of(data: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several objects as the API prints them."""
    return {"object": "list", "data": list(data)}


def place(assignment: Assignment) -> str:
    """Where an assistant answers, in words."""
    if (assignment.platform, assignment.place) == DEFAULT:
        return UNASSIGNED
    return f"{PLATFORMS.get(assignment.platform, assignment.platform)} {assignment.place}"


def assigned(assignment: Assignment) -> dict[str, Any]:
    """An assignment as JSON."""
    default = (assignment.platform, assignment.place) == DEFAULT
    return {
        "object": "assistant.assignment",
        "platform": assignment.platform or None,
        "place": None if default else assignment.place,
        "assistant_id": assignment.assistant_id,
    }


def freed(assignment: Assignment) -> dict[str, Any]:
    """An assignment that has ended, as JSON, in the style of the API's deleted objects."""
    return {**assigned(assignment), "object": "assistant.assignment.deleted", "deleted": True}


def put_table(assistants: Sequence[Assistant], assignments: Sequence[Assignment], spool: str) -> None:
    """All assistants, one on each line."""
    if not assistants:
        put(EMPTY.format(spool).rstrip())
        return
    rows = []
    for assistant in assistants:
        answers = ", ".join(_places(assistant, assignments)) or "nowhere yet"
        rows.append((assistant.id, line(assistant.name, 40), assistant.model, _tools(assistant), answers))
    put_rows(("ID", "NAME", "MODEL", "TOOLS", "ANSWERS"), rows)


def put_summary(done: str, assistant: Assistant, assignments: Sequence[Assignment], spool: str) -> None:
    """What was done with an assistant, and what it is now. `assignments`: all there are."""
    put(f"{done} {assistant.label} ({assistant.id}), version {assistant.version}.")
    put(f"model: {assistant.model}, tools: {_tools(assistant)}")
    put(f"answers: {', '.join(_places(assistant, assignments)) or _assign_it(assistant, spool)}")
    put(f"everything about it: {spool} assistants show {assistant.id}")


def put_object(
    assistant: Assistant, assignments: Sequence[Assignment], spool: str, *, full: bool = False
) -> None:
    """Everything about one assistant that is not as it is by default. `assignments`: all there are.

    Of long texts only the begin, unless `full`.
    """
    plain = Assistant(id="", name="", model="").to_json()
    shown = {name: value for name, value in assistant.to_json().items() if value != plain[name]}
    shown |= {"tools": _tools(assistant), "version": assistant.version}
    shown["answers"] = ", ".join(_places(assistant, assignments)) or _assign_it(assistant, spool)
    shown.pop("created_at", None)
    width = max(map(len, shown))
    for name, value in shown.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines = (text if full else _begin(text)).split("\n")
        put(f"{name:<{width}}  " + f"\n{'':{width + 2}}".join(lines))


def _begin(text: str) -> str:
    """A few lines of a text, and how to see the others."""
    begin = "\n".join(text[:SHOWN_LETTERS].split("\n")[:SHOWN_LINES])
    return text if begin == text else f"{begin} …\n({len(text):,} characters; --full shows all)"


def _assign_it(assistant: Assistant, spool: str) -> str:
    return f"nowhere yet (assign it: {spool} assistants use {assistant.id} --default)"


def _places(assistant: Assistant, assignments: Sequence[Assignment]) -> list[str]:
    """Where it answers, in words; the settings' one also where nobody at all is assigned."""
    places = [place(found) for found in assignments if found.assistant_id == assistant.id]
    if assistant.id == SETTINGS_ID and not any((a.platform, a.place) == DEFAULT for a in assignments):
        places.append(UNASSIGNED)
    return places


def _tools(assistant: Assistant) -> str:
    names = [tool_name(tool) for tool in assistant.tools]
    return ", ".join("all functions" if name == "all" else name for name in names) or "none"


def line(text: str, limit: int) -> str:
    """As much of a text as fits into so many characters of one line."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
