"""What came of killing: for one world, and for all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.crash.history import Finding

_LOG_LINES = 8


@dataclass
class Outcome:
    """One world. `messages`: questions and resets. `died`: the points at which the product was killed, "" for
    no particular one. `log`: what the product said.
    """

    name: str
    died: list[str] = field(default_factory=list)
    messages: int = 0
    findings: list[Finding] = field(default_factory=list)
    log: str = ""

    def __str__(self) -> str:
        seen = [f"  {finding}" for finding in self.findings]
        said = [f"  {line}" for line in self.log.splitlines()[-_LOG_LINES:]]
        return "\n".join([f"{self.name} (killed at {self.died})", *seen, *said])


def wrong(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.findings]


def summary(outcomes: Iterable[Outcome]) -> str:
    every = list(outcomes)
    kinds = Counter(finding.kind for outcome in every for finding in outcome.findings)
    messages = sum(outcome.messages for outcome in every)
    bad = sum(len({finding.about for finding in outcome.findings}) for outcome in every)
    kills = sum(len(outcome.died) for outcome in every)
    return (
        f"kills {kills}, messages {messages}, answered once {messages - bad}, lost {kinds['lost']}, "
        f"doubled {kinds['doubled']}, stubs {kinds['stub']}, out of order {kinds['order']}, "
        f"not remembered {kinds['memory']}, not on the bill {kinds['bill']}"
    )
