"""Money: under a limit nothing is asked that has no price."""

from __future__ import annotations

import contextlib
import time
from typing import cast

from bots.checks.check import Check
from core.errors import ConfigError
from core.policy.budget import Money
from core.policy.prices import Prices, read
from core.settings import Settings
from core.store import assistants
from core.store.database import FILE
from core.store.reading import Reading
from core.store.usage import Usage, UsageKind
from core.types import Assistant

PRICES = "money.prices"


async def check(settings: Settings) -> list[Check]:
    """Whether all that may be asked has a price; nothing where no limit is set."""
    if not Money.of(settings):
        return []
    with contextlib.suppress(ConfigError):  # which the check of the settings tells
        return await _looked(settings, Prices(*read(settings.prices_file), settings.openai_base_url))
    return []


async def _looked(settings: Settings, prices: Prices) -> list[Check]:
    now, found = time.time(), []
    asked = {settings.assistant_model: "answer", settings.transcription_model: "transcription"}
    for one in await _assistants(settings):
        asked |= {one.model: "answer"}
        if drawing := one.tool("image_generation"):
            asked |= {str(drawing.get("model") or one.model): "image"}
    for model, kind in sorted(asked.items()):
        told = None if kind == "image" else 1
        row = Usage(cast("UsageKind", kind), model, now, "completed", input=told, output=told, units=1.0)
        if (await prices.priced(row)).price_usd is None:
            found.append(_unpriced(kind, model))
    return found or [Check(PRICES, "ok", "All that may be asked has a price.")]


def _unpriced(kind: str, model: str) -> Check:
    cure = "Put its prices into PRICES_FILE, or take LIMIT_PERSON_DAY and LIMIT_MONTH away."
    if kind == "transcription":
        what = f"Money is limited and {model} has no price: nobody's recordings are listened to."
        return Check(PRICES, "warn", what, cure)
    return Check(PRICES, "fail", f"Money is limited and {model} has no price: it is not asked.", cure)


async def _assistants(settings: Settings) -> list[Assistant]:
    """Those in the database, where there is one."""
    if not (settings.data_dir / FILE).exists():
        return []
    with contextlib.closing(Reading(settings.data_dir / FILE)) as reading:
        return await reading(assistants.all)
