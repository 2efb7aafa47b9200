"""Rules: what the operator has set about who is answered, how much they may have and what is kept of them."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any, Final

from core.settings import Settings
from core.store import audit, facts, notices
from core.store.audit import OPERATOR, Entry
from core.store.database import Execute

FACT: Final = "rules"
_SET_BY: Final = ("access_", "admins", "discord_guilds", "limit_", "link_gate", "retention_", "tenant_")
"""How the settings begin that are rules."""


def in_force(settings: Settings) -> dict[str, Any]:
    """By the settings' names."""
    names = [item.name for item in fields(settings) if item.name.startswith(_SET_BY)]
    return {name.upper(): getattr(settings, name) for name in names}


def settle(tx: Execute, settings: Settings, now: float) -> None:
    """What differs from the last start (from the defaults, at the first) is a row of the audit, once.

    Only a digest of each value is kept to know that by: it may name people.
    """
    before, usual = facts.find(tx, FACT) or {}, _digests(Settings())
    wanted = _digests(settings)
    for name in (name for name in wanted if wanted[name] != before.get(name, usual[name])):
        kind = "limits" if name.startswith("LIMIT_") else "rules"
        audit.add(tx, Entry(now, OPERATOR, f"{kind}.update", name))
        notices.forget(tx, name)
    if wanted != before:
        facts.remember(tx, FACT, wanted)


def _digests(settings: Settings) -> dict[str, str]:
    found = in_force(settings).items()
    return {name: hashlib.sha256(repr(value).encode()).hexdigest()[:16] for name, value in found}
