"""What clients send about files, vector stores and the files in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from bots.web.bodies.shared import Body, Chunking, Id, ListQuery, Metadata, Query, word_or_object

Name = Annotated[str, Field(max_length=256)]
Status = Literal["in_progress", "completed", "failed", "cancelled"]
_Value = Annotated[str, Field(max_length=512)] | float | bool
Attributes = Annotated[dict[Annotated[str, Field(max_length=64)], _Value], Field(max_length=16)]


class FileLife(Query):
    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3600, le=2_592_000)]


class NewFile(Query):
    """The fields of a form; there, numbers are texts."""

    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
    expires_after: FileLife | None = None


class FilesQuery(Query):
    purpose: str | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None


class StoreLife(Body):
    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class ModifyStore(Body):
    name: Name | None = None
    expires_after: StoreLife | None = None
    metadata: Metadata | None = None


class CreateStore(ModifyStore):
    description: Annotated[str, Field(max_length=512)] | None = None
    file_ids: Annotated[list[Id], Field(max_length=500)] | None = None
    chunking_strategy: Chunking | None = None


class Comparison(Body):
    type: Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
    key: Annotated[str, Field(max_length=64)]
    value: str | float | bool | Annotated[list[str | float], Field(max_length=1000)]


class Compound(Body):
    type: Literal["and", "or"]
    filters: Annotated[list[Filter], Field(max_length=100)]


Filter = Annotated[Comparison | Compound, Field(discriminator="type")]
Compound.model_rebuild()
_Words = Annotated[str, Field(min_length=1, max_length=4096)]


class Ranking(Body):
    ranker: Literal["none", "auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class SearchStore(Body):
    query: Annotated[
        Annotated[_Words, Tag("word")]
        | Annotated[list[_Words], Field(min_length=1, max_length=10), Tag("object")],
        Discriminator(word_or_object),
    ]
    filters: Filter | None = None
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: Ranking | None = None
    rewrite_query: bool | None = None


class AddFile(Body):
    file_id: Id
    attributes: Attributes | None = None
    chunking_strategy: Chunking | None = None


class ModifyFile(Body):
    attributes: Attributes | None


class AddFiles(Body):
    file_ids: Annotated[list[Id], Field(max_length=2000)] | None = None
    files: Annotated[list[AddFile], Field(max_length=2000)] | None = None
    attributes: Attributes | None = None
    chunking_strategy: Chunking | None = None


class StoreFilesQuery(ListQuery):
    filter: Status | None = None


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """What a form has under `a[b]`, as an object."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        outer, bracket, inner = name.partition("[")
        if bracket and inner.endswith("]") and isinstance(found.setdefault(outer, {}), dict):
            found[outer][inner[:-1]] = value
        else:
            found[name] = value
    return found
