"""What the tests of a library put into it, and see of it."""

from __future__ import annotations

from typing import Any

from core.files.documents import Source, source
from core.files.library import Library
from core.store import assistants
from core.store.database import Database
from standins.openai import OpenAIStandin

ANN, BEN = "thread_ann", "thread_ben"


def text(name: str, words: str = "") -> Source:
    """A document that says its own name."""
    return source(name, f"{name} {words}".encode())


async def tools(db: Database, id: str) -> tuple[Any, ...]:
    """The assistant's tools, and its stores."""
    assistant = await db(lambda tx: assistants.get(tx, id))
    assert assistant is not None
    search = assistant.tool_resources.get("file_search", {})
    return [tool["type"] for tool in assistant.tools], search.get("vector_store_ids")


async def states(library: Library, owner: str) -> dict[str, str]:
    """Name to state."""
    return {row.name: row.status for row in await library.documents(owner)}


def findable(api: OpenAIStandin, word: str) -> list[str]:
    """The names of the documents that a search over all stores finds."""
    return [found["filename"] for found in api.stores.found(list(api.stores.all), word)]
