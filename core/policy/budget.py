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
from collections.abc import Callable, Mapping
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
ENOUGH: Final = 32_768
"""Tokens that one response may have at the most while there is a limit, where nothing else says so."""
UNKNOWN: Final = 8_192
"""The same of a model of which nothing is known: one that can give fewer would refuse."""
LEAST: Final = 256
"""Tokens of output below which no request is made: nothing could be said with them."""
PLENTY: Final = 2_048
"""Tokens that are left for words before hosted tools are paid."""
HOSTED_CALLS: Final = 8
"""Calls of hosted tools in one response, at the most, while there is a limit."""
FOUND: Final = 10_000
"""Tokens that each of these calls, and each such tool by itself, may bring the model to read."""
PICTURE: Final = 8_000
"""Tokens of a picture that the model sees, at the most."""
SMALL: Final = 8_000
"""Tokens of a request that is no large one: where not even such a one can be paid, the limit is reached."""
SLOWEST: Final = 750
"""Bytes of a second of sound, at the least: no speech is stored in fewer."""
WAIT: Final = 0.25
"""Seconds between two looks whether requests under way have left something."""
NEAR: Final = 0.8
"""The part of a limit from which on admins are told."""
_MILLION: Final = 1_000_000


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
        today, found = datetime.fromtimestamp(now, time_zone.zone(self.zone)).date(), []
        if self.person_day and person:
            ends = usage.begins(today + timedelta(1), self.zone)
            found.append(Window("LIMIT_PERSON_DAY", self.person_day, person, today, ends, self.zone))
        if self.month:
            first = today.replace(day=1)
            ends = usage.begins((first + timedelta(32)).replace(day=1), self.zone)
            found.append(Window("LIMIT_MONTH", self.month, "", first, ends, self.zone))
        return found

    def settle(self, tx: Execute, now: float) -> None:
        """A process begins: days are those of this zone, and of what a death left nothing is under way."""
        usage.settle(tx, self.zone)
        first = datetime.fromtimestamp(now, time_zone.zone(self.zone)).date().replace(day=1)
        reservations.settle(tx, usage.begins(first, self.zone))

    def over(self, tx: Execute, person: str, now: float) -> Over | None:
        """The limit that is reached, before anything is asked: less than a hundredth is left of it."""
        for window in self.windows(person, now):
            if sum(window.left(tx)) * 100 < window.usd * UNIT:
                return refused(tx, Over(window.limit, window.ends), now)
        return None

    def near(self, tx: Execute, person: str, now: float) -> list[tuple[Window, float]]:
        """The limits of which so much is spent that admins are to be told, with the dollars; and were not."""
        found = []
        for window in self.windows(person, now):
            left, live = window.left(tx)
            spent = window.usd - (left + live) / UNIT
            if spent >= window.usd * NEAR and not notices.told(tx, window.person, about(window), now):
                found.append((window, spent))
        return found


def about(window: Window) -> str:
    """What admins were told of, in the notices of that person, or of nobody."""
    return f"{window.limit} for admins"


def refused(tx: Execute, over: Over, now: float) -> Over:
    """Counted."""
    counts.add(tx, counts.REFUSED, over.limit.removeprefix("LIMIT_").lower(), now)
    return over


@dataclass(frozen=True, slots=True)
class Need:
    """What a request may use: `steps` are the parts in which its input is read, one after each call of a
    hosted tool; the first is there in any case. `most` tokens of output are enough, with fewer than `least`
    it is not worth making. `draws`: the model of the pictures that such a call may make.
    """

    steps: tuple[Usage, ...]
    most: int = 0
    least: int = 0
    draws: str = ""


def need(one: Usage, prompt: Prompt, least: int = LEAST) -> Need:
    """Of a request for a response. Bytes stand for tokens, which are never more."""
    told, hosted = dict(prompt.options), [tool for tool in prompt.tools if tool["type"] != "function"]
    known = models.known(prompt.model)
    texts = (prompt.instructions, *map(json.dumps, prompt.tools), json.dumps(told))
    tokens = sum(map(_weight, (*texts, *prompt.items))) + FOUND * len(hosted)
    read = [tokens + FOUND * call for call in range(HOSTED_CALLS * bool(hosted) + 1)]
    window = known.context or math.inf
    most = told.get("max_output_tokens") or min(ENOUGH, known.output or UNKNOWN)
    drawing = next((tool for tool in hosted if tool["type"] == "image_generation"), None)
    draws = str(drawing.get("model") or "") or prompt.model if drawing else ""
    return Need(
        tuple(replace(one, input=int(min(size, window)), output=0) for size in read),
        most,
        min(least, most),
        draws,
    )


def _weight(text: str) -> int:
    """Tokens at the most: of an item, of a text. What the server has already may be of any size."""
    if '"input_image"' not in text and '"input_file"' not in text:
        return len(text.encode())
    content = json.loads(text).get("content")
    return sum(map(_part, content if isinstance(content, list) else [text]))


def _part(part: Mapping[str, Any] | str) -> int:
    if isinstance(part, str) or part.get("type") not in ("input_image", "input_file"):
        return len(json.dumps(part, ensure_ascii=False).encode())
    return PICTURE if part["type"] == "input_image" else len(part.get("file_data") or "") or _MILLION


def sound(one: Usage, content: bytes) -> Need:
    """Of a recording: a second of it is ten tokens, and says four at the most."""
    minutes = len(content) / SLOWEST / 60
    return Need((replace(one, units=minutes, input=int(minutes * 600) + 1, output=int(minutes * 240) + 1),))


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept for a request: its output may have so many `tokens`, hosted tools may be called so often.
    `short`: the limit that has cut these; `at`: the moment whose windows count. Without an `id` nothing does.
    """

    id: str = ""
    at: float = 0.0
    tokens: int = 0
    calls: int = 0
    short: Over | None = None

    def row(self, one: Usage) -> Usage:
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


@dataclass(frozen=True, slots=True)
class _Cost:
    """Of a request: `fixed` with so many calls of hosted tools as its place says, `each` token of output; in
    `UNIT`. `small`: of one that is no large one."""

    fixed: tuple[float, ...]
    each: float
    small: float


class Budget:
    """Keeps aside what requests may cost. Without a limit there is nothing to be kept: nobody waits."""

    def __init__(
        self, db: Database | None = None, money: Money | None = None, prices: Prices | None = None
    ) -> None:
        self._db, self.money, self._prices = db, money or Money(), prices or Prices()
        self._told: set[str] = set()
        if self.money:
            self._prices.warm()

    def __bool__(self) -> bool:
        return bool(self.money)

    async def hold(self, need: Need, until: float = math.inf) -> Held:
        """Returns ⇒ what it may cost is on disk. Waits, until that time of the event loop, for requests under
        way that may leave something. Raises Spent, and Permanent where there is no price or too little left.
        """
        if self._db is None or not self.money:
            return Held()
        cost, loop = await self._cost(need), asyncio.get_running_loop()
        while True:
            id, last = f"resv_{token_hex(12)}", loop.time() >= until
            try:
                found = await self._db(lambda tx: self._take(tx, id, need, cost, last=last))  # noqa: B023
            except asyncio.CancelledError:
                self._db(lambda tx: reservations.drop(tx, id))  # noqa: B023 - it comes after what was asked
                raise
            if isinstance(found, Permanent):
                raise found
            if found:
                return found
            await asyncio.sleep(WAIT)

    async def check(self, whose: Callable[[Execute], Usage]) -> None:
        """Before a request without a price of its own: raises Spent where a limit is reached."""
        if self._db is not None and self.money:
            over = await self._db(lambda tx: self.money.over(tx, whose(tx).person, time.time()))
            if over:
                raise Spent(over)

    def _take(self, tx: Execute, id: str, need: Need, cost: _Cost, *, last: bool) -> Held | Permanent | None:
        """What is kept, why nothing is; or None while that may still change."""
        now, one = time.time(), need.steps[0]
        if one.thread_id and not one.platform:
            one = usage.for_thread(tx, ThreadId(one.thread_id), one)
        counted = [(*window.left(tx), window) for window in self.money.windows(one.person, now)]
        if not counted:
            return Held()
        left, _, window = min(counted, key=lambda found: found[0])
        over = Over(window.limit, window.ends)
        for calls in reversed(range(len(cost.fixed))):
            tokens = _buys(left - cost.fixed[calls], cost.each, need.most)
            if tokens >= (min(PLENTY, need.most) if calls else need.least):
                price = math.ceil(cost.fixed[calls] + tokens * cost.each)
                reservations.add(tx, id, one.run_id, one.step, one.person, now, price)
                short = over if tokens < need.most or calls < len(cost.fixed) - 1 else None
                return Held(id, now, tokens, calls, short)
        free = min(found[0] + found[1] for found in counted)
        if not last and _buys(free - cost.fixed[0], cost.each, need.most) >= need.least:
            return None
        if max(left, free) >= cost.small:
            return Permanent(window.limit, notice="too_long")
        return Spent(refused(tx, over, now))

    async def _cost(self, need: Need) -> _Cost:
        """Raises Permanent where no list has a price."""
        asked = [await self._price(one) for one in need.steps]
        first, last, drawn = need.steps[0], need.steps[-1], 0.0
        if need.draws:
            picture = replace(first, kind="image", model=need.draws, units=1.0, input=None, output=None)
            drawn = await self._price(picture)
        each = (
            (await self._price(replace(last, output=_MILLION)) - asked[-1]) / _MILLION if need.most else 0.0
        )
        fixed = [sum(asked[: place + 1]) + drawn * place for place in range(len(asked))]
        small = await self._price(replace(first, input=min(SMALL, first.input or 0)))
        return _Cost(tuple(fixed), each, small + need.least * each)

    async def _price(self, one: Usage) -> float:
        """At the most, in `UNIT`: whatever the server's cache does, and in whatever it counts."""
        told = [await self._prices.priced(one), await self._prices.priced(one, one.input or 0)]
        if one.units is not None:
            told.append(await self._prices.priced(replace(one, units=None)))
        known = [each.price_usd for each in told if each.price_usd is not None]
        if known:
            return max(known) * UNIT
        limits = " and ".join(window.limit for window in self.money.windows("?", time.time()))
        if one.model not in self._told:
            self._told.add(one.model)
            logger.error("%s", unpriced(one.model, limits))
        raise Permanent("unpriced", notice="unpriced")


def unpriced(model: str, limits: str) -> str:
    """Why nothing is asked of that model, and what to do."""
    return f"{limits}: no list has a price of {model}, so it is not asked. Put its prices into PRICES_FILE."


def _buys(left: float, each: float, most: int) -> int:
    """Tokens; negative where nothing is left."""
    if left < 0:
        return -1
    return most if not each else min(most, int(left / each))
