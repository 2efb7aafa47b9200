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

PRICES = "money.prices"
_CURE = "Put its prices into PRICES_FILE, or take LIMIT_PERSON_DAY and LIMIT_MONTH away."


async def check(settings: Settings) -> list[Check]:
    """Whether all that may be asked has a price; nothing where no limit is set."""
    with contextlib.suppress(ConfigError):  # of which the check of the settings tells
        prices = Prices(*read(settings.prices_file), settings.openai_base_url)
        return await _looked(settings, prices) if Money.of(settings) else []
    return []


async def _looked(settings: Settings, prices: Prices) -> list[Check]:
    path, found = settings.data_dir / FILE, []
    asked = {settings.assistant_model: "answer", settings.transcription_model: "transcription"}
    if path.exists():
        with contextlib.closing(Reading(path)) as reading:
            for one in await reading(assistants.all):
                asked[one.model] = "answer"
                if tool := one.tool("image_generation"):
                    asked[str(tool.get("model") or one.model)] = "image"
    for model, kind in sorted(asked.items()):
        told = None if kind == "image" else 1
        row = Usage(cast("UsageKind", kind), model, time.time(), "completed", input=told, units=1.0)
        if (await prices.priced(row)).price_usd is None:
            what = f"Money is limited and {model} has no price: it is not asked."
            found.append(Check(PRICES, "warn" if kind == "transcription" else "fail", what, _CURE))
    return found or [Check(PRICES, "ok", "All that may be asked has a price.")]
