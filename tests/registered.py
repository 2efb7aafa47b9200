"""Assistants made as the command line makes them: in the database, while the bot may be running."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from core.store import assistants
from core.store.database import Database


async def register(data: Path, name: str, *, platform: str = "", place: str = "") -> str:
    """Create an assistant, and assign it to a place if one is given; its id. It is told its name only."""
    fields = {"name": name, "instructions": name, "model": "gpt-6-luna"}
    with contextlib.closing(Database(data / "spool.sqlite3")) as db:
        made = await db(lambda tx: assistants.create(tx, fields, time.time()))
        if place:
            await db(lambda tx: assistants.assign(tx, platform, place, made.id))
    return made.id
