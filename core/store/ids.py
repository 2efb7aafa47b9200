"""Ids: a prefix that says what is named, and enough chance that no two are alike."""

from __future__ import annotations

import secrets


def new_id(prefix: str) -> str:
    """A fresh id such as `run_4f…`: the prefix says what it names."""
    return prefix + secrets.token_hex(12)
