"""What the page's routes are made of."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bots.checks.korean import spoken
from bots.checks.live import LiveChecks
from bots.web.frame.access import Access
from bots.web.page.gate import PER_MINUTE, Gate, Login
from core.api.assistants import ApiAssistants
from core.api.console.attention import Failing
from core.api.console.changes import Changes
from core.api.console.looks import Deciding, Looks
from core.api.console.overview import Overview
from core.api.console.people import People
from core.api.console.sessions import Sessions, link
from core.api.console.trials import Trials
from core.api.console.trying import Trying
from core.api.console.versions import Versions
from core.api.key import Key
from core.api.keys import Keys
from core.api.runs import Runs
from core.policy.prices import Prices
from core.runs.client.endings import Endings
from core.runs.run_context import RunContext
from core.settings import Settings
from core.settings.http import page
from core.store.database import FILE, Database
from core.store.reading import Reading


@dataclass(frozen=True, slots=True)
class PageMeans:
    """What they are made with. `ready` gives what answers need; `decide` takes a yes or a no.
    `demo`: page and simulator are served by another process, which forwards the rest.
    """

    ready: Callable[[], Awaitable[RunContext]]
    decide: Deciding
    checks: LiveChecks
    """What `spool doctor` would find."""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Console:
    """One of each."""

    settings: Settings
    sessions: Sessions
    gate: Gate
    login: Login
    looks: Looks
    overview: Overview
    versions: Versions
    changes: Changes
    trials: Trials
    people: People
    means: PageMeans

    async def close(self) -> None:
        """Nobody looks any more."""
        await self.changes.close()
        self.looks.read.close()


async def invited(db: Database, settings: Settings, person: str) -> str:
    """A link for an admin of a chat: it does not show what others say there."""
    wanted = Key("", person, "default", admin=True)
    secret = await db(lambda tx: link(tx, wanted, time.time()))
    return f"{page(settings.http, settings.http_hosts)}/#key={secret}"


def console(
    settings: Settings,
    db: Database,
    assistants: ApiAssistants,
    runs: Runs,
    endings: Endings,
    means: PageMeans,
) -> Console:
    """All of them."""

    async def prices() -> Prices:
        return (await means.ready()).prices

    def failing(language: str) -> Failing:
        means.checks.look(whole=False)
        return [spoken(one, language) for one in means.checks.failing]

    keys = Keys(db) if "api" in settings.http_serve else None
    sessions = Sessions(db, keys)
    looks, budget = Looks(db, Reading(settings.data_dir / FILE)), settings.budget
    return Console(
        settings=settings,
        sessions=sessions,
        gate=Gate(sessions, Access(sessions.find, PER_MINUTE)),
        login=Login(sessions),
        looks=looks,
        overview=Overview(looks, settings, failing),
        versions=Versions(looks, assistants),
        changes=Changes(looks),
        trials=Trials(db, looks, Trying(db, runs, endings, budget), prices, budget),
        people=People(db, looks, settings),
        means=means,
    )
