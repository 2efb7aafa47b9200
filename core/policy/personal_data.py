"""A person's data: what is kept of them, all of it, and its end. People are `slack:U…` or `discord:…`."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, Final

from core.store import erasures, forgetting, held
from core.store.database import Execute

PERSON: Final = re.compile(r"slack:[UW][A-Z0-9]+|discord:[0-9]{1,20}")
"""The ids of people; only these have data of their own."""


def show(tx: Execute, person: str) -> dict[str, Any]:
    """How much is kept of them, by kind; whether it is being erased, and what the model server still has."""
    erasure = erasures.get(tx, person)
    left = [asdict(one) for one in forgetting.remains(tx, person)]
    return {
        "id": person,
        "counts": held.counts(tx, person),
        "erasure": {"asked_at": erasure.asked_at, "done_at": erasure.done_at} if erasure else None,
        "remains": left,
    }


def export(tx: Execute, person: str) -> dict[str, Any]:
    """All that is kept of them, with every word."""
    return show(tx, person) | held.everything(tx, person)


def erase(tx: Execute, person: str, actor: str, now: float) -> None:
    """On disk ⇒ it will be erased, whatever is killed: the running `Erasing` begins within seconds.

    `show` tells when it is done (`erasure.done_at`). The audit has it as `data.erase`, from this transaction.
    """
    erasures.begin(tx, person, actor, now)
