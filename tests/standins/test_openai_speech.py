"""The OpenAI stand-in: transcription and the list of models."""

from __future__ import annotations

import openai
import pytest
from openai.types import Model
from openai.types.audio import Transcription

from standins.script.script import Scenario
from tests.standins.openai_client import served, undeclared

OGG = b"OggS" + bytes(100)


async def test_a_recording_says_what_the_test_tells():
    """By its name, by its bytes, or its size."""
    async with served(Scenario()) as (api, client):
        api.transcripts = {"voice.ogg": "Good morning", OGG + b"!": "Good night"}
        said = [
            (await client.audio.transcriptions.create(file=file, model="gpt-transcribe")).text
            for file in (("voice.ogg", OGG), ("x.oga", OGG + b"!"), ("x.ogg", OGG))
        ]

    assert said == ["Good morning", "Good night", "a recording of 104 bytes"]
    assert [made.name for made in api.transcriptions] == ["voice.ogg", "x.oga", "x.ogg"]


async def test_a_transcription_has_the_shape_of_the_sdk():
    """Nothing undeclared."""
    async with served(Scenario()) as (_, client):
        made = await client.audio.transcriptions.create(file=("a.ogg", OGG), model="gpt-transcribe")

    assert undeclared(Transcription.model_validate(made.to_dict())) == set()


async def test_a_transcription_can_be_plain_text():
    """response_format=text."""
    async with served(Scenario()) as (_, client):
        made = await client.audio.transcriptions.create(
            file=("a.ogg", OGG), model="gpt-transcribe", response_format="text"
        )

    assert made.strip() == "a recording of 104 bytes"


@pytest.mark.parametrize(
    ("name", "content", "model", "status"),
    [
        ("a.txt", OGG, "gpt-transcribe", 400),
        ("a", OGG, "gpt-transcribe", 400),
        ("a.ogg", b"hello", "gpt-transcribe", 400),
        ("a.ogg", b"", "gpt-transcribe", 400),
        ("a.ogg", OGG, "gpt-none", 404),
        ("a.ogg", OGG, "gpt-6-luna", 400),
    ],
)
async def test_what_cannot_be_transcribed_is_refused(name, content, model, status):
    """Another format, broken bytes, a model that cannot."""
    async with served(Scenario()) as (api, client):
        with pytest.raises(openai.APIStatusError) as caught:
            await client.audio.transcriptions.create(file=(name, content), model=model)

    assert caught.value.status_code == status
    assert api.transcriptions == []


async def test_a_recording_has_a_limit():
    """25 MB, counted while it is read."""
    async with served(Scenario()) as (api, client):
        assert api.recording_limit == 25 * 2**20
        api.recording_limit = 100
        with pytest.raises(openai.APIStatusError) as caught:
            await client.audio.transcriptions.create(file=("a.ogg", OGG), model="gpt-transcribe")

    assert caught.value.status_code == 413


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({}, {"shutdown_date": "2027-01-14"}),
        ({"shutdown_dates": False}, {}),
        ({"portable": True}, {}),
        ({"portable": True, "window": 8192}, {"max_model_len": 8192}),
        ({"portable": True, "shutdown_dates": True}, {"shutdown_date": "2027-01-14"}),
    ],
)
async def test_what_models_tell_of_themselves(options, fields):
    """OpenAI tells when they end, other servers how much they take."""
    async with served(Scenario(), **options) as (_, client):
        listed = {model.id: model.to_dict() async for model in client.models.list()}
        model = await client.models.retrieve("gpt-4o")

    assert model.to_dict() == listed["gpt-4o"]
    known = {"id", "object", "created", "owned_by"}
    assert {key: value for key, value in listed["gpt-4o"].items() if key not in known} == fields
    assert isinstance(model, Model)
