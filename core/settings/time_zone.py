"""Time zones by their IANA names, on machines that know few of them or none."""

from __future__ import annotations

import os
from datetime import UTC, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

_FOLDER: Final = "/zoneinfo/"


@lru_cache(maxsize=256)
def zone(name: str, otherwise: str = "UTC") -> tzinfo:
    """The zone of that name; where this machine does not know it, the other one, at last UTC."""
    for one in (name, otherwise):
        try:
            return ZoneInfo(one)
        except (ValueError, OSError, KeyError):
            continue
    return UTC


def known(name: str) -> bool:
    """Whether there is a zone of that name; "" is none."""
    return getattr(zone(name), "key", "") == name


def of_machine(localtime: Path = Path("/etc/localtime")) -> str:
    """The name of the zone this machine is set to, "UTC" where it does not say."""
    name = os.path.realpath(localtime).partition(_FOLDER)[2]
    return name if known(name) else "UTC"
