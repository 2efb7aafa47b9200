"""core.store.assistants: who answers where, and what each version was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.store import assistants
from core.store.assistants import DEFAULT, SETTINGS, Assignment
from core.store.database import Execute
from core.types import SETTINGS_ID, Assistant, function_tool
from tests.core.fakes import ASSISTANT, store


@pytest.fixture
def tx() -> Iterator[Execute]:
    """A store in which nothing but the settings' assistant is settled."""
    with store() as execute:
        yield execute


def made(tx: Execute, name: str = "Ada", **fields: object) -> Assistant:
    """A new assistant."""
    return assistants.create(tx, {"name": name, "model": "gpt-6-luna", **fields}, 5.5)


def test_a_created_assistant_can_be_read(tx):
    """By its id, which is new, as version 1, with all it was given."""
    created = made(
        tx, instructions="Be kind.", tools=[function_tool("f")], metadata={"a": "b"}, temperature=0.5
    )

    assert created == assistants.get(tx, created.id)
    assert ("Be kind.", 5, 1) == (created.instructions, created.created_at, created.version)
    assert created.id.startswith("asst_")
    assert created.id != made(tx).id


def test_a_created_assistant_may_bring_its_id(tx):
    """An import keeps id, time and version."""
    created = made(tx, id="asst_old", created_at=3, version=7)

    assert ("asst_old", 3, 7) == (created.id, created.created_at, created.version)
    assert created == assistants.get(tx, "asst_old", 7)


def test_a_change_is_the_next_version(tx):
    """What is not named stays; what is named null is the default again."""
    first = made(tx, instructions="Be kind.", temperature=0.5)

    second = assistants.update(tx, first.id, {"instructions": "Be curt.", "temperature": None}, 9.0)

    assert ("Be curt.", None, "Ada", 2) == (
        second.instructions,
        second.temperature,
        second.name,
        second.version,
    )
    assert second == assistants.get(tx, first.id)
    assert (first, second) == (assistants.get(tx, first.id, 1), assistants.get(tx, first.id, 2))


def test_a_change_of_nothing_is_no_version(tx):
    """The same values again are what there was."""
    first = made(tx, tools=[function_tool("f")])

    assert first == assistants.update(tx, first.id, {"name": "Ada", "tools": [function_tool("f")]}, 9.0)
    assert assistants.get(tx, first.id, 2) is None


def test_its_identity_cannot_be_changed(tx):
    """Id, time and version are not the caller's."""
    first = made(tx)

    changed = assistants.update(
        tx, first.id, {"id": "asst_x", "created_at": 0, "version": 9, "name": "B"}, 9.0
    )

    assert (first.id, 5, 2) == (changed.id, changed.created_at, changed.version)


def test_nobody_cannot_be_changed(tx):
    """Neither can one that was deleted."""
    gone = made(tx)
    assistants.delete(tx, gone.id, 9.0)

    for id in ("asst_none", gone.id):
        with pytest.raises(LookupError):
            assistants.update(tx, id, {"name": "B"}, 9.0)


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
    """It is nobody any more, its id is taken, and its versions can be read."""
    gone = made(tx)
    assistants.assign(tx, "slack", "C1", gone.id)

    assistants.delete(tx, gone.id, 9.0)

    assert assistants.get(tx, gone.id) is None
    assert [] == assistants.named(tx, "Ada")
    assert [] == assistants.assignments(tx)
    assert gone == assistants.get(tx, gone.id, 1)
    assert assistants.known(tx, gone.id)
    assert SETTINGS_ID == assistants.nearest(tx, "slack", ["C1"]).id


def test_the_nearest_place_counts(tx):
    """Before the wider ones, the default one, and the settings' one, in this order."""
    ids = {place: made(tx, place).id for place in ("thread", "channel", "server", "default")}
    places = ("thread", "channel", "server")

    answered = [assistants.nearest(tx, "discord", places).name]
    for place in reversed(places):
        assistants.assign(tx, "discord", place, ids[place])
        answered.append(assistants.nearest(tx, "discord", places).name)
    assistants.assign(tx, *DEFAULT, ids["default"])
    answered.append(assistants.nearest(tx, "discord", places).name)
    for place in places:
        assistants.unassign(tx, "discord", place)
        answered.append(assistants.nearest(tx, "discord", places).name)

    assert [ASSISTANT.name, "server", "channel", "thread"] == answered[:4]
    assert ["thread", "channel", "server", "default"] == answered[4:]


def test_places_of_platforms_do_not_mix(tx):
    """The same id elsewhere is another place, and no channel is called “default”."""
    ada = made(tx)
    assistants.assign(tx, "slack", "C1", ada.id)

    assert SETTINGS_ID == assistants.nearest(tx, "discord", ["C1"]).id
    assistants.assign(tx, "slack", "default", ada.id)
    assert SETTINGS_ID == assistants.nearest(tx, "discord", ["C2", "default"]).id
    assert SETTINGS_ID == assistants.nearest(tx, "slack", ["C2"]).id


def test_the_newest_version_answers(tx):
    """An update is seen by the next run, without any assigning."""
    ada = made(tx)
    assistants.assign(tx, "slack", "C1", ada.id)

    changed = assistants.update(tx, ada.id, {"model": "m"}, 9.0)

    assert changed == assistants.nearest(tx, "slack", ["C1", "T1"])


def test_without_settings_nobody_answers(tx):
    """A database on which `run` never began says so."""
    assistants.unassign(tx, *SETTINGS)

    with pytest.raises(LookupError):
        assistants.nearest(tx, "slack", ["C1"])


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
    """The same settings are the same version at every start; they answer where nobody else does."""
    settled = assistants.settle(tx, ASSISTANT, 2.0)

    assert (SETTINGS_ID, 1, 1) == (settled.id, settled.version, settled.created_at)
    assert settled == assistants.nearest(tx, "slack", []) == assistants.get(tx, SETTINGS_ID)


def test_changed_settings_are_the_next_version(tx):
    """Old runs still tell what they were answered by."""
    changed = assistants.settle(tx, replace(ASSISTANT, model="m"), 2.0)

    assert ("m", 2, 1) == (changed.model, changed.version, changed.created_at)
    assert changed == assistants.nearest(tx, "discord", ["1"])
    former = assistants.get(tx, SETTINGS_ID, 1)
    assert former is not None
    assert ASSISTANT.model == former.model
