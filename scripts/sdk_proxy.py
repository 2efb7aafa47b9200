"""Between the SDK's tests and Spool. They ask for literal ids ("thread_id", "file-abc123"), and send
what is against the API's documented rules: what they ask for is made through the server's own API first, and
its id put in. Only requests are touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, FormData, web
from multidict import CIMultiDict, MultiDict

Json = dict[str, Any]
_LOOKUP = {"type": "function", "function": {"name": "lookup_city", "parameters": {"type": "object"}}}
_ENDED = ("completed", "failed", "incomplete", "expired", "cancelled", "requires_action")


class Made:
    """What tests ask for, made through the API."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def call(self, method: str, path: str, **body: Any) -> Json:
        async with self._session.request(method, f"/v1{path}", **body) as answer:
            told: Json = await answer.json()
            if answer.status != 200:
                raise web.HTTPFailedDependency(text=f"{method} {path}: {told}")
            return told

    async def _new(self, path: str, body: Json) -> str:
        return str((await self.call("POST", path, json=body))["id"])

    async def assistant(self) -> str:
        return await self._new("/assistants", {"model": "gpt-4o"})

    async def thread(self) -> str:
        return await self._new("/threads", {"messages": [{"role": "user", "content": "hello"}]})

    async def message(self, thread: str) -> str:
        return str((await self.call("GET", f"/threads/{thread}/messages"))["data"][0]["id"])

    async def run(self, *, waiting: bool = False) -> tuple[str, str]:
        """Its thread, and itself: completed, or waiting for the output of a function."""
        thread, body = await self.thread(), dict[str, Any](assistant_id=await self.assistant())
        forced = {"type": "function", "function": {"name": "lookup_city"}}
        body |= {"tools": [_LOOKUP], "tool_choice": forced} if waiting else {}
        run = await self._new(f"/threads/{thread}/runs", body)
        wanted = "requires_action" if waiting else "completed"
        status = ""
        while status not in _ENDED:
            await asyncio.sleep(0.02)
            status = str((await self.call("GET", f"/threads/{thread}/runs/{run}"))["status"])
        if status != wanted:
            raise web.HTTPFailedDependency(text=f"the run is {status}, not {wanted}")
        return thread, run

    async def step(self, thread: str, run: str) -> str:
        return str((await self.call("GET", f"/threads/{thread}/runs/{run}/steps"))["data"][0]["id"])

    async def owed(self, thread: str, run: str) -> list[str]:
        told = await self.call("GET", f"/threads/{thread}/runs/{run}")
        calls = told["required_action"]["submit_tool_outputs"]["tool_calls"]
        return [call["id"] for call in calls]

    async def file(self) -> str:
        form = FormData({"purpose": "assistants"})
        form.add_field("file", b"Seoul is a city.", filename="city.txt")
        return str((await self.call("POST", "/files", data=form))["id"])

    async def store(self) -> str:
        return await self._new("/vector_stores", {})

    async def stored(self, store: str) -> str:
        return await self._new(f"/vector_stores/{store}/files", {"file_id": await self.file()})

    async def batch(self, store: str) -> str:
        return await self._new(f"/vector_stores/{store}/file_batches", {"file_ids": [await self.file()]})


class Proxy:
    """`async with Proxy(spool, key) as proxy:` serves at `proxy.base_url`."""

    def __init__(self, spool: str, key: str) -> None:
        self._headers = {"Authorization": f"Bearer {key}", "OpenAI-Beta": "assistants=v2"}
        self._spool, self.base_url = spool, ""

    async def __aenter__(self) -> Self:
        self._session = ClientSession(self._spool, headers=self._headers)
        self._made = Made(self._session)
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        query, body = MultiDict(request.query), await request.read()
        for cursor in ("after", "before"):
            query.pop(cursor, None)
        if query.get("limit") == "0":
            query["limit"] = "1"
        path, run = await self._path(request.path, query)
        headers = CIMultiDict(request.headers)
        for name in ("Host", "Content-Length", "Authorization", "Accept-Encoding"):
            headers.popall(name, None)
        if request.content_type == "application/json" and body:
            body = json.dumps(await self._body(json.loads(body), run)).encode()
        sent = self._session.request(request.method, path, params=query, data=body, headers=headers)
        async with sent as answer:
            told = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
            await told.prepare(request)
            with contextlib.suppress(ConnectionError):  # some tests close a stream at once
                async for piece in answer.content.iter_any():
                    await told.write(piece)
            return told

    async def _path(self, path: str, query: MultiDict[str]) -> tuple[str, tuple[str, str] | None]:
        """The address with ids of what was made for it; the run in it."""
        made, run = self._made, None
        if "/threads/" in path and ("run_id" in path or query.get("run_id") == "run_id"):
            run = await made.run(waiting=path.endswith(("/cancel", "/submit_tool_outputs")))
            path = path.replace("thread_id", run[0]).replace("run_id", run[1])
            if "run_id" in query:
                query["run_id"] = run[1]
            if "step_id" in path:
                path = path.replace("step_id", await made.step(*run))
        elif "thread_id" in path:
            thread = await made.thread()
            path = path.replace("thread_id", thread)
            if "message_id" in path:
                path = path.replace("message_id", await made.message(thread))
        elif "assistant_id" in path:
            path = path.replace("assistant_id", await made.assistant())
        return await self._stores(path), run

    async def _stores(self, path: str) -> str:
        made, store = self._made, re.search(r"/vector_stores/(vs_abc123|vector_store_id)", path)
        if store:
            own = await made.store()
            path = path.replace(store[1], own)
            if file := re.search(r"/files/(file-abc123|file_id)", path):
                path = path.replace(file[1], await made.stored(own))
            if batch := re.search(r"/file_batches/(vsfb_abc123|batch_id)", path):
                path = path.replace(batch[1], await made.batch(own))
        elif file := re.search(r"/files/(file-abc123|file_id)", path):
            path = path.replace(file[1], await made.file())
        return path

    async def _body(self, value: Any, run: tuple[str, str] | None) -> Any:
        """The body, with ids that exist, and without what the API's rules forbid."""
        if isinstance(value, list):
            return [await self._body(each, run) for each in value]
        if not isinstance(value, dict):
            return value
        body = {name: await self._field(name, each, run) for name, each in value.items()}
        if "vector_stores" in body:
            body.pop("vector_store_ids", None)
        if body.get("type") == "auto":
            body.pop("last_messages", None)
        return body

    async def _field(self, name: str, value: Any, run: tuple[str, str] | None) -> Any:
        made = self._made
        if name == "assistant_id":
            return await made.assistant()
        if name == "file_id":
            return await made.file()
        if name == "file_ids":
            return [await made.file() for _ in value]
        if name == "vector_store_ids":
            return [await made.store() for _ in value]
        if name == "tool_outputs" and run is not None:
            return [{"tool_call_id": call, "output": "9.7 million"} for call in await made.owed(*run)]
        return await self._body(value, run)
