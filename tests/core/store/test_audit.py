"""store.audit: rows by who, what and to what, a page at a time; deeds on assistants write theirs."""

from __future__ import annotations

import pytest

from core.store import assistants, audit
from core.store.audit import Entry
from tests.core.fakes import store

DEEDS = (
    Entry(1.0, "mina", "keys.create", "ben"),
    Entry(2.0, "slack:U1", "texts.run", "run_1"),
    Entry(3.0, "mina", "keys.revoke", "50%_ben"),
    Entry(4.0, "mina", "keysmith", "ben"),
)


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"actor": "mina", "object": "ben"}, [4, 1]),
        ({"action": "keys"}, [3, 1]),
        ({"action": "keys.create"}, [1]),
        ({"q": "RUN"}, [2]),
        ({"q": "%_"}, [3]),
    ],
)
def test_rows_by_who_what_and_to_what(which: dict[str, str], found: list[int]):
    with store() as tx:
        for deed in DEEDS:
            audit.add(tx, deed)
        told = audit.page(tx, which, 9)
        cut = audit.page(tx, which, 9, before=3)
        assert (found, [at for at in found if at < 3]) == ([seq for seq, _ in told], [seq for seq, _ in cut])


def test_what_is_done_to_assistants():
    """By whom, where a key is called by its name; what nobody chose is no row."""
    with store() as tx:
        made = assistants.create(tx, {"name": "a", "model": "m"}, 1.0, project="p", actor="key:mina").id
        for name in ("b", "b"):
            assistants.update(tx, made, {"name": name}, 2.0, "slack:U1")
        for now in (None, 4.0):
            assistants.assign(tx, "slack", "C1", made, now, "slack:U1")
        for _ in range(2):
            assistants.unassign(tx, "slack", "C1", 5.0)
        assistants.delete(tx, made, 6.0, "key:mina")
        assistants.restore(tx, made, 7.0)
        told = [(one.actor, one.action.partition(".")[2], one.object) for one in audit.newest(tx, 9)]
    assert [
        ("operator", "restore", made),
        ("mina", "delete", made),
        ("operator", "free", f"{made} slack:C1"),
        ("slack:U1", "assign", f"{made} slack:C1"),
        ("slack:U1", "update", made),
        ("mina", "create", made),
    ] == told
