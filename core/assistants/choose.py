"""Which assistant answers in a channel, asked and changed from the chat itself."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Literal

from core.assistants.audience import admits
from core.store import assistants
from core.store.database import Execute
from core.types import Address, Assistant

NOBODY = ("none", "default")


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of the question who answers in a channel, or of the wish that `wanted` does from now on.

    `assistant`: who answers there now, where nothing was refused. `others`: who else could; those with that
    name where *several* have it, all where it is *unknown*. *admins*: only they may choose. *closed*: the one
    there is not for who asks. Of the others only those for them are named.
    """

    outcome: Literal["current", "closed", "switched", "freed", "admins", "unknown", "several"]
    assistant: Assistant | None = None
    others: tuple[Assistant, ...] = ()
    wanted: str = ""


def choose(tx: Execute, address: Address, parent: str, wanted: str, *, user: str, admin: bool) -> Choice:
    """Who answers there, or that `wanted` (an id or a name) does from now on.

    "none" and, unless somebody is called so, "default" end what was chosen for this very channel.
    `admin`: who asks, "" where that is none.
    """
    places = [place for place in (address.channel, parent, address.workspace) if place]
    if not wanted:
        current = assistants.nearest(tx, address.platform, places)
        may = partial(admits, where=address, person=user, parent=parent, admin=admin)
        others = tuple(one for one in assistants.all(tx) if one.id != current.id and may(one))
        return Choice("current" if may(current) else "closed", current, others)
    if not admin:
        return Choice("admins")
    by, found = (time.time(), f"{address.platform}:{user}"), assistants.named(tx, wanted)
    if not found and wanted.casefold() in NOBODY:
        assistants.unassign(tx, address.platform, address.channel, *by)
        return Choice("freed", assistants.nearest(tx, address.platform, places))
    if len(found) != 1:
        others = tuple(found or assistants.all(tx))
        return Choice("several" if found else "unknown", None, others, wanted)
    assistants.assign(tx, address.platform, address.channel, found[0].id, *by)
    return Choice("switched", found[0])
