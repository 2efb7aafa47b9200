"""Which model the assistant of a channel answers with, asked and changed from the chat itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.assistants.choose import NOBODY
from core.assistants.refusals import Invalid, Outdated
from core.assistants.remarks import Remark
from core.assistants.service import Assistants
from core.concurrency import Background
from core.store import assistants
from core.store.database import Database
from core.types import Address, Assistant

SOON: Final = 2.0
"""Seconds in which a person is answered: whether there is such a model may be a question to the server."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What came of the question which model answers in a channel, or of the wish that `wanted` does.

    *admins*: only they may choose. *asking*: that is not known yet. `remarks`: why it is *refused*, or what
    should be said of one that was *set*.
    """

    outcome: Literal["current", "set", "admins", "refused", "asking"]
    assistant: Assistant | None = None
    remarks: tuple[Remark, ...] = ()
    wanted: str = ""


class ModelChoices:
    """Of one database, with all rules of `Assistants`."""

    def __init__(self, db: Database, service: Assistants, background: Background) -> None:
        self._db, self._service, self._background = db, service, background

    async def choose(self, address: Address, parent: str, wanted: str, admin: str) -> ModelChoice:
        """The model there, or that the assistant there answers with `wanted`, wherever it answers.

        "default" and "none" are the model of the settings. `admin`: who asks, "" where that is none.
        """
        places = [place for place in (address.channel, parent, address.workspace) if place]
        if not wanted:
            return ModelChoice("current", await self._nearest(address.platform, places))
        if not admin:
            return ModelChoice("admins")
        setting = self._background.start(
            self._set(address.platform, places, wanted, f"{address.platform}:{admin}"), "choosing a model"
        )
        try:
            async with asyncio.timeout(SOON):
                return await asyncio.shield(setting)
        except TimeoutError:
            return ModelChoice("asking", wanted=wanted)

    async def _nearest(self, platform: str, places: Sequence[str]) -> Assistant:
        return await self._db(lambda tx: assistants.nearest(tx, platform, places))

    async def _set(self, platform: str, places: Sequence[str], wanted: str, actor: str) -> ModelChoice:
        current = await self._nearest(platform, places)
        try:
            model = None if wanted.casefold() in NOBODY else wanted
            saved = await self._service.use_model(current, model, actor)
        except Invalid as refused:
            return ModelChoice("refused", current, tuple(refused.problems), wanted)
        except Outdated:  # changed at this very moment by somebody else: that is what is to be seen next
            return ModelChoice("asking", wanted=wanted)
        return ModelChoice("set", saved.assistant, saved.warnings, wanted)
