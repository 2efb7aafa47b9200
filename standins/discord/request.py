"""What a REST request brings, the record of it that tests read, and the faults they order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import BodyPartReader, web

from standins.discord.attachment import File
from standins.discord.error import INVALID_JSON, TOO_LARGE, ApiError, invalid
from standins.discord.forms import FILES

FILE_LIMIT = 10 * 1024 * 1024  # bytes per uploaded file

REQUEST_LIMIT = 25 * 1024 * 1024  # bytes per request

Files = dict[int, File]  # uploaded files by the number in `files[n]`

_FIELD = re.compile(r"files?\[?(\d*)\]?")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is without `/api/v10`, `at` monotonic; `status` 0: the connection was cut."""

    method: str
    path: str
    body: Any
    at: float
    status: int


async def read_body(request: web.Request) -> tuple[Any, Files]:
    """JSON, or the `payload_json` and `files[n]` of a form. Raises ApiError 50109, 50035 or 40005."""
    if not request.can_read_body:
        return {}, {}
    if request.content_type == "multipart/form-data":
        return await _read_form(request)
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(TOO_LARGE) from None
    if not raw:
        return {}, {}
    if request.content_type != "application/json":
        message = "Expected \"Content-Type\" header to be one of {'application/json'}."
        raise invalid("_misc", "CONTENT_TYPE_INVALID", message)
    return _parsed(raw), {}


async def _read_form(request: web.Request) -> tuple[Any, Files]:
    """All of it is read even when it is too large, so that the client hears the answer."""
    text, files, total, largest = b"", Files(), 0, 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = await _part(part)
        total += len(data)
        if part.name == "payload_json":
            text = data
        else:
            largest = max(largest, len(data))
            files[_number(part.name or "", files)] = (part.filename or "unknown", data)
    if largest > FILE_LIMIT or total > REQUEST_LIMIT:
        raise ApiError(TOO_LARGE)
    FILES.check([*files], "files")
    return _parsed(text) if text else {}, files


async def _part(part: BodyPartReader) -> bytes:
    """A part; of one that is too large in any case only as much as shows it."""
    data = bytearray()
    while piece := await part.read_chunk(2**16):
        if len(data) <= REQUEST_LIMIT:
            data += piece
    return bytes(data)


def _number(name: str, files: Files) -> int:
    """The number in `files[n]` (or `file`, `filen`); 50035 for a part of another name or a number twice."""
    found = _FIELD.fullmatch(name)
    number = int(found[1] or 0) if found else -1
    if number < 0 or number in files:
        raise invalid("files", "FILE_FIELD_INVALID", f'The part "{name}" is no file of this message.')
    return number


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise ApiError(INVALID_JSON) from None


When = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests of a route. `before`: the request has no effect. `after`: it
    has, but the reply is the error. `drop`: the connection is cut instead of replying. Without `via` the
    reply looks like Cloudflare's: no Via header, no JSON.
    """

    status: int = 500
    times: int = 1
    when: When = "before"
    drop: bool = False
    code: int = 0
    via: bool = True
    retry_after: float = 0.1


def pattern(template: str) -> re.Pattern[str]:
    """`/channels/{channel}/messages` as a pattern for whole paths; a braced part is any one segment."""
    parts = re.split(r"\{[^}]*\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


class Faults:
    """Orders in the order given; the first that fits a request is used up by it."""

    def __init__(self) -> None:
        self._faults: list[tuple[str, re.Pattern[str], Fault]] = []
        self._delays: list[tuple[str, re.Pattern[str], float]] = []

    def add(self, method: str, template: str, fault: Fault) -> None:
        self._faults.append((method, pattern(template), fault))

    def delay(self, method: str, template: str, seconds: float) -> None:
        """Hold matching requests for so long before they have any effect; 0 ends it."""
        fits = pattern(template)
        self._delays = [d for d in self._delays if (d[0], d[1].pattern) != (method, fits.pattern)]
        if seconds:
            self._delays.append((method, fits, seconds))

    def clear(self) -> None:
        self._faults.clear()
        self._delays.clear()

    def take(self, method: str, path: str) -> Fault | None:
        for order in self._faults:
            wanted, fits, fault = order
            if wanted == method and fits.fullmatch(path):
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(order)
                return fault
        return None

    def delay_of(self, method: str, path: str) -> float:
        return sum(s for wanted, fits, s in self._delays if wanted == method and fits.fullmatch(path))
