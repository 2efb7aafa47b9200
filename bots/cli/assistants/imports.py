"""`assistants import`: assistants as the old API, or `export`, printed them."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bots.cli.assistants.changes import default_effort
from bots.cli.assistants.invocation import Invocation, no_code, tell_namesakes, tell_unavailable
from bots.cli.assistants.show import line, list_of, put, put_json, tell
from bots.typed_path import typed_path
from core.assistants.importer import has_more, is_ours, objects, translated
from core.assistants.model_list import ModelList, day
from core.assistants.models import known
from core.assistants.validate import mistakes
from core.errors import ConfigError
from core.store import assistants
from core.store.database import Execute
from core.types import SETTINGS_ID, Assistant

ID = re.compile(r"asst_[A-Za-z0-9_-]{1,64}")
THEIRS = (
    f"{SETTINGS_ID} is what the ASSISTANT_* settings said where it was exported; it was left out. Copy those "
    "settings, or take its id out of the file to import it as an assistant of its own."
)


@dataclass
class Arrival:
    """An assistant that is to be imported: its fields, and what has to be said about it.

    `id` is the one it has here; `given` the one it came with, if any.
    """

    id: str
    given: object
    fields: dict[str, Any]
    notes: list[str]
    ours: bool
    problems: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return line(str(self.fields.get("name") or self.given or "An assistant"), 80)


def arrival(printed: Mapping[str, Any], spool: str) -> Arrival:
    """What was printed for one. The same text always gets the same id here: so it is known again."""
    fields, notes = translated(printed, spool)
    given = fields.pop("id", None)
    if isinstance(given, str) and ID.fullmatch(given):
        return Arrival(given, given, fields, notes, is_ours(printed))
    source = json.dumps(printed if given is None else given, sort_keys=True)
    id = f"asst_{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    return Arrival(id, given, fields, notes, is_ours(printed))


async def bring(invocation: Invocation) -> None:
    """`import FILE|-`: all of them, or none when one is refused."""
    text = _read(invocation.options.file)
    try:
        printed = objects(text)
        arrivals = [arrival(one, invocation.spool) for one in printed if one.get("id") != SETTINGS_ID]
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if has_more(text):
        tell("warning: The list goes on after this page: ask the API for the next one (after=last_id), too.")
    if len(arrivals) < len(printed):
        tell(THEIRS)
    elif not printed:
        tell(f"There are no assistants in {invocation.options.file}.")
    await _check(arrivals, invocation)
    made = await invocation.db(lambda tx: [_arrive(tx, one, invocation) for one in arrivals])
    for one, assistant in zip(arrivals, made, strict=True):
        for note in one.notes:
            tell(f"{one.label} ({assistant.id}): {note}")
    if invocation.options.json:
        put_json(list_of(assistant.to_json() for assistant in made))
    else:
        for assistant in made:
            put(f"{assistant.id}  {line(assistant.label, 80)}  {assistant.model}")


async def _check(arrivals: list[Arrival], invocation: Invocation) -> None:
    """Raises ConfigError with what is wrong in any of them."""
    offered = await invocation.models()
    for one in arrivals:
        _prepare(one, invocation, offered)
    problems = [f"{one.label}: {problem}" for one in arrivals for problem in one.problems]
    if problems:
        raise ConfigError(*problems)


def _read(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return typed_path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be read ({error.strerror}). Give a file, or - for standard input."
        ) from None


def _prepare(arrival: Arrival, invocation: Invocation, offered: ModelList) -> None:
    fields = arrival.fields
    for name, kind in (("tools", list), ("tool_resources", dict)):
        if not isinstance(fields.get(name, kind()), kind):
            arrival.problems.append(f"The field {name} has another shape than in the API.")
            return
    _renew_model(arrival, invocation, offered)
    wanted = Assistant.from_json(fields)
    arrival.problems += mistakes(wanted, mcp_hosts=invocation.settings.mcp_hosts)
    if not arrival.problems:
        arrival.notes += [
            no_code(invocation.settings, name) for name in invocation.functions_without_code(wanted)
        ]


def _renew_model(arrival: Arrival, invocation: Invocation, offered: ModelList) -> None:
    """Put a model that is gone in the place of its successor, and an effort that this one does not take."""
    fields = arrival.fields
    model = fields.get("model")
    if not isinstance(model, str):
        return
    verdict = offered.judge(model, day(invocation.now))
    if verdict.refused and verdict.replacement:
        fields["model"] = verdict.replacement
        gone = verdict.refused.removesuffix(f". Use {verdict.replacement} instead.")
        arrival.notes.append(f"{gone}; the assistant now uses {verdict.replacement}.")
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
        and (default := default_effort(invocation.settings, fields["model"]))
    ):
        fields["reasoning_effort"] = default


def _arrive(tx: Execute, arrival: Arrival, invocation: Invocation) -> Assistant:
    """What is here already stays as it is, but for `--update`; what was deleted here comes back."""
    fields = arrival.fields
    wanted = Assistant.from_json(fields).body()
    present = assistants.get(tx, arrival.id) or _alike(tx, arrival, wanted)
    if present is not None:
        return _kept(tx, arrival, present, wanted, invocation)
    if assistants.known(tx, arrival.id):
        arrival.notes.append("It was deleted here; now it is there again.")
        assistants.restore(tx, arrival.id)
        made = assistants.update(tx, arrival.id, wanted, invocation.now)
    else:
        for name in ("created_at", "version"):
            if type(fields.get(name)) is not int or not 0 < fields[name] < 2**53:
                fields.pop(name, None)
        made = assistants.create(tx, {**fields, "id": arrival.id}, invocation.now)
    if arrival.given not in (None, arrival.id):
        arrival.notes.append(f"{line(str(arrival.given), 80)} cannot be an id here; it has {made.id} now.")
    tell_unavailable(invocation.settings, made)
    tell_namesakes(tx, made)
    return made


def _alike(tx: Execute, arrival: Arrival, wanted: Mapping[str, Any]) -> Assistant | None:
    """One that is the same in everything, for an entry whose id cannot tell."""
    if arrival.id == arrival.given:
        return None
    return next((one for one in assistants.all(tx) if one.body() == wanted and one.id != SETTINGS_ID), None)


def _kept(
    tx: Execute, arrival: Arrival, present: Assistant, wanted: Mapping[str, Any], invocation: Invocation
) -> Assistant:
    if present.body() == wanted:
        arrival.notes[:] = ["It is here already, exactly like this; it was left as it is."]
        return present
    if invocation.options.update:
        return assistants.update(tx, present.id, wanted, invocation.now)
    arrival.notes[:] = [
        "It is here already, and differs from the file; it was left as it is. Add --update to make it what "
        "the file says."
    ]
    return present
