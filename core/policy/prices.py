"""Prices: what a request cost, by the operator's own list (PRICES_FILE), else by the one of genai-prices.

Only what the server told as used has a price. What no list knows is unpriced (None), never 0.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError
from core.store.usage import Usage

logger = logging.getLogger(__name__)
FIELDS: Final = ("input", "cached", "output", "minute", "image")
"""Of an entry: dollars for a million tokens, for a minute of audio, for a picture."""
_SHAPE: Final = '{"MODEL": {"input": 0.1, "cached": 0.01, "output": 0.5, "minute": 0.0045, "image": 0.04}}'
_TOLD: Final = ("answer", "summary", "evaluation", "embedding")
"""Kinds that genai-prices knows by their tokens: of sound and pictures it has no price, or 0."""
Own = Mapping[str, Mapping[str, float]]
Calculate = Callable[[Usage, int], tuple[float, str] | None]


def read(file: str) -> tuple[Own, str]:
    """The operator's list, and what it is called in the ledger. Raises ConfigError with the cure."""
    if not file:
        return {}, ""
    path = Path(file).expanduser()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    except OSError as error:
        raise ConfigError(
            f"PRICES_FILE={file} cannot be read ({error.strerror}). Write the path of a JSON file there."
        ) from error
    except ValueError as error:
        raise ConfigError(f"PRICES_FILE={file} is no JSON ({error}). Its shape is {_SHAPE}.") from error
    if wrong := _mistake(found):
        raise ConfigError(f"PRICES_FILE={file}: {wrong} Its shape is {_SHAPE}; what is unknown is left out.")
    return found, f"PRICES_FILE {changed}"


def _mistake(found: object) -> str:
    if not isinstance(found, dict):
        return "it is no object of models."
    for model, entry in found.items():
        if not isinstance(entry, dict):
            return f"“{model}” has no object of prices."
        for name, price in entry.items():
            if name not in FIELDS:
                return f"“{model}” has “{name}”; there are {', '.join(FIELDS)}."
            if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < 1e6:
                return f"“{name}” of “{model}” is no price in dollars."
    return ""


class Prices:
    """Prices requests. The list of genai-prices is imported in a thread, once somebody waits for it or warms
    it up: it takes some 0.3 s of CPU, and is never on the way to a first word. Nothing is ever downloaded.

    `base_url` tells whose list counts; of a server that it does not know, OpenAI's, by the model's name.
    """

    def __init__(self, own: Own | None = None, name: str = "", base_url: str = "") -> None:
        self._own, self._name, self._base_url = own or {}, name, base_url

    @cached_property
    def _loading(self) -> asyncio.Future[Calculate]:
        return asyncio.ensure_future(asyncio.to_thread(_load, self._base_url))

    def warm(self) -> None:
        """A price will be wanted. Returns at once."""
        assert self._loading

    async def priced(self, one: Usage, written: int = 0) -> Usage:
        """With its price, where it has one. `written`: of the input, what was written into the cache."""
        if one.input is None and one.units is None:
            return one
        found = self._by_operator(one)
        if found is None and one.kind in _TOLD:
            found = await self._by_list(one, written)
        return replace(one, price_usd=found[0], price_list=found[1]) if found else one

    async def _by_list(self, one: Usage, written: int) -> tuple[float, str] | None:
        try:
            return (await asyncio.shield(self._loading))(one, written)
        except Exception:  # no answer is lost over its price
            logger.exception("the list of prices cannot be used: the request is unpriced")
            return None

    def _by_operator(self, one: Usage) -> tuple[float, str] | None:
        entry = self._own.get(one.served_model or "") or self._own.get(one.model)
        price = _sum(one, entry) if entry else None
        return None if price is None else (price, self._name)


def _sum(one: Usage, entry: Mapping[str, float]) -> float | None:
    """By such an entry; None where it lacks a price that is needed."""
    unit = {"image": "image", "transcription": "minute", "speech": "minute"}.get(one.kind)
    if unit and one.units is not None and unit in entry:
        return one.units * entry[unit]
    if one.input is None:
        return None
    cached = one.cached or 0
    used = {"input": one.input - cached, "cached": cached, "output": one.output or 0}
    prices = {"cached": entry.get("input"), **entry}
    needed = [(count, prices.get(name)) for name, count in used.items() if count]
    if any(price is None for _, price in needed):
        return None
    return sum(count * price for count, price in needed if price is not None) / 1e6


def _load(base_url: str) -> Calculate:
    import genai_prices  # here, so that it is imported when it is wanted
    from genai_prices import data_snapshot

    snapshot, name = data_snapshot.get_snapshot(), f"genai-prices {genai_prices.__version__}"
    try:
        provider = snapshot.find_provider(None, None, base_url or "https://api.openai.com").id
    except LookupError:
        provider = "openai"

    def calculate(one: Usage, written: int) -> tuple[float, str] | None:
        told: dict[str, Any] = {"input_tokens": one.input, "output_tokens": one.output or 0}
        told |= {"cache_read_tokens": one.cached} if one.cached else {}
        told |= {"cache_write_tokens": written} if written else {}
        at, tier = datetime.fromtimestamp(one.began_at, UTC), {"service_tier": one.tier} if one.tier else None
        for model in filter(None, (one.served_model, one.model)):
            try:
                found = snapshot.calc(genai_prices.Usage(**told), model, provider, None, at, tier)
            except (LookupError, ValueError):  # not on the list; or it cannot price that
                continue
            return (float(found.total_price), name) if found.total_price else None
        return None

    calculate(Usage("answer", "gpt-6-luna", 0.0, "completed", input=1), 0)  # the first one is slow
    return calculate
