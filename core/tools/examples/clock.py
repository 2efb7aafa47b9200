"""What time it is, anywhere. Needs nothing to be set."""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from core.tools import tool

ZONE = "UTC"
"""The time zone when none is named. Change it to yours, for example "Asia/Seoul"."""


@tool
def current_time(zone: str | None = None) -> str:
    """The current date, weekday and time in a time zone. Use it for every question about now or today.

    Args:
        zone: IANA name such as "Europe/Berlin". Null: the time zone of this team.
    """
    name = (zone or ZONE).strip()
    now = datetime.now(_zone(name))
    return f"{now:%A, %Y-%m-%d %H:%M:%S} {now.tzname()} (UTC{now:%z}), time zone {name}"


def _zone(name: str) -> ZoneInfo:
    """The zone. Raises ValueError that says which names come near."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or the name of a folder
        raise ValueError(f"there is no time zone “{name[:60]}”. {_advice(name[:60])}") from None


def _advice(name: str) -> str:
    """Names that come near by their spelling, or by the city in them."""
    known = sorted(available_timezones())
    if not known:
        return "This machine has no time zone database: install the package tzdata"
    cities = {zone.split("/")[-1].lower(): zone for zone in known}
    wanted = name.split("/")[-1].strip().replace(" ", "_").lower()
    near = [cities[city] for city in get_close_matches(wanted, cities, n=3)]
    return f"Did you mean {' or '.join(near)}?" if near else "Give an IANA name such as Asia/Seoul"
