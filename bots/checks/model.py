"""The model server: whether it is there, takes the key, and has the model. No check asks a model anything."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from bots.checks.check import Check
from bots.checks.web import Answer, Web
from core.assistants.model_list import day
from core.assistants.models import judge
from core.errors import Permanent
from core.model_server.faults import met, refusal
from core.model_server.outages import cure
from core.model_server.redaction import LONGEST
from core.ports import ModelFacts
from core.settings import OPENAI_HOST, Settings

SERVER, NAME = "model.server", "model.name"
_ABSENT = (404, 405, 501)


async def check(settings: Settings, web: Web) -> list[Check]:
    """The server with the key, and the model of the settings."""
    if not settings.openai_api_key and not settings.openai_base_url:
        return [
            Check(SERVER, "skip", "OPENAI_API_KEY is not set.", "Put the key of your OpenAI project there.")
        ]
    server = settings.openai_base_url.rstrip("/") or f"https://{OPENAI_HOST}/v1"
    key = f"Bearer {settings.openai_api_key or 'none'}"
    listed = await web.ask("the model server", "GET", f"{server}/models", key)
    if listed.status in _ABSENT:
        return [await _unlisted(web, server, key)]
    if listed.status != 200:
        return [_refused(server, listed)]
    models = listed.fields.get("data")
    if not isinstance(models, list):
        return [Check(SERVER, "fail", f"{_host(server)} answers, but not as a model server does.", _ADDRESS)]
    there = Check(SERVER, "ok", f"{_host(server)} takes the key.")
    return [there, *_named(settings, server, models)]


_ADDRESS = "Check OPENAI_BASE_URL: most servers want /v1 at its end."


def _named(settings: Settings, server: str, models: list[Any]) -> list[Check]:
    """Whether the model is among those that are listed; a server that lists none may have any."""
    listed = {str(one["id"]): _facts(one) for one in models if isinstance(one, dict) and "id" in one}
    if not listed:
        return [Check(NAME, "skip", f"{_host(server)} lists no models.")]
    official = f".{urlsplit(server).hostname}".endswith(f".{OPENAI_HOST}")
    name = settings.assistant_model
    verdict = judge(name, listed, official=official, today=day(time.time()))
    if verdict.reason:
        instead = (
            f"Set ASSISTANT_MODEL={verdict.replacement}." if verdict.replacement else "Set ASSISTANT_MODEL."
        )
        return [Check(NAME, "fail", f"{verdict.reason}.", instead)]
    if verdict.warning:
        return [Check(NAME, "warn", verdict.warning)]
    return [Check(NAME, "ok", f"{name} is there.")]


def _facts(model: Mapping[str, Any]) -> ModelFacts:
    try:
        return ModelFacts(date.fromisoformat(str(model.get("shutdown_date"))[:10]))
    except ValueError:
        return ModelFacts()


async def _unlisted(web: Web, server: str, key: str) -> Check:
    """Where there is no list of models, an empty request tells whether there is a server at all."""
    asked = await web.ask("the model server", "POST", f"{server}/responses", key, json={})
    if asked.status in (400, 422):
        return Check(SERVER, "ok", f"{_host(server)} takes requests. It has no list of models to look at.")
    if asked.status not in _ABSENT:
        return _refused(server, asked)
    what = f"There is no model server at OPENAI_BASE_URL={_shown(server)}."
    if not server.endswith("/v1"):
        below = await web.ask("the model server", "GET", f"{server}/v1/models", key)
        if below.status in (200, 401, 403):
            return Check(SERVER, "fail", what, f"Set OPENAI_BASE_URL={_shown(server)}/v1.")
    return Check(SERVER, "fail", what, _ADDRESS)


def _refused(server: str, answer: Answer) -> Check:
    """What the refusal means: by the table that runs go by, too."""
    host = _host(server)
    if answer.problem:
        what = f"{host} cannot be reached ({answer.problem})."
        return Check(
            SERVER, "fail", what, "Check OPENAI_BASE_URL, the network, and HTTPS_PROXY if there is one."
        )
    if 300 <= answer.status < 400:
        return Check(SERVER, "fail", f"{host} sends us elsewhere, which is not followed.", _ADDRESS)
    said = refusal(answer.body, answer.status, answer.headers)
    error = met(said)
    what = " ".join(f"{host} refuses ({error.code}). {said.message[:LONGEST]}".split())
    if not isinstance(error, Permanent):
        return Check(SERVER, "warn", what, "Try it again later.")
    return Check(SERVER, "fail", what, cure(error.notice) or _ADDRESS)


def _host(server: str) -> str:
    parts = urlsplit(server)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or "The model server"


def _shown(server: str) -> str:
    """Without what may be a password in it."""
    parts = urlsplit(server)
    return parts._replace(netloc=_host(server), query="", fragment="").geturl()
