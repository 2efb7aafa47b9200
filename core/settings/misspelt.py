"""Names of settings that nobody reads: slips, names that others have for the same, and the vendor's own."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from core.settings import EXAMPLE, NAMES, TOKENS

PREFIXES = {"xoxb-": "SLACK_BOT_TOKEN", "xapp-": "SLACK_APP_TOKEN", "sk-": "OPENAI_API_KEY"}
"""How the values begin that show what they are."""
OTEL = "OTEL_"
FORMER = {
    "SLACK_TOKEN": ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"),
    "OPENAI_API_BASE": ("OPENAI_BASE_URL",),
    "OPENAI_MODEL": ("ASSISTANT_MODEL",),
}
"""Names that others have for it and that are not alike, or like two of ours."""
SERVICES = ("SLACK_", "DISCORD_", "OPENAI_", OTEL)
VENDOR = frozenset(
    f"OPENAI_{name}"
    for name in (
        *("ADMIN_KEY", "API_TYPE", "API_VERSION", "CUSTOM_HEADERS", "LOG", "ORG_ID", "PROJECT_ID"),
        "WEBHOOK_SECRET",
    )
)
"""What the openai package reads by itself, from the real environment."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A name nobody reads; `meant` are the settings it may stand for. As a text it says what to do."""

    name: str
    meant: tuple[str, ...]

    @property
    def is_token(self) -> bool:
        """Whether it seems to be the token of a platform."""
        return any(name in TOKENS for name in self.meant)

    def __str__(self) -> str:
        if self.meant:
            return f"{self.name} is not a setting. Did you mean {' or '.join(self.meant)}?"
        if self.name in VENDOR or self.name.startswith(OTEL):
            return f"{self.name} is read from the real environment alone. Set it there, or remove it."
        return f"{self.name} is not a setting, and nobody reads it. Remove it; {EXAMPLE} lists all there are."


def misspelt(given: Mapping[str, str], *, shared: bool = False) -> list[Misspelt]:
    """The names among these settings that nobody reads.

    Those that look like one of ours, and all others of the services'. `shared`: other programs have theirs
    among them, so that what looks like none of ours is theirs.
    """
    found = [
        Misspelt(name, _meant(name, value))
        for name, value in given.items()
        if value and name not in NAMES and not (shared and name in VENDOR)
    ]
    return [one for one in found if one.meant or (one.name.startswith(SERVICES) and not shared)]


def _meant(name: str, value: str) -> tuple[str, ...]:
    """The settings that a name may stand for; some values say themselves what they are."""
    name, service = name.upper(), f"{name.upper().partition('_')[0]}_"
    if name in VENDOR or service == OTEL:
        return ()
    if service not in SERVICES:
        return tuple(difflib.get_close_matches(name, NAMES, n=1, cutoff=0.87))
    told = [ours for begin, ours in PREFIXES.items() if value.startswith(begin) and ours.startswith(service)]
    if told or name in FORMER:
        return tuple(told or FORMER[name])
    ours = [one.removeprefix(service) for one in NAMES if one.startswith(service)]
    close = difflib.get_close_matches(name.removeprefix(service), ours, n=1, cutoff=0.6)
    return tuple(service + one for one in close)
