"""Settings that say who is answered: ids with their network, with commas between."""

from __future__ import annotations

import re
from typing import Final

_SLACK: Final = {
    "person": "slack:[UW][A-Z0-9]+",
    "channel": "slack:[CGD][A-Z0-9]+",
    "workspace": "slack:[TE][A-Z0-9]+",
    "app": "slack:[BA][A-Z0-9]+",
}
_DISCORD: Final = "discord:[0-9]{1,20}"
_EVERYBODY: Final = (_SLACK["person"], _SLACK["channel"], _SLACK["workspace"], _DISCORD)
_GROUPS: Final = (_SLACK["channel"], _SLACK["workspace"])
_WRITE: Final = "slack:U0123ABCD (a person), slack:C0123ABCD (a channel), slack:T0123ABCD (a workspace) or "
"""How the first of what is meant by `_EVERYBODY` is written."""
_FITS: Final = {
    "ACCESS_ALLOW": (_EVERYBODY, f"{_WRITE}discord:LONG_NUMBER (a person, channel or server)"),
    "ACCESS_DENY": (_EVERYBODY, f"{_WRITE}discord:LONG_NUMBER (a person, channel or server)"),
    "ACCESS_GUESTS": (_GROUPS, "slack:C0123ABCD (a channel) or slack:T0123ABCD (a workspace)"),
    "ACCESS_EXTERNAL": (_GROUPS, "slack:C0123ABCD (a channel) or slack:T0123ABCD (a workspace)"),
    "ACCESS_BOTS": ((_SLACK["app"], _DISCORD), "slack:B0123ABCD, slack:A0123ABCD or discord:LONG_NUMBER"),
    "DISCORD_GUILDS": (("[0-9]{1,20}",), "the server's number alone (developer mode, Copy Server ID)"),
}
NAMES: Final = frozenset(_FITS)


def ids(name: str, text: str, kind: str) -> tuple[str, ...]:
    """The ids in one of these settings, each once. Raises ValueError with the cure for what is none."""
    fits, write = _FITS[name]
    given = tuple(dict.fromkeys(one for part in text.split(",") if (one := part.strip())))
    for one in given:
        if not any(re.fullmatch(pattern, one) for pattern in fits):
            raise ValueError(f"{name}: {one} is no id that counts there. Write {write}, with commas between.")
    return given
