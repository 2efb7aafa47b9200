"""A port: bound last and let go of first, and who may be named there."""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import ContentEncodingError

from bots.web.frame.access import LOCAL
from bots.web.frame.door import Door
from core.errors import ConfigError
from core.settings import Settings
from core.settings.http import Listening, listening

logger = logging.getLogger(__name__)
GRACE: Final = 1.0
"""Seconds in which requests that are under way may end at a stop."""


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


class _Below(logging.Logger):
    """What the library says of a request that is no HTTP: one line without a traceback."""

    def exception(self, msg: object, *args: object, **more: object) -> None:
        """Told as what it is: somebody else's mistake; where it began as a request, that has its line."""
        error = more.get("exc_info")
        begun = isinstance(error, ConnectionError | web.RequestPayloadError | ContentEncodingError)
        level = logging.DEBUG if begun else logging.INFO
        logger.log(level, "not a request", extra={"error": type(error).__name__})
