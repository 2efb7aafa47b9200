"""Assistants: who answers, in every version there was, and where. A run tells which version answered."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any

from core.store import audit, paging
from core.store.audit import OPERATOR, Entry
from core.store.database import Execute
from core.store.paging import Listing, Page
from core.types import SETTINGS_ID, Assistant

DEFAULT = ("", "default")
"""Everything that has no assignment of its own."""
SETTINGS = ("", "settings")
"""Where nothing at all is assigned: the assistant of the ASSISTANT_* settings."""
_ROW = "id, created_at, assistants.version, body, name, instructions, model"


@dataclass(frozen=True, slots=True)
class Assignment:
    """An assistant answers in a place: a Slack channel or workspace, a Discord thread, channel or server."""

    platform: str
    place: str
    assistant_id: str
    since: float | None = field(default=None, compare=False)


def nearest(tx: Execute, platform: str, places: Sequence[str]) -> Assistant:
    """Who answers at places given from the nearest to the widest; else the default one, else the settings'.

    Raises LookupError when nobody called `settle` on this database.
    """
    return located(tx, platform, places)[0]


def located(tx: Execute, platform: str, places: Sequence[str]) -> tuple[Assistant, tuple[str, str]]:
    """The same, and where it is assigned that this comes from."""
    order = [*((platform, place) for place in places), DEFAULT, SETTINGS]
    marks = ", ".join("?" for _ in order)
    rows = tx.execute(
        f"SELECT platform, place, {_ROW} FROM assignments JOIN assistants ON id = assistant_id "
        f"WHERE platform IN (?, '') AND place IN ({marks}) AND deleted_at IS NULL",
        (platform, *(place for _, place in order)),
    ).fetchall()
    found = {(row[0], row[1]): row[2:] for row in rows}
    for pair in order:
        if pair in found:
            return _assistant(*found[pair]), pair
    raise LookupError("no assistant is settled")


def get(tx: Execute, id: str, version: int | None = None) -> Assistant | None:
    """The assistant as it is now, None when there is none; or one version of it, deleted or not."""
    if version is None:
        rows = tx.execute(
            f"SELECT {_ROW} FROM assistants WHERE id = ? AND deleted_at IS NULL", (id,)
        ).fetchall()
    else:
        rows = tx.execute(
            "SELECT id, assistants.created_at, v.version, v.body, '', '', '' FROM assistants "
            "JOIN assistant_versions v ON v.assistant_id = id WHERE id = ? AND v.version = ?",
            (id, version),
        ).fetchall()
    return _assistant(*rows[0]) if rows else None


def all(tx: Execute) -> list[Assistant]:
    """Every assistant there is, the oldest first. What the first version of Spool wrote is not among them."""
    rows = tx.execute(
        f"SELECT {_ROW} FROM assistants WHERE deleted_at IS NULL AND body <> '{{}}' ORDER BY created_at, id"
    ).fetchall()
    return [_assistant(*row) for row in rows]


def named(tx: Execute, wanted: str) -> list[Assistant]:
    """The one with this id, else those with this name, whatever its capitals: none, one or several."""
    found = get(tx, wanted)
    if found is not None:
        return [found]
    return [one for one in all(tx) if one.name and one.name.casefold() == wanted.casefold()]


def written_since(tx: Execute, since: float) -> set[str]:
    """Ids of those that were made here or changed after that time, whatever `created_at` they came with."""
    return {
        id
        for (id,) in tx.execute(
            "SELECT assistant_id FROM assistant_versions WHERE created_at > ?", (since,)
        ).fetchall()
    }


def known(tx: Execute, id: str) -> bool:
    """Whether the id is taken, be it by a deleted one."""
    return bool(tx.execute("SELECT 1 FROM assistants WHERE id = ?", (id,)).fetchall())


def visible(tx: Execute, id: str, project: str) -> tuple[Assistant, bool] | None:
    """The assistant, when a key of that project sees it, and whether it is the operator's."""
    rows = tx.execute(
        f"SELECT {_ROW}, project FROM assistants WHERE id = ? AND deleted_at IS NULL AND body <> '{{}}' "
        "AND (project IS NULL OR project = ?)",
        (id, project),
    ).fetchall()
    return (_assistant(*rows[0][:-1]), rows[0][-1] is None) if rows else None


def page(tx: Execute, project: str, cut: Page) -> tuple[list[Assistant], bool]:
    """A page of those that keys of a project see. Raises LookupError for a cursor that is none of them."""
    where = "deleted_at IS NULL AND body <> '{}' AND (project IS NULL OR project = ?)"
    found, more = paging.rows(tx, Listing(_ROW, "assistants", where, (project,), ("created_at", "id")), cut)
    return [_assistant(*row) for row in found], more


def create(
    tx: Execute, fields: Mapping[str, Any], now: float, *, project: str | None = None, actor: str = OPERATOR
) -> Assistant:
    """A new assistant of the API's fields. An `id`, `created_at` and `version` among them are kept.

    `project`: whose keys see it; None: it is the operator's, and all see it. `actor`: who makes it.
    """
    fresh = {"id": f"asst_{token_hex(12)}", "created_at": int(now), "version": 1}
    given = {name: value for name, value in fields.items() if value is not None}
    return _insert(tx, Assistant.from_json({**fresh, **given}), now, project, actor)


def update(tx: Execute, id: str, changes: Mapping[str, Any], now: float, actor: str = OPERATOR) -> Assistant:
    """The assistant with these of the API's fields replaced (null: the default), as its next version.

    The same version when that changes nothing. Raises LookupError when there is no such assistant.
    """
    current = get(tx, id)
    if current is None:
        raise LookupError(id)
    fixed = {"id": current.id, "created_at": current.created_at, "version": current.version}
    return _replace(tx, current, Assistant.from_json({**current.to_json(), **changes, **fixed}), now, actor)


def delete(tx: Execute, id: str, now: float, actor: str = OPERATOR) -> None:
    """It answers nowhere any more; what it was stays, because runs refer to it."""
    _note(tx, now, actor, "delete", id)
    tx.execute("DELETE FROM assignments WHERE assistant_id = ?", (id,))
    tx.execute("UPDATE assistants SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", (now, id))


def restore(tx: Execute, id: str, now: float) -> None:
    """One that was deleted is there again, as it was, and answers nowhere yet."""
    _note(tx, now, OPERATOR, "restore", id)
    tx.execute("UPDATE assistants SET deleted_at = NULL WHERE id = ?", (id,))


def assign(
    tx: Execute, platform: str, place: str, id: str, now: float | None = None, actor: str = OPERATOR
) -> None:
    """From now on that assistant answers there. `now` is None where nobody has chosen it."""
    if now is not None:
        _note(tx, now, actor, "assign", f"{id} {platform}:{place}")
    tx.execute(
        "INSERT INTO assignments (platform, place, assistant_id, since) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (platform, place) DO UPDATE SET since = CASE assignments.assistant_id "
        "WHEN excluded.assistant_id THEN assignments.since ELSE excluded.since END, "
        "assistant_id = excluded.assistant_id",
        (platform, place, id, now),
    )


def unassign(
    tx: Execute, platform: str, place: str, now: float | None = None, actor: str = OPERATOR
) -> str | None:
    """Nobody in particular answers there any more; gives the id of who did, None when nobody did."""
    rows = tx.execute(
        "DELETE FROM assignments WHERE platform = ? AND place = ? RETURNING assistant_id", (platform, place)
    ).fetchall()
    if rows and now is not None:
        _note(tx, now, actor, "free", f"{rows[0][0]} {platform}:{place}")
    return rows[0][0] if rows else None


def assignments(tx: Execute, id: str | None = None) -> list[Assignment]:
    """Who answers where; with an id only that one's places. That of the settings is left out."""
    rows = tx.execute(
        "SELECT platform, place, assistant_id, since FROM assignments "
        "WHERE assistant_id = COALESCE(?, assistant_id) AND NOT (platform = ? AND place = ?) "
        "ORDER BY platform DESC, place",
        (id, *SETTINGS),
    ).fetchall()
    return [Assignment(*row) for row in rows]


def settle(tx: Execute, assistant: Assistant, now: float, actor: str | None = None) -> Assistant:
    """The assistant of the settings, a new version when they changed: it answers where none is assigned."""
    current = get(tx, SETTINGS_ID)
    wanted = replace(assistant, id=SETTINGS_ID, version=1, created_at=int(now))
    if current is None:
        made = _insert(tx, wanted, now)
        assign(tx, *SETTINGS, SETTINGS_ID)
        return made
    kept = replace(wanted, version=current.version, created_at=current.created_at)
    return _replace(tx, current, kept, now, actor)


def _insert(
    tx: Execute, made: Assistant, now: float, project: str | None = None, actor: str | None = None
) -> Assistant:
    at = now if made.created_at == int(now) else made.created_at  # within a second they keep their order
    tx.execute(
        "INSERT INTO assistants (id, created_at, name, instructions, model, version, body, project) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (made.id, at, made.name, made.instructions, made.model, made.version, _text(made), project),
    )
    if actor:  # else it is what the settings say at the first start
        _note(tx, now, actor, "create", made.id)
    _keep_version(tx, made, now, actor)
    return made


def _replace(tx: Execute, current: Assistant, wanted: Assistant, now: float, actor: str | None) -> Assistant:
    if _text(current) == _text(wanted):
        return current
    changed = replace(wanted, version=current.version + 1)
    tx.execute(
        "UPDATE assistants SET name = ?, instructions = ?, model = ?, version = ?, body = ? WHERE id = ?",
        (changed.name, changed.instructions, changed.model, changed.version, _text(changed), changed.id),
    )
    _note(tx, now, actor or OPERATOR, "update", changed.id)
    _keep_version(tx, changed, now, actor)
    return changed


def _note(tx: Execute, now: float, actor: str, deed: str, object: str) -> None:
    """A row of the audit, where a key is called by its name alone."""
    audit.add(tx, Entry(now, actor.removeprefix("key:"), f"assistants.{deed}", object))


def _keep_version(tx: Execute, assistant: Assistant, now: float, actor: str | None) -> None:
    tx.execute(
        "INSERT INTO assistant_versions (assistant_id, version, body, created_at, actor) "
        "VALUES (?, ?, ?, ?, ?)",
        (assistant.id, assistant.version, _text(assistant), now, actor),
    )


def _text(assistant: Assistant) -> str:
    return json.dumps(assistant.body(), ensure_ascii=False)


@functools.lru_cache(maxsize=256)
def _assistant(
    id: str, created_at: float, version: int, body: str, name: str, instructions: str, model: str
) -> Assistant:
    """A row as a value, read once for each version. The columns speak where there is no body yet."""
    columns = {"name": name, "instructions": instructions, "model": model}
    own = {"id": id, "created_at": int(created_at), "version": version}
    return Assistant.from_json({**columns, **json.loads(body), **own})
