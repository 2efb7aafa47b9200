"""The port to what a model server does besides answering: files, stores, containers, speech, models.

Everything raises `core.errors.Retryable` or `core.errors.Permanent`. What may be repeated without harm has
been repeated a few times when Retryable is raised; what may not (`upload`, `create_store`) was tried once,
and its effect is then unknown. A `Permanent` for something the server does not have has notice GONE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal, Protocol

Purpose = Literal["assistants", "user_data", "vision"]
"""`assistants`: for a vector store; `user_data`: an input of the model; `vision`: a picture."""

GONE: Final = "file_gone"
"""The notice of something that is not at the server."""
UNREADABLE: Final = "file_unindexed"
"""The notice of a document the server cannot make searchable."""
LARGEST_UPLOAD: Final = 512 * 2**20
"""Bytes the server takes as one file."""
FILE_LIFE: Final = (3600, 30 * 86400)
"""Seconds: the shortest and the longest life a file can be given; without one it has no end."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the server lists it."""

    id: str
    """`file-…`"""
    name: str
    size: int
    created_at: float
    lasting: bool = True
    """Whether it stays until it is deleted."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the server tells about a model. OpenAI tells the end of its life, other servers its window."""

    shutdown: date | None = None
    """The day it ends, None when none is announced."""
    context: int | None = None
    """Tokens of its context window, None when the server does not say."""


class Files(Protocol):
    """Files at the server."""

    async def upload(
        self,
        name: str,
        content: bytes | Path,
        *,
        purpose: Purpose,
        seconds: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> str:
        """The new file's id. A path is read while it is sent, never held in memory as a whole.

        `seconds`: how long the server keeps it, put into FILE_LIFE; None: until it is forgotten.
        `progress` is told the bytes read so far. Raises OSError when the path cannot be read.
        """
        ...

    async def forget(self, file: str) -> None:
        """Delete it; returns also when it is not there any more."""
        ...

    async def uploads(self, purpose: Purpose, since: float) -> Sequence[Upload]:
        """The files of that purpose made at or after `since`, newest first."""
        ...


class VectorStores(Protocol):
    """Stores of documents that a model can search."""

    async def create_store(self, name: str, *, days: int | None = None) -> str:
        """The new store's id. It expires `days` after it was last used; None: never."""
        ...

    async def has_store(self, store: str) -> bool:
        """Whether it is there and has not expired."""
        ...

    async def index(self, store: str, file: str) -> None:
        """Returns ⇒ the file can be found in the store. May be repeated.

        Raises Permanent with the server's reason when the document cannot be read (notice UNREADABLE), and
        with notice GONE when the store or the file is not there.
        """
        ...

    async def unindex(self, store: str, file: str) -> None:
        """Take it out of the store; returns also when it is not there any more."""
        ...

    async def delete_store(self, store: str) -> None:
        """Delete the store, not its files; returns also when it is not there any more."""
        ...


class Containers(Protocol):
    """Where the code interpreter works."""

    async def produced(self, container: str, file: str, *, limit: int = LARGEST_UPLOAD) -> bytes:
        """The bytes of a file that code made there.

        Raises TooLarge when it has more than `limit`, Permanent with notice GONE when the container expired.
        """
        ...


class Transcriber(Protocol):
    """Speech to text."""

    async def transcribe(self, name: str, content: bytes) -> str:
        """What is said in a recording, "" when nothing is. Its format is told by the ending of `name`."""
        ...


class Models(Protocol):
    """The models there are."""

    async def models(self) -> Mapping[str, ModelFacts]:
        """Every model the key can use, by its id."""
        ...


class Service(Files, VectorStores, Containers, Transcriber, Models, Protocol):
    """All of it, over shared connections."""

    async def close(self) -> None:
        """Close the connections."""
        ...
