"""Reading a request: its bytes within bounds, its JSON without anything that means two things."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiohttp import web

from core.api.refusal import Refusal

MOST_BYTES: Final = 10 * 2**20
"""Of a JSON body."""
MOST_AT_ONCE: Final = 16 * MOST_BYTES
"""Of all bodies that are being read at this moment."""
LARGE: Final = 256 * 1024
"""Bytes from which JSON is read in a thread: chats are answered meanwhile."""
DEEPEST: Final = 100
MOST_ENTRIES: Final = 10_000
"""Of one list or object; the longest list of the API has as many."""
MOST_VALUES: Final = 100_000
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""What may be a NUL or half a character."""
_JSON: Final = re.compile(r"application/(?:[\w.-]+\+)?json")


class Reading:
    """Reads bodies of all clients, never more at once than there is memory meant for."""

    def __init__(self, most_bytes: int = MOST_BYTES, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most_bytes, self._most_at_once = most_bytes, most_at_once
        self._reading = 0

    async def object(self, request: web.Request) -> dict[str, Any]:
        """The JSON object that was sent, {} where nothing was. Raises Refusal."""
        announced = request.content_length
        if announced is not None and announced > self._most_bytes:
            raise too_large(self._most_bytes)
        if not request.body_exists or announced == 0:
            return {}
        if not _JSON.fullmatch(request.content_type):
            raise Refusal(
                f"The content type {request.content_type} is not understood here. Send the body as JSON, "
                "with the header Content-Type: application/json.",
                status=415,
                code="unsupported_content_type",
            )
        with self._room(self._most_bytes if announced is None else announced):
            try:
                raw = await request.read()
            except web.HTTPRequestEntityTooLarge:
                raise too_large(self._most_bytes) from None
            return await asyncio.to_thread(parsed, raw) if len(raw) > LARGE else parsed(raw)

    @contextlib.contextmanager
    def _room(self, size: int) -> Iterator[None]:
        """Raises Refusal when there is no room for so many bytes more."""
        if self._reading + size > self._most_at_once:
            told = "Too many large requests are being read at this moment. Send this one again in a second."
            raise Refusal(told, status=429, code="too_many_requests", retry_after=1.0)
        self._reading += size
        try:
            yield
        finally:
            self._reading -= size


def too_large(most_bytes: int) -> Refusal:
    """More than that is not read."""
    told = f"The request is too large: at most {most_bytes / 2**20:g} MB are read. Send less at once."
    return Refusal(told, status=413, code="request_too_large")


def parsed(raw: bytes) -> dict[str, Any]:
    """The object in some JSON. Raises Refusal."""
    if not raw.strip():
        return {}
    if raw.count(b",") > 10 * MOST_VALUES:  # before it takes a second to find out; a long text has fewer
        raise _broken(f"it has more than {MOST_VALUES} values")
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number, parse_float=_float)
    except RecursionError:
        raise _broken(f"it is nested more than {DEEPEST} levels deep") from None
    except UnicodeDecodeError:
        raise _broken("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _broken(f"{error.msg.rstrip(' at')} at character {error.pos}") from None
    except ValueError:  # a whole number of thousands of digits
        raise _broken("a number in it is too large") from None
    if not isinstance(value, dict):
        raise _broken("it has to be an object: {…}")
    nested = raw.count(b"[") + raw.count(b"{") > DEEPEST
    if nested or raw.count(b",") > MOST_ENTRIES or _SUSPECT.search(raw):
        _look_through(value)
    return value


def query_of(request: web.Request) -> dict[str, Any]:
    """What stands behind the `?`: a list for each name that ends with `[]`."""
    found: dict[str, Any] = {}
    for name, value in request.query.items():
        plain(name)
        plain(value)
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Refusal(f"The parameter '{name}' is there twice. Send it once.", param=name)
        else:
            found[name] = value
    return found


def _broken(why: str) -> Refusal:
    told = f"The body of the request could not be read as JSON: {why}."
    return Refusal(told, code="invalid_json")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _broken(f"the name “{twice.encode('utf-8', 'replace').decode():.64}” is there twice")
    return found


def _no_number(name: str) -> Any:
    raise _broken(f"{name} is no number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _broken("a number in it is too large")
    return value


def _look_through(value: Any) -> None:
    """Raises Refusal when it is too deep or too wide, or has a text that nothing can store."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                plain(one)
            elif isinstance(one, Mapping | list):
                if len(one) > MOST_ENTRIES:
                    raise _broken(f"something in it has more than {MOST_ENTRIES} entries")
                below += one if isinstance(one, list) else [*one.keys(), *one.values()]
        if not below:
            return
        if len(below) > MOST_VALUES:
            raise _broken(f"it has more than {MOST_VALUES} values")
        level = below
    raise _broken(f"it is nested more than {DEEPEST} levels deep")


def plain(text: str) -> str:
    """The text, when everything can store it. Raises Refusal."""
    if "\0" in text:
        raise Refusal("A text of the request has the character U+0000. Leave it out.", code="invalid_text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        told = "A text of the request has half a character (a lone surrogate). Send whole ones."
        raise Refusal(told, code="invalid_text") from None
    return text
