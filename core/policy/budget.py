"""The budget: what may still be spent of LIMIT_PERSON_DAY and LIMIT_MONTH, kept aside before each request.

What makes it safe: a request is made only once the most that it can cost is on disk as a reservation, written
(`Budget.hold`) in the transaction that has looked what is left. That goes in the one which writes the price
into the ledger (`usage.add`), so at any moment what is spent and what is kept together are no less than what
was asked for. Where no price comes, because a process died, say, the reservation stays: it counts as spent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any, Final

from core.assistants import models
from core.errors import Permanent
from core.policy.prices import Prices
from core.settings import Settings, time_zone
from core.store import counts, notices, reservations, usage, usage_days
from core.store.database import Database, Execute
from core.store.usage import UNIT, Usage
from core.types import Over, Prompt, ThreadId

logger = logging.getLogger(__name__)
ENOUGH, UNKNOWN, LEAST = 32_768, 8_192, 256
"""Tokens of output: what a response may have at the most while there is a limit, where nothing else says so;
the same of a model of which nothing is known; and below which nothing is asked."""
CALLS, FOUND = 4, 10_000
"""How often hosted tools may be called in a response then, and how many tokens a call may bring."""
PICTURE, SLOWEST = 8_000, 750
"""Tokens of a picture that the model sees, at the most; bytes of a second of speech, at the least."""
LARGE: Final = 40_000
"""Tokens of input from which on it is the request that is too large, and not the rest that is too small."""
WAIT: Final = 0.25
"""Seconds between two looks whether requests under way have left something."""
MILLION: Final = 1_000_000


class Spent(Permanent):
    """The limit is reached: no request is made."""

    def __init__(self, over: Over) -> None:
        super().__init__(over.limit, notice="limit")
        self.over = over


@dataclass(frozen=True, slots=True)
class Window:
    """One limit, as it counts at a moment: from that day until `ends`, of that person, or "" for all."""

    limit: str
    usd: float
    person: str
    day: date
    ends: float
    zone: str

    def left(self, tx: Execute) -> tuple[int, int]:
        """What is neither spent nor kept, in `UNIT`; and what is kept and may be let go of again."""
        kept, live = reservations.kept(tx, usage.begins(self.day, self.zone), self.person)
        return round(self.usd * UNIT) - usage_days.spent(tx, self.day, self.person) - kept, live


@dataclass(frozen=True, slots=True)
class Money:
    """What may be spent, in dollars; 0 is no limit. Days and months are those of that zone."""

    person_day: float = 0.0
    month: float = 0.0
    zone: str = "UTC"

    @classmethod
    def of(cls, settings: Settings) -> Money:
        """As the operator has set it."""
        return cls(settings.limit_person_day, settings.limit_month, settings.zone)

    def __bool__(self) -> bool:
        return bool(self.person_day or self.month)

    def windows(self, person: str, now: float) -> list[Window]:
        """The limits that count then for that person."""
        today = datetime.fromtimestamp(now, time_zone.zone(self.zone)).date()
        first, zone = today.replace(day=1), self.zone
        ends = usage.begins(today + timedelta(1), zone)
        day = Window("LIMIT_PERSON_DAY", self.person_day, person, today, ends, zone)
        ends = usage.begins((first + timedelta(32)).replace(day=1), zone)
        month = Window("LIMIT_MONTH", self.month, "", first, ends, zone)
        return [day] * bool(self.person_day and person) + [month] * bool(self.month)

    def settle(self, tx: Execute, now: float) -> None:
        """A process begins: days are those of this zone, and of what a death left nothing is under way."""
        usage.settle(tx, self.zone)
        first = datetime.fromtimestamp(now, time_zone.zone(self.zone)).date().replace(day=1)
        reservations.settle(tx, usage.begins(first, self.zone))

    def over(self, tx: Execute, person: str, now: float) -> Over | None:
        """The limit that is reached, before anything is asked: less than a hundredth is left of it."""
        for window in self.windows(person, now):
            if sum(window.left(tx)) * 100 < window.usd * UNIT:
                return refused(tx, window, now)
        return None

    def near(self, tx: Execute, person: str, now: float) -> list[tuple[Window, float]]:
        """The limits of which 80 % are spent, with the dollars: each once, for admins."""
        spent = [(one, one.usd - sum(one.left(tx)) / UNIT) for one in self.windows(person, now)]
        reached = [(one, usd) for one, usd in spent if usd >= one.usd * 0.8]
        about = "{} admins".format
        return [it for it in reached if notices.first(tx, it[0].person, about(it[0].limit), now, it[0].ends)]


def refused(tx: Execute, window: Window, now: float) -> Over:
    """Counted."""
    count(tx, window.limit, now)
    return Over(window.limit, window.ends)


def count(tx: Execute, limit: str, now: float) -> None:
    """That limit has refused something: stays only where the transaction does."""
    counts.add(tx, counts.REFUSED, limit.removeprefix("LIMIT_").lower(), now)


@dataclass(frozen=True, slots=True)
class Need:
    """What a request may use: the input of `row`; of output `most` tokens are enough, and fewer than `least`
    are no use; `hosted`: so many hosted tools may be called, `draws`: the model of their pictures.
    """

    row: Usage
    most: int = 0
    least: int = 0
    hosted: int = 0
    draws: str = ""


def need(row: Usage, prompt: Prompt, least: int = LEAST) -> Need:
    """Of a request for a response. Bytes stand for tokens, which are never more."""
    hosted = [tool for tool in prompt.tools if tool["type"] != "function"]
    known = models.known(prompt.model)
    texts = (prompt.instructions, *map(json.dumps, prompt.tools), json.dumps(dict(prompt.options)))
    tokens = sum(map(_weight, (*texts, *prompt.items))) + FOUND * len(hosted)
    most = prompt.options.get("max_output_tokens") or min(ENOUGH, known.output or UNKNOWN)
    drawing = next((tool for tool in hosted if tool["type"] == "image_generation"), None)
    draws = str(drawing.get("model") or prompt.model) if drawing else ""
    row = replace(row, input=int(min(tokens, known.context or tokens)), output=0)
    return Need(row, most, min(least, most), len(hosted), draws)


def _weight(text: str) -> int:
    """Tokens at the most: of an item, of a text. What the server has already may be of any size."""
    if '"input_image"' not in text and '"input_file"' not in text:
        return len(text.encode())
    parts = [one if isinstance(one, dict) else {} for one in json.loads(text)["content"]]
    kinds = [one.get("type") for one in parts]
    files = [len(one.get("file_data") or "") or MILLION for one in parts if one.get("type") == "input_file"]
    words = [len(str(one.get("text", "")).encode()) for one in parts]
    return sum(files) + sum(words) + PICTURE * kinds.count("input_image")


def sound(row: Usage, content: bytes) -> Need:
    """Of a recording: a second of it is ten tokens, and says four at the most."""
    minutes = len(content) / SLOWEST / 60
    return Need(replace(row, units=minutes, input=int(minutes * 600) + 1, output=int(minutes * 240) + 1))


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept for a request since `at`: so many `tokens` of output and `calls` of hosted tools; `short`
    is the limit that has cut them. Without an `id` nothing is kept, and nothing limited.
    """

    id: str = ""
    at: float = 0.0
    tokens: int = 0
    calls: int = 0
    short: Over | None = None

    def settles(self, one: Usage) -> Usage:
        """The request's row, which settles it."""
        return replace(one, held=self.id, began_at=self.at) if self.id else one

    def of(self, prompt: Prompt) -> Prompt:
        """The request as it may be made."""
        if not self.id:
            return prompt
        options: dict[str, Any] = {**prompt.options, "max_output_tokens": self.tokens}
        if any(tool["type"] != "function" for tool in prompt.tools):
            options |= {"max_tool_calls": self.calls} if self.calls else {"tool_choice": "none"}
        return replace(prompt, options=options, bound=True)


class Budget:
    """Keeps aside what requests may cost. Without a limit there is nothing to be kept: nobody waits."""

    def __init__(
        self, db: Database | None = None, money: Money | None = None, prices: Prices | None = None
    ) -> None:
        self._db, self.money, self._prices = db, money or Money(), prices or Prices()
        if self.money:
            self._prices.warm()

    def __bool__(self) -> bool:
        return self._db is not None and bool(self.money)

    async def hold(self, need: Need, until: float = math.inf) -> Held:
        """Returns ⇒ what it may cost is on disk. Waits, until that time of the event loop, for requests under
        way that may leave something. Raises Spent, and Permanent where there is no price or too little left.
        """
        if self._db is None or not self.money:
            return Held()
        costs = await self._costs(need)
        while True:
            id, last = f"resv_{token_hex(12)}", asyncio.get_running_loop().time() >= until
            try:
                found = await self._db(lambda tx: self._take(tx, id, need, costs, last=last))  # noqa: B023
            except asyncio.CancelledError:
                self._db(lambda tx: reservations.drop(tx, id))  # noqa: B023 - it comes after what was asked
                raise
            if isinstance(found, Permanent):
                raise found
            if found:
                return found
            await asyncio.sleep(WAIT)

    async def check(self, whose: Callable[[Execute], Usage]) -> None:
        """Before a request that has no price of its own: raises Spent where a limit is reached."""
        if self._db is not None and self.money:
            over = await self._db(lambda tx: self.money.over(tx, whose(tx).person, time.time()))
            if over:
                raise Spent(over)

    def _take(
        self, tx: Execute, id: str, need: Need, costs: tuple[float, float, float], *, last: bool
    ) -> Held | Permanent | None:
        """What is kept, why nothing is; or None while that may still change."""
        now, one, (base, more, each) = time.time(), need.row, costs
        if one.thread_id and not one.platform:
            one = usage.for_thread(tx, ThreadId(one.thread_id), one)
        counted = [(*window.left(tx), window) for window in self.money.windows(one.person, now)]
        if not counted:
            return Held()
        left, _, window = min(counted, key=lambda found: found[0])
        for calls, fixed in ((CALLS, base + more), (0, base))[not need.hosted :]:
            tokens = min(need.most, int((left - fixed) / (each or 1.0)))
            if left >= fixed and tokens >= (need.least * 8 if calls else need.least):
                price = math.ceil(fixed + tokens * each)
                reservations.add(tx, id, one.run_id, one.step, one.person, at=now, price=price)
                cut = tokens < need.most or (need.hosted and not calls)
                return Held(id, now, tokens, calls, Over(window.limit, window.ends) if cut else None)
        free = min(found[0] + found[1] for found in counted)
        if not last and free - base >= need.least * each:
            return None
        if (one.input or 0) > LARGE and free * 4 > window.usd * UNIT:  # a shorter one can be paid
            return Permanent(window.limit, notice="too_long")
        return Spent(refused(tx, window, now))

    async def _costs(self, need: Need) -> tuple[float, float, float]:
        """In `UNIT`: input, what hosted tools add, a token of output. Raises Permanent without a price."""
        row, more = need.row, 0.0
        base = await self._price(row)
        each = (await self._price(replace(row, output=MILLION)) - base) / MILLION if need.most else 0.0
        if need.hosted:  # the model reads all of it again after each call
            more = await self._price(replace(row, input=(row.input or 0) + CALLS * FOUND))
        if need.draws:
            picture = replace(row, kind="image", model=need.draws, input=None, output=None, units=1.0)
            more += await self._price(picture)
        return base, CALLS * more, each

    async def _price(self, one: Usage) -> float:
        """At the most: whatever the server's cache does, and in whatever it counts."""
        told = [await self._prices.priced(one), await self._prices.priced(one, one.input or 0)]
        told.append(await self._prices.priced(replace(one, units=None)))
        known = [each.price_usd for each in told if each.price_usd is not None]
        if not known:
            logger.error("money is limited, and %s has no price: put it into PRICES_FILE", one.model)
            raise Permanent("unpriced", notice="unpriced")
        return max(known) * UNIT
