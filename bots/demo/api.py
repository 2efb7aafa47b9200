"""The demo's API: an address that is free, and a key for as long as the demo lasts."""

from __future__ import annotations

import contextlib
import socket
import time
from secrets import token_hex
from typing import Final

from core.api import keys
from core.api.key import Key
from core.settings.http import listening
from core.store.database import Database, Execute
from core.store.keys import in_force

PROJECT: Final = "demo"


async def key(db: Database) -> str:
    """The secret of a new key; those of former demos open nothing any more."""
    rights = dict.fromkeys(keys.RIGHTS, True)
    now, wanted = time.time(), Key("", f"demo-{token_hex(3)}", PROJECT, **rights)

    def work(tx: Execute) -> str:
        for former in in_force(tx):
            if former.project == PROJECT and former.name.startswith("demo-"):
                keys.revoke(tx, former.name, now)
        return keys.issue(tx, wanted, now)[1]

    return await db(work)


def lines(url: str, secret: str) -> str:
    """What a browser opens; what programs are told, which can be put before any command."""
    return f"Console: {url}/#key={secret}\nOPENAI_BASE_URL={url}/v1 OPENAI_API_KEY={secret}"


def address(http: str) -> str:
    """What HTTP says, where nobody listens yet; else any port of this machine that is free."""
    where = listening(http)
    if where:
        family = socket.AF_INET6 if ":" in where.bare else socket.AF_INET
        with contextlib.suppress(OSError), contextlib.closing(socket.socket(family)) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind((where.bare, where.port))
            return http
    return "127.0.0.1:0"
