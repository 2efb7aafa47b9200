"""Keys: made, revoked, and looked up for each request. A secret exists only where it was printed."""

from __future__ import annotations

import hashlib
import re
import time
from asyncio import Future
from collections.abc import Callable
from secrets import token_hex, token_urlsafe
from typing import Any, Final

from core.api.key import Key
from core.errors import SpoolError
from core.store import audit, keys
from core.store.audit import OPERATOR, Entry
from core.store.database import Database, Execute
from core.store.keys import KeyRow

PREFIX: Final = "sk-spool-"
SECRET_BYTES: Final = 32
FRESH: Final = 0.5
"""Seconds for which a key is not looked up again: a revoked one opens nothing after that."""
NOTED: Final = 60.0
"""Seconds between two notes of when a key was last used."""
RIGHTS: Final = ("admin", "read_chats", "console")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Of keys and of projects."""


class KeyTaken(SpoolError):
    """There is, or was, a key of that name."""

    def __init__(self, row: KeyRow) -> None:
        super().__init__(row.name)
        self.row = row


def issue(tx: Execute, wanted: Key, now: float) -> tuple[Key, str]:
    """A new key of that name, project and rights, with its secret. Raises KeyTaken."""
    if former := keys.named(tx, wanted.name):
        raise KeyTaken(former)
    secret = PREFIX + token_urlsafe(SECRET_BYTES)
    rights = (wanted.admin, wanted.read_chats)
    row = KeyRow(
        f"key_{token_hex(12)}", wanted.name, wanted.project, *rights, secret[-4:], now, console=wanted.console
    )
    keys.add(tx, row, digest_of(secret))
    audit.add(tx, Entry(now, OPERATOR, "keys.create", row.name))
    return key_of(row), secret


def revoke(tx: Execute, name: str, now: float) -> KeyRow | None:
    """The key that opens nothing any more, None when none of that name is in force."""
    row = keys.named(tx, name)
    if row is None or row.revoked_at is not None:
        return None
    keys.revoke(tx, row.id, now)
    audit.add(tx, Entry(now, OPERATOR, "keys.revoke", row.name))
    return row


class Keys:
    """Finds whose a secret is, while others make and revoke keys in the same database."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.time) -> None:
        self._db, self._clock = db, clock
        self._known: dict[str, tuple[Key, float]] = {}
        """By the hash of the secret: the key, and when it was looked up. Only of keys that exist."""
        self._noted: dict[str, float] = {}

    async def find(self, secret: str) -> Key | None:
        """The key in force that has this secret."""
        if not secret.startswith(PREFIX):
            return None
        digest, now = digest_of(secret), self._clock()
        key, at = self._known.get(digest, (None, 0.0))
        if key is None or not 0 <= now - at < FRESH:
            key = await self._look_up(digest, now)
        if key is not None and not 0 <= now - self._noted.get(key.id, 0.0) < NOTED:
            self._note(key.id, now)
        return key

    async def _look_up(self, digest: str, now: float) -> Key | None:
        found = await self._db(lambda tx: keys.of_digest(tx, digest))
        if found is None:
            self._known.pop(digest, None)
            return None
        key = key_of(found)
        self._known[digest] = key, now
        return key

    def _note(self, id: str, now: float) -> None:
        """It is used now. Nobody waits for that, and nothing is lost when it cannot be stored."""
        self._noted[id] = now
        self._db(lambda tx: keys.used(tx, id, now)).add_done_callback(_forgiven)


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def key_of(row: KeyRow) -> Key:
    """The key as it counts."""
    rights = {name: bool(getattr(row, name)) for name in RIGHTS}
    return Key(row.id, row.name, row.project, **rights)


def _forgiven(note: Future[Any]) -> None:
    if not note.cancelled():
        note.exception()
