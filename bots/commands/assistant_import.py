"""`assistants import`: assistants as the old API, or `export`, printed them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bots.commands.assistant_changes import default_effort
from bots.commands.assistant_office import Office, no_code
from bots.commands.assistant_print import list_of, put, put_json, tell
from core.assistant import SETTINGS_ID, Assistant
from core.assistant_import import has_more, is_ours, objects, translated
from core.assistant_limits import mistakes
from core.database import Execute
from core.errors import ConfigError
from core.model_list import ModelList, day
from core.models import known
from core.store import assistants

ID = re.compile(r"asst_[A-Za-z0-9_-]{1,64}")


@dataclass
class Arrival:
    """An assistant that is to be imported: its fields, and what has to be said about it."""

    fields: dict[str, Any]
    notes: list[str]
    ours: bool
    problems: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(self.fields.get("name") or self.fields.get("id") or "An assistant")


async def bring(office: Office) -> None:
    """`import FILE|-`: all of them, or none when one is refused."""
    text = _read(office.options.file)
    try:
        arrivals = [Arrival(*translated(one), is_ours(one)) for one in objects(text)]
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if has_more(text):
        tell("warning: The list goes on after this page: ask the API for the next one (after=last_id), too.")
    offered = await office.models()
    for arrival in arrivals:
        _prepare(arrival, office, offered)
    problems = [f"{arrival.label}: {problem}" for arrival in arrivals for problem in arrival.problems]
    if problems:
        raise ConfigError(*problems)
    made = await office.db(lambda x: [_arrive(x, arrival, office.now) for arrival in arrivals])
    for arrival, assistant in zip(arrivals, made, strict=True):
        for note in arrival.notes:
            tell(f"{assistant.label} ({assistant.id}): {note}")
    if office.options.json:
        put_json(list_of(assistant.to_json() for assistant in made))
    else:
        for assistant in made:
            put(f"{assistant.id}  {assistant.label}  {assistant.model}")


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read ({error.strerror}). Give a file, or - for standard input."
        ) from None


def _prepare(arrival: Arrival, office: Office, offered: ModelList) -> None:
    fields = arrival.fields
    for name, kind in (("tools", list), ("tool_resources", dict)):
        if not isinstance(fields.get(name, kind()), kind):
            arrival.problems.append(f"The field {name} has another shape than in the API.")
            return
    _renew_model(arrival, office, offered)
    wanted = Assistant.from_json(fields)
    arrival.problems += mistakes(wanted, mcp_hosts=office.settings.mcp_hosts)
    if not arrival.problems:
        arrival.notes += [no_code(office.settings, name) for name in office.functions_without_code(wanted)]


def _renew_model(arrival: Arrival, office: Office, offered: ModelList) -> None:
    """Put a model that is gone in the place of its successor, and an effort that this one does not take."""
    fields = arrival.fields
    model = fields.get("model")
    if not isinstance(model, str):
        return
    verdict = offered.judge(model, day(office.now))
    if verdict.refused and verdict.replacement:
        fields["model"] = verdict.replacement
        arrival.notes.append(verdict.refused.replace(" Use ", " It has ").replace(" instead.", " now."))
    elif verdict.refused:
        arrival.problems.append(verdict.refused)
    elif verdict.warning:
        arrival.notes.append(verdict.warning)
    efforts, effort = known(fields["model"]).efforts, fields.get("reasoning_effort")
    if efforts and effort is not None and effort not in efforts:
        del fields["reasoning_effort"]
        arrival.notes.append(f"The effort {effort} does not exist with {fields['model']}; it was left out.")
    if (
        not arrival.ours
        and "reasoning_effort" not in fields
        and (default := default_effort(office.settings, fields["model"]))
    ):
        fields["reasoning_effort"] = default


def _arrive(x: Execute, arrival: Arrival, now: float) -> Assistant:
    """Under its own id where that is free; an identical one that is here already stays as it is."""
    fields = dict(arrival.fields)
    id = fields.pop("id", None)
    for name in ("created_at", "version"):
        if type(fields.get(name)) is not int or not 0 < fields[name] < 2**53:
            fields.pop(name, None)
    present = assistants.get(x, id) if isinstance(id, str) else None
    if present is not None and present.body() == Assistant.from_json(arrival.fields).body():
        arrival.notes.append("It is here already, exactly like this; it was left as it is.")
        return present
    if isinstance(id, str) and ID.fullmatch(id) and id != SETTINGS_ID and not assistants.known(x, id):
        return assistants.create(x, {**fields, "id": id}, now)
    made = assistants.create(x, {**fields, "version": None}, now)
    if id is not None:
        arrival.notes.append(f"Its id {id} is taken or not allowed here; it has {made.id} now.")
    return made
