"""Time zones by their IANA names, on machines that know few of them or none."""

from __future__ import annotations

import os
from datetime import UTC, datetime, tzinfo
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


def moment(at: float, name: str, now: float) -> str:
    """A time to come as people there read it, to the minute: "14:05 (Asia/Seoul)", perhaps with its day."""
    there, today = (datetime.fromtimestamp(one, zone(name)) for one in (at + 59.999, now))
    day = "" if there.date() == today.date() else f"{there:%Y-%m-%d} "
    return f"{day}{there:%H:%M} ({name})"


def known(name: str) -> bool:
    """Whether there is a zone of that name; "" is none."""
    return getattr(zone(name), "key", "") == name


def of_machine(localtime: Path = Path("/etc/localtime")) -> str:
    """The name of the zone this machine is set to, "UTC" where it does not say."""
    name = os.path.realpath(localtime).partition(_FOLDER)[2]
    return name if known(name) else "UTC"
