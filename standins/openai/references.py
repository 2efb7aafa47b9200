"""What a request refers to must be there: files, vector stores, containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from standins.openai.containers import Containers
from standins.openai.files import Files
from standins.openai.parts import is_picture
from standins.openai.refusal import Refusal
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
        raise Refusal("Container is expired.", param="tools")


def _check_file(part: Item, files: Files) -> None:
    file = files.find(part["file_id"])
    if part["type"] == "input_image" and not is_picture(file.content):
        raise Refusal(
            f"The file '{file.id}' does not represent a valid image.", param="input", code="invalid_image"
        )


def _parts(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        for content in (item.get("content"), item.get("output")):
            if isinstance(content, list):
                yield from content
