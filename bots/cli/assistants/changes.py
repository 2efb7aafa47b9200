"""The actions that make and change one assistant: every mistake is told at once, and nothing has happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.cli.assistants.invocation import Invocation, changeable, no_code, one, tell_unavailable
from bots.cli.assistants.options import changes
from bots.cli.assistants.show import put_json, put_summary, tell
from bots.cli.tools import examples
from core.assistants.model_list import day
from core.assistants.models import known
from core.assistants.validate import meant, mistakes
from core.errors import ConfigError
from core.settings import Settings
from core.store import assistants
from core.store.assistants import Assignment
from core.store.database import Execute
from core.types import SETTINGS_ID, Assistant

HOW = "docs/tools.md shows in five minutes how to write it; then give it to the assistant."


async def create(invocation: Invocation) -> None:
    """`create`."""
    settings = invocation.settings
    plain = Assistant(id="", name="", model=settings.assistant_model)
    fields, problems = changes(invocation.options, plain)
    wanted = _with(
        plain, {"reasoning_effort": default_effort(settings, fields.get("model", plain.model)), **fields}
    )
    if not wanted.name:
        problems.append("The assistant needs a name. Add --name.")
    await _check(invocation, plain, wanted, problems)
    made = await invocation.db(lambda tx: assistants.create(tx, wanted.body(), invocation.now))
    _put(invocation, "Created", made, [])


async def update(invocation: Invocation) -> None:
    """`update ASST`."""
    current = await invocation.db(
        lambda tx: changeable(one(tx, invocation.options.assistant, invocation.spool), invocation.spool)
    )
    fields, problems = changes(invocation.options, current)
    if not fields and not problems:
        raise ConfigError("Nothing is to be changed. Add what should be, for example --model or --tool.")
    if fields.get("model", "") is None:
        fields["model"] = invocation.settings.assistant_model
    wanted = _with(current, fields)
    await _check(invocation, current, wanted, problems)

    def work(tx: Execute) -> Assistant:
        if assistants.get(tx, current.id) != current:
            raise ConfigError(f"{current.label} was changed by somebody else just now. Try again.")
        return assistants.update(tx, current.id, fields, invocation.now)

    same = wanted == current
    changed = current if same else await invocation.db(work)
    _put(
        invocation,
        "Nothing to change in" if same else "Changed",
        changed,
        await invocation.db(assistants.assignments),
    )


async def _check(invocation: Invocation, former: Assistant, wanted: Assistant, problems: list[str]) -> None:
    """Raises ConfigError when anything is wrong with it; its model and tools are looked up when new."""
    problems += (wrong := mistakes(wanted, mcp_hosts=invocation.settings.mcp_hosts))
    if wanted.name != former.name:
        problems += await invocation.db(lambda tx: _taken(tx, wanted.name, former.id, invocation.spool))
    if not wrong and wanted.tools != former.tools:
        problems += _unwritten(invocation, former, wanted)
    new_model = not former.id or wanted.model != former.model
    if new_model and isinstance(wanted.model, str) and wanted.model.strip():
        verdict = (await invocation.models(wanted.model)).judge(wanted.model, day(invocation.now))
        if verdict.refused:
            problems.append(verdict.refused)
        elif verdict.warning and not problems:
            tell(f"warning: {verdict.warning}")
    if problems:
        raise ConfigError(*problems)
    if wanted.tools != former.tools:
        tell_unavailable(invocation.settings, wanted)
    if _heat(wanted) != _heat(former) and all(_heat(wanted)):
        tell(
            "warning: Many models refuse temperature and top_p while they think. Use --effort none with them."
        )


def _heat(assistant: Assistant) -> tuple[bool, bool]:
    """Whether it thinks, and whether temperature or top_p are set."""
    thinks = assistant.reasoning_effort not in (None, "none")
    return thinks, assistant.temperature is not None or assistant.top_p is not None


def _with(assistant: Assistant, fields: Mapping[str, Any]) -> Assistant:
    return Assistant.from_json({**assistant.to_json(), **fields})


def default_effort(settings: Settings, model: str) -> str | None:
    """How much a new one thinks: as the settings' one, where the model is known to take that."""
    accepted = settings.full_features and settings.assistant_effort in known(model).efforts
    return settings.assistant_effort if accepted else None


def _taken(tx: Execute, name: object, id: str, spool: str) -> list[str]:
    """What keeps the assistant with this id ("": a new one) from getting that name."""
    others = [one for one in assistants.named(tx, name) if one.id != id] if isinstance(name, str) else []
    if not others:
        return []
    other = others[0].id
    change = "ASSISTANT_NAME" if other == SETTINGS_ID else f"that one: {spool} assistants update {other} …"
    return [
        f"There is an assistant called {name} already ({other}). Choose another --name, or change {change}"
    ]


def _unwritten(invocation: Invocation, former: Assistant, wanted: Assistant) -> list[str]:
    """What to say of new functions without code; of those it had before there is a warning."""
    lacking = invocation.functions_without_code(wanted)
    for name in lacking.keys() & former.functions():
        tell(f"warning: {no_code(invocation.settings, name)}")
    problems = []
    for name, near in lacking.items():
        if name in former.functions():
            continue
        guess = meant(name) or near
        asked = f" Did you mean {guess}?" if guess else ""
        way = f"Copy it: {invocation.spool} tools add {name}" if name in examples() else HOW
        problems.append(f"There is no function {name} in {invocation.settings.tools_directory}.{asked} {way}")
    return problems


def _put(invocation: Invocation, done: str, assistant: Assistant, places: list[Assignment]) -> None:
    if invocation.options.json:
        put_json(assistant.to_json())
    else:
        put_summary(done, assistant, places, invocation.spool)
