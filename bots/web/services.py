"""What the routes are made of: the services of the core, each known to the handlers of its objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bots.telemetry.metrics import Metrics
from bots.web.frame.streams import Streams
from bots.web.page.services import Console, PageMeans, console
from core.api.assistants import ApiAssistants
from core.api.messages import Messages
from core.api.models import ApiModels
from core.api.runs import RunRules, Runs
from core.api.stores import Stores
from core.api.threads import Threads
from core.api.uploads import UploadRules, Uploads
from core.assistants.service import Assistants
from core.concurrency import Background
from core.files.sent import SentFiles
from core.policy.limits import Limits
from core.ports import ModelFacts, Service
from core.runs.client.endings import Endings
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
    runs: Runs
    uploads: Uploads
    stores: Stores
    streams: Streams
    console: Console | None = None
    """Of the web page, where that is served."""
    metrics: Metrics | None = None
    """Where they are served."""


@dataclass(frozen=True, slots=True)
class Means:
    """What they are made with. `service` gives the model server once it is needed."""

    settings: Settings
    db: Database
    assistants: Assistants
    lanes: Lanes
    endings: Endings
    service: Callable[[], Awaitable[Service]]
    background: Background
    sent: SentFiles
    page: PageMeans | None = None
    """Where the web page is served."""


def built(means: Means) -> Services:
    """All of them."""
    settings, db, full = means.settings, means.db, means.settings.full_features

    async def list_models() -> Mapping[str, ModelFacts]:
        return await (await means.service()).models()

    models = ApiModels(db, settings, list_models)
    uploads = Uploads(db, means.sent, means.background, UploadRules(settings.api_upload_mb * 2**20, full))
    stores = Stores(db, uploads, means.service)
    threads = Threads(db, means.lanes, stores)
    most = settings.api_runs_at_once
    rules = RunRules(settings.budget, settings.api_run_expiry, full, most, Limits.of(settings))
    assistants = ApiAssistants(db, means.assistants, models, threads, full=full)
    runs = Runs(db, means.lanes, means.endings, models, threads, rules)
    page = console(settings, db, assistants, runs, means.endings, means.page) if means.page else None
    if page:
        means.background.start(page.trials.trying.keep(), "trials")
    return Services(
        assistants=assistants,
        models=models,
        threads=threads,
        messages=Messages(db, means.lanes.watching),
        runs=runs,
        uploads=uploads,
        stores=stores,
        streams=Streams(),
        console=page,
    )
