"""store.audit: rows by who, what and to what, a page at a time; deeds on assistants write theirs."""

from __future__ import annotations

import pytest

from core.store import assistants, audit
from core.store.audit import Entry, Which
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
        (Which(), [4, 3, 2, 1]),
        (Which(actor="mina", object="ben"), [4, 1]),
        (Which(action="keys"), [3, 1]),
        (Which(action="keys.create"), [1]),
        (Which(q="RUN"), [2]),
        (Which(q="%_"), [3]),
        (Which(q="u1 texts"), [2]),
    ],
)
def test_rows_by_who_what_and_to_what(which: Which, found: list[int]):
    with store() as tx:
        first = next((seq for seq, _ in audit.page(tx, Which(), 1)), 0)
        for deed in DEEDS:
            audit.add(tx, deed)
        told = [int(one.at) for seq, one in audit.page(tx, which, 9) if seq > first]
        cut = audit.page(tx, which, 9, before=first + 3)
        assert (found, [at for at in found if at < 3]) == (told, [int(e.at) for s, e in cut if s > first])


def test_what_is_done_to_assistants():
    """By whom, where a key is called by its name; what nobody chose is no row."""
    with store() as tx:
        made = assistants.create(tx, {"name": "a", "model": "m"}, 1.0, project="p", actor="key:mina").id
        assistants.update(tx, made, {"name": "b"}, 2.0, "slack:U1")
        assistants.update(tx, made, {"name": "b"}, 3.0)
        assistants.assign(tx, "slack", "C1", made)
        assistants.assign(tx, "slack", "C1", made, 4.0, "slack:U1")
        assistants.unassign(tx, "slack", "C1", 5.0)
        assistants.unassign(tx, "slack", "C1", 5.0)
        assistants.delete(tx, made, 6.0, "key:mina")
        assistants.restore(tx, made, 7.0)
        told = [(one.actor, one.action, one.object) for one in audit.newest(tx, 9)]
    place = f"{made} slack:C1"
    assert [
        ("operator", "assistants.restore", made),
        ("mina", "assistants.delete", made),
        ("operator", "assistants.free", place),
        ("slack:U1", "assistants.assign", place),
        ("slack:U1", "assistants.update", made),
        ("mina", "assistants.create", made),
    ] == told
