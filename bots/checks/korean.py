"""What checks found, in Korean, for the page. Logs and the doctor are English.

`ko.json` has the sentences, with places for what differs: checks are made in English and know nothing of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from bots.checks.check import Check

TABLE = Path(__file__).with_name("ko.json")
_PLACE = re.compile(r"\{(\w+)\}")
_BETWEEN = re.compile(r"(?<=[.?]) (?=[A-Z])")
_BRACKETS = re.compile(r"\(([^()]+)\)")


def spoken(check: Check, language: str) -> dict[str, Any]:
    """As the page is told it. `language` tells which it is in: English where a sentence has no Korean."""
    what, cure = (korean(text) if language == "ko" else None for text in (check.what, check.cure))
    if what is None or cure is None:
        return asdict(check) | {"language": "en"}
    return asdict(check) | {"what": what, "cure": cure, "language": "ko"}


def korean(text: str) -> str | None:
    """None where that is not known. What is no sentence stays: a name, an address, a command."""
    parts = [_said(part) for part in _BETWEEN.split(text)]
    if None not in parts:
        return " ".join(filter(None, parts))
    return _said(text) or (None if text.endswith((".", "?")) else text)


@cache
def _table() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Those with the most words of their own first: places take anything."""
    told = json.loads(TABLE.read_text(encoding="utf-8"))
    ours = sorted(told, key=lambda one: len(_PLACE.sub("", one)), reverse=True)
    return tuple((re.compile(_PLACE.sub(r"(?P<\1>.+?)", _escaped(one))), told[one]) for one in ours)


def _escaped(text: str) -> str:
    return re.sub(r"[.?()&+*]", r"\\\g<0>", text)


def _said(text: str) -> str | None:
    """One sentence; in its places, words that stand in the table, too."""
    for pattern, told in _table():
        if found := pattern.fullmatch(text):
            return told.format(**{name: _filled(value) for name, value in found.groupdict().items()})
    return None


def _filled(value: str) -> str:
    whole = _said(value) or _said(f"{value[:1].upper()}{value[1:]}.")
    return whole or _BRACKETS.sub(lambda one: f"({_said(one[1]) or one[1]})", value)
