"""What the routes are made of: the services of the core, each known to the handlers of its objects."""

from __future__ import annotations

from dataclasses import dataclass

from bots.web.frame.streams import Streams
from core.api.assistants import ApiAssistants
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
    models, threads = ApiModels(db, settings, ask), Threads(db, lanes)
    return Services(
        assistants=ApiAssistants(db, assistants, models, threads, full=settings.full_features),
        models=models,
        threads=threads,
        messages=Messages(db),
        streams=Streams(),
    )
