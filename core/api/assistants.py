"""Assistants as clients of the API make, see and change them; the rules are those of `core.assistants`."""

from __future__ import annotations

from typing import Any, Final

from core.api.key import Key
from core.api.models import ApiModels
from core.api.page import Page, cursors, listed
from core.api.refusal import Refusal, not_found
from core.api.threads import Threads, check_resources
from core.api.watch import Fields
from core.assistants import models
from core.assistants.refusals import Invalid, Outdated, Unknown
from core.assistants.service import Assistants
from core.runs.client import objects
from core.store import assistants
from core.store.database import Database, Execute
from core.types import SETTINGS_ID, Assistant

SHOWN: Final = (
    *("id", "object", "created_at", "name", "description", "model", "instructions", "tools"),
    *("tool_resources", "metadata", "temperature", "top_p", "response_format", "reasoning_effort"),
    "audience",
)
"""The fields of the API's object, in its order."""
TRIES: Final = 5
"""Of a change, while others change the same assistant."""


class ApiAssistants:
    """A key sees its project's assistants, and those of the operator, which only an admin changes.

    `full`: the model server carries out hosted tools.
    """

    def __init__(
        self, db: Database, service: Assistants, models: ApiModels, threads: Threads, *, full: bool
    ) -> None:
        self._db, self._service, self._models = db, service, models
        self._threads, self._full = threads, full

    async def create(self, key: Key, fields: Fields) -> tuple[dict[str, Any], str]:
        """The new one, and which model was replaced in it ("gpt-4 -> …"), "" when none was."""
        given, replaced = await self._given(key, fields)
        try:
            saved = await self._service.create(given, project=key.project, actor=key.person)
        except Invalid as invalid:
            raise _refusal(invalid) from None
        return assistant_object(saved.assistant), replaced

    async def get(self, key: Key, id: str) -> dict[str, Any]:
        """The assistant as it is now."""
        return assistant_object((await self._seen(key, id))[0])

    async def all(self, key: Key, page: Page) -> dict[str, Any]:
        """One page of those the key sees."""

        def work(tx: Execute) -> dict[str, Any]:
            with cursors("assistant"):
                found, more = assistants.page(tx, key.project, page)
            return listed([assistant_object(one) for one in found], more=more)

        return await self._db(work)

    async def modify(
        self, key: Key, id: str, fields: Fields, version: int | None = None
    ) -> tuple[dict[str, Any], str]:
        """Its next version, and which model was replaced. Null is a field's default.

        `version`: which one was changed; a newer one is not written over.
        """
        await self._changeable(key, id)
        given, replaced = await self._given(key, fields)
        for _ in range(TRIES):
            current, _ = await self._seen(key, id)
            if version not in (None, current.version):
                told = f"Somebody else has changed this assistant: it is at version {current.version} now."
                raise Refusal(told, status=409, code="assistant_changed")
            try:
                saved = await self._service.update(current, given, client=True, actor=key.person)
            except (Outdated, Unknown):  # others were quicker
                continue
            except Invalid as invalid:
                raise _refusal(invalid) from None
            return assistant_object(saved.assistant), replaced
        raise Refusal("The assistant is being changed by others. Try it again.", status=409, retry_after=1.0)

    async def delete(self, key: Key, id: str) -> dict[str, Any]:
        """It is gone; runs and what they answered stay."""
        await self._changeable(key, id)
        places = await self._db(lambda tx: assistants.assignments(tx, id))
        if places and not key.admin:
            told = f"Assistant {id} answers in {len(places)} places of the chats. Only a key made with "
            raise Refusal(f"{told}`spool keys create NAME --admin` may delete it.", status=403)
        try:
            await self._service.delete(id, force=True, actor=key.person)
        except Unknown:  # others were quicker
            raise not_found("assistant", id) from None
        return objects.deleted("assistant", id)

    async def _seen(self, key: Key, id: str) -> tuple[Assistant, bool]:
        """It, and whether it is the operator's."""
        found = await self._db(lambda tx: assistants.visible(tx, id, key.project))
        if found is None:
            raise not_found("assistant", id)
        return found

    async def _changeable(self, key: Key, id: str) -> None:
        """Raises Refusal where the key may not change it."""
        _, operators = await self._seen(key, id)
        if id == SETTINGS_ID:
            raise Refusal(
                f"{SETTINGS_ID} is what the ASSISTANT_* settings say. Change those, or create an assistant.",
                code="assistant_of_settings",
            )
        if operators and not key.admin:
            told = (
                f"Assistant {id} belongs to the operator: this key sees it and cannot change it. Use a key "
            )
            cure = f"made with `spool keys create NAME --admin`, or `spool assistants update {id}`."
            raise Refusal(told + cure, status=403, code="assistant_of_operator")

    async def _given(self, key: Key, fields: Fields) -> tuple[dict[str, Any], str]:
        """What the client set, as it can be here."""
        given, replaced = dict(fields), ""
        if isinstance(wanted := given.get("model"), str):
            given["model"] = await self._models.current(wanted)
            if given["model"] != wanted:
                replaced = f"{wanted} -> {given['model']}"
                efforts = models.known(given["model"]).efforts
                if efforts and given.get("reasoning_effort") not in (None, *efforts):
                    del given["reasoning_effort"]
        if not self._full:
            refuse_hosted(given.get("tools") or ())
        given = {**await self._threads.with_stores(key, given)}
        resources = given.get("tool_resources") or {}
        await self._db(lambda tx: check_resources(tx, key, resources))
        return given, replaced


def assistant_object(assistant: Assistant) -> dict[str, Any]:
    """The API's object."""
    told = assistant.to_json()
    shown = SHOWN if assistant.audience else SHOWN[:-1]  # which the API itself does not have
    return {name: told[name] for name in shown}


def refuse_hosted(tools: Any) -> None:
    """Raises Refusal for the first of these tools that the model server would have to carry out."""
    for number, tool in enumerate(tools):
        if tool["type"] != "function":
            told = f"The tool '{tool['type']}' is not available: this Spool's model server carries out no "
            cure = "hosted tools (OPENAI_FEATURES, OPENAI_BASE_URL). Take it out of the tools."
            raise Refusal(told + cure, param=f"tools[{number}].type", code="tool_unavailable")


def _refusal(invalid: Invalid) -> Refusal:
    """The first thing that is wrong, as the API tells it."""
    first = invalid.problems[0]
    told = first.facts.get("text") or f"The {first.param} cannot be used here ({first.kind})."
    return Refusal(told, param=first.param or None, code="invalid_value")
