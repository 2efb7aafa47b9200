"""How much one person, one channel and all of them may have: the settings LIMIT_…; 0 is no limit."""

from __future__ import annotations

import math

Most = int
"""How many there may be."""
Dollars = float
"""How much may be spent."""


def read_most(name: str, text: str, kind: str) -> Most:
    """Raises ValueError with its cure."""
    if text.isascii() and text.isdigit():
        return int(text)
    raise ValueError(f"{name}={text} is no limit. Use a whole number such as 20; 0 is no limit.")


def read_dollars(name: str, text: str, kind: str) -> Dollars:
    """Raises ValueError with its cure."""
    try:
        told = float(text) if text.isascii() and "_" not in text else -1.0
    except ValueError:
        told = -1.0
    if not 0 <= told < math.inf:
        raise ValueError(f"{name}={text} is no sum. Use dollars such as 2.5, without a sign; 0 is no limit.")
    return told
