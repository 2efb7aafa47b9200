"""assistants.models and .model_list: which models may be used, and what the server says about it daily."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.assistants import model_list
from core.assistants.model_list import DAY, HOUR, ModelList, concerns, of_server
from core.assistants.models import SOON, TABLE, default, judge, known
from core.errors import Permanent
from core.model_server.service import OpenAIService
from core.ports import ModelFacts
from core.settings import Settings
from core.store.database import Database
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.core.fakes import TIMEOUT
from tests.fresh import fresh

TODAY = date(2026, 11, 22)
NOW = 1_795_305_600.0
"""Midnight of TODAY in UTC."""
OFFICIAL = Settings(openai_api_key="sk-1")
ELSEWHERE = Settings(openai_api_key="sk-1", openai_base_url="http://127.0.0.1:9/v1")
OFFERED = {name: ModelFacts() for name in ("gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol", "gpt-transcribe")}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    database = Database(fresh(tmp_path / "spool.sqlite3"))
    yield database
    database.close()


class Server:
    """A list of models, and how often somebody asked for it."""

    def __init__(self, models: Mapping[str, ModelFacts] | Exception = OFFERED) -> None:
        self.models, self.asked = models, 0

    async def __call__(self) -> Mapping[str, ModelFacts]:
        self.asked += 1
        if isinstance(self.models, Exception):
            raise self.models
        return self.models


def ending(days: int) -> dict[str, ModelFacts]:
    """A server whose model `m` ends in so many days."""
    return {**OFFERED, "m": ModelFacts(shutdown=TODAY + timedelta(days=days))}


@asynccontextmanager
async def asking(standin: OpenAIStandin) -> AsyncIterator[Callable[[Database], Awaitable[ModelList]]]:
    """What is known of the stand-in's models, asked with the real client."""
    service = OpenAIService(api_key="sk-test", base_url=standin.base_url, pause=0.001)
    settings = Settings(openai_api_key="sk-test", openai_base_url=standin.base_url)
    yield lambda db: of_server(db, settings, service.models, NOW)
    await service.close()


RETIRED = (
    "gpt-4-turbo gpt-4-turbo-2024-04-09 gpt-4 gpt-4-0613 gpt-4-1106-preview gpt-3.5-turbo gpt-3.5-turbo-1106 "
    "ft:gpt-3.5-turbo-0125:acme::id o1 o3-mini-2025-01-31 o4-mini gpt-4.1-nano gpt-4o-2024-05-13"
)


@pytest.mark.parametrize("model", RETIRED.split())
@pytest.mark.parametrize("listed", [None, OFFERED], ids=["offline", "asked"])
def test_retired_models_are_refused(model, listed):
    """Also without a network; the refusal names the replacement."""
    verdict = judge(model, listed, official=True, today=TODAY)
    assert f"The model {model} was retired on 2026-10-23" in verdict.refused
    assert verdict.replacement in OFFERED
    assert f"Use {verdict.replacement} instead." in verdict.refused


@pytest.mark.parametrize(
    ("model", "ends"),
    [("gpt-5", "2026-12-11"), ("o3-2025-04-16", "2026-12-11"), ("gpt-4o-mini-2024-07-18", "2027-01-14")],
)
def test_models_that_end_soon_are_warned_about(model, ends):
    """They still answer."""
    verdict = judge(model, None, official=True, today=TODAY)
    assert "" == verdict.refused
    assert f"The model {model} ends on {ends}" in verdict.warning
    assert verdict.replacement in verdict.warning


def test_a_model_is_refused_from_its_day_on():
    """The day before it is warned about."""
    last, gone = (judge("gpt-4o", None, official=True, today=date(2027, 1, day)) for day in (13, 14))
    assert ("", True) == (last.refused, "in 1 day." in last.warning)
    assert "was retired" in gone.refused


@pytest.mark.parametrize(
    ("days", "refused", "warned"), [(0, 1, 0), (1, 0, 1), (SOON, 0, 1), (SOON + 1, 0, 0)]
)
@pytest.mark.parametrize("official", [True, False])
def test_the_servers_date_counts(days, refused, warned, official):
    """Of any server that tells one."""
    verdict = judge("m", ending(days), official=official, today=TODAY)
    assert (refused, warned) == (bool(verdict.refused), bool(verdict.warning))


@pytest.mark.parametrize("listed", [None, {"gpt-4-turbo": ModelFacts()}], ids=["offline", "asked"])
def test_another_server_may_have_what_openai_retired(listed):
    """The table is OpenAI's, and even its server knows better; what is recommended is what is there."""
    assert "" == judge("gpt-4-turbo", listed, official=False, today=TODAY).refused
    later = {"gpt-4-turbo": ModelFacts(shutdown=TODAY + timedelta(days=300))}
    put_off = judge("gpt-4-turbo", later, official=True, today=TODAY)
    assert ("", "") == (put_off.refused, put_off.warning)
    elsewhere = judge("gpt-4-turbo", {"llama-4": ModelFacts()}, official=False, today=TODAY)
    assert "llama-4" == elsewhere.replacement


@pytest.mark.parametrize(
    ("model", "instead"),
    [("gpt-6-lunar", "gpt-6-luna"), ("gpt-6.1-tera", "gpt-6.1-terra"), ("x", "gpt-6-luna")],
)
def test_an_unknown_model_is_refused(model, instead):
    """What was probably meant is recommended, else the default."""
    verdict = judge(model, OFFERED, official=True, today=TODAY)
    assert verdict.refused.startswith(f"The model server has no model {model}.")
    assert instead == verdict.replacement


@pytest.mark.parametrize("model", ["dall-e-3", "whisper-1", "tts-1-hd", "gpt-image-1"])
def test_a_model_that_does_not_answer_is_refused(model):
    """Before its shutdown date, too."""
    verdict = judge(model, None, official=True, today=date(2026, 1, 1))
    assert "cannot answer" in verdict.refused
    assert default() == verdict.replacement


def test_transcribing_is_another_matter():
    """The model of voice messages need not answer, but must not be retired."""
    before, after = (
        judge("whisper-1", None, official=True, today=date(2027, month, 26), answers=False)
        for month in (1, 2)
    )
    assert ("", "gpt-transcribe") == (before.refused, before.replacement)
    assert "was retired on 2027-02-26" in after.refused


def test_the_table_is_complete():
    """Its replacements are not themselves retired, its dates are dates, and it tells where it is from."""
    table = json.loads(TABLE.read_text("utf-8"))
    assert table["source"]
    assert date.fromisoformat(table["read"]) <= TODAY
    for model, entry in table["models"].items():
        assert ("ends" in entry) == ("replacement" in entry), model
        assert known(known(model).replacement).ends is None, model
        if not known(model).ends and not known(model).makes:
            assert known(model).context, model


@pytest.mark.parametrize(
    ("model", "context"), [("gpt-6-luna", 1_050_000), ("gpt-4o-2024-08-06", 128_000), ("llama-4", None)]
)
def test_windows_are_known(model, context):
    """In tokens; a server that tells its own is believed."""
    told = ModelList({model: ModelFacts(context=9_000)}, official=False)
    assert context == known(model).context == ModelList(None, official=True).context(model)
    assert 9_000 == told.context(model)


async def test_the_list_is_asked_for_once_a_day(db):
    """Whoever asks; it is the same list each time. Another address is another server."""
    server = Server(ending(5))
    lists = [await of_server(db, OFFICIAL, server, NOW + passed) for passed in (0.0, 5.0, DAY - 1)]
    assert 1 == server.asked
    assert ending(5) == lists[0].models == lists[1].models == lists[2].models
    for settings in (ELSEWHERE, OFFICIAL, ELSEWHERE):
        await of_server(db, settings, server, NOW + 6.0)
    assert 2 == server.asked
    await of_server(db, OFFICIAL, server, NOW + DAY)
    assert 3 == server.asked


async def test_a_new_model_is_looked_for(db):
    """A list of this hour counts; an older one that lacks the model is fetched again."""
    server = Server()
    await of_server(db, OFFICIAL, server, NOW)
    server.models = ending(100)
    within = await of_server(db, OFFICIAL, server, NOW + HOUR - 1, wanted="m")
    present = await of_server(db, OFFICIAL, server, NOW + HOUR, wanted="gpt-6-luna")
    assert 1 == server.asked
    later = await of_server(db, OFFICIAL, server, NOW + HOUR, wanted="m")
    assert ["m" in (found.models or ()) for found in (within, present, later)] == [False, False, True]


async def test_without_a_key_nobody_is_asked(db):
    """The models are then accepted, with a warning that says why."""
    server = Server()
    found = await of_server(db, Settings(), server, NOW)
    assert 0 == server.asked
    assert "was not checked (no OPENAI_API_KEY)" in found.judge("gpt-6-luna", TODAY).warning
    assert "was retired" in found.judge("gpt-4-turbo", TODAY).refused


@pytest.mark.parametrize(
    "failure", [Permanent("invalid_api_key", notice="model_auth"), OSError("no route"), None]
)
async def test_a_server_that_tells_nothing_is_no_obstacle(db, failure):
    """The model is accepted with a warning, the server asked again next time; it is no concern."""
    server = Server(failure or {})
    for _ in range(2):
        found = await of_server(db, ELSEWHERE, server, NOW)
    assert "was not checked" in found.judge("any", TODAY).warning
    assert 2 == server.asked
    assert [] == await concerns(db, ELSEWHERE, server, NOW, ["llama-4"])


async def test_a_silent_server_is_not_waited_for(db, monkeypatch):
    """Three seconds at most."""
    monkeypatch.setattr(model_list, "ANSWER_SECONDS", 0.05)

    async def silent() -> Mapping[str, ModelFacts]:
        await asyncio.Event().wait()
        return {}

    async with asyncio.timeout(TIMEOUT):
        found = await of_server(db, ELSEWHERE, silent, NOW)
    assert found.models is None
    assert "did not answer" in found.problem


@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("", True),
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1/", True),
        ("https://api.openai.com.example.com/v1", False),
        ("http://127.0.0.1:8000/v1", False),
    ],
)
async def test_openai_is_known_by_its_host(db, url, official):
    """Regions included; a look-alike is another server."""
    settings = Settings(openai_api_key="sk-1", openai_base_url=url)
    assert official == (await of_server(db, settings, Server(), NOW)).official


async def test_concerns_are_told_once(db):
    """For the log at start: what is gone, what ends soon, and the model of voice messages."""
    models = {**ending(5), "gone": ModelFacts(shutdown=TODAY)}
    settings = Settings(openai_api_key="sk-1", transcription_model="mute")
    found = await concerns(db, settings, Server(models), NOW, ["m", "m", "gone", "gpt-6-luna"])
    again = await concerns(db, settings, Server(models), NOW + HOUR, ["m"])
    ends, gone, mute = (concern.text for concern in found)
    assert [False, True, False] == [concern.refused for concern in found]
    assert "The model m ends on 2026-11-27, in 5 days." in ends
    assert "The model gone was retired on 2026-11-22." in gone
    assert "The model server has no model mute, so recordings are not listened to here." in mute
    assert "Use " not in mute
    assert [ends] == [concern.text for concern in again]


@pytest.mark.parametrize("portable", [False, True])
async def test_a_real_list_is_judged(db, portable):
    """Over HTTP; servers without shutdown dates work too."""
    models = {"m": (TODAY + timedelta(days=5)).isoformat(), "gpt-6-luna": None}
    async with OpenAIStandin(Scenario(), models=models, portable=portable) as standin, asking(standin) as ask:
        found = [await ask(db) for _ in range(2)]
        assert 1 == standin.asked("GET /models")
    verdicts = [found[1].judge(model, TODAY) for model in ("m", "gpt-6-luna", "gpt-4-turbo")]
    assert [not portable, False, False] == [bool(verdict.warning) for verdict in verdicts]
    assert ["", "", "gpt-6-luna"] == [verdict.refused and verdict.replacement for verdict in verdicts]


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_a_refusing_server_is_no_obstacle(db, status):
    """Whatever HTTP says, the model is accepted with a warning."""
    async with OpenAIStandin(Scenario()) as standin, asking(standin) as ask:
        standin.fail("GET /models", status=status, times=9)
        assert "was not checked" in (await ask(db)).judge("gpt-6-luna", TODAY).warning
