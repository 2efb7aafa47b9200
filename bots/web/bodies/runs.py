"""What clients send about runs and their steps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Discriminator, Field, Tag, model_validator

from bots.web.bodies.messages import CreateMessage
from bots.web.bodies.shared import (
    Behaviour,
    Body,
    Id,
    Instructions,
    ListQuery,
    Metadata,
    ModelName,
    Query,
    ToolResources,
    word_or_object,
)
from bots.web.bodies.threads import CreateThread


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Include = Annotated[
    list[Literal["step_details.tool_calls[*].file_search.results[*].content"]],
    BeforeValidator(_several),
    Field(validation_alias=AliasChoices("include[]", "include", "include[0]")),
]
Tokens = Annotated[int, Field(ge=256)]


class ChosenFunction(Body):
    name: str


class ChosenTool(Body):
    type: Literal["function", "code_interpreter", "file_search", "web_search", "image_generation"]
    function: ChosenFunction | None = None

    @model_validator(mode="after")
    def _named(self) -> ChosenTool:
        if (self.type == "function") != (self.function is not None):
            raise ValueError("A tool choice of type function, and only that, names its function.")
        return self


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("word")] | Annotated[ChosenTool, Tag("object")],
    Discriminator(word_or_object),
]


class Truncation(Body):
    type: Literal["auto", "last_messages"]
    last_messages: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _counted(self) -> Truncation:
        if (self.type == "last_messages") != (self.last_messages is not None):
            raise ValueError("last_messages goes with the type last_messages, and only with it.")
        return self


class _Options(Behaviour):
    assistant_id: Id
    model: ModelName | None = None
    max_prompt_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    truncation_strategy: Truncation | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None


class CreateRun(_Options):
    additional_instructions: Instructions | None = None
    additional_messages: list[CreateMessage] | None = None


class CreateThreadAndRun(_Options):
    thread: CreateThread | None = None
    tool_resources: ToolResources | None = None


class ModifyRun(Body):
    metadata: Metadata | None = None


class ToolOutput(Body):
    tool_call_id: Id
    output: str | None = None


class SubmitToolOutputs(Body):
    tool_outputs: Annotated[list[ToolOutput], Field(min_length=1, max_length=128)]
    stream: bool | None = None


class IncludeQuery(Query):
    include: Annotated[Include, Field(default_factory=list)]


class StepsQuery(ListQuery):
    include: Annotated[Include, Field(default_factory=list)]
