"""Where the bytes are: the private URLs of files and the URLs that take uploads.

Without the right token a private URL answers 200 with a page to sign in, as the real one does once its
redirect has been followed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from standins.local import break_off
from standins.slack.api import Api, Fault
from standins.slack.file import File
from standins.slack.files import Files
from standins.slack.wire import ApiError, bearer
from standins.slack.workspace import Workspace

SIGN_IN = """<!DOCTYPE html>
<html><head><title>Sign in | Slack</title></head><body><h1>Sign in to your workspace</h1></body></html>
"""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Somebody asked for the bytes of a file. `authorized`: with a token that may have them."""

    file: str
    authorized: bool
    at: float = field(default_factory=time.monotonic)


@dataclass(eq=False)
class FileHost:
    """`redirect`: every private URL answers 302 to there, '' for none. Faults and delays are those planned
    for `download` and `upload`.
    """

    workspace: Workspace
    files: Files
    api: Api
    redirect: str = ""
    fetches: list[Fetch] = field(default_factory=list)

    async def download(self, request: web.Request) -> web.StreamResponse:
        file = self.workspace.files.get(request.match_info["file"])
        authorized = self._may_read(bearer(request))
        self.fetches.append(Fetch(request.match_info["file"], authorized))
        fault = self.api.faults.take("download")
        await asyncio.sleep(self.api.faults.delay("download"))
        if fault is not None:
            return await _broken(request, fault, b"" if file is None else file.content)
        if self.redirect:
            return web.Response(status=302, headers={"Location": self.redirect})
        if not authorized:
            return web.Response(text=SIGN_IN, content_type="text/html", charset="utf-8")
        if file is None or file.deleted or file.mode == "external":
            return web.Response(status=404, text="Not Found")
        return _bytes_of(file)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """POST of bytes, raw or as the one part of a form. The URL itself is the permission."""
        fault = self.api.faults.take("upload")
        await asyncio.sleep(self.api.faults.delay("upload"))
        content = await _content(request)
        if fault is not None and fault.when == "before":
            return await _broken(request, fault, b"")
        try:
            taken = self.files.receive(request.match_info["key"], content)
        except ApiError as error:
            return web.Response(status=400, text=error.error)
        if fault is not None:
            return await _broken(request, fault, b"")
        return web.Response(text=f"OK - {taken}")

    def _may_read(self, token: str) -> bool:
        known = token == self.workspace.identity.bot_token and "bot" not in self.api.revoked
        return known and "files:read" in self.workspace.scopes


def _bytes_of(file: File) -> web.Response:
    headers = {"Content-Disposition": "attachment", "Content-Type": file.type}
    return web.Response(body=file.content, headers=headers)


async def _broken(request: web.Request, fault: Fault, content: bytes) -> web.StreamResponse:
    """The fault; a drop `after` lets the first half of the bytes through."""
    if not fault.drop:
        return web.Response(status=fault.status or 500, text=fault.error)
    return await break_off(request, content, halfway=fault.when == "after")


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.content.read()
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader):
            return await _whole(part)
    return b""


async def _whole(part: BodyPartReader) -> bytes:
    """All of a part, however large: its own `read` has the limit of the Web API's requests."""
    pieces = []
    while piece := await part.read_chunk():
        pieces.append(piece)
    return b"".join(pieces)
