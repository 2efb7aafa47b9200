"""Which assistant answers in a channel, asked and changed from the chat itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from core.store import assistants
from core.store.database import Execute
from core.types import Address, Assistant

NOBODY = ("none", "default")


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of the question who answers in a channel, or of the wish that `wanted` does from now on.

    `assistant`: who answers there now, where nothing was refused. `others`: who else could; those with that
    name where *several* have it, all where it is *unknown*. *admins*: only they may choose.
    """

    outcome: Literal["current", "switched", "freed", "admins", "unknown", "several"]
    assistant: Assistant | None = None
    others: tuple[Assistant, ...] = ()
    wanted: str = ""


def choose(tx: Execute, address: Address, parent: str, wanted: str, admin: str) -> Choice:
    """Who answers there, or that `wanted` (an id or a name) does from now on.

    "none" and, unless somebody is called so, "default" end what was chosen for this very channel.
    `admin`: who asks, "" where that is none.
    """
    places = [place for place in (address.channel, parent, address.workspace) if place]
    if not wanted:
        current = assistants.nearest(tx, address.platform, places)
        return Choice("current", current, tuple(one for one in assistants.all(tx) if one.id != current.id))
    if not admin:
        return Choice("admins")
    by, found = (time.time(), f"{address.platform}:{admin}"), assistants.named(tx, wanted)
    if not found and wanted.casefold() in NOBODY:
        assistants.unassign(tx, address.platform, address.channel, *by)
        return Choice("freed", assistants.nearest(tx, address.platform, places))
    if len(found) != 1:
        others = tuple(found or assistants.all(tx))
        return Choice("several" if found else "unknown", None, others, wanted)
    assistants.assign(tx, address.platform, address.channel, found[0].id, *by)
    return Choice("switched", found[0])
