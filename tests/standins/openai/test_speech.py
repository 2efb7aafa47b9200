"""The OpenAI stand-in: transcription and the list of models."""

from __future__ import annotations

import pytest
from openai.types import Model
from openai.types.audio import Transcription

from standins.script.script import Scenario
from tests.standins.openai.clients import served, undeclared

OGG = b"OggS" + bytes(100)


async def test_a_recording_says_what_the_test_tells(api, client):
    api.transcripts = {"voice.ogg": "Good morning", OGG + b"!": "Good night"}
    made = [
        await client.audio.transcriptions.create(file=file, model="gpt-transcribe")
        for file in (("voice.ogg", OGG), ("x.oga", OGG + b"!"), ("x.ogg", OGG))
    ]
    assert undeclared(Transcription.model_validate(made[0].to_dict())) == set()
    assert [one.text for one in made] == ["Good morning", "Good night", "a recording of 104 bytes"]
    assert [one.name for one in api.transcriptions] == ["voice.ogg", "x.oga", "x.ogg"]


async def test_a_transcription_can_be_plain_text(client):
    made = await client.audio.transcriptions.create(
        file=("a.ogg", OGG), model="gpt-transcribe", response_format="text"
    )
    assert made.strip() == "a recording of 104 bytes"


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({}, {"shutdown_date": "2027-01-14"}),
        ({"portable": True}, {}),
        ({"portable": True, "window": 8192}, {"max_model_len": 8192}),
    ],
)
async def test_what_models_tell_of_themselves(options, fields):
    """OpenAI tells when they end, other servers how much they take."""
    async with served(Scenario(), **options) as (_, client):
        listed = {model.id: model async for model in client.models.list()}
    known = {"id", "object", "created", "owned_by"}
    assert {key: value for key, value in listed["gpt-4o"].to_dict().items() if key not in known} == fields
    assert isinstance(listed["gpt-4o"], Model)
