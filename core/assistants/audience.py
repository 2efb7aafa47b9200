"""Audience: which people an assistant may be used by, in the places where it answers."""

from __future__ import annotations

from typing import Final

from core.types import Address, Assistant

ADMINS: Final = "admins"
"""In an audience: whoever ADMINS names."""


def admits(
    assistant: Assistant, where: Address, person: str, *, parent: str = "", team: str = "", admin: bool
) -> bool:
    """Whether that person may use it there: by their own id, or that of a channel, workspace or server.

    `parent`: the channel of a Discord thread. `team`: the person's own Slack workspace. An admin who is not
    named may not, either, where admins are not.
    """
    ids = {f"{where.platform}:{one}" for one in (person, where.channel, parent, where.workspace, team) if one}
    audience = assistant.audience
    return not audience or not ids.isdisjoint(audience) or (admin and ADMINS in audience)
