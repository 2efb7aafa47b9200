"""What only admins see on the page: who did what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.api.console.looks import Looks
from core.api.key import Key
from core.api.page import listed
from core.api.refusal import Refusal, not_found
from core.store import audit
from core.store.audit import Which


def admins_only(key: Key) -> None:
    """Raises Refusal for all others."""
    if not key.admin:
        told = "Only an admin's key sees this: `spool keys create NAME --console --admin` makes one."
        raise Refusal(told, status=403, code="admin")


async def deeds(looks: Looks, key: Key, which: Which, limit: int, after: str | None) -> dict[str, Any]:
    """A page of the audit, the newest first. Raises Refusal."""
    admins_only(key)
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise not_found("row", after)
    before = None if after is None else int(after)
    found = await looks.look(lambda tx: audit.page(tx, which, limit + 1, before))
    rows = [{"id": str(seq), **asdict(entry)} for seq, entry in found]
    return listed(rows[:limit], more=len(found) > limit)
