"""/metrics: who may read it, and what is told."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from bots.telemetry.metrics import Metrics
from bots.web.frame.access import LOCAL, Access, host_allowed
from core.api.refusal import Refusal
from core.settings.http import Listening
from core.store.reading import TooSlow

HANDED_ON: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""A proxy on this machine asks for somebody else, whatever host it names."""


class Scrape:
    """For everybody on this machine; from elsewhere, also by a name of HTTP_HOSTS, with a key."""

    def __init__(self, metrics: Metrics, access: Access, where: Listening) -> None:
        self._metrics, self._access, self._where = metrics, access, where

    def register(self, app: web.Application) -> None:
        """Make its route."""
        app.router.add_get("/metrics", self._told)

    async def _told(self, request: web.Request) -> web.Response:
        theirs = any(name in request.headers for name in HANDED_ON)
        if theirs or not (self._where.local and host_allowed(request, LOCAL)):
            with self._access.admitted(await self._access.key_of(request)):
                pass
        try:
            body, form = await self._metrics.page(request.headers.get(hdrs.ACCEPT, ""))
        except TooSlow:
            told = (
                "The database could not be read in time. Scrape less often, or look at the disk of DATA_DIR."
            )
            raise Refusal(told, status=503, code="too_slow") from None
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: form})
