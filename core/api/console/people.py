"""What admins see and do: rules and limits in force, who has used how much, a person's data, the audit."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from core.api.console.looks import Looks, may_read
from core.api.key import Key
from core.api.page import listed
from core.api.refusal import Refusal, not_found
from core.policy import personal_data, rules
from core.policy.access import with_network
from core.policy.explain import in_force, seen
from core.policy.limits import WINDOW
from core.settings import Settings
from core.store import audit, buckets, messages, names, reservations, runs, usage, usage_days
from core.store.audit import Entry
from core.store.database import Database, Execute
from core.store.usage import UNIT
from core.store.usage_days import Span

LARGEST: Final = 5
"""Who has used the most of a limit."""
MOST_FOUND: Final = 20
Row = dict[str, Any]


def admins_only(key: Key) -> None:
    """Raises Refusal for all others."""
    if not key.admin:
        told = "Only an admin's key may do this: `spool keys create NAME --console --admin` makes one."
        raise Refusal(told, status=403, code="admin")


@dataclass(frozen=True, slots=True)
class People:
    """For admins alone. Who looks at a person's data, takes it along or erases it is written down."""

    db: Database
    looks: Looks
    settings: Settings

    async def deeds(self, key: Key, limit: int, after: str | None, **which: str) -> Row:
        """A page of the audit, the newest first."""
        admins_only(key)
        if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
            raise not_found("row", after)
        before = int(after) if after else None
        found = await self.looks.look(lambda tx: audit.page(tx, which, limit + 1, before))
        rows = [{"id": str(seq), **asdict(entry)} for seq, entry in found]
        return listed(rows[:limit], more=len(rows) > limit)

    async def governed(self, key: Key) -> Row:
        """Rules and limits in force, where each comes from, and who has used the most."""
        admins_only(key)
        return await self.looks.look(lambda tx: _governed(tx, self.settings, time.time()))

    async def search(self, key: Key, q: str) -> Row:
        """Those of the chats whose name or id has that part."""
        admins_only(key)
        rows = await self.looks.look(lambda tx: names.people(tx, q, MOST_FOUND + 1))
        return listed(rows[:MOST_FOUND], more=len(rows) > MOST_FOUND)

    async def person(self, key: Key, id: str) -> Row:
        """How much is kept of somebody, by kind."""
        await self._noted(key, id, "data.show")
        return await self._shown(id)

    async def access(self, key: Key, id: str, place: str) -> Row:
        """What holds for them in a place, or where they asked last, and which setting says so."""
        _checked(key, id)
        platform, _, person = id.partition(":")

        def work(tx: Execute) -> Row:
            channel = place.rpartition(":")[2] or messages.last_channel(tx, platform, person)
            return in_force(tx, self.settings, seen(tx, id, f"{platform}:{channel}"))

        return await self.looks.look(work)

    async def export(self, key: Key, id: str, _: Row) -> Row:
        """All of it, with every word."""
        admins_only(key)
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
        await self.db(lambda tx: audit.add(tx, Entry(time.time(), key.name, action, id)))


def _checked(key: Key, id: str) -> None:
    admins_only(key)
    if not personal_data.PERSON.fullmatch(id):
        told = f"{id} is no person's id. Write slack:U0123ABCD or discord:LONG_NUMBER."
        raise Refusal(told, param="person_id", code="no_person")


def _governed(tx: Execute, settings: Settings, now: float) -> Row:
    usual, used = rules.in_force(Settings()), _used(tx, settings, now)
    told = [
        {"name": name, "value": value, "source": "default" if value == usual[name] else name}
        for name, value in rules.in_force(settings).items()
    ]
    limits = [one | {"used": _largest(tx, used[one["name"]])} for one in told if one["name"] in used]
    others = [one | {"value": _named(tx, one["value"])} for one in told if one["name"] not in used]
    return {"at": now, "zone": settings.zone, "rules": others, "limits": limits}


def _used(tx: Execute, settings: Settings, now: float) -> dict[str, dict[str, float]]:
    """Of each limit, by whom; of what counts for all together, by "". What is reserved counts as spent."""
    today, begun = date.fromisoformat(usage.day_of(now, settings.zone)), runs.by_person(tx, begun=True)
    day, month = (Span(since, settings.zone) for since in (today, today.replace(day=1)))
    all_of_it = usage.together(usage_days.totals(tx, month, "kind").values())
    minute = {
        name: {who: (at - now) * size / WINDOW for who, at in buckets.fullest(tx, name, now, LARGEST)}
        for name, size in (
            ("LIMIT_PERSON_MINUTE", settings.limit_person_minute),
            ("LIMIT_PLACE_MINUTE", settings.limit_place_minute),
        )
    }
    return minute | {
        "LIMIT_OPEN": {**runs.by_person(tx, begun=False)},
        "LIMIT_PERSON_RUNS": {**begun},
        "LIMIT_RUNS": {"": sum(begun.values())},
        "LIMIT_PERSON_DAY": {
            who: (one.price_usd or 0) + _kept(tx, day, who)
            for who, one in usage_days.totals(tx, day, "person").items()
            if who
        },
        "LIMIT_MONTH": {"": (all_of_it.price_usd or 0) + _kept(tx, month)},
    }


def _kept(tx: Execute, span: Span, person: str = "") -> float:
    return reservations.kept(tx, usage.begins(span.since, span.zone), person)[0] / UNIT


def _largest(tx: Execute, used: dict[str, float]) -> list[Row]:
    most = sorted(used.items(), key=lambda one: -one[1])[:LARGEST]
    return [{"id": id, "name": _name(tx, id), "used": amount} for id, amount in most if amount]


def _named(tx: Execute, value: Any) -> Any:
    """Ids with what they are called."""
    if not isinstance(value, tuple):
        return value
    return [{"id": id, "name": _name(tx, id)} for id in map(with_network, value)]


def _name(tx: Execute, id: str) -> str:
    return names.find(tx, *id.split(":", 1)) if ":" in id else ""
