"""What a request refers to, which must be there, and where the server's own tools work with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from standins.openai.body import Json
from standins.openai.containers import Containers
from standins.openai.files import Clock, Files
from standins.openai.items import is_picture
from standins.openai.refusal import refused
from standins.openai.stores import Stores

Item = Mapping[str, Any]


def check_references(
    items: Sequence[Item], tools: Sequence[Item], files: Files, stores: Stores, containers: Containers
) -> None:
    """Raises Refusal. Stores that are searched are used by that."""
    for tool in tools:
        if tool["type"] == "file_search":
            for store_id in tool["vector_store_ids"]:
                stores.use(store_id)
        elif tool["type"] == "code_interpreter":
            _check_container(tool["container"], files, containers)
    for part in _parts(items):
        if part.get("file_id") is not None:
            _check_file(part, files)


def _check_container(container: Any, files: Files, containers: Containers) -> None:
    if not isinstance(container, str):
        for file_id in container.get("file_ids") or ():
            files.find(file_id)
    elif containers.look(container).expired:
        raise refused("tool's container over")


def _check_file(part: Item, files: Files) -> None:
    file = files.find(part["file_id"])
    if part["type"] == "input_image" and not is_picture(file.content):
        raise refused("picture file", id=file.id)


def _parts(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        for content in (item.get("content"), item.get("output")):
            if isinstance(content, list):
                yield from content


class Workplace:
    """A `script.output.Host`: the container and the stores that the request of the response names."""

    def __init__(
        self, containers: Containers, stores: Stores, tools: Sequence[Any], items: Sequence[Any], clock: Clock
    ) -> None:
        self._containers, self._stores, self._clock = containers, stores, clock
        wanted = [tool["container"] for tool in tools if tool["type"] == "code_interpreter"]
        self._wanted: Any = wanted[0] if wanted else {"type": "auto"}
        self._searched = [
            store_id
            for tool in tools
            if tool["type"] == "file_search"
            for store_id in tool["vector_store_ids"]
        ]
        self._earlier = [
            item["container_id"] for item in items if item.get("type") == "code_interpreter_call"
        ]
        self._own = ""

    def container(self) -> str:
        """The named one; else a living one in which earlier calls of the input ran; else a new one."""
        if isinstance(self._wanted, str):
            return self._containers.use(self._wanted).id
        if not self._own:
            self._own = self._living() or self._containers.create("auto").id
        self._containers.add(self._containers.use(self._own), self._wanted.get("file_ids") or ())
        return self._own

    def _living(self) -> str:
        for name in reversed(self._earlier):
            if name in self._containers.all and not self._containers.look(name).expired:
                return str(name)
        return ""

    def produce(self, container: str, name: str, content: bytes) -> str:
        """Code has written a file."""
        return self._containers.use(container).put(name, content, "assistant", self._clock.now()).id

    def search(self, queries: Sequence[str]) -> list[Json]:
        """In the stores of the request, and in no other."""
        return self._stores.found(self._searched, " ".join(queries))
