"""The server: everything behind one port, bound last and let go of first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from bots.web.frame.access import Access, host_allowed
from bots.web.frame.errors import framed, told_id
from bots.web.frame.health import Health
from bots.web.frame.port import hosts, opened
from bots.web.frame.reading import MOST_BYTES, Reading
from bots.web.frame.router import Frame, register
from bots.web.frame.scrape import Scrape
from bots.web.page.gate import page_only
from bots.web.page.services import Console
from bots.web.page.shell import Shell
from bots.web.routes import every
from bots.web.services import Services
from core.api.keys import Keys
from core.errors import ConfigError
from core.settings import Settings
from core.settings.http import Listening
from core.store import facts
from core.store.database import Database


@contextlib.asynccontextmanager
async def served(
    settings: Settings, where: Listening, services: Services, db: Database
) -> AsyncIterator[str]:
    """While this is entered the port answers; gives its URL. Raises ConfigError where it cannot be had."""
    page = services.console if services.console and not services.console.means.demo else None
    shell = await _shell(where, page) if page else None
    async with opened(_application(settings, where, services, db, shell), where) as url:
        yield url


async def _shell(where: Listening, console: Console) -> Shell:
    """The page's files, in memory. Raises ConfigError where others would reach a page that no key opens."""
    if not where.local and not await console.sessions.possible():
        raise ConfigError(
            f"HTTP={where.host}:{where.port} can be reached by others, and no key opens the page. "
            "Make one first (`spool keys create NAME --console`), or set HTTP to 127.0.0.1:8080."
        )
    return await asyncio.to_thread(Shell)


def _application(
    settings: Settings, where: Listening, services: Services, db: Database, shell: Shell | None
) -> web.Application:
    allowed = partial(host_allowed, hosts=hosts(settings, where))
    first = [framed(allowed), *([page_only] if services.console else [])]
    app = web.Application(middlewares=first, client_max_size=MOST_BYTES)
    app.on_response_prepare.append(told_id)
    app.on_shutdown.append(partial(_closing, services))
    if "health" in settings.http_serve:
        note = partial(facts.remember, name="ready", value=None)
        Health(lambda: db(note), lambda: services.streams.stopping).register(app)
    page = services.console
    keys, most = Keys(db).find, settings.api_requests_per_minute
    if services.metrics:  # a page's token opens /v1 alone
        Scrape(services.metrics, Access(keys, most), where).register(app)
    if page or "api" in settings.http_serve:
        access = Access(page.sessions.of_bearer if page else keys, most)
        register(app, every(services), Frame(access, Reading(), page.gate if page else None))
    if shell:
        shell.register(app)
    return app


async def _closing(services: Services, app: web.Application) -> None:
    services.streams.close()
    if services.console:
        await services.console.close()
    if services.metrics:
        services.metrics.close()
