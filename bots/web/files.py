"""/v1/files. An upload is read as it arrives and is on disk part by part; a download leaves the same way."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bots.web.bodies.files import FilesQuery, NewFile, given
from bots.web.frame.reading import plain
from bots.web.frame.shapes import checked
from bots.web.route import Answer, Call, Route, by
from bots.web.services import Services
from core.api.page import Page
from core.api.refusal import Refusal
from core.api.uploads import Received, Uploads

CHUNK: Final = 64 * 1024
MOST_OF_FIELDS: Final = 4096
"""Bytes of all fields of a form but the file."""
MOST_FIELDS: Final = 20
ENVELOPE: Final = 64 * 1024
"""Bytes of a form that are none of its file."""
LONGEST_NAME: Final = 512


def routes(services: Services) -> tuple[Route, ...]:
    """Their operations."""
    uploads = services.uploads

    async def create(call: Call) -> Answer:
        return await _created(uploads, call)

    async def all(call: Call) -> Answer:
        asked = call.query
        page = Page(asked["limit"], asked["order"], asked["after"])
        return await uploads.all(call.key, page, asked["purpose"])

    async def content(call: Call) -> Answer:
        return await _sent(uploads, call)

    one = "/files/{file_id}"
    return (
        Route("POST", "/files", create, "Upload a file (multipart/form-data)", answer="file"),
        Route("GET", "/files", all, "List files", query=FilesQuery, answer="list"),
        Route("GET", one, by(uploads.get), "One file", answer="file"),
        Route("DELETE", one, by(uploads.delete), "Delete a file", answer="file"),
        Route("GET", f"{one}/content", content, "The bytes of a file", answer="bytes"),
    )


async def _created(uploads: Uploads, call: Call) -> Answer:
    request = call.request
    if (request.content_length or 0) > uploads.rules.limit + ENVELOPE:
        raise uploads.too_large()
    if not request.content_type.startswith("multipart/"):
        raise Refusal(
            f"The content type {request.content_type} is not understood here. Send a form: "
            "multipart/form-data with the fields file and purpose.",
            status=415,
            code="unsupported_content_type",
        )
    form = _Form(uploads)
    try:
        with _broken():
            await form.read(await request.multipart())
        fields = checked(NewFile, given(form.fields))
        if form.received is None:
            raise Refusal(
                "Missing required parameter: 'file'.", param="file", code="missing_required_parameter"
            )
        return await uploads.create(call.key, form.received, {**fields, "filename": form.name})
    except BaseException:  # whatever happened, the client was told of no file, or will be told of none
        if form.received is not None:
            uploads.discard(form.received)
        raise


class _Form:
    """What a form brings, read part by part."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads, self._left = uploads, MOST_OF_FIELDS
        self.fields: dict[str, Any] = {}
        self.name = ""
        self.received: Received | None = None

    async def read(self, parts: MultipartReader) -> None:
        """All of it. Raises Refusal."""
        async for part in parts:
            if not isinstance(part, BodyPartReader) or len(self.fields) > MOST_FIELDS:
                raise _no_form()
            field = plain(part.name or "")
            if field == "file" and part.filename is not None:
                await self._file(part)
            else:
                self.fields[field] = await self._text(part)

    async def _file(self, part: BodyPartReader) -> None:
        if self.received is not None:
            raise Refusal("The parameter 'file' is there twice. Send it once.", param="file")
        self.name = plain(part.filename or "")
        if len(self.name) > LONGEST_NAME:
            told = f"Expected at most {LONGEST_NAME} characters, but got {len(self.name)} instead."
            raise Refusal(
                f"Invalid 'file': name too long. {told}", param="file", code="string_above_max_length"
            )
        if "purpose" in self.fields:  # what is wrong already is said before the bytes are read
            checked(NewFile, given(self.fields))
        self.received = await self._uploads.receive(_chunks(part))

    async def _text(self, part: BodyPartReader) -> str:
        found = bytearray()
        async for chunk in _chunks(part):
            found += chunk
            self._left -= len(chunk)
            if self._left < 0:
                raise Refusal(f"The fields of the form have more than {MOST_OF_FIELDS} bytes.", status=413)
        return plain(found.decode())


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        yield bytes(chunk)


@contextlib.contextmanager
def _broken() -> Iterator[None]:
    """What is no form is said so, whatever the parser stumbles over."""
    try:
        yield
    except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as error:
        raise _no_form() from error


def _no_form() -> Refusal:
    return Refusal("Could not parse multipart form. Send the fields file and purpose.", code="invalid_form")


async def _sent(uploads: Uploads, call: Call) -> web.StreamResponse:
    file, parts = await uploads.content(call.key, call.path["file_id"])
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/octet-stream",  # a browser never shows it as a page of ours
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
    )
    response.content_length = file.size
    await response.prepare(call.request)
    if call.request.method != "HEAD":
        async for part in parts:
            await response.write(part)
    await response.write_eof()
    return response
