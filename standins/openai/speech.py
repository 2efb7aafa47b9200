"""`/audio/transcriptions`: what is said in a recording is told by the test."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from standins.openai.checks import missing, one_of
from standins.openai.form import Sent, form
from standins.openai.refusal import Refusal
from standins.openai.service import Service
from standins.openai.transcription import Transcription

MODELS: Final = ("gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "whisper-1")
_ENDINGS: Final = ("flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm")
_SIGNS: Final = (
    *((0, sign) for sign in (b"fLaC", b"ID3", b"OggS", b"RIFF", b"\x1aE\xdf\xa3")),
    *((0, bytes([0xFF, low])) for low in (0xFB, 0xF3, 0xF2, 0xFA, 0xF1, 0xF9)),
    (4, b"ftyp"),
)
"""Where and how recordings begin."""


class SpeechRoutes:
    """Speech to text."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add(self, app: web.Application) -> None:
        """Register."""
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)

    async def _transcribe(self, http: web.Request) -> web.Response:
        given = await form(http, self._service.recording_limit)
        sent, model = given.file(), given.fields.get("model")
        if not model:
            raise missing("model")
        if self._service.models is not None:
            self._service.check_model(model)
            if model not in MODELS:
                raise Refusal(f"Model '{model}' cannot transcribe.", param="model")
        one_of("response_format", given.fields.get("response_format", "json"), ("json", "text"))
        _check(sent)
        text = self._service.heard(sent.name, sent.content)
        self._service.transcriptions.append(Transcription(model, sent.name, text, sent.content))
        if given.fields.get("response_format") == "text":
            return web.Response(text=f"{text}\n")
        return web.json_response({"text": text, "languages": [], "usage": _usage(sent)})


def _check(sent: Sent) -> None:
    """Raises Refusal for what is no recording."""
    ending = sent.name.rsplit(".", 1)[-1].lower() if "." in sent.name else ""
    if ending not in _ENDINGS:
        raise Refusal(f"Invalid file format. Supported formats: {list(_ENDINGS)}", param="file")
    if not any(sent.content.startswith(sign, place) for place, sign in _SIGNS):
        raise Refusal("Audio file might be corrupted or unsupported", param="file", code="invalid_value")


def _usage(sent: Sent) -> dict[str, object]:
    return {"type": "duration", "seconds": max(1, len(sent.content) // 16_000)}
