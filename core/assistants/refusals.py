"""Refusals: why nothing has happened to an assistant, with the facts. Who shows them makes the sentences."""

from __future__ import annotations

from collections.abc import Sequence

from core.assistants.remarks import Remark
from core.errors import SpoolError
from core.store.assistants import Assignment
from core.types import Assistant


class AssistantError(SpoolError):
    """An assistant, or something of it, is refused; nothing has happened."""


class Unknown(AssistantError):
    """Nobody has that id or name."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class Ambiguous(AssistantError):
    """Several have that name: their ids tell them apart."""

    def __init__(self, wanted: str, found: Sequence[Assistant]) -> None:
        super().__init__(wanted)
        self.wanted, self.found = wanted, found


class OfSettings(AssistantError):
    """It is the one that the ASSISTANT_* settings describe: only they change it."""


class Outdated(AssistantError):
    """Somebody else changed it since it was read."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__(assistant.id)
        self.assistant = assistant


class InUse(AssistantError):
    """It answers somewhere, or has so many documents at the model server."""

    def __init__(self, assistant: Assistant, places: Sequence[Assignment], documents: int) -> None:
        super().__init__(assistant.id)
        self.assistant, self.places, self.documents = assistant, places, documents


class Invalid(AssistantError):
    """`problems`: everything that is wrong, each with the field it is about."""

    def __init__(self, problems: Sequence[Remark]) -> None:
        super().__init__(", ".join(problem.param or problem.kind for problem in problems))
        self.problems = problems


class Unreadable(AssistantError):
    """What is to be imported is no assistant's JSON; the text says why, for a person."""


class ImportRefused(AssistantError):
    """Nothing is imported: `problems` of assistants, each with its label in the file ("": it has none)."""

    def __init__(self, problems: Sequence[tuple[str, Remark]]) -> None:
        super().__init__(", ".join(label for label, _ in problems))
        self.problems = problems
