"""What a client of the API has set for one run, with what its assistant has: all that counts for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.types.assistant import Assistant


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`set` are fields of an assistant as they count for this run: the client's, else the assistant's."""

    project: str
    person: str
    """`key:NAME`"""
    set: Mapping[str, Any]
    client: bool = True
    """Functions are carried out by the client; else here."""
    page: bool = False
    """Somebody looks on, on the web page: functions that are known here are carried out here, and those that
    change something ask that person."""
    trial: bool = False
    """A version is tried: functions are carried out here, but for those that change something."""
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: Mapping[str, Any] | None = None
    """As the client gave it."""
    searchable: tuple[str, ...] = ()
    """Files that were attached for searching and are not in the thread's store yet; read with the claim."""

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunOptions:
        """As it was stored."""
        return cls(**data)

    def applied(self, assistant: Assistant) -> Assistant:
        """Who answers, as it counts for this run."""
        strategy = dict(assistant.truncation_strategy)
        if self.truncation_strategy and self.truncation_strategy["type"] == "last_messages":
            strategy = dict(self.truncation_strategy)
        if self.max_prompt_tokens:
            strategy["max_tokens"] = self.max_prompt_tokens
        same = {"id": assistant.id, "created_at": assistant.created_at, "version": assistant.version}
        return Assistant.from_json(
            {**assistant.to_json(), **self.set, "truncation_strategy": strategy, **same}
        )
