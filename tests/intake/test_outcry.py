"""bots.intake.outcry: who is told that nothing can be stored, and in which language."""

from __future__ import annotations

import pytest

from bots.intake.outcry import Outcry
from core.concurrency import Background
from core.errors import Unsaved
from core.texts import text
from core.types import IncomingMessage
from tests.core.fakes import message


class Told:
    """A platform that keeps what it is to tell."""

    def __init__(self) -> None:
        self.words: list[str] = []

    async def tell(self, asked: IncomingMessage, words: str) -> None:
        self.words.append(words)


@pytest.mark.parametrize(
    ("why", "said", "told"),
    [
        ("full", "are you there?", ["en"]),
        ("failing", "거기 있어요?", ["ko"]),
        ("", "locked for a moment", []),
    ],
)
async def test_each_is_told_once_in_their_language(why, said, told):
    """Of what passes by itself nobody is."""
    platform, background, error = Told(), Background(), Unsaved("no")
    error.why = why
    outcry = Outcry({"fake": platform}, background, "en")
    for id in ("1", "2"):
        outcry.refused(message(id, said), error)
    await background.finish()

    assert [text("not_stored", locale) for locale in told] == platform.words
