"""`/privacy`: what is kept of whoever asks, all of it as a file, and its end. Only they see any of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.policy.personal_data import PersonalData
from core.texts import text

WORDS: Final[dict[str, dict[str, str]]] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
SURE_SECONDS: Final = 600.0
LARGEST: Final = 8 * 2**20
"""Bytes of a file that every network takes."""
FILE: Final = "privacy.json"


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be said, with buttons: what each does, and its label."""

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


class Privacy:
    """For the people of one network. What a button does is its value, which comes back when it is pressed."""

    def __init__(self, data: PersonalData, platform: str, language: str) -> None:
        self._data, self._platform, self._language = data, platform, language

    async def told(self, user: str, locale: str) -> Told:
        """How much is kept, how long, and what can be done."""
        counts = (await self._data.show(self._person(user)))["counts"]
        days = self._data.days
        long = self.say("days" if days else "always", locale, days=days)
        shown = self.say("kept", locale, long=long, **counts)
        return Told(shown, tuple((does, self.say(f"{does}_button", locale)) for does in ("export", "erase")))

    async def pressed(self, does: str, user: str, locale: str) -> Told:
        """Any button but that of the file. Whoever presses erases nobody else's data, whatever it says."""
        if does == "erase":
            until = int(time.time() + SURE_SECONDS)
            button = (f"sure:{user}:{until}", self.say("sure_button", locale))
            return Told(self.say("sure", locale), (button,))
        _, whose, until_ = [*does.split(":"), "", ""][:3]
        if whose != user or not until_.isdecimal() or int(until_) < time.time():
            return Told(self.say("over", locale))
        await self._data.erase(self._person(user))
        return Told(self.say("erasing", locale))

    async def file(self, user: str) -> bytes | None:
        """All that is kept; None where it is more than a chat takes."""
        found = await self._data.export(self._person(user))
        return found if len(found) <= LARGEST else None

    def say(self, key: str, locale: str, **values: Any) -> str:
        """One of the sentences of this command."""
        return text(key, locale, self._language, WORDS).format(**values)

    def failed(self, user: str, locale: str) -> str:
        """That there is no file, and who has one."""
        return self.say("failed", locale, person=self._person(user))

    def _person(self, user: str) -> str:
        return f"{self._platform}:{user}"
