"""What many requests have in common: metadata, pages of lists, tools and what they work with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator


class Body(BaseModel):
    """JSON of a client: an unknown field is a mistake, and no type is turned into another."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    def given(self) -> dict[str, Any]:
        """Only what the client set, under the names it used."""
        return self.model_dump(exclude_unset=True, by_alias=True)


class Query(BaseModel):
    """What stands behind the `?` of an address; there, numbers are texts."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """All of it, defaults included, under the names of the fields here."""
        return self.model_dump()


class ListQuery(Query):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


def word_or_object(value: object) -> str:
    """Which of the two a field is that may be either; told beforehand, so that one mistake is told once."""
    return "word" if isinstance(value, str) else "object"


Id = Annotated[str, Field(min_length=1, max_length=256)]
Instructions = Annotated[str, Field(max_length=256_000)]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]], Field(max_length=16)
]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ModelName = Annotated[str, Field(min_length=1, max_length=256)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class CodeInterpreter(Body):
    type: Literal["code_interpreter"]


class RankingOptions(Body):
    score_threshold: Annotated[float, Field(ge=0, le=1)] = 0
    ranker: Literal["auto", "default_2024_08_21"] = "auto"


class SearchOptions(Body):
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: RankingOptions | None = None


class FileSearch(Body):
    type: Literal["file_search"]
    file_search: SearchOptions | None = None


class FunctionDefinition(Body):
    name: _Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Function(Body):
    type: Literal["function"]
    function: FunctionDefinition


class OwnTool(BaseModel):
    """Tools that the original never had; the core says what is wrong with one."""

    model_config = ConfigDict(extra="allow", strict=True)
    type: Literal["web_search", "image_generation", "mcp"]


Tool = Annotated[CodeInterpreter | FileSearch | Function | OwnTool, Field(discriminator="type")]
Tools = Annotated[list[Tool], Field(max_length=128)]


class AutoChunking(Body):
    type: Literal["auto"]


class ChunkSizes(Body):
    max_chunk_size_tokens: Annotated[int, Field(ge=100, le=4096)]
    chunk_overlap_tokens: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _overlap(self) -> ChunkSizes:
        if self.chunk_overlap_tokens * 2 > self.max_chunk_size_tokens:
            raise ValueError("chunk_overlap_tokens must be at most half of max_chunk_size_tokens.")
        return self


class StaticChunking(Body):
    type: Literal["static"]
    static: ChunkSizes


Chunking = Annotated[AutoChunking | StaticChunking, Field(discriminator="type")]


class NewStore(Body):
    """A vector store that is made along with what uses it."""

    file_ids: Annotated[list[Id], Field(max_length=10_000)] | None = None
    chunking_strategy: Chunking | None = None
    metadata: Metadata | None = None


class CodeResources(Body):
    file_ids: Annotated[list[Id], Field(max_length=20)] | None = None


class SearchResources(Body):
    vector_store_ids: Annotated[list[Id], Field(max_length=1)] | None = None


class NewSearchResources(SearchResources):
    vector_stores: Annotated[list[NewStore], Field(max_length=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> NewSearchResources:
        if self.vector_store_ids and self.vector_stores:
            raise ValueError("Give either vector_store_ids or vector_stores, not both.")
        return self


class ToolResources(Body):
    code_interpreter: CodeResources | None = None
    file_search: SearchResources | None = None


class NewToolResources(Body):
    """On creation only: vector stores can be made along."""

    code_interpreter: CodeResources | None = None
    file_search: NewSearchResources | None = None


class PlainFormat(Body):
    type: Literal["text", "json_object"]


class JsonSchema(Body):
    name: _Name
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class SchemaFormat(Body):
    type: Literal["json_schema"]
    json_schema: JsonSchema


_Format = Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")]
ResponseFormat = Annotated[
    Annotated[Literal["auto"], Tag("word")] | Annotated[_Format, Tag("object")],
    Discriminator(word_or_object),
]


class Behaviour(Body):
    """How a model is to answer: of an assistant, or of one run in its place."""

    instructions: Instructions | None = None
    tools: Tools | None = None
    metadata: Metadata | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Effort | None = None
