"""What the routes are made of: the services of the core, each known to the handlers of its objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bots.web.frame.streams import Streams
from core.api.assistants import ApiAssistants
from core.api.key import Key
from core.api.messages import Messages
from core.api.models import ApiModels
from core.api.threads import Threads
from core.assistants.model_list import Ask
from core.assistants.service import Assistants
from core.runs.lanes import Lanes
from core.settings import Settings
from core.store.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    assistants: ApiAssistants
    models: ApiModels
    threads: Threads
    messages: Messages
    streams: Streams


def built(settings: Settings, db: Database, assistants: Assistants, lanes: Lanes, ask: Ask) -> Services:
    """All of them. `ask` fetches the model server's list of models."""
    models = ApiModels(db, settings, ask)
    return Services(
        assistants=ApiAssistants(db, assistants, models, _as_they_are, full=settings.full_features),
        models=models,
        threads=Threads(db, lanes),
        messages=Messages(db),
        streams=Streams(),
    )


async def _as_they_are(key: Key, resources: Mapping[str, Any]) -> Mapping[str, Any]:
    return resources
