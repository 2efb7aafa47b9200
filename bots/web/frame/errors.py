"""Errors: whatever happens to a request, its client reads one shape, and the log has one line."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from itertools import count
from secrets import token_hex
from typing import Final

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from bots.web.frame.answers import reply
from core.api.refusal import Refusal
from core.errors import Permanent, Retryable, Unsaved

logger = logging.getLogger(__name__)
ID: Final = web.RequestKey("request id", str)
WHO: Final = web.RequestKey("key name", str)
"""The name of the key, once it is known."""
GONE: Final = 499
"""What the log calls a client that did not wait for its answer."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def framed(allowed: Callable[[web.Request], bool]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """The outermost middleware. `allowed`: whether the request names a host of ours."""
    begin, numbers = (
        token_hex(8),
        count(1),
    )  # of a process: asking the system for each takes as long as a query

    @web.middleware
    async def frame(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ID] = f"req_{begin}{next(numbers):016x}"
        began = time.monotonic()
        status = GONE
        try:
            answer = await _answered(request, handler, allowed)
            status = answer.status
            return answer
        finally:
            _log(request, status, time.monotonic() - began)

    return frame


async def _answered(
    request: web.Request, handler: Handler, allowed: Callable[[web.Request], bool]
) -> web.StreamResponse:
    try:
        if not allowed(request):
            raise Refusal(
                "This host name is not answered here. Add it to HTTP_HOSTS, or use the address itself.",
                status=403,
                code="host_not_allowed",
            )
        return await handler(request)
    except (ConnectionError, web.HTTPException) as error:
        if isinstance(error, ConnectionError):
            raise  # the client has gone
        return refused(_of_http(request, error), error.headers.get("Allow"))
    except (web.RequestPayloadError, HttpProcessingError):
        return refused(Refusal("The body of the request ended too early, or is not what its headers say."))
    except Exception as error:
        return refused(_of_ours(request, error))


async def told_id(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer, of whatever kind, says under which id the log knows it."""
    response.headers[hdrs.SERVER] = "Spool"  # and nothing of what it is made of
    response.headers["x-request-id"] = request.get(ID) or f"req_{token_hex(16)}"
    response.headers["openai-version"] = "2020-10-01"  # the API's only one


def refused(refusal: Refusal, allow: str | None = None) -> web.Response:
    """The answer that tells it."""
    response = reply(refusal.to_json(), status=refusal.status)
    if refusal.retry_after is not None:
        response.headers["retry-after"] = str(max(1, round(refusal.retry_after)))
        response.headers["retry-after-ms"] = str(max(1, round(refusal.retry_after * 1000)))
    if refusal.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    if allow:
        response.headers["allow"] = allow
    if refusal.status == 413:
        response.force_close()
    return response


def _of_http(request: web.Request, error: web.HTTPException) -> Refusal:
    """What the router says, in the API's words."""
    method, path = request.method, request.path.encode("utf-8", "replace").decode()
    if error.status == 404:
        told = f"Unknown request URL: {method} {path:.200}. GET /v1/openapi.json lists what is served here."
        return Refusal(told, status=404, code="unknown_url")
    if error.status == 405:
        told = f"Not allowed to {method} on {path:.200}. Use one of: {error.headers.get('Allow', '')}."
        return Refusal(told, status=405, code="method_not_allowed")
    return Refusal(error.reason or "The request cannot be answered.", status=error.status)


def _of_ours(request: web.Request, error: Exception) -> Refusal:
    """What was raised below: a refusal, something that may pass, or a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Unsaved):
        told = f"The database did not take this, and nothing has happened. {error.cure or 'Try it again.'}"
        return Refusal(told, status=503, code="unsaved", retry_after=1.0)
    if isinstance(error, Retryable):
        told = "The model server cannot do this at the moment. Try it again."
        return Refusal(told, status=503, code=error.code, retry_after=error.retry_after or 1.0)
    if isinstance(error, Permanent):
        told = "The model server refused this; the log of Spool says why."
        return Refusal(told, status=502, code=error.code)
    logger.error("a request failed", exc_info=error, extra={"request_id": request[ID]})
    told = f"Spool made a mistake. Its log says more under {request[ID]}; please report it."
    return Refusal(told, status=500, code="internal_error")


def _log(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    path = resource.canonical if resource else "-"
    extra = {
        "method": request.method if request.method.isalpha() else "?",
        "path": path,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "request_id": request[ID],
        "key": request.get(WHO),
    }
    level = logging.INFO if path.startswith("/v1") or status >= 400 else logging.DEBUG
    logger.log(level, "request", extra=extra)
