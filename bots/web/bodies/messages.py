"""What clients send about messages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from bots.web.bodies.shared import Body, CodeInterpreter, Id, ListQuery, Metadata, word_or_object

Detail = Literal["auto", "low", "high"]
Text = Annotated[str, Field(min_length=1, max_length=256_000)]


class TextPart(Body):
    type: Literal["text"]
    text: Text


class ImageUrl(Body):
    url: Annotated[str, Field(pattern=r"^https?://|^data:image/")]
    detail: Detail | None = None


class ImageUrlPart(Body):
    type: Literal["image_url"]
    image_url: ImageUrl


class ImageFile(Body):
    file_id: Id
    detail: Detail | None = None


class ImageFilePart(Body):
    type: Literal["image_file"]
    image_file: ImageFile


Part = Annotated[TextPart | ImageUrlPart | ImageFilePart, Field(discriminator="type")]
Content = Annotated[
    Annotated[Text, Tag("word")] | Annotated[list[Part], Field(min_length=1, max_length=100), Tag("object")],
    Discriminator(word_or_object),
]


class SearchedFor(Body):
    type: Literal["file_search"]


class Attachment(Body):
    file_id: Id
    tools: list[Annotated[CodeInterpreter | SearchedFor, Field(discriminator="type")]] | None = None


class CreateMessage(Body):
    role: Literal["user", "assistant"]
    content: Content
    attachments: Annotated[list[Attachment], Field(max_length=100)] | None = None
    metadata: Metadata | None = None


class ModifyMessage(Body):
    metadata: Metadata | None = None


class MessagesQuery(ListQuery):
    run_id: str | None = None
