"""assistants.service: what may be done with assistants, what is refused, and what is said besides."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.assistants import refusals
from core.assistants.importer import objects
from core.assistants.remarks import Remark
from core.assistants.service import Assistants, Report
from core.errors import Permanent
from core.ports import ModelFacts
from core.settings import Settings
from core.store import vector_stores
from core.store.assistants import DEFAULT, Assignment
from core.store.database import Database
from core.types import SETTINGS_ID, Assistant, function_tool
from tests.core.fakes import ASSISTANT, settled
from tests.fresh import fresh

NOW = 1_795_305_600.0
"""Midnight of 2026-11-22 in UTC."""
PRINTED = Path(__file__).parents[2] / "events" / "assistants"
FILES = sorted(PRINTED.glob("*.json"))
SEARCH = {"type": "file_search"}
C1, T1 = ("slack", "C1"), ("slack", "T1")


class Desk:
    """The service over a database, and what it looks at: settings, functions with code, the server's list."""

    def __init__(self, path: Path) -> None:
        self.db = Database(fresh(path))
        self.functions = {"stock"}
        self.models: Mapping[str, ModelFacts] | Exception = {}
        self.asked = 0
        self.set()

    def set(self, **settings: Any) -> None:
        """Other settings; without a key no server is asked for anything."""
        given = Settings(mcp_hosts=("mcp.example.com",), **settings)
        self.does = Assistants(self.db, given, self._ask, self._functions, lambda: NOW)

    async def _ask(self) -> Mapping[str, ModelFacts]:
        self.asked += 1
        if isinstance(self.models, Exception):
            raise self.models
        return self.models

    async def _functions(self) -> Collection[str]:
        return self.functions

    async def creates(self, name: str = "Ada", **fields: Any) -> Assistant:
        """A new one."""
        return (await self.does.create({"name": name, **fields})).assistant

    async def updates(self, one: Assistant, **fields: Any) -> Assistant:
        """It as it is then."""
        return (await self.does.update(one, fields)).assistant

    async def all(self) -> tuple[Assistant, ...]:
        """All but that of the settings."""
        return tuple(one for one in (await self.does.listing()).found if one.id != SETTINGS_ID)

    async def refuses(self, one: Assistant | None = None, **fields: Any) -> list[Remark]:
        """Everything that is wrong with a new one, or with a change of one; nothing has happened then."""
        before = await self.does.listing()
        with pytest.raises(refusals.Invalid) as refused:
            await (self.does.update(one, fields) if one else self.does.create({"name": "New", **fields}))
        assert before == await self.does.listing()
        return list(refused.value.problems)

    async def imports(self, *printed: Mapping[str, Any] | Path, **more: bool) -> Report:
        """What became of these objects and files."""
        texts = [one.read_text("utf-8") if isinstance(one, Path) else json.dumps(one) for one in printed]
        return await self.does.bring("\n".join(texts), **more)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk where the settings' assistant is settled."""
    made = Desk(tmp_path / "spool.sqlite3")
    await made.db(settled)
    yield made
    made.db.close()


def kinds(remarks: Collection[Remark]) -> list[str]:
    """What they are about."""
    return [remark.kind for remark in remarks]


def said(report: Report) -> list[tuple[str, ...]]:
    """What could not come along, and what holds now; without that no server was asked about the model."""
    found = [remark for one in report.imported for remark in one.remarks]
    return [(remark.kind, *remark.facts.values()) for remark in found if remark.kind != "model_warning"]


def old(**fields: Any) -> dict[str, Any]:
    """An assistant as the old API printed it."""
    return {"id": "asst_1", "object": "assistant", "name": "Ada", "model": "gpt-6-luna", **fields}


async def test_a_new_one_is_what_was_asked_for(desk):
    """And version 1; what is not said is the default, its model that of the settings."""
    desk.set(assistant_model="gpt-6.1-terra")
    saved = await desk.does.create({"name": "Ada", "tools": [SEARCH], "id": "asst_x", "version": 9})
    made = saved.assistant
    assert (saved.changed, "Ada", "gpt-6.1-terra") == (True, made.name, made.model)
    assert ((SEARCH,), 1) == (made.tools, made.version)
    assert made.id != "asst_x"
    assert (made,) == await desk.all()

    desk.set(openai_api_key="sk-1")
    desk.models = Permanent("gone", notice="model_unavailable")
    (warning,) = (await desk.does.create({"name": "Bob", "model": "any"})).warnings
    assert "The model any was not checked" in warning.facts["text"]


@pytest.mark.parametrize(
    ("model", "effort"), [("gpt-6-luna", "none"), ("gpt-6.1-sol", None), ("some-model", None)]
)
async def test_a_new_one_thinks_as_much_as_the_settings_say(desk, model, effort):
    """Where its model is known to take that."""
    assert effort == (await desk.creates(model=model)).reasoning_effort


async def test_all_mistakes_are_told_at_once(desk):
    """Each with its field."""
    evil = {"type": "mcp", "server_label": "x", "server_url": "https://evil.example/"}
    problems = await desk.refuses(
        name="Spool", model="gpt-4-turbo", top_p=7, tools=[SEARCH, evil], metadata={"a": 1}, run_seconds=1.5
    )
    assert ["top_p", "run_seconds", "metadata", "tools[1]", "name", "model"] == [
        problem.param for problem in problems
    ]
    assert ["name_of_settings", "model_refused"] == kinds(problems)[-2:]
    assert "gpt-6.1-terra" == problems[-1].facts["replacement"]


@pytest.mark.parametrize(("field", "value"), [("tools", 5), ("tools", "all"), ("tool_resources", [])])
async def test_another_shape_is_refused(desk, field, value):
    """Before anything reads it."""
    assert [field] == [problem.param for problem in await desk.refuses(**{field: value})]


async def test_a_name_belongs_to_one(desk):
    """Neither a new one nor another gets it, whatever its capitals; the one that has it keeps it."""
    ada, bob = await desk.creates("Ada"), await desk.creates("Bob")
    taken = [Remark("name_taken", {"name": "ADA", "id": ada.id}, "name")]
    assert taken == await desk.refuses(name="ADA")
    assert taken == await desk.refuses(bob, name="ADA")
    assert "ada" == (await desk.updates(ada, name="ada")).name


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("retrieval", "file_search"),
        ("codeinterpreter", "code_interpreter"),
        ("code-interpeter", "code_interpreter"),
        ("web_search_preview", "web_search"),
        ("stok", "stock"),
        ("nosuch", ""),
    ],
)
async def test_a_function_without_code_is_refused(desk, word, near):
    """With what was probably meant; one that is called nearly as a hosted tool may be written, too."""
    unknown = [Remark("function_unknown", {"name": word, "meant": near}, "tools")]
    had = await desk.creates()
    assert unknown == await desk.refuses(tools=[function_tool(word)])
    assert unknown == await desk.refuses(had, tools=[function_tool(word)])
    desk.functions.add(word)
    assert {word} == (await desk.creates("New", tools=[function_tool(word)])).functions()


async def test_a_function_it_had_already_is_warned_about(desk):
    """Its file may be away for a while."""
    had = await desk.creates(tools=[function_tool("stock")])
    desk.functions.clear()
    saved = await desk.does.update(had, {"tools": [function_tool("stock"), function_tool("*")]})
    assert Remark("function_unwritten", {"name": "stock"}, "tools") in saved.warnings
    assert {"stock", "*"} == saved.assistant.functions()


async def test_tools_the_server_does_not_have_are_warned_about(desk):
    """When they are given, and when their assistant is to answer; functions are ours, and there anyway."""
    desk.set(openai_features="portable")
    said = Remark("tools_unavailable", {"label": "Ada", "tools": "file_search"}, "tools")
    made = await desk.does.create({"name": "Ada", "tools": [SEARCH, function_tool("*")]})
    changed = await desk.does.update(made.assistant, {"tools": [SEARCH]})
    assigned = await desk.does.assign("Ada", [DEFAULT])
    without = await desk.does.update(changed.assistant, {"tools": []})
    assert all(said in done.warnings for done in (made, changed, assigned))
    assert () == without.warnings


async def test_thinking_with_a_temperature_is_warned_about(desk):
    """Many models refuse that; one that does neither, or did so before, is fine."""
    made = await desk.does.create({"name": "Ada", "reasoning_effort": "high"})
    hot = await desk.does.update(made.assistant, {"temperature": 0.5})
    described = await desk.does.update(hot.assistant, {"description": "d"})
    found = ["thinking_with_temperature" in kinds(done.warnings) for done in (made, hot, described)]
    assert [False, True, False] == found


async def test_the_server_is_asked_about_a_new_model_once(desk):
    """An unknown or retired model is refused with a replacement, one that ends soon warned about."""
    desk.set(openai_api_key="sk-1")
    desk.models = {
        "gpt-6-luna": ModelFacts(),
        "short": ModelFacts(shutdown=date(2026, 12, 2)),
        "gone": ModelFacts(shutdown=date(2026, 1, 1)),
    }

    made = await desk.does.create({"name": "Ada", "model": "short"})
    (unknown,) = await desk.refuses(model="gpt-6-lunar")
    (gone,) = await desk.refuses(made.assistant, model="gone")
    renamed = await desk.does.update(made.assistant, {"name": "Bob"})

    assert ["model_warning"] == kinds(made.warnings)
    assert "ends on 2026-12-02" in made.warnings[0].facts["text"]
    assert ("model_refused", "gpt-6-luna") == (unknown.kind, unknown.facts["replacement"])
    assert "gone was retired on 2026-01-01" in gone.facts["text"]
    assert ((), 1) == (renamed.warnings, desk.asked)


async def test_an_update_changes_what_it_names(desk):
    """Everything else stays; null is the default, of the model that of the settings."""
    first = await desk.creates(
        model="gpt-6.1-terra", instructions="Be kind.", temperature=1, truncation_strategy={"type": "auto"}
    )
    cleared = dict.fromkeys(("model", "temperature", "truncation_strategy"))
    second = await desk.updates(first, description="d", id="asst_x", **cleared)
    expected = replace(first, description="d", model="gpt-6-luna", temperature=None, version=2)
    assert replace(expected, truncation_strategy={"type": "summary"}) == second
    for same in ({}, {"temperature": None}, {"name": "Ada", "tools": []}):
        saved = await desk.does.update(second, same)
        assert (second, False) == (saved.assistant, saved.changed)


async def test_two_at_once_do_not_overwrite_each_other(desk):
    """The second has seen another assistant than the one it would change."""
    read = await desk.creates()
    await desk.updates(read, description="first")
    with pytest.raises(refusals.Outdated):
        await desk.updates(read, instructions="second")
    assert [("first", "")] == [(one.description, one.instructions) for one in await desk.all()]


async def test_the_settings_are_changed_elsewhere(desk):
    """Their assistant can be used and looked at, and nothing else."""
    (settings,) = (await desk.does.listing(SETTINGS_ID)).found
    for act in (
        desk.does.changeable(SETTINGS_ID),
        desk.does.update(settings, {"name": "Ada"}),
        desk.does.delete(SETTINGS_ID, force=True),
    ):
        with pytest.raises(refusals.OfSettings):
            await act
    assert SETTINGS_ID == (await desk.does.assign(SETTINGS_ID, [C1])).assistant.id


async def test_nobody_and_namesakes_are_refused(desk):
    """Of namesakes, which an import brings, the id is asked for."""
    ada = await desk.creates()
    with pytest.raises(refusals.Unknown) as unknown:
        await desk.does.listing("Ada", "Nobody")
    warned = (await desk.imports(old(name="ada"))).imported[0].warnings
    with pytest.raises(refusals.Ambiguous) as several:
        await desk.does.delete("ADA")
    assert (Remark("namesake", {"name": "ada", "id": ada.id}, "name"),) == warned
    assert "Nobody" == unknown.value.wanted
    assert {ada.id, "asst_1"} == {one.id for one in several.value.found}
    assert "ada" == (await desk.does.listing("asst_1")).found[0].name


async def test_places_are_assigned_and_freed(desk):
    """The newest assignment of a place counts; a place that has none is told apart."""
    ada, bob = await desk.creates("Ada"), await desk.creates("Bob")
    await desk.does.assign("Bob", [C1])
    assigned = await desk.does.assign("ada", [C1, T1, DEFAULT])
    places = tuple(Assignment(*place, ada.id) for place in (C1, T1, DEFAULT))
    assert (ada, places) == (assigned.assistant, assigned.places)
    assert places == (await desk.does.listing(bob.id)).assignments
    freed = await desk.does.free([C1, DEFAULT, ("slack", "C9")])
    assert ((places[0], places[2]), (Assignment("slack", "C9", ""),)) == (freed.ended, freed.vacant)
    assert (places[1],) == (await desk.does.listing()).assignments


async def test_one_in_use_is_deleted_by_force(desk):
    """Where it answered, and what is left at the model server, is told. One that is not used just so."""
    one, _ = await desk.creates(), await desk.creates("Bob")
    assert (0, (one,)) == ((await desk.does.delete("Bob")).documents, await desk.all())
    await desk.does.assign(one.id, [DEFAULT])
    await desk.db(lambda tx: vector_stores.begin(tx, one.id, "digest", "a.txt", 1, NOW))
    with pytest.raises(refusals.InUse) as used:
        await desk.does.delete(one.id)
    gone = await desk.does.delete(one.id, force=True)

    place = Assignment(*DEFAULT, one.id)
    assert ([place], 1) == (list(used.value.places), used.value.documents)
    assert (one, (place,), 1) == (gone.assistant, gone.places, gone.documents)
    assert ((), ()) == (await desk.all(), (await desk.does.listing()).assignments)


async def test_five_old_assistants_are_imported(desk):
    """Under their ids, with all that can come along, and with models that exist."""
    report = await desk.imports(*FILES)
    printed = [one for file in FILES for one in objects(file.read_text("utf-8"))]

    for before, one in zip(printed, report.imported, strict=True):
        now = one.assistant.to_json()
        for name in ("id", "name", "instructions", "created_at", "metadata"):
            assert before[name] == now[name], name
        assert now["model"] in ("gpt-6-luna", "gpt-6.1-terra", "gpt-4o-mini")
        assert before.get("response_format", "auto") == now["response_format"]
    assert 5 == len(await desk.all())
    before = await desk.all()
    again = await desk.imports(*FILES)
    assert ([("same_here",)] * 5, before) == (said(again), await desk.all())


async def test_what_cannot_come_along_is_told(desk):
    """Each thing once, and nothing else."""
    desk.functions = {"get_rain_probability"}
    odd = old(reasoning_effort="huge", model="gpt-6.1-sol", tools=[{"type": "browser"}])

    report = await desk.imports(*FILES, odd)

    retired = [found for found in said(report) if found[0] == "model_replaced"]
    assert ("model_replaced", "The model gpt-4-turbo was retired on 2026-10-23", "gpt-6.1-terra") in retired
    assert [
        ("code_file_left", "file-7YgTsE1uFa9HkWm0ZoXvNi"),
        ("code_file_left", "file-Qx4wPzM3tVh8K2nLdR6bJc"),
        ("effort_left", "huge", "gpt-6.1-sol"),
        ("field_unknown", "seed"),
        ("file_left", "file-abc123Knowledge"),
        ("file_left", "file-def456Prices"),
        ("function_unwritten", "get_current_temperature"),
        ("retrieval_renamed",),
        ("store_left", "vs_u5kZ0bTqYw3RmVn8LxEj1HcD"),
        ("tool_unknown", '{"type": "browser"}'),
    ] == sorted(found for found in said(report) if found not in retired)
    assert [{}] * 6 == [one.assistant.tool_resources for one in report.imported]


async def test_what_was_exported_is_imported_unchanged(desk, tmp_path):
    """Into another database; the settings' of another machine is left out, which is said."""
    await desk.imports(PRINTED / "support_desk.json")
    stores = {"file_search": {"vector_store_ids": ["vs_1"]}}
    full = {"temperature": 1, "tools": [SEARCH, function_tool("*")], "reasoning_effort": "high"}
    made = await desk.creates("HelpBot", tool_resources=stores, **full)
    await desk.updates(made, model="gpt-6.1-sol")
    another = Desk(tmp_path / "another.sqlite3")
    report = await another.imports(*(one.to_json() for one in (await desk.does.listing()).found))
    assert (True, False) == (report.of_settings, report.more)
    assert await desk.all() == await another.all() == tuple(one.assistant for one in report.imported)
    another.db.close()


async def test_what_was_changed_here_is_not_imported_over(desk):
    """Nor a second time beside it, unless it is to be overwritten; what was deleted comes back."""
    first = (await desk.imports(old())).imported[0].assistant
    changed = await desk.updates(first, description="changed")
    assert [("differs_here",)] == said(await desk.imports(old()))
    assert (changed,) == await desk.all()
    (updated,) = (await desk.imports(old(), overwrite=True)).imported
    assert replace(first, version=3) == updated.assistant
    await desk.updates(updated.assistant, description="changed")
    await desk.does.delete("asst_1")
    back = await desk.imports(old())
    assert ([("restored",)], replace(first, version=5)) == (said(back), back.imported[0].assistant)


@pytest.mark.parametrize("id", ["mine 1", 7, None])
async def test_an_entry_without_a_fitting_id_is_known_again(desk, id):
    """Also after the one it made was changed; and by being the same in everything."""
    first = await desk.imports(old(id=id))
    made = first.imported[0].assistant
    assert ([("id_changed", str(id), made.id)] if id else []) == said(first)
    assert made == (await desk.imports({**made.to_json(), "id": None})).imported[0].assistant
    changed = await desk.updates(made, description="changed")
    await desk.imports(old(id=id))
    assert (changed,) == await desk.all()


@pytest.mark.parametrize(
    ("printed", "params"),
    [
        ([old(tools=5)], [("Ada", "tools")]),
        ([old(), old(id="asst_2", name="B", temperature=9)], [("B", "temperature")]),
        ([old(name=9), {"model": "gpt-6-luna", "metadata": []}], [("9", "name"), ("", "metadata")]),
    ],
)
async def test_an_import_is_all_or_nothing(desk, printed, params):
    """Each mistake is told with the assistant it is in."""
    with pytest.raises(refusals.ImportRefused) as refused:
        await desk.imports(*printed)
    assert params == [(label, problem.param) for label, problem in refused.value.problems]
    assert () == await desk.all()


async def test_a_list_that_goes_on_is_told(desk):
    """The API printed twenty at once; an empty list is one; an impossible time is left out."""
    report = await desk.imports(
        {"object": "list", "data": [old(created_at=-5, version=2**60)], "has_more": True}
    )
    assert report.more
    (one,) = report.imported
    assert (int(NOW), 1) == (one.assistant.created_at, one.assistant.version)
    assert Report((), more=False, of_settings=False) == await desk.does.bring("[]")
    assert ASSISTANT.name == (await desk.does.listing()).found[0].name
