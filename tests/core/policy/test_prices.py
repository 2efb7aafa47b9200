"""policy.prices: by whose list, and what is unpriced."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigError
from core.policy.prices import Prices, read
from core.store.usage import Usage

OWN = {"mine": {"input": 2, "cached": 1, "output": 10, "minute": 0.5, "image": 0.04}, "flat": {"input": 3.0}}
USED: dict[str, Any] = {"input": 1_000_000, "output": 100_000}


def one(model: str = "gpt-6-luna", kind: Any = "answer", **more: Any) -> Usage:
    """A request that was done."""
    return Usage(kind, model, 1_795_000_000.0, "completed", **more)


@pytest.mark.parametrize(
    ("request_", "dollars"),
    [
        # luna: 0.1 / 0.01 / 0.5 a million, from 272,000 of input on 0.2 / 0.02 / 0.75
        (one(input=200_000, output=10_000), 200_000 * 0.1e-6 + 10_000 * 0.5e-6),
        (one(input=200_000, cached=150_000, output=10_000), 50_000 * 0.1e-6 + 150_000 * 0.01e-6 + 0.005),
        (one(input=400_000, output=10_000), 400_000 * 0.2e-6 + 10_000 * 0.75e-6),
        (one(input=1000, output=500, reasoning=400), 1000 * 0.1e-6 + 500 * 0.5e-6),
        (one("gpt-6-luna", served_model="gpt-6.1-terra", **USED), 1e6 * 2e-6 + 1e5 * 7.5e-6),
        (one("gpt-6-luna", served_model="nobody-knows", input=1000, output=0), 1000 * 0.1e-6),
        (one("mine", input=1_000_000, cached=400_000, output=100_000), 0.6 * 2 + 0.4 * 1 + 0.1 * 10),
        (one("gpt-6-luna", served_model="mine", **USED), 3.0),
        (one("mine", served_model="mine-2026", **USED), 3.0),
        (one("flat", input=1_000_000, cached=500_000), 3.0),
        (one("flat", **USED), None),
        (one("mine", "transcription", units=3.0), 1.5),
        (one("mine", "image", units=2.0), 0.08),
        (one("gpt-transcribe", "transcription", units=3.0, input=100), None),
        (one("gpt-6-luna", "image", units=2.0), None),
        (one("whisper-1", input=100, output=10), None),
        (one("llama3.2:1b", **USED), None),
        (one(), None),
    ],
)
async def test_a_price_equals_what_a_hand_would_calculate(request_: Usage, dollars: float | None) -> None:
    """What no list knows has none."""
    found = await Prices(OWN, "PRICES_FILE 2026-11-01").priced(request_)
    listed = found.price_list or ""
    assert found.price_usd == (dollars if dollars is None else pytest.approx(dollars, rel=1e-9))
    assert (dollars is None) == (not listed)
    assert dollars is None or listed.startswith(("PRICES_FILE 2026-11-01", "genai-prices 0."))


async def test_what_is_written_into_the_cache_costs_more() -> None:
    found = await Prices().priced(one(input=10_000, output=0), 8000)
    assert pytest.approx(2000 * 0.1e-6 + 8000 * 0.125e-6) == found.price_usd


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read (No such file or directory). Write the path of a JSON file there."),
        ("{", "is no JSON"),
        ("[]", "it is no object of models. Its shape is {"),
        ('{"m": 3}', "“m” has no object of prices."),
        ('{"m": {"inputs": 3}}', "“m” has “inputs”; there are input, cached, output, minute, image."),
        ('{"m": {"input": "3"}}', "“input” of “m” is no price in dollars."),
        ('{"m": {"input": true}}', "“input” of “m” is no price in dollars."),
        ('{"m": {"input": -1}}', "“input” of “m” is no price in dollars."),
        ('{"m": {"input": NaN}}', "“input” of “m” is no price in dollars."),
    ],
)
def test_a_wrong_file_is_refused_with_its_cure(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "prices.json").write_text(text)
    with pytest.raises(ConfigError, match=re.escape(said)):
        read(str(tmp_path / "prices.json"))


def test_the_list_has_the_files_date(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text(json.dumps(OWN))
    own, name = read(str(tmp_path / "prices.json"))
    assert own == OWN
    assert re.fullmatch(r"PRICES_FILE \d{4}-\d\d-\d\d", name)
    assert ({}, "") == read("")


async def test_no_answer_is_lost_over_its_price() -> None:
    """Whatever the list meets: here a clock that was never set."""
    never = replace(one(**USED), began_at=1e18)
    assert (await Prices().priced(never)).price_usd is None


def test_whoever_prices_nothing_imports_no_list() -> None:
    """Neither the bot, before an answer, nor a command."""
    code = "import sys, bots.app, bots.cli.usage; sys.exit('genai_prices' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
