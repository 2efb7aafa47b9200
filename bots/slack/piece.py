"""How much of a text is sent into a post that has so much room left."""

from __future__ import annotations

ROOM = 11_000
"""Characters in one stream; Slack ends it at 12,000."""
MARGIN = 1_000
"""Characters before that in which only whole lines or words are sent, so that a post ends with one."""


def piece(rest: str, room: int, *, final: bool, lines: bool) -> str:
    """As much of the text as is to be sent now into a post with so much room.

    Near the end of the room only whole lines or (but for code) words are sent: the post may end there.
    """
    if len(rest) <= room and (final or room - len(rest) >= MARGIN):
        return rest
    fits = rest[:room]
    whole = _whole(fits, lines=lines)
    if room <= MARGIN or len(rest) <= room:
        return whole
    if len(whole) <= room // 2 and not lines:  # the last line is long: better a cut in it
        whole = fits[: fits.rfind(" ") + 1]
    return whole if len(whole) > room // 2 else fits


def _whole(text: str, *, lines: bool) -> str:
    """The text up to its last line's end, or its last word's where lines may be cut."""
    at = text.rfind("\n")
    if at < 0 and not lines:
        at = text.rfind(" ")
    return text[: at + 1]
