"""The server: everything behind one port, bound last and let go of first."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from bots.web.frame.access import LOCAL, Access, host_allowed
from bots.web.frame.door import Door
from bots.web.frame.errors import framed, told_id
from bots.web.frame.health import Health
from bots.web.frame.reading import MOST_BYTES, Reading
from bots.web.page.services import Console
from bots.web.page.shell import Shell
from bots.web.routes import Frame, every, register
from bots.web.services import Services
from core.api.keys import Keys
from core.errors import ConfigError
from core.settings import Settings
from core.settings.http import Listening, listening
from core.store import facts
from core.store.database import Database

logger = logging.getLogger(__name__)
GRACE: Final = 1.0
"""Seconds in which requests that are under way may end at a stop."""


@contextlib.asynccontextmanager
async def served(
    settings: Settings, where: Listening, services: Services, db: Database
) -> AsyncIterator[str]:
    """While this is entered the port answers; gives its URL. Raises ConfigError where it cannot be had."""
    page = services.console if services.console and not services.console.means.demo else None
    shell = await _shell(where, page) if page else None
    async with opened(_application(settings, where, services, db, shell), where) as url:
        yield url


@contextlib.asynccontextmanager
async def opened(app: web.Application, where: Listening, **how: Any) -> AsyncIterator[str]:
    """While this is entered the port answers; gives its URL. Raises ConfigError where it cannot be had."""
    runner = Door(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=GRACE,
        logger=_Below("aiohttp.server"),
        **how,
    )
    await runner.setup()
    try:
        url = await _bound(runner, where)
        if not where.local:
            logger.warning(
                "HTTP=%s:%d can be reached by others and is not encrypted: TLS is a proxy's job", *where
            )
        logger.info("http ready on %s", url)
        yield url
    finally:
        await runner.cleanup()


def hosts(settings: Settings, *more: Listening | None) -> set[str]:
    """Whom a request may name: this machine, what the settings name, and where it listens."""
    named = (one.host for one in (listening(settings.http), *more) if one)
    return {*LOCAL, *(host.lower() for host in (*named, *settings.http_hosts))}


async def _shell(where: Listening, console: Console) -> Shell:
    """The page's files, in memory. Raises ConfigError where others would reach a page that no key opens."""
    if not where.local and not await console.sessions.possible():
        raise ConfigError(
            f"HTTP={where.host}:{where.port} can be reached by others, and no key opens the page. "
            "Make one first (`spool keys create NAME --console`), or set HTTP to 127.0.0.1:8080."
        )
    return await asyncio.to_thread(Shell)


async def _bound(runner: web.AppRunner, where: Listening) -> str:
    """The URL, once the port is ours."""
    try:
        await web.TCPSite(runner, where.bare, where.port).start()
    except OSError as error:
        setting = f"HTTP={where.host}:{where.port}"
        if error.errno == errno.EADDRINUSE:
            cure = "another program listens there. Stop that one, or set HTTP to another port."
        else:
            cure = f"{error.strerror}. Set HTTP to an address of this machine, such as 127.0.0.1:8080."
        raise ConfigError(f"{setting} cannot be served: {cure}") from error
    return f"http://{where.host}:{runner.addresses[0][1]}"


def _application(
    settings: Settings, where: Listening, services: Services, db: Database, shell: Shell | None
) -> web.Application:
    allowed = partial(host_allowed, hosts=hosts(settings, where))
    app = web.Application(middlewares=[framed(allowed)], client_max_size=MOST_BYTES)
    app.on_response_prepare.append(told_id)
    app.on_shutdown.append(partial(_closing, services))
    if "health" in settings.http_serve:
        note = partial(facts.remember, name="ready", value=None)
        Health(lambda: db(note), lambda: services.streams.stopping).register(app)
    page = services.console
    if page or "api" in settings.http_serve:
        find = Keys(db).find if page is None else page.sessions.of_bearer
        access = Access(find, settings.api_requests_per_minute)
        register(app, every(services), Frame(access, Reading(), page.gate if page else None))
    if shell:
        shell.register(app)
    return app


async def _closing(services: Services, app: web.Application) -> None:
    services.streams.close()
    if services.console:
        await services.console.close()


class _Below(logging.Logger):
    """What the library says of a request that is no HTTP: one line without a traceback."""

    def exception(self, msg: object, *args: object, **more: object) -> None:
        """Told as what it is: somebody else's mistake; where it began as a request, that has its line."""
        error = more.get("exc_info")
        begun = isinstance(error, ConnectionError | web.RequestPayloadError | ContentEncodingError)
        level = logging.DEBUG if begun else logging.INFO
        logger.log(level, "not a request", extra={"error": type(error).__name__})
