"""This machine's clock, by what the services say in their answers."""

from __future__ import annotations

from bots.checks.check import Check
from bots.checks.web import Web

MOST = 60.0
"""Seconds that do no harm."""


def check(web: Web) -> Check:
    """The service that differs least counts: one alone may be wrong."""
    if not web.ahead:
        return Check("clock", "skip", "No service told the time.")
    service, ahead = min(web.ahead.items(), key=lambda one: abs(one[1]))
    if abs(ahead) <= MOST:
        return Check("clock", "ok", "This machine's clock is right.")
    way = "behind" if ahead > 0 else "ahead of"
    what = (
        f"This machine's clock is {abs(ahead):,.0f} seconds {way} that of {service}: messages missed while "
        "away may be passed over, and connections refused."
    )
    return Check("clock", "warn", what, "Set it, and let it be kept by NTP (timedatectl set-ntp true).")
