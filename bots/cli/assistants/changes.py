"""The actions that make and change one assistant: every mistake is told at once, and nothing has happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.cli.assistants.invocation import Invocation, changeable, no_code, one, tell_unavailable
from bots.cli.assistants.options import changes
from bots.cli.assistants.show import put_json, put_object, tell
from core.assistants.model_list import day
from core.assistants.models import known
from core.assistants.validate import meant, mistakes
from core.errors import ConfigError
from core.settings import Settings
from core.store import assistants
from core.store.assistants import Assignment
from core.store.database import Execute
from core.types import Assistant


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
    made = await invocation.db(lambda tx: _made(tx, wanted.body(), invocation.now))
    _put(invocation, made, [])


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

    changed = await invocation.db(work)
    if "name" in fields:
        await invocation.db(lambda tx: tell_namesakes(tx, changed))
    _put(invocation, changed, await invocation.db(assistants.assignments))


async def _check(invocation: Invocation, former: Assistant, wanted: Assistant, problems: list[str]) -> None:
    """Raises ConfigError when anything is wrong with it; its model and tools are looked up when new."""
    wrong = mistakes(wanted, mcp_hosts=invocation.settings.mcp_hosts)
    codeless = [] if wrong or wanted.tools == former.tools else invocation.functions_without_code(wanted)
    new = [name for name in codeless if name not in former.functions()]
    problems += wrong
    problems += [f"There is no function {name}. Did you mean {meant(name)}?" for name in new if meant(name)]
    new_model = not former.id or wanted.model != former.model
    if new_model and isinstance(wanted.model, str) and wanted.model.strip():
        verdict = (await invocation.models(wanted.model)).judge(wanted.model, day(invocation.now))
        if verdict.refused:
            problems.append(verdict.refused)
        elif verdict.warning and not problems:
            tell(f"warning: {verdict.warning}")
    if problems:
        raise ConfigError(*problems)
    for name in codeless:
        tell(f"warning: {no_code(invocation.settings, name)}")
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


def _made(tx: Execute, fields: Mapping[str, Any], now: float) -> Assistant:
    made = assistants.create(tx, fields, now)
    tell_namesakes(tx, made)
    return made


def tell_namesakes(tx: Execute, assistant: Assistant) -> None:
    """Warn that its name alone does not say which one is meant any more."""
    others = [other for other in assistants.named(tx, assistant.name) if other.id != assistant.id]
    if assistant.name and others:
        tell(
            f"warning: Another assistant is called {assistant.name} too. Say which by its id: {others[0].id}."
        )


def _put(invocation: Invocation, assistant: Assistant, places: list[Assignment]) -> None:
    if invocation.options.json:
        put_json(assistant.to_json())
    else:
        put_object(assistant, places, invocation.spool)
