"""One question's way through the product, as the stand-ins saw it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from bench.model import Asked
from bench.speech import END
from bench.world import Place, World, until


@dataclass(frozen=True, slots=True)
class Question:
    """A message as it was written: `at` is when its event was sent to the product."""

    person: int
    message: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Monotonic times of one answer: the model is asked, begins and ends; people see the first words, all."""

    said: float
    asked: float
    first_token: float
    first_shown: float
    last_token: float
    all_shown: float

    @property
    def to_model(self) -> float:
        """Seconds from the event to the model request."""
        return self.asked - self.said

    @property
    def to_visible(self) -> float:
        """Seconds from the model's first token to the first visible text."""
        return self.first_shown - self.first_token

    @property
    def to_whole(self) -> float:
        """Seconds from the model's last token to the whole text."""
        return self.all_shown - self.last_token


async def say(place: Place, people: Iterable[int], label: str) -> list[Question]:
    """Each of these people asks something, all at once."""
    asked = []
    for person in people:
        text = f"Question {label} of person {person}: how do I set this up?"
        message = await place.say(person, text)  # its event now waits to be written to the socket
        asked.append(Question(person, message, text, time.monotonic()))
        await asyncio.sleep(0)  # lets the event go out before the next person's is made
    return asked


async def answered(world: World, place: Place, asked: list[Question], timeout: float = 120.0) -> list[Trace]:
    """The traces of these questions, once all are answered in full. Raises TimeoutError."""
    waiting = dict.fromkeys(asked)
    found: list[Trace] = []

    def all_found() -> bool:
        for question in list(waiting):
            request = world.model.asked.get(question.text)
            if request and (trace := _trace(place, question, request)):
                found.append(trace)
                del waiting[question]
        return not waiting

    await until(all_found, every=0.005 if len(asked) == 1 else 0.1, timeout=timeout)
    return found


def _trace(place: Place, question: Question, request: Asked) -> Trace | None:
    """None while people do not see the whole answer."""
    posts = place.answer(question.person, question.message)
    versions = [(at, text) for post in posts for at, text in post if text]
    whole = [at for at, text in versions if text.endswith(END)]
    if not whole:
        return None
    first = min(at for at, _ in versions)
    return Trace(question.at, request.at, request.first_token, first, request.last_token, min(whole))
