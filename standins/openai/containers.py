"""Containers of the code interpreter, which die 20 minutes after their last use; what a request refers to,
which must be there; and where the server's own tools work with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from standins.openai.files import Clock, Files
from standins.openai.items import is_picture
from standins.openai.refusal import refuse, refused
from standins.openai.rules import Json
from standins.openai.stores import Stores

IDLE: Final = 20  # minutes


@dataclass(frozen=True, slots=True)
class ContainerFile:
    """A file in a container; `source` is "user" or "assistant"."""

    id: str
    container: str
    name: str
    created_at: float
    source: str
    content: bytes = field(repr=False)


@dataclass
class Container:
    id: str
    name: str
    last_active_at: float
    expired: bool = False
    files: dict[str, ContainerFile] = field(default_factory=dict)

    def put(self, name: str, content: bytes, source: str, now: float) -> ContainerFile:
        """Write a file into it; one of that name is replaced."""
        file = ContainerFile(f"cfile_{uuid4().hex}", self.id, name, now, source, content)
        for other in [other for other in self.files.values() if other.name == name]:
            del self.files[other.id]
        self.files[file.id] = file
        return file


class Containers:
    """`all` has every container there ever was; an expired one has lost its files."""

    def __init__(self, clock: Clock, files: Files) -> None:
        self.all: dict[str, Container] = {}
        self._clock, self._files = clock, files

    def create(self, name: str) -> Container:
        container = Container(f"cntr_{uuid4().hex}", name, self._clock.now())
        self.all[container.id] = container
        return container

    def add(self, container: Container, file_ids: Sequence[str]) -> None:
        """Copy uploaded files into it. Raises Refusal for one that is not there."""
        for file in [self._files.find(file_id) for file_id in file_ids]:
            if file.name not in {other.name for other in container.files.values()}:
                container.put(file.name, file.content, "user", self._clock.now())

    def look(self, container_id: str) -> Container:
        """A container, expired or not. Raises Refusal when there never was one."""
        container = self.all.get(container_id)
        if container is None:
            raise refused("container", id=container_id)
        if self._clock.now() - container.last_active_at >= IDLE * 60:
            self.expire(container_id)
        return container

    def use(self, container_id: str) -> Container:
        """A container that lives; it lives on for another while. Raises Refusal."""
        container = self.look(container_id)
        refuse(container.expired, "container over")
        container.last_active_at = self._clock.now()
        return container

    def find(self, container_id: str, file_id: str) -> ContainerFile:
        """A file in it. Raises Refusal."""
        file = self.use(container_id).files.get(file_id)
        if file is None:
            raise refused("container file", id=file_id)
        return file

    def expire(self, container_id: str) -> None:
        """It dies now, with everything in it."""
        self.all[container_id].expired = True
        self.all[container_id].files.clear()


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
    refuse(part["type"] == "input_image" and not is_picture(file.content), "picture file", id=file.id)


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
