"""The gate of the page: which requests come from the page itself, who is logged in, and how one logs in.

What a strange page sends is refused before anything of it is read: by its Origin, by what the browser says
of it (Sec-Fetch-Site), and by the cookie, which browsers send with requests of the page alone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from aiohttp import web

from bots.web.frame.access import Access
from bots.web.frame.errors import Handler
from bots.web.route import COOKIE
from core.api.console.sessions import Sessions, WrongKey
from core.api.key import Key
from core.api.refusal import Refusal

NOBODY: Final = Key("", "", "")
SAFE: Final = frozenset({"GET", "HEAD"})
MOST_UNKNOWN: Final = 4096
"""Bytes of a body that somebody may send who is not logged in, and says how many they are."""
PER_MINUTE: Final = 20 * 60
"""Requests of one session."""
TRIES: Final = 5
"""Wrong keys from one address, before each further one has to wait."""
LONGEST_WAIT: Final = 60.0
ADDRESSES: Final = 1000


class Gate:
    """Says who is there. Nothing of a refused request is read."""

    def __init__(self, sessions: Sessions, access: Access) -> None:
        self._sessions, self._access = sessions, access

    async def key_of(self, request: web.Request, *, open: bool = False) -> Key:
        """Who is logged in; NOBODY where that does not matter. Raises Refusal."""
        if open:
            length = request.content_length if request.body_exists else 0
            if length is None or length > MOST_UNKNOWN:
                raise Refusal("This is longer than any key.", status=413, code="request_too_large")
            return NOBODY
        if "Authorization" in request.headers:
            told = "A key opens /v1, and nothing under /console: log in on the page with it."
            raise Refusal(told, status=401, code="console_session")
        key = await self._sessions.find(cookie_of(request))
        if key is None:
            told = "You are not logged in, or not any more. POST /console/login logs in with a key."
            raise Refusal(told, status=401, code="console_session")
        return key

    def admitted(self, key: Key) -> AbstractContextManager[None]:
        """For as long as the request takes. Raises Refusal where it is one too many."""
        return self._access.admitted(key) if key is not NOBODY else contextlib.nullcontext()


def cookie_of(request: web.Request) -> str:
    """The session's secret, or ""."""
    return request.cookies.get(COOKIE, "")


def language_of(request: web.Request) -> str:
    """Of our own words: what the page says; an EventSource can say it in its address alone."""
    said = request.query.get("language", "") or request.headers.get("Accept-Language", "")
    return "ko" if said.lower().startswith("ko") else "en"


@web.middleware
async def page_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Looks first, also at what is not there: what is not a file of the page is for the page itself."""
    if request.path.startswith(("/console/api", "/console/login", "/console/logout")):
        _from_page(request)
    return await handler(request)


def _from_page(request: web.Request) -> None:
    """Whether the page itself asks. Raises Refusal: the browser says otherwise, or, of a change, nothing."""
    origins, sites = (request.headers.getall(name, []) for name in ("Origin", "Sec-Fetch-Site"))
    host, safe = request.headers.get("Host", "").lower(), request.method in SAFE
    ours = {f"http://{host}", f"https://{host}"}  # which of the two, a proxy knows
    fine = {"same-origin", "none"} if safe else {"same-origin"}  # none: typed, or a bookmark
    right = all(one.lower() in ours for one in origins) and fine.issuperset(sites)
    if not right or not (safe or origins or sites):
        told = "This is answered to the page itself only: the request does not say that it comes from there."
        raise Refusal(told, status=403, code="not_from_page")


class Login:
    """Logs in and out. Wrong keys from one address are soon answered slowly."""

    def __init__(self, sessions: Sessions, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions, self._clock = sessions, clock
        self._wrong: dict[str, tuple[int, float]] = {}
        """By address: how many wrong keys in a row, and until when no further one is looked at."""

    async def enter(self, address: str, secret: str) -> web.Response:
        """The answer with the cookie. Raises Refusal."""
        count, until = self._wrong.pop(address, (0, 0.0))
        if (wait := until - self._clock()) > 0:
            self._wrong[address] = count, until
            told = f"{count} wrong keys came from your address. Try again in {wait:.0f} s."
            raise Refusal(told, status=429, code="too_many_tries", retry_after=wait)
        self._note(address, count + 1)  # before the look: of many at once each is one more
        try:
            cookie = await self._sessions.login(secret)
        except WrongKey as wrong:
            raise _refusal(wrong) from None
        self._wrong.pop(address, None)
        return _with_cookie(cookie)

    async def leave(self, cookie: str) -> web.Response:
        """The answer that takes the cookie away."""
        await self._sessions.logout(cookie)
        return _with_cookie("", max_age=0)

    def _note(self, address: str, count: int) -> None:
        if len(self._wrong) >= ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        wait = min(LONGEST_WAIT, 2.0 ** (count - TRIES)) if count >= TRIES else 0.0
        self._wrong[address] = count, self._clock() + wait


def _refusal(wrong: WrongKey) -> Refusal:
    if wrong.right:
        told = "This key does not open the page. Make one that does: `spool keys create NAME --console`."
        return Refusal(told, status=401, code="console_right")
    told = "No such key is in force, or the link was used, or is too old. `spool console` makes a link."
    return Refusal(told, status=401, code="console_key")


def _with_cookie(value: str, max_age: int | None = None) -> web.Response:
    """How long it counts is known here alone."""
    answer = web.Response(status=204)
    answer.set_cookie(COOKIE, value, path="/", secure=True, httponly=True, samesite="Strict", max_age=max_age)
    return answer
