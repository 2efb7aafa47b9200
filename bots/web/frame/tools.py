"""Tools and what goes with them, in the shapes that assistants, threads and runs share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bots.web.frame.shapes import Body, Metadata


class CodeInterpreter(Body):
    """Runs code at the model server."""

    type: Literal["code_interpreter"]


class Ranking(Body):
    """How results are ranked."""

    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    ranker: Literal["auto", "default_2024_08_21", "default-2024-08-21"] | None = None


class Search(Body):
    """How much is searched for."""

    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: Ranking | None = None


class FileSearch(Body):
    """Searches vector stores at the model server."""

    type: Literal["file_search"]
    file_search: Search | None = None


class FunctionShape(Body):
    """What the model is told of a function."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Body):
    """Carried out by the client."""

    type: Literal["function"]
    function: FunctionShape


class HostedTool(Body):
    """Others that the model server carries out: not of the API as it was."""

    type: Literal["web_search", "image_generation"]


Tool = Annotated[CodeInterpreter | FileSearch | FunctionTool | HostedTool, Field(discriminator="type")]
Tools = Annotated[list[Tool], Field(max_length=128)]


class CodeFiles(Body):
    """Files for the code."""

    file_ids: Annotated[list[str], Field(max_length=20)] | None = None


class NewStore(Body):
    """A store to be made on the way."""

    file_ids: Annotated[list[str], Field(max_length=10_000)] | None = None
    chunking_strategy: dict[str, Any] | None = None
    metadata: Metadata | None = None
    expires_after: dict[str, Any] | None = None


class Stores(Body):
    """The store to be searched."""

    vector_store_ids: Annotated[list[str], Field(max_length=1)] | None = None
    vector_stores: Annotated[list[NewStore], Field(max_length=1)] | None = None


class ToolResources(Body):
    """What tools work with."""

    code_interpreter: CodeFiles | None = None
    file_search: Stores | None = None


class SchemaShape(Body):
    """A schema that the answer keeps to."""

    name: Annotated[str, Field(max_length=64)]
    description: str | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None


class PlainFormat(Body):
    """Text, or any JSON."""

    type: Literal["text", "json_object"]


class SchemaFormat(Body):
    """JSON of a schema."""

    type: Literal["json_schema"]
    json_schema: SchemaShape


ResponseFormat = (
    Literal["auto"] | Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")]
)
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
Instructions = Annotated[str, Field(max_length=256_000)]
