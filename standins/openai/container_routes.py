"""`/containers`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from standins.openai.body import body
from standins.openai.checks import fields, one_of, within
from standins.openai.containers import IDLE
from standins.openai.form import form
from standins.openai.page import page
from standins.openai.service import Service

_CREATE = ("name", "expires_after", "file_ids", "memory_limit", "network_policy", "skills")
MEMORY = ("1g", "4g", "16g", "64g")


class ContainerRoutes:
    """Containers and the files in them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self, app: web.Application) -> None:
        """Register."""
        app.router.add_post("/v1/containers", self._create)
        app.router.add_get("/v1/containers", self._list)
        app.router.add_get("/v1/containers/{id}", self._retrieve)
        app.router.add_delete("/v1/containers/{id}", self._delete)
        app.router.add_post("/v1/containers/{id}/files", self._put)
        app.router.add_get("/v1/containers/{id}/files", self._files)
        app.router.add_get("/v1/containers/{id}/files/{file}", self._file)
        app.router.add_delete("/v1/containers/{id}/files/{file}", self._remove)
        app.router.add_get("/v1/containers/{id}/files/{file}/content", self._content)

    async def _create(self, http: web.Request) -> web.Response:
        given = await body(http)
        fields("", given, _CREATE, ("name",))
        memory = given.get("memory_limit") or MEMORY[0]
        one_of("memory_limit", memory, MEMORY)
        container = self._service.containers.create(
            given["name"],
            given.get("file_ids") or [],
            minutes=_minutes(given.get("expires_after")),
            memory=memory,
        )
        return web.json_response(container.to_json())

    async def _list(self, http: web.Request) -> web.Response:
        containers = [self._service.containers.look(name) for name in list(self._service.containers.all)]
        return web.json_response(page([container.to_json() for container in containers], http.query))

    async def _retrieve(self, http: web.Request) -> web.Response:
        return web.json_response(self._service.containers.look(http.match_info["id"]).to_json())

    async def _delete(self, http: web.Request) -> web.Response:
        name = http.match_info["id"]
        self._service.containers.delete(name)
        return web.json_response({"id": name, "object": "container.deleted", "deleted": True})

    async def _put(self, http: web.Request) -> web.Response:
        container = self._service.containers.use(http.match_info["id"])
        if http.content_type == "application/json":
            given = await body(http)
            fields("", given, ("file_id",), ("file_id",))
            source = self._service.files.find(given["file_id"])
            name, content = source.name, source.content
        else:
            sent = (await form(http, self._service.files.limit)).file()
            name, content = sent.name, sent.content
        file = container.put(name, content, "user", self._service.clock.now())
        return web.json_response(file.to_json())

    async def _files(self, http: web.Request) -> web.Response:
        container = self._service.containers.use(http.match_info["id"])
        return web.json_response(page([file.to_json() for file in container.files.values()], http.query))

    async def _file(self, http: web.Request) -> web.Response:
        file = self._service.containers.find(http.match_info["id"], http.match_info["file"])
        return web.json_response(file.to_json())

    async def _remove(self, http: web.Request) -> web.Response:
        file = self._service.containers.find(http.match_info["id"], http.match_info["file"])
        del self._service.containers.use(file.container).files[file.id]
        return web.json_response({"id": file.id, "object": "container.file.deleted", "deleted": True})

    async def _content(self, http: web.Request) -> web.Response:
        file = self._service.containers.find(http.match_info["id"], http.match_info["file"])
        return web.Response(body=file.content, content_type="application/octet-stream")


def _minutes(policy: Any) -> int:
    if policy is None:
        return IDLE
    fields("expires_after", policy, ("anchor", "minutes"), ("anchor", "minutes"))
    one_of("expires_after.anchor", policy["anchor"], ("last_active_at",))
    within("expires_after.minutes", policy["minutes"], 1, IDLE, "an integer")
    return int(policy["minutes"])
