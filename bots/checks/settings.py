"""The settings: what is wrong with each, and what is only unwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bots.checks.check import Check, advised
from core.assistants.validate import HOSTED
from core.errors import ConfigError
from core.policy import prices
from core.settings import NAMES, Settings, needs
from core.settings.copied import in_the_clear

_NAME = re.compile(r"[A-Za-z_]+")


def check(settings: Settings, problems: Iterable[str], remarks: Iterable[str]) -> list[Check]:
    """`problems` keep the bot from starting; `remarks` are of names nobody reads, and of lines of `.env`."""
    wrong = [*problems, *needs(settings), *_prices(settings)]
    found = [advised(_id(text), "fail", text) for text in dict.fromkeys(wrong)]
    found += [advised(_id(text), "warn", text) for text in [*remarks, *_unwise(settings)]]
    return found or [Check("settings", "ok", "The settings can be read.")]


def _id(text: str) -> str:
    """Of the setting that the text begins with."""
    name = _NAME.match(text)
    return f"settings.{name[0].lower()}" if name and name[0] in NAMES else "settings"


def _prices(settings: Settings) -> list[str]:
    try:
        prices.read(settings.prices_file)
    except ConfigError as error:
        return list(error.problems)
    return []


def _unwise(settings: Settings) -> list[str]:
    url, found = settings.openai_base_url, []
    if url and urlsplit(url).path.strip("/") == "":
        found.append("OPENAI_BASE_URL has no path. With most servers it must end in /v1.")
    hosted = [name for name in settings.assistant_tools if name.replace("-", "_") in HOSTED]
    if hosted and not settings.full_features:
        found.append(
            f"ASSISTANT_TOOLS names {', '.join(hosted)}, which the server at OPENAI_BASE_URL is not taken to "
            "have, so nobody gets it. Set OPENAI_FEATURES=full if it has."
        )
    if in_the_clear(url):
        found.append(
            "OPENAI_BASE_URL begins with http://. Write https://, else all that people say can be read."
        )
    return found
