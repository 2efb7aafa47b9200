"""Models as clients name them: those of the model server, and old ones, which their successors stand for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from core.api.page import listed
from core.api.refusal import Refusal
from core.assistants import model_list, models
from core.assistants.model_list import Ask, day
from core.settings import Settings
from core.store.database import Database


class ApiModels:
    """`ask` fetches the model server's list."""

    def __init__(
        self, db: Database, settings: Settings, ask: Ask, clock: Callable[[], float] = time.time
    ) -> None:
        self._db, self._settings, self._ask, self._clock = db, settings, ask, clock

    async def current(self, wanted: str) -> str:
        """The model to use where a client names that one: a retired one is replaced, as by an import.

        Raises Refusal where there is none of that name.
        """
        now = self._clock()
        offered = await model_list.of_server(self._db, self._settings, self._ask, now, wanted=wanted)
        verdict = offered.judge(wanted, day(now))
        if not verdict.refused:
            return wanted
        about = models.known(wanted)
        if verdict.replacement and about != models.Known() and not about.makes:
            return verdict.replacement
        raise Refusal(verdict.refused, param="model", code="model_not_found")

    async def all(self) -> dict[str, Any]:
        """The list of the model server, by name."""
        return listed([_object(id) for id in sorted(await self._offered())], more=False)

    async def get(self, id: str) -> dict[str, Any]:
        """One of them."""
        if id not in await self._offered():
            told = f"The model '{id}' does not exist. GET /v1/models lists those there are."
            raise Refusal(told, status=404, param="model", code="model_not_found")
        return _object(id)

    async def _offered(self) -> set[str]:
        found = await model_list.of_server(self._db, self._settings, self._ask, self._clock())
        if found.models is None:  # it lists none: what answers here is known all the same
            return {self._settings.assistant_model}
        return set(found.models)


def _object(id: str) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": 0, "owned_by": "model-server"}
