"""`/files` and `/audio/transcriptions`: what is uploaded as a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from standins.openai.checks import missing, one_of, within
from standins.openai.files import LONGEST_LIFE, PURPOSES, SHORTEST_LIFE
from standins.openai.form import form
from standins.openai.page import page
from standins.openai.refusal import Refusal
from standins.openai.service import Service

_LIST: Final = 10_000


class FileRoutes:
    """Files that stay."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self, app: web.Application) -> None:
        """Register."""
        app.router.add_post("/v1/files", self._create)
        app.router.add_get("/v1/files", self._list)
        app.router.add_get("/v1/files/{id}", self._retrieve)
        app.router.add_delete("/v1/files/{id}", self._delete)
        app.router.add_get("/v1/files/{id}/content", self._content)

    async def _create(self, http: web.Request) -> web.Response:
        given = await form(http, self._service.files.limit)
        sent = given.file()
        if "purpose" not in given.fields:
            raise missing("purpose")
        one_of("purpose", given.fields["purpose"], PURPOSES)
        file = self._service.files.add(
            sent.name, given.fields["purpose"], sent.content, _seconds(given.fields)
        )
        return web.json_response(file.to_json())

    async def _list(self, http: web.Request) -> web.Response:
        purpose = http.query.get("purpose")
        files = [file.to_json() for file in self._service.files.kept.values()]
        wanted = [file for file in files if purpose in (None, file["purpose"])]
        return web.json_response(page(wanted, http.query, limit=_LIST, most=_LIST))

    async def _retrieve(self, http: web.Request) -> web.Response:
        return web.json_response(self._service.files.find(http.match_info["id"]).to_json())

    async def _delete(self, http: web.Request) -> web.Response:
        file_id = http.match_info["id"]
        self._service.files.delete(file_id)
        return web.json_response({"id": file_id, "object": "file", "deleted": True})

    async def _content(self, http: web.Request) -> web.Response:
        file = self._service.files.download(http.match_info["id"])
        return web.Response(body=file.content, content_type="application/octet-stream")


def _seconds(fields: Mapping[str, str]) -> int | None:
    """The life a file is given. Raises Refusal."""
    names = {name for name in fields if name.startswith("expires_after")}
    if not names:
        return None
    for name in ("anchor", "seconds"):
        if f"expires_after[{name}]" not in names:
            raise missing(f"expires_after.{name}")
    one_of("expires_after.anchor", fields["expires_after[anchor]"], ("created_at",))
    text = fields["expires_after[seconds]"]
    if not text.isdigit():
        raise Refusal("Invalid type for 'expires_after.seconds': expected an integer.")
    within("expires_after.seconds", int(text), SHORTEST_LIFE, LONGEST_LIFE, "an integer")
    return int(text)
