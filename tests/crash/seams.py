"""Puts a point before and after every database and network effect of this process.

Only libraries are wrapped: the HTTP requests and websocket frames of aiohttp, which carry Slack, Discord and
the model, and the commits of sqlite3. The product knows nothing of it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import aiohttp
from yarl import URL

Cross = Callable[[str], None]
_CHANGE = re.compile(r"(?:INSERT INTO|UPDATE) (\w+)(?: \(([^)]*)\))?")

_WITH_ID = ("call", "ask", "file")


def wrap(cross: Cross) -> None:
    """From now on `cross` is called between each two effects, with a label that says where."""
    _wrap_requests(cross)
    _wrap_frames(cross)
    _wrap_commits(cross)


def _wrap_requests(cross: Cross) -> None:
    original: Any = aiohttp.ClientSession._request

    async def request(self: aiohttp.ClientSession, method: str, url: Any, **more: Any) -> Any:
        label = f"{method} {_path(URL(url))}"
        cross(f"{label} before")
        response = await original(self, method, url, **more)
        cross(f"{label} after")
        return response

    setattr(aiohttp.ClientSession, "_request", request)  # noqa: B010 - a method is not assignable to mypy


def _path(url: URL) -> str:
    """The path without what differs from run to run."""
    path = url.path.removeprefix("/api/v10").removeprefix("/api")
    return re.sub(r"(?<=/)(\d{5,}|[\w-]{24,}|T\w+-F\w+)(?=/|$)", "…", path)


def _wrap_frames(cross: Cross) -> None:
    for name in ("send_str", "send_bytes"):
        original = getattr(aiohttp.ClientWebSocketResponse, name)

        def send(original: Any) -> Any:
            async def wrapped(self: aiohttp.ClientWebSocketResponse, *data: Any, **more: Any) -> None:
                cross("frame before")
                await original(self, *data, **more)
                cross("frame after")

            return wrapped

        setattr(aiohttp.ClientWebSocketResponse, name, send(original))


def _wrap_commits(cross: Cross) -> None:
    class Counted(sqlite3.Connection):
        """A connection whose commits are crossed; `changed` names what the transaction has written."""

        changed: list[str]

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            if sql.startswith("BEGIN"):
                self.changed = []
            if sql == "COMMIT":
                return self._committed(partial(super().execute, sql))
            if change := _CHANGE.match(sql):
                self.changed.append(_changed(change, parameters))
            return super().execute(sql, parameters)

        def executescript(self, script: str, /) -> sqlite3.Cursor:
            self.changed = ["schema"]
            return self._committed(partial(super().executescript, script))

        def _committed(self, commit: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
            if not self.changed:  # only read: no effect
                return commit()
            label = "commit " + "+".join(dict.fromkeys(self.changed))
            cross(f"{label} before")
            cursor = commit()
            cross(f"{label} after")
            return cursor

    setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Counted))  # noqa: B010 - see above


def _changed(change: re.Match[str], parameters: Iterable[Any]) -> str:
    """The table, and for a step or a fact its name; of a step whose name has an id, what it says."""
    table, columns = change[1], [column.strip() for column in (change[2] or "").split(",")]
    named = dict(zip(columns, parameters, strict=False))
    if table not in ("steps", "facts") or "name" not in named:
        return table
    kind = str(named["name"]).partition(":")[0]
    if kind in _WITH_ID:
        return f"{table}:{kind}:{'-'.join(json.loads(str(named['value'])))}"
    return f"{table}:{named['name']}"
