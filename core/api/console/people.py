"""People and limits as admins see them: the rules in force, who has used how much of a limit, one's data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.api.console.governing import admins_only
from core.api.console.looks import Looks, may_read
from core.api.key import Key
from core.api.page import listed
from core.api.refusal import Refusal
from core.policy import personal_data, rules
from core.policy.access import with_network
from core.policy.limits import WINDOW
from core.settings import Settings
from core.store import audit, buckets, names, runs, usage, usage_days
from core.store.audit import Entry
from core.store.database import Database, Execute
from core.store.usage_days import Span

LARGEST: Final = 5
"""Who has used the most of a limit."""
MOST_FOUND: Final = 20
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class People:
    """For admins alone; who looks at a person's data, takes it along or erases it is written down."""

    db: Database
    looks: Looks
    settings: Settings

    async def governed(self, key: Key) -> Row:
        """Rules and limits in force, where each comes from, and who has used the most."""
        admins_only(key)
        return await self.looks.look(lambda tx: _governed(tx, self.settings, time.time()))

    async def search(self, key: Key, q: str) -> Row:
        """Those of the chats whose name or id has that part."""
        admins_only(key)
        found = await self.looks.look(lambda tx: names.people(tx, q, MOST_FOUND + 1))
        rows = [{"id": id, "name": name} for id, name in found]
        return listed(rows[:MOST_FOUND], more=len(rows) > MOST_FOUND)

    async def person(self, key: Key, id: str) -> Row:
        """How much is kept of somebody, by kind."""
        await self._noted(key, id, "data.show")
        return await self._shown(id)

    async def export(self, key: Key, id: str, _: Row) -> Row:
        """All of it, with every word. Raises Refusal where the key may not read what people say."""
        _checked(key, id)
        may_read(key, None)
        await self._noted(key, id, "data.export")
        return await self.looks.look(lambda tx: personal_data.export(tx, id))

    async def erase(self, key: Key, id: str, body: Row) -> Row:
        """It will be erased, whatever is killed. The id, typed again, is the confirmation."""
        _checked(key, id)
        if body["confirm"] != id:
            told = f"Nothing is erased: type {id} to confirm that all of it is to go for good."
            raise Refusal(told, param="confirm", code="not_confirmed")
        await self.db(lambda tx: personal_data.erase(tx, id, key.name, time.time()))
        return await self._shown(id)

    async def _shown(self, id: str) -> Row:
        return await self.looks.look(lambda tx: {"name": _name(tx, id), **personal_data.show(tx, id)})

    async def _noted(self, key: Key, id: str, action: str) -> None:
        _checked(key, id)
        entry = Entry(time.time(), key.name, action, id)
        await self.db(lambda tx: audit.add(tx, entry))


def _checked(key: Key, id: str) -> None:
    admins_only(key)
    if not personal_data.PERSON.fullmatch(id):
        told = f"{id} is no person's id. Write slack:U0123ABCD or discord:LONG_NUMBER."
        raise Refusal(told, param="person_id", code="no_person")


def _governed(tx: Execute, settings: Settings, now: float) -> Row:
    usual, wanted = rules.in_force(Settings()), rules.in_force(settings)
    told = {
        name: {"name": name, "value": value, "source": "default" if value == usual[name] else name}
        for name, value in wanted.items()
    }
    today = date.fromisoformat(usage.day_of(now, settings.zone))
    day, month = Span(today, settings.zone), Span(today.replace(day=1), settings.zone)
    begun = runs.by_person(tx, begun=True)
    spent = usage.together(usage_days.totals(tx, month, "kind").values()).price_usd
    spenders = {who: one.price_usd or 0.0 for who, one in usage_days.totals(tx, day, "person").items() if who}
    used: dict[str, dict[str, float]] = {
        "LIMIT_OPEN": {who: n for who, n in runs.by_person(tx, begun=False).items() if who},
        "LIMIT_PERSON_RUNS": {who: n for who, n in begun.items() if who},
        "LIMIT_RUNS": {"": sum(begun.values())},
        "LIMIT_PERSON_DAY": spenders,
        "LIMIT_MONTH": {"": spent or 0.0},
    }
    for name in ("LIMIT_PERSON_MINUTE", "LIMIT_PLACE_MINUTE"):
        fullest = buckets.fullest(tx, name, now, LARGEST)
        used[name] = {who: round((at - now) * wanted[name] / WINDOW, 1) for who, at in fullest}
    limits = [one | {"used": _largest(tx, used[name])} for name, one in told.items() if name in used]
    others = [one | {"value": _named(tx, one["value"])} for name, one in told.items() if name not in used]
    return {"at": now, "zone": settings.zone, "rules": others, "limits": limits}


def _largest(tx: Execute, used: dict[str, float]) -> list[Row]:
    most = sorted(used.items(), key=lambda one: -one[1])[:LARGEST]
    return [{"id": id, "name": _name(tx, id), "used": amount} for id, amount in most if amount]


def _named(tx: Execute, value: Any) -> Any:
    """Ids with what they are called."""
    if not isinstance(value, tuple):
        return value
    return [{"id": id, "name": _name(tx, with_network(id))} for id in value]


def _name(tx: Execute, id: str) -> str:
    return names.find(tx, *id.split(":", 1)) if ":" in id else ""
