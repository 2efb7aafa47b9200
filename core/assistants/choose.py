"""Which assistant answers in a channel, asked and changed from the chat itself."""

from __future__ import annotations

from core.store import assistants
from core.store.database import Execute
from core.texts import text
from core.types import Address, Assistant

NOBODY = ("none", "default")
LONGEST_LIST = 1500
"""Characters of names listed at most: a chat's own reply has room for about so many."""


def choose(
    tx: Execute, address: Address, parent: str, wanted: str, locale: str, language: str, *, admin: bool
) -> str:
    """The text for the person: who answers there, or that `wanted` (an id or a name) does from now on.

    "none" and, unless somebody is called so, "default" end what was chosen for this very channel.
    """
    places = [place for place in (address.channel, parent, address.workspace) if place]
    if not wanted:
        current = assistants.nearest(tx, address.platform, places)
        lines = [_said("assistant_current", locale, language, current)]
        if others := _names([one for one in assistants.all(tx) if one.id != current.id]):
            lines.append(text("assistant_others", locale, language).format(names=others))
        return "\n".join(lines)
    if not admin:
        return text("assistant_admins", locale, language)
    found = assistants.named(tx, wanted)
    if not found and wanted.casefold() in NOBODY:
        assistants.unassign(tx, address.platform, address.channel)
        following = assistants.nearest(tx, address.platform, places)
        return _said("assistant_freed", locale, language, following)
    if len(found) != 1:
        key = "assistant_several" if found else "assistant_unknown"
        names = _names(found or assistants.all(tx))
        return text(key, locale, language).format(name=wanted[:100].replace("`", ""), names=names)
    assistants.assign(tx, address.platform, address.channel, found[0].id)
    return _said("assistant_switched", locale, language, found[0])


def _said(key: str, locale: str, language: str, one: Assistant) -> str:
    return text(key, locale, language).format(name=one.label, id=one.id, model=one.model)


def _names(found: list[Assistant]) -> str:
    shown: list[str] = []
    for one in found:
        shown.append(f"{one.label} ({one.id})")
        if sum(map(len, shown)) + 2 * len(shown) > LONGEST_LIST:
            return f"{', '.join(shown[:-1])} …"
    return ", ".join(shown)
