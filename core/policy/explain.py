"""What is in force for one person in one place, and where each of it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from core.assistants.audience import admits
from core.assistants.of_settings import settings_assistant
from core.assistants.validate import tool_name
from core.policy.access import Access, Act, Kind, Verdict
from core.settings import Settings
from core.store import assistants, messages
from core.store.assistants import DEFAULT, SETTINGS
from core.store.database import Execute
from core.store.threads import Scopes
from core.types import Address, Standing


def in_force(tx: Execute, settings: Settings, act: Act) -> dict[str, Any]:
    """Of that act, as JSON. `assumed`: how the person stands is not known, so they are taken for a member."""
    access, where = Access.of(settings), Address(act.platform, act.workspace, act.channel, act.channel)
    verdict = access.authorize(act)
    assumed = verdict.allowed is None
    if assumed:
        verdict = access.authorize(replace(act, standing=Standing()))
    try:
        places = [one for one in (act.channel, act.parent, act.workspace) if one]
        assistant, place = assistants.located(tx, act.platform, places)
    except LookupError:  # nobody has started it yet
        assistant, place = settings_assistant(settings), SETTINGS
    admin = access.admin(act.platform, act.person)
    may = admits(assistant, where, act.person, parent=act.parent, team=act.team, admin=admin)
    if verdict.allowed and not may:
        verdict = Verdict(False, "audience", assistant.id)
    scopes = Scopes(settings.thread_scope, settings.dm_scope or None)
    sources = {DEFAULT: "default", SETTINGS: "settings"}
    return {
        **{"person": f"{act.platform}:{act.person}", "place": f"{act.platform}:{act.channel}"},
        **{"allowed": verdict.allowed, "rule": verdict.rule, "source": verdict.source},
        **{"assumed": assumed, "admin": admin},
        "assistant": {
            **{"id": assistant.id, "name": assistant.name, "version": assistant.version},
            "source": sources.get(place) or ":".join(place),
        },
        "scope": scopes.at(where),
        "scope_source": "DM_SCOPE" if where.direct and scopes.direct else _source(settings, "thread_scope"),
        "limits": list(_limits(settings)),
        "tools": [tool_name(tool) for tool in assistant.tools],
    }


def seen(tx: Execute, person: str, place: str) -> Act:
    """What that person would do who wrote in that place, both named with the network, by what was said there.

    Of a channel of Discord in which nobody ever asked anything it is not known in which server it is.
    """
    (platform, _, user), channel = person.partition(":"), place.partition(":")[2]
    workspace, parent = messages.surroundings(tx, platform, channel)
    direct = Address(platform, workspace, channel, channel).direct
    kind: Kind = "direct" if direct else "mention"
    team = workspace if platform == "slack" else ""
    return Act(kind, platform, user, channel, parent, workspace, team, direct=direct)


def _limits(settings: Settings) -> Iterator[dict[str, Any]]:
    for item in fields(settings):
        if item.name.startswith("limit_"):
            value = getattr(settings, item.name)
            yield {"name": item.name.upper(), "value": value, "source": _source(settings, item.name)}


def _source(settings: Settings, name: str) -> str:
    """The setting, where it says something else than by default."""
    default = next(item.default for item in fields(settings) if item.name == name)
    return "default" if getattr(settings, name) == default else name.upper()
