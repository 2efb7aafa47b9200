"""What an older demo made in DATA_DIR itself answers nobody in a real workspace.

Today's demo keeps to `DATA_DIR/demo`. Older ones worked in DATA_DIR until a real bot did, and their
assistants were its assistants then. What an operator makes for the real bot before its first start is spared.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.store import assistants, facts, messages, runs
from core.store.database import Execute
from core.types import SETTINGS_ID, Assistant

REAL = "real"
"""The fact that a bot with real accounts has worked on a database."""
PEOPLE = ("U0YOU00001", "200000000000000001")
"""The person at the terminal, on the demo's Slack and on its Discord."""


def set_aside(tx: Execute, now: float) -> list[Assistant]:
    """At the first real start of all: the demo's assistants, which from now on are assigned nowhere.

    The demo's are those that nobody made or changed after its person's last word. They stay, and can be
    assigned again. What the demo left unanswered is not answered. Call it before `assistants.settle`, in the
    same transaction: afterwards the database is a real bot's.
    """
    if facts.find(tx, REAL):
        return []
    facts.remember(tx, REAL, True)
    if assistants.get(tx, SETTINGS_ID) is None:  # nothing has ever started here
        return []
    if messages.from_others(tx, PEOPLE):  # a real bot of the days before there was that fact
        return []
    runs.cancel_of(tx, PEOPLE, now)
    spared = {SETTINGS_ID, *assistants.written_since(tx, messages.newest(tx))}
    made = [one for one in assistants.all(tx) if one.id not in spared]
    for one in made:
        for assigned in assistants.assignments(tx, one.id):
            assistants.unassign(tx, assigned.platform, assigned.place)
    return made


def warning(made: Sequence[Assistant]) -> str:
    """What the operator is told of them."""
    names = ", ".join(f"{one.label} ({one.id})" for one in made)
    return (
        f"An older demo made these assistants in DATA_DIR; they answer nowhere now: {names}. "
        "The command `assistants use ID --default` lets one answer, `assistants delete ID` removes it."
    )
