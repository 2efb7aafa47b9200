"""What the model server is asked for in a request, and the files that its code makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from standins.script.script import Cite, Hosted, Part, Say


def making(**contents: bytes) -> list[Part]:
    """Code leaves these files, and the answer names them."""
    files = {f"{name}.bin": data for name, data in contents.items()}
    return [
        Hosted("code_interpreter_call", {"code": "…"}, produces=list(files.items())),
        *[Say(f"[{name}](sandbox:/mnt/data/{name}) ") for name in files],
        *[Cite({"type": "container_file_citation", "filename": name}) for name in files],
    ]


def of_request(body: Mapping[str, Any], type: str) -> list[Mapping[str, Any]]:
    return [tool for tool in body.get("tools") or () if tool["type"] == type]


def parts(body: Mapping[str, Any], type: str) -> list[Mapping[str, Any]]:
    contents: Sequence[Any] = [item.get("content") for item in body["input"]]
    lists = [content for content in contents if isinstance(content, list)]
    return [part for content in lists for part in content if part["type"] == type]


def words(body: Mapping[str, Any]) -> str:
    found = []
    for item in body["input"]:
        content = item.get("content")
        if isinstance(content, str):
            found.append(content)
        elif isinstance(content, list):
            found += [str(part["text"]) for part in content if "text" in part]
    return "\n".join(found)
