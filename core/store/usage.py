"""Usage: what each request to the model server cost. Rows are only added; they outlive runs and threads.

Beside the ledger stands what it adds up to by day (`usage_days`), written in the transaction of each row, so
both tell the same. Its days are those of one time zone, which a fact names. A start in another zone, or where
there is no such fact yet, adds all of the ledger up anew (`settle`). That is one transaction, too: killed in
the middle of it, it did not happen, and the next start does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from core.settings import time_zone
from core.store import facts, reservations
from core.store.database import Execute
from core.types import Address, ThreadId

UsageKind = Literal["answer", "summary", "transcription", "image", "speech", "embedding", "evaluation"]
UsageOutcome = Literal["completed", "incomplete", "failed", "refused", "cancelled", "unknown", "unsent"]
"""`refused`: the server turned the request away (4xx, 5xx); `unknown`: its end was never seen; `unsent`: it
never left, so there is no row, and what was kept for it is let go of."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One request. Times are Unix seconds; what nobody told is None, never 0."""

    kind: UsageKind
    model: str
    """As it was asked for."""
    began_at: float
    outcome: UsageOutcome
    first_at: float | None = None
    ended_at: float | None = None
    served_model: str | None = None
    tier: str | None = None
    input: int | None = None
    cached: int | None = None
    """Part of `input`."""
    output: int | None = None
    reasoning: int | None = None
    """Part of `output`."""
    units: float | None = None
    """Minutes of audio, or pictures."""
    price_usd: float | None = None
    price_list: str | None = None
    run_id: str | None = None
    thread_id: str | None = None
    step: str | None = None
    """`round:N`: the response of that number of the run, the last one too."""
    platform: str = ""
    place: str = ""
    """The channel; of a run of the API its project."""
    person: str = ""
    """`slack:U…`, `discord:…`, `key:…`."""
    assistant_id: str | None = None
    assistant_version: int | None = None
    error: str | None = None
    attempt: int = 1
    """Which request for the same it is. Counted when it is written."""
    held: str = ""
    """What is kept for it (`reservations`): let go of when its price is written."""


_COLUMNS = [item.name for item in fields(Usage) if item.name not in ("attempt", "held")]
_NAMES, _MARKS = ", ".join(_COLUMNS), ", ".join("?" for _ in _COLUMNS)
_ATTEMPT = "(SELECT COUNT(*) + 1 FROM usage WHERE run_id = ? AND kind = ? AND step = ?)"
_ADD = f"INSERT INTO usage ({_NAMES}, attempt) VALUES ({_MARKS}, {_ATTEMPT}) RETURNING seq"


def add(tx: Execute, *rows: Usage) -> None:
    """Write the row of each request, count it in its day, and settle what was kept for it."""
    zone = facts.find(tx, DAYS)
    for one in rows:
        if one.held:
            known = one.price_usd is not None or one.outcome in ("refused", "unsent")
            (reservations.drop if known else reservations.lose)(tx, one.held)
        if one.outcome == "unsent":
            continue
        told = replace(one, person="", place="") if _erased(tx, one) else one
        values = [getattr(told, name) for name in _COLUMNS]
        (seq,) = tx.execute(_ADD, (*values, one.run_id, one.kind, one.step)).fetchall()[0]
        if zone is not None:  # else the next start counts them all
            _count(tx, _COUNT_ONE, day_of(one.began_at, zone), seq)


def of_run(tx: Execute, run: str) -> tuple[int, int] | None:
    """Tokens of all requests for the answer of a run: input and output; None where nothing was told."""
    rows = tx.execute(
        "SELECT SUM(input), SUM(output) FROM usage WHERE run_id = ? AND kind IN ('answer', 'evaluation')",
        (run,),
    ).fetchall()
    return (rows[0][0], rows[0][1] or 0) if rows[0][0] is not None else None


def average(tx: Execute, assistant: str, since: float) -> Usage | None:
    """What one of the assistant's newest answers since then has used, as far as it was told."""
    newest = (
        "SELECT run_id, input, cached, output FROM usage WHERE began_at >= ? AND assistant_id = ? "
        "AND kind IN ('answer', 'evaluation') AND input IS NOT NULL ORDER BY began_at DESC LIMIT 500"
    )
    sums = f"SELECT COUNT(DISTINCT run_id), SUM(input), SUM(cached), SUM(output) FROM ({newest}) AS newest"
    count, *found = tx.execute(sums, (since, assistant)).fetchall()[0]
    used = [round((one or 0) / (count or 1)) for one in found]
    made = Usage("evaluation", "", since, "completed", input=used[0], cached=used[1], output=used[2])
    return made if count else None


def rows(tx: Execute, run: str) -> list[Usage]:
    """All requests of a run, in order."""
    sql = f"SELECT {_NAMES}, attempt FROM usage WHERE run_id = ? ORDER BY began_at, seq"
    found = tx.execute(sql, (run,)).fetchall()
    return [Usage(**dict(zip((*_COLUMNS, "attempt"), row, strict=True))) for row in found]


def place_and_person(address: Address, user: str) -> tuple[str, str]:
    """How the ledger names them."""
    if address.platform == "api":
        return address.workspace, user
    return address.channel, f"{address.platform}:{user}"


def for_thread(tx: Execute, thread: ThreadId, one: Usage) -> Usage:
    """A request for the whole of a thread, such as a summary: it counts for whoever wrote there last."""
    rows = tx.execute(
        "SELECT platform, workspace, channel, topic, person FROM messages "
        "WHERE thread_id = ? AND role = 'user' ORDER BY sent_at DESC, seq DESC LIMIT 1",
        (thread,),
    ).fetchall()
    if not rows:
        return replace(one, thread_id=thread)
    address = Address(*rows[0][:4])
    place, person = place_and_person(address, rows[0][4])
    return replace(one, thread_id=thread, platform=address.platform, place=place, person=person)


By = Literal["person", "place", "assistant", "model", "day", "kind"]
KEYS: Final[Mapping[By, str]] = {
    "person": "person",
    "place": "CASE WHEN place = '' THEN '' ELSE platform || ':' || place END",
    "assistant": "COALESCE(assistant_id, '')",
    "model": "COALESCE(served_model, model)",
    "day": "CAST(began_at / 900 AS INTEGER)",
    "kind": "kind",
}
"""What rows are told apart by. Clocks differ by whole quarters of an hour, so each belongs to one day."""
WHOSE: Final = "CASE platform WHEN 'api' THEN 'api:' || place WHEN '' THEN '' ELSE 'chats' END"
"""Who may see a row, beside those who see all."""
DAYS: Final = "usage_days"
"""The fact that names the zone of the days."""


@dataclass(frozen=True, slots=True)
class Total:
    """Of some rows. What nobody told is in no sum: it is counted as `unknown`, or as `unpriced`."""

    requests: int = 0
    unknown: int = 0
    """Their end was not seen, so their tokens are not known."""
    unpriced: int = 0
    """Done, and without a price on any list; or what they used was not told."""
    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0
    price_usd: float | None = 0.0
    """None: of what was done nothing has a price."""
    good: int = 0
    """Answers that somebody liked, each person's word counted."""
    bad: int = 0


_UNKNOWN = "outcome IN ('unknown', 'cancelled') AND input IS NULL AND units IS NULL"
UNPRICED = "price_usd IS NULL AND (outcome IN ('completed', 'incomplete') OR input IS NOT NULL)"
UNIT: Final = 10**10
"""Money is added up in whole numbers of these parts of a dollar: the order of the rows is no matter."""
_SUMS = (
    f"COUNT(*), SUM(CASE WHEN {_UNKNOWN} THEN 1 ELSE 0 END), SUM(CASE WHEN {UNPRICED} THEN 1 ELSE 0 END), "
    "COALESCE(SUM(input), 0), COALESCE(SUM(cached), 0), COALESCE(SUM(output), 0), "
    f"COALESCE(SUM(reasoning), 0), SUM(CAST(ROUND(price_usd * {UNIT}) AS BIGINT))"
)
SUMMED: Final = ("requests", "unknown", "unpriced", "input", "cached", "output", "reasoning", "price")
_SUMMED, _SUMS_OF = ", ".join(SUMMED), ", ".join(f"SUM({one})" for one in SUMMED)
_PASSES: tuple[tuple[By, ...], ...] = (("person",), ("place", "assistant", "model", "kind"))
"""Of a day's rows those that are alike in these are added up first: people are many, the rest is few."""


_ADDED = "ON CONFLICT (what, day, whose, name) DO UPDATE SET " + ", ".join(
    f"{it} = COALESCE(usage_days.{it} + excluded.{it}, usage_days.{it}, excluded.{it})" for it in SUMMED
)


def _counting() -> tuple[str, int]:
    """The statement that counts rows in their day, and how often it names the day."""
    found, named = [], []
    for place, alike in enumerate(_PASSES):
        each = ", ".join(f"{KEYS[one]} AS by_{one}" for one in alike)
        keys = ", ".join(f"by_{one}" for one in alike)
        rows = f"SELECT {WHOSE} AS whose, {each}, {_SUMS} FROM usage WHERE WHICH GROUP BY whose, {keys}"
        found.append(f"found_{place} (whose, {keys}, {_SUMMED}) AS ({rows})")
        named += [
            f"SELECT CAST(? AS TEXT) AS day, '{look}' AS what, whose, by_{look}, {_SUMS_OF} "
            f"FROM found_{place} GROUP BY whose, by_{look}"
            for look in alike
        ]
    all_found, all_named = ", ".join(found), " UNION ALL ".join(named)
    statement = (
        f"WITH {all_found} INSERT INTO usage_days (day, what, whose, name, {_SUMMED}) "
        f"SELECT * FROM ({all_named}) AS named WHERE 1 = 1 {_ADDED}"
    )
    return statement, len(named)


_COUNT, _DAYS_NAMED = _counting()
_COUNT_ONE = _COUNT.replace("WHICH", "usage.seq = ?")
_COUNT_DAY = _COUNT.replace("WHICH", "began_at >= ? AND began_at < ?")


def _count(tx: Execute, sql: str, day: str, *which: float) -> None:
    tx.execute(sql, (*which * len(_PASSES), *[day] * _DAYS_NAMED)).fetchall()


def _erased(tx: Execute, one: Usage) -> bool:
    """Whether it began before the data of its person had been erased."""
    sql = "SELECT 1 FROM erasures WHERE whose = ? AND done_at >= ?"
    return bool(one.person and tx.execute(sql, (one.person, one.began_at)).fetchall())


def today(tx: Execute, now: float) -> tuple[str, float] | None:
    """The day of that moment as it is counted here, and when it began; None before a first start."""
    zone = facts.find(tx, DAYS)
    day = day_of(now, zone) if zone is not None else ""
    return (day, begins(date.fromisoformat(day), zone)) if day else None


def forget(tx: Execute, platform: str, person: str, places: Iterable[str], now: float) -> None:
    """The numbers stay, nobody's from now on; nor do they tell of these places, which are one person's.

    What the person's day has cost stays counted for its limit (`reservations.forget`).
    """
    if begun := today(tx, now):
        day, since = begun
        sums = "SELECT COALESCE(SUM(price), 0) FROM usage_days WHERE what = 'person' AND day = ? AND name = ?"
        ((spent,),) = tx.execute(sums, (day, person)).fetchall()
        reservations.forget(tx, person, since, spent, now)
    tx.execute("UPDATE usage SET person = '' WHERE person = ?", (person,)).fetchall()
    named = [("person", person)]
    for place in places:
        gone = "UPDATE usage SET place = '' WHERE platform = ? AND place = ?"
        tx.execute(gone, (platform, place)).fetchall()
        named.append(("place", f"{platform}:{place}"))
    for which in named:
        theirs = f"SELECT day, what, whose, '', {_SUMMED} FROM usage_days WHERE what = ? AND name = ?"
        moved = f"INSERT INTO usage_days (day, what, whose, name, {_SUMMED}) {theirs} {_ADDED}"
        tx.execute(moved, which).fetchall()
        tx.execute("DELETE FROM usage_days WHERE what = ? AND name = ?", which).fetchall()


def settle(tx: Execute, zone: str) -> None:
    """From now on days are those of that zone, and all of the ledger is counted in them."""
    if facts.find(tx, DAYS) == zone:
        return
    tx.execute("DELETE FROM usage_days").fetchall()
    next_ = "SELECT MIN(began_at) FROM usage WHERE began_at >= ?"
    end = -1e18
    while (at := tx.execute(next_, (end,)).fetchall()[0][0]) is not None:
        day = day_of(at, zone)
        end = max(begins(date.fromisoformat(day) + timedelta(1), zone), at + 1)
        _count(tx, _COUNT_DAY, day, at, end)
    facts.remember(tx, DAYS, zone)


def day_of(at: float, zone: str) -> str:
    """The day of that moment there."""
    return datetime.fromtimestamp(at, time_zone.zone(zone)).date().isoformat()


def begins(day: date, zone: str) -> float:
    """When that day begins there, also where its first hour is left out or comes twice."""
    return datetime.combine(day, time(), time_zone.zone(zone)).timestamp()


def totals(tx: Execute, since: float, by: By, zone: str) -> dict[str, Total]:
    """What was used since then, by those keys; "" for what has none. In one order of the keys.

    By the ledger itself. Days are those of that zone.
    """
    found: dict[str, list[Total]] = {}
    column = KEYS[by]
    sql = f"SELECT {column} AS found, {_SUMS} FROM usage WHERE began_at >= ? GROUP BY found ORDER BY found"
    for key, *sums in tx.execute(sql, (since,)).fetchall():
        found.setdefault(_told(key, by, zone), []).append(total(sums))
    for name, one in opinions(tx, since, by, zone):
        found[name].append(one)
    return {name: together(parts) for name, parts in found.items()}


def opinions(
    tx: Execute, since: float, by: By, zone: str, whose: tuple[str, ...] = ()
) -> list[tuple[str, Total]]:
    """What people thought of answers since then: each counts where its answer's first request does."""
    first = "SELECT MIN(seq) FROM usage WHERE run_id = about AND kind = 'answer'"
    seen = f"AND {WHOSE} IN ({', '.join('?' for _ in whose)})" if whose else ""
    said = "SELECT run_id AS about, good FROM feedback WHERE at >= ?"
    column = KEYS[by]
    sql = (
        f"SELECT {column} AS found, SUM(good), SUM(1 - good) FROM ({said}) AS said "
        f"JOIN usage ON usage.seq = ({first}) WHERE began_at >= ? {seen} GROUP BY found"
    )
    found = tx.execute(sql, (since, since, *whose)).fetchall()
    return [(_told(key, by, zone), Total(good=good, bad=bad)) for key, good, bad in found]


def _told(key: Any, by: By, zone: str) -> str:
    return day_of(key * 900, zone) if by == "day" else str(key)


def total(sums: Iterable[Any]) -> Total:
    """Of what `SUMMED` names."""
    *counts, price = sums
    return Total(*[*counts, None if price is None else price / UNIT])


def together(parts: Iterable[Total]) -> Total:
    """The sum of totals."""
    given = list(parts)
    counts = [item.name for item in fields(Total) if item.name != "price_usd"]
    sums = {name: sum(getattr(one, name) for one in given) for name in counts}
    price = sum(round((one.price_usd or 0.0) * UNIT) for one in given)
    made = Total(**sums, price_usd=price / UNIT)
    unknown = not price and (made.unknown or made.unpriced)
    return replace(made, price_usd=None) if unknown else made
