"""The host of attachments: addresses that are signed and expire, and the bytes behind them.

Source: Discord's announcement of authenticated attachment URLs (`ex`, `is`, `hm`; a day's lifetime).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web

from standins.discord.attachment import Attachment, Upload, stored_name
from standins.discord.request import Fault, Faults
from standins.local import break_off, guessed

GONE = "This content is no longer available."
ROUTE = "/attachments/{channel}/{file}/{name}"


@dataclass(frozen=True, slots=True)
class Fetch:
    """Somebody asked for the bytes of an attachment; `status` is what they got (0: cut off)."""

    file: str
    status: int
    at: float = field(default_factory=time.monotonic)


class Cdn:
    """`lifetime` of an address in seconds. `faults` are asked with the path of the request."""

    def __init__(self, lifetime: float, faults: Faults) -> None:
        self.base_url = ""
        self.fetches: list[Fetch] = []
        self._faults, self._lifetime, self._secret = faults, lifetime, secrets.token_bytes(16)
        self._files: dict[str, Attachment] = {}

    def keep(self, file_id: str, channel: str, upload: Upload) -> Attachment:

        def sign(attachment: Attachment) -> str:
            path = f"/attachments/{channel}/{attachment.id}/{quote(attachment.filename)}"
            since = time.time()
            ex, at = f"{int(since + self._lifetime):x}", f"{int(since):x}"
            return f"{self.base_url}{path}?ex={ex}&is={at}&hm={self._mark(attachment.id, ex, at)}&"

        name = stored_name(upload.name)
        size = len(upload.content) if upload.size is None else upload.size
        kind = upload.type or ("audio/ogg" if upload.voice else guessed(name))
        stem = PurePosixPath(upload.name).stem
        kept = Attachment(
            *(file_id, name, upload.content, kind, size, sign),
            description=upload.description,
            voice=upload.voice,
            title="" if name.startswith(stem) else stem,
        )
        self._files[file_id] = kept
        return kept

    def expire(self) -> None:
        """Every address given out until now is 404; messages read anew have good ones."""
        self._secret = secrets.token_bytes(16)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET of an address. Anything that is not right with it is the same 404."""
        file_id = request.match_info["file"]
        fault = self._faults.take(request.method, request.path)
        if delay := self._faults.delay_of(request.method, request.path):
            await asyncio.sleep(delay)
        file = self._files.get(file_id) if self._is_good(request) else None
        if fault is not None:
            response = await _broken(request, fault, file)
        elif file is None:
            response = web.Response(status=404, text=GONE)
        else:
            response = web.Response(body=file.content, content_type=file.content_type.split(";")[0])
        self.fetches.append(Fetch(file_id, 0 if fault and fault.drop else response.status))
        return response

    def _is_good(self, request: web.Request) -> bool:
        query = request.query
        ex, at = query.get("ex", ""), query.get("is", "")
        mark = self._mark(request.match_info["file"], ex, at)
        if not hmac.compare_digest(mark.encode(), query.get("hm", "").encode()):
            return False
        return int(ex, 16) > time.time()

    def _mark(self, file_id: str, ex: str, at: str) -> str:
        return hmac.new(self._secret, f"{file_id} {ex} {at}".encode(), hashlib.sha256).hexdigest()


async def _broken(request: web.Request, fault: Fault, file: Attachment | None) -> web.StreamResponse:
    """The fault; a drop `after` lets the first half of the bytes through."""
    if not fault.drop:
        return web.Response(status=fault.status, text="error")
    content = b"" if file is None else file.content
    return await break_off(request, content, halfway=fault.when == "after")
