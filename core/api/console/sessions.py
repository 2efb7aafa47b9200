"""Sessions of the web page: opened with a key or a link, ended by time, by log-out, or with their key.

They are in the database, so they survive any crash; the tokens for /v1 are in memory alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from secrets import token_urlsafe
from typing import Final

from core.api.key import Key
from core.api.keys import PREFIX, Keys, digest_of
from core.store import audit, keys, sessions
from core.store.audit import Entry
from core.store.database import Database, Execute
from core.store.sessions import SessionRow

IDLE: Final = 12 * 3600.0
LONGEST: Final = 7 * 24 * 3600.0
LINK: Final = 600.0
"""Seconds that a link may be used in, once."""
TOKEN: Final = 900.0
"""Seconds that a token for /v1 counts."""
NOTED: Final = 60.0
"""Seconds between two notes of when it was last used."""
OPERATOR: Final = "console:operator"
"""Who opens a link that was asked for on the machine itself."""
_LINK, _TOKEN = "link-spool-", "tok-spool-"


class WrongKey(Exception):
    """No key in force, and no link that still counts. `right`: it is one, which does not open the page."""

    def __init__(self, *, right: bool = False) -> None:
        super().__init__()
        self.right = right


def link(tx: Execute, wanted: Key, now: float) -> str:
    """The secret of a link that logs in with these rights: once, within `LINK`."""
    secret = _LINK + token_urlsafe(32)
    rights = (int(wanted.admin), int(wanted.read_chats))
    sessions.add(
        tx, SessionRow(digest_of(secret), "link", None, wanted.name, wanted.project, *rights, now, now)
    )
    audit.add(tx, Entry(now, wanted.name, "console.link", wanted.name))
    return secret


class Sessions:
    """Finds who a cookie, or a token for /v1, belongs to. `keys`: those that open /v1 besides, if any do."""

    def __init__(self, db: Database, keys: Keys | None, clock: Callable[[], float] = time.time) -> None:
        self._db, self._keys, self._clock = db, keys, clock
        self._tokens: dict[str, tuple[str, float]] = {}
        """By the hash of the token: the session's, and until when."""

    async def possible(self) -> bool:
        """Whether any key in force opens the page."""
        return any(row.console for row in await self._db(keys.in_force))

    async def login(self, secret: str) -> str:
        """The cookie of a new session, which is on disk. Raises WrongKey."""
        cookie, now = token_urlsafe(32), self._clock()

        def work(tx: Execute) -> None:
            sessions.sweep(tx, born=now - LONGEST, used=now - IDLE, link=now - LINK)
            row = _opened_by(tx, secret, now)
            sessions.add(
                tx, replace(row, hash=digest_of(cookie), kind="session", created_at=now, used_at=now)
            )
            audit.add(tx, Entry(now, row.name, "console.login", row.name))

        await self._db(work)
        return cookie

    async def find(self, cookie: str) -> Key | None:
        """Who is logged in with it."""
        return await self._of(digest_of(cookie)) if cookie else None

    async def logout(self, cookie: str) -> None:
        """The session has ended, with its tokens."""
        await self._db(lambda tx: sessions.end(tx, digest_of(cookie)))

    def token(self, cookie: str) -> str:
        """A bearer token for /v1 with the session's rights, as long as it lasts and at most `TOKEN`."""
        secret, now = _TOKEN + token_urlsafe(32), self._clock()
        self._tokens = {one: found for one, found in self._tokens.items() if found[1] > now}
        self._tokens[digest_of(secret)] = digest_of(cookie), now + TOKEN
        return secret

    async def of_bearer(self, secret: str) -> Key | None:
        """Whose key or token that is."""
        if not secret.startswith(_TOKEN):
            return await self._keys.find(secret) if self._keys else None
        session, until = self._tokens.get(digest_of(secret), ("", 0.0))
        return await self._of(session) if self._clock() < until else None

    async def _of(self, digest: str) -> Key | None:
        """Nobody waits for the note that it was used, and nothing is lost when that cannot be stored."""
        now = self._clock()
        born, used = now - LONGEST, now - IDLE
        row = await self._db(lambda tx: sessions.get(tx, digest, "session", born=born, used=used))
        if row is None:
            return None
        if not 0 <= now - row.used_at < NOTED:
            noted = self._db(lambda tx: sessions.used(tx, digest, now))
            noted.add_done_callback(lambda done: done.cancelled() or done.exception())
        return _key(row)


def _opened_by(tx: Execute, secret: str, now: float) -> SessionRow:
    """What the key or the link opens; the link is used up. Raises WrongKey."""
    digest = digest_of(secret)
    if secret.startswith(PREFIX):
        found = keys.of_digest(tx, digest)
        if found is None or not found.console:
            raise WrongKey(right=found is not None)
        rights = (found.admin, found.read_chats)
        return SessionRow("", "session", found.id, found.name, found.project, *rights, now, now)
    row = sessions.get(tx, digest, "link", born=now - LINK, used=now - LINK)
    if row is None:
        raise WrongKey
    sessions.end(tx, digest)
    return row


def _key(row: SessionRow) -> Key:
    rights = {"admin": bool(row.admin), "read_chats": bool(row.read_chats)}
    return Key(
        row.key_id or f"session_{row.hash[:24]}", row.name, row.project, **rights, console=True, page=True
    )
