"""The operator's tools in these tests, and what they have done: a line for each call, in files beside them.

A line is whole or not there: it is one small write in append mode.
"""

from __future__ import annotations

from pathlib import Path

from core.store.data_dir import data_directory

_SOURCE = '''
import asyncio
import time
from pathlib import Path

from core.tools import tool


def note(what: str, key: str) -> None:
    with Path(__file__).with_name(what).open("a") as notes:
        notes.write(f"call_{key} {time.time()}\\n")


@tool
async def look(tag: str, number: int) -> str:
    """Look something up.

    Args:
        tag: what
        number: which of it
    """
    note("looked", f"{tag}{number}")
    await asyncio.sleep(0.02 * number)
    return f"found {tag}{number}"


@tool(confirm=True)
def pay(tag: str) -> str:
    """Pay.

    Args:
        tag: what for
    """
    note("paid", f"{tag}pay")
    return f"paid {tag}"
'''


def put(data: Path) -> None:
    data_directory(data)
    folder = data / "tools"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "hands.py"
    path.write_text(_SOURCE, "utf-8")
    path.chmod(0o600)


def noted(data: Path, what: str) -> list[tuple[str, float]]:
    """Each call of `looked` or `paid`: its id, and when it was carried out (Unix seconds)."""
    path = data / "tools" / what
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [(id, float(at)) for id, at in map(str.split, lines)]
