"""A tool with an effect: the person who asked must say yes first, and it never happens twice."""

from __future__ import annotations

from pathlib import Path

from core.tools import tool

BOARD = Path(__file__).parent.parent / "files" / "announcements.txt"
"""The demo's notice board, with the other files it leaves."""


@tool(confirm=True)
def announce(text: str) -> str:
    """Announce something to the whole company.

    Args:
        text: the announcement, complete
    """
    BOARD.touch(mode=0o600)  # for its owner alone, like everything there
    with BOARD.open("a", encoding="utf-8") as board:
        board.write(f"{text}\n")
    return f"announced (written to {BOARD})"
