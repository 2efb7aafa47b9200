"""Containers of the code interpreter and the files in them; they die 20 minutes after their last use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from standins.openai.body import Json
from standins.openai.files import Clock, Files
from standins.openai.refusal import refused

IDLE: Final = 20
"""Minutes."""


@dataclass(frozen=True, slots=True)
class ContainerFile:
    """A file in a container; `source` is "user" or "assistant"."""

    id: str
    container: str
    name: str
    created_at: float
    source: str
    content: bytes = field(repr=False)

    def to_json(self) -> Json:
        return {
            **{"id": self.id, "object": "container.file", "bytes": len(self.content)},
            **{"container_id": self.container, "created_at": int(self.created_at)},
            **{"path": f"/mnt/data/{self.name}", "source": self.source},
        }


@dataclass
class Container:
    """`minutes` it lives after it was last used."""

    id: str
    name: str
    created_at: float
    last_active_at: float
    minutes: int = IDLE
    memory: str = "1g"
    expired: bool = False
    files: dict[str, ContainerFile] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            **{"id": self.id, "object": "container", "created_at": int(self.created_at)},
            "expires_after": {"anchor": "last_active_at", "minutes": self.minutes},
            **{"last_active_at": int(self.last_active_at), "memory_limit": self.memory, "name": self.name},
            **{"network_policy": {"type": "disabled"}, "status": "expired" if self.expired else "running"},
        }

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
        self._clock = clock
        self._files = files

    def create(
        self, name: str, file_ids: Sequence[str] = (), *, minutes: int = IDLE, memory: str = "1g"
    ) -> Container:
        """A new container with copies of uploaded files. Raises Refusal for a file that is not there."""
        now = self._clock.now()
        container = Container(f"cntr_{uuid4().hex}", name, now, now, minutes, memory)
        self.add(container, file_ids)
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
        if self._clock.now() - container.last_active_at >= container.minutes * 60:
            self.expire(container_id)
        return container

    def use(self, container_id: str) -> Container:
        """A container that lives; it lives on for another while. Raises Refusal."""
        container = self.look(container_id)
        if container.expired:
            raise refused("container over")
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

    def delete(self, container_id: str) -> None:
        """Forget it. Raises Refusal when it is not there."""
        del self.all[self.look(container_id).id]
