"""core.store.assistants: who answers where, and what each version was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.store import assistants
from core.store.assistants import DEFAULT, SETTINGS, Assignment
from core.store.database import Execute
from core.types import SETTINGS_ID, Assistant, function_tool
from tests.core.fakes import ASSISTANT


def made(tx: Execute, name: str = "Ada", **fields: object) -> Assistant:
    """A new assistant."""
    return assistants.create(tx, {"name": name, "model": "gpt-6-luna", **fields}, 5.5)


def test_a_created_assistant_can_be_read(tx):
    """By its id, which is new, as version 1, with all it was given; an import keeps id, time and version."""
    created = made(tx, instructions="Be kind.", tools=[function_tool("f")], metadata={"a": "b"}, top_p=0.5)
    brought = made(tx, id="asst_old", created_at=3, version=7)
    assert created == assistants.get(tx, created.id)
    assert ("Be kind.", 5, 1) == (created.instructions, created.created_at, created.version)
    assert created.id.startswith("asst_")
    assert created.id != made(tx).id
    assert ("asst_old", 3, 7) == (brought.id, brought.created_at, brought.version)
    assert brought == assistants.get(tx, "asst_old", 7)


def test_a_change_is_the_next_version(tx):
    """What is not named stays, null is the default; identity is not the caller's; same values are none."""
    first = made(tx, instructions="Be kind.", temperature=0.5, tools=[function_tool("f")])
    same = {"name": "Ada", "tools": [function_tool("f")]}
    assert first == assistants.update(tx, first.id, same, 9.0)
    assert assistants.get(tx, first.id, 2) is None
    given = {"instructions": "Be curt.", "temperature": None, "id": "asst_x", "created_at": 0, "version": 9}
    second = assistants.update(tx, first.id, given, 9.0)
    assert ("Be curt.", None, "Ada") == (second.instructions, second.temperature, second.name)
    assert (first.id, 5, 2) == (second.id, second.created_at, second.version)
    assert second == assistants.get(tx, first.id)
    assert (first, second) == (assistants.get(tx, first.id, 1), assistants.get(tx, first.id, 2))


def test_all_are_listed_in_the_order_of_their_making(tx):
    """The settings' own among them; deleted ones are not."""
    first, second, gone = made(tx, "B"), made(tx, "A", created_at=9), made(tx, "C")
    assistants.delete(tx, gone.id, 9.0)
    assert [SETTINGS_ID, first.id, second.id] == [found.id for found in assistants.all(tx)]


def test_what_the_first_version_of_spool_wrote_is_history(tx):
    """Its rows tell runs who answered, but are no assistants that anybody made."""
    tx.execute(
        "INSERT INTO assistants (id, created_at, name, instructions, model) VALUES (?, ?, ?, ?, ?)",
        ("asst_1", 1.5, "Spool", "Be kind.", "m"),
    )
    assert [SETTINGS_ID] == [found.id for found in assistants.all(tx)]
    assert assistants.known(tx, "asst_1")
    old = assistants.get(tx, "asst_1")
    assert old is not None
    assert ("Spool", "Be kind.", "m", 1) == (old.name, old.instructions, old.model, old.version)


def test_assistants_are_found_by_id_or_name(tx):
    """A name counts whatever its capitals; several may have the same one."""
    ada, other, nameless = made(tx, "Ada"), made(tx, "ADA"), made(tx, "")
    assert [ada] == assistants.named(tx, ada.id)
    assert [ada, other] == sorted(assistants.named(tx, "ada"), key=lambda found: found.name, reverse=True)
    assert [nameless] == assistants.named(tx, nameless.id)
    assert [] == assistants.named(tx, "") == assistants.named(tx, "Bob")


def test_a_deleted_one_stays_for_its_runs(tx):
    """It is nobody any more and cannot be changed, its id is taken, and its versions can be read."""
    gone = made(tx)
    assistants.assign(tx, "slack", "C1", gone.id)
    assistants.delete(tx, gone.id, 9.0)

    assert assistants.get(tx, gone.id) is None
    assert ([], []) == (assistants.named(tx, "Ada"), assistants.assignments(tx))
    assert gone == assistants.get(tx, gone.id, 1)
    assert assistants.known(tx, gone.id)
    assert SETTINGS_ID == assistants.nearest(tx, "slack", ["C1"]).id
    for id in ("asst_none", gone.id):
        with pytest.raises(LookupError):
            assistants.update(tx, id, {"name": "B"}, 9.0)


def test_the_nearest_place_counts(tx):
    """Before the wider ones, the default one, and the settings' one, in this order; in its newest version."""
    ids = {place: made(tx, place).id for place in ("thread", "channel", "server", "default")}
    places = ("thread", "channel", "server")

    def name() -> str:
        return str(assistants.nearest(tx, "discord", places).name)

    answered = [name()]
    for place in reversed(places):
        assistants.assign(tx, "discord", place, ids[place])
        answered.append(name())
    assistants.assign(tx, *DEFAULT, ids["default"])
    assert "thread" == name()
    assert SETTINGS_ID != assistants.nearest(tx, "slack", places).id
    changed = assistants.update(tx, ids["thread"], {"model": "m"}, 9.0)
    assert changed == assistants.nearest(tx, "discord", places)
    for place in places:
        assistants.unassign(tx, "discord", place)
        answered.append(name())
    assert [ASSISTANT.name, "server", "channel", "thread", "channel", "server", "default"] == answered


def test_places_of_platforms_do_not_mix(tx):
    """The same id elsewhere is another place, no channel is “default”; without settings nobody answers."""
    ada = made(tx)
    assistants.assign(tx, "slack", "C1", ada.id)
    assistants.assign(tx, "slack", "default", ada.id)
    for platform, place in (("discord", ["C1"]), ("discord", ["C2", "default"]), ("slack", ["C2"])):
        assert SETTINGS_ID == assistants.nearest(tx, platform, place).id
    assistants.unassign(tx, *SETTINGS)
    with pytest.raises(LookupError):
        assistants.nearest(tx, "slack", ["C2"])


def test_assignments_can_be_read_and_ended(tx):
    """A place has one assistant; the newest assignment counts. The settings' own is not one."""
    ada, bob = made(tx, "Ada"), made(tx, "Bob")
    assistants.assign(tx, *DEFAULT, ada.id)
    assistants.assign(tx, "slack", "C1", ada.id)
    assistants.assign(tx, "slack", "C1", bob.id)

    assert [Assignment("slack", "C1", bob.id), Assignment("", "default", ada.id)] == assistants.assignments(
        tx
    )
    assert [Assignment("slack", "C1", bob.id)] == assistants.assignments(tx, bob.id)
    assert bob.id == assistants.unassign(tx, "slack", "C1")
    assert assistants.unassign(tx, "slack", "C1") is None
    assert [] == assistants.assignments(tx, bob.id) == assistants.assignments(tx, SETTINGS_ID)


def test_the_settings_are_settled_once(tx):
    """They answer where nobody else does; changed ones are the next version: old runs tell who answered."""
    settled = assistants.settle(tx, ASSISTANT, 2.0)
    assert (SETTINGS_ID, 1, 1) == (settled.id, settled.version, settled.created_at)
    assert settled == assistants.nearest(tx, "slack", []) == assistants.get(tx, SETTINGS_ID)
    changed = assistants.settle(tx, replace(ASSISTANT, model="m"), 2.0)
    assert ("m", 2, 1) == (changed.model, changed.version, changed.created_at)
    assert changed == assistants.nearest(tx, "discord", ["1"])
    assert settled == assistants.get(tx, SETTINGS_ID, 1)
