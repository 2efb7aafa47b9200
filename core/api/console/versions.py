"""Assistants as the page edits them: every version there was, where each answers, and edits that meet."""

from __future__ import annotations

from typing import Any, Final

from core.api.assistants import ApiAssistants, assistant_object
from core.api.console.looks import Looks
from core.api.key import Key
from core.api.refusal import Refusal, not_found
from core.api.watch import Fields
from core.store import assistants, console, names
from core.store.database import Execute
from core.types import SETTINGS_ID

MOST: Final = 50
COMPARED: Final = (
    *("name", "description", "instructions", "model", "tools", "tool_resources", "temperature", "top_p"),
    *("reasoning_effort", "response_format", "metadata", "audience"),
)
"""What two versions are compared by."""


class Versions:
    """Of one assistant. The rules of a change are those of `ApiAssistants`."""

    def __init__(self, looks: Looks, service: ApiAssistants) -> None:
        self._looks, self._service = looks, service

    async def get(self, key: Key, id: str) -> dict[str, Any]:
        """It as it is now, and as it was, the newest version first; each says what it changed."""

        def work(tx: Execute) -> dict[str, Any]:
            seen = assistants.visible(tx, id, key.project)
            if seen is None:
                raise not_found("assistant", id)
            assistant, operators = seen
            owner = "settings" if id == SETTINGS_ID else "operator" if operators else "project"
            return {
                **{"id": id, "version": assistant.version, "owner": owner},
                "may_change": owner == "project" or (owner == "operator" and key.admin),
                "places": [
                    {
                        "platform": one.platform,
                        "place": one.place,
                        "name": names.find(tx, one.platform, one.place) or one.place or one.platform,
                        "since": one.since,
                    }
                    for one in assistants.assignments(tx, id)
                ],
                "versions": _versions(tx, id),
                "assistant": assistant_object(assistant),
            }

        return await self._looks.look(work)

    async def change(self, key: Key, id: str, version: int, fields: Fields) -> tuple[dict[str, Any], bool]:
        """It with these fields changed, and whether they are: not where there is a newer version."""
        try:
            await self._service.modify(key, id, fields, version)
        except Refusal as refusal:
            if refusal.code != "assistant_changed":
                raise
            return {**refusal.to_json(), "current": await self.get(key, id)}, False
        return await self.get(key, id), True


def _versions(tx: Execute, id: str) -> list[dict[str, Any]]:
    """Each with its fields, and the names of those that are not as in the version before."""
    found = console.versions(tx, id, MOST + 1)
    for one, former in zip(found, [*found[1:], None], strict=False):
        before, fields = former["fields"] if former else {}, one["fields"]
        one["changed"] = [name for name in COMPARED if before and before.get(name) != fields.get(name)]
    return [one | {"fields": {name: one["fields"].get(name) for name in COMPARED}} for one in found[:MOST]]
