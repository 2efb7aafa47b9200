"""The page's files: one shell without data behind every address of the page, and what it loads.

There is no build step: the folder is served as it is, from memory. What a file is called by the shell has the
hash of all files in it, so browsers keep it for good and a new version is loaded at once.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

FOLDER: Final = Path(__file__).parent.parent / "console"
SCREENS: Final = (
    *("overview", "threads", "runs", "usage", "playground", "assistants"),
    *("people", "audit", "health", "simulator"),
)
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    "": "text/plain; charset=utf-8",
}
"""Nothing else in the folder is served."""
INDEX: Final = "index.html"
_INLINE: Final = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_PACKED: Final = frozenset({".png", ".woff2"})
_FOREVER: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"}
_ASK: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "no-cache", hdrs.VARY: hdrs.ACCEPT_ENCODING}
_LEFT_OUT: Final = ("x-request-id", "openai-version", hdrs.SERVER)
"""Of files: there are many, and small ones, so what an answer says of itself would be a fifth of all."""
_OTHER_WAYS: Final = (f"/{{screen:(?:{'|'.join(SCREENS)})(?:/[^/]+)?}}/", "/console", "/console/")


class _File(web.Response):
    """Of those that the shell loads."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page. `zipped`: "" where that would not make it smaller."""

    type: str
    body: bytes
    zipped: bytes
    tag: str


class Shell:
    """Serves the page's files; `policy` is what the browser may load and run."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
        files = {
            name: path.read_bytes() for name, path in found.items() if path.is_file() and path.suffix in TYPES
        }
        all_of_it = b"".join(hashlib.sha256(one).digest() for one in files.values())
        self.build = hashlib.sha256(all_of_it).hexdigest()[:16]
        index = files.pop(INDEX, b"").decode().replace('"/console/', f'"/console/{self.build}/')
        hashes = "".join(f" 'sha256-{_digest(script)}'" for script in _INLINE.findall(index))
        self.policy = (
            f"default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            "base-uri 'none'; require-trusted-types-for 'script'"
        )
        self._files = {name: _asset(name, content) for name, content in files.items()}
        self._index = _asset(INDEX, index.encode())

    def register(self, app: web.Application) -> None:
        """Make the routes, after all others of /console."""
        app.router.add_get("/", self._shell)
        for screen in SCREENS:
            app.router.add_get(f"/{screen}", self._shell)
            app.router.add_get(f"/{screen}/{{id}}", self._shell)
        for path in _OTHER_WAYS:
            app.router.add_get(path, _elsewhere)
        app.router.add_get("/console/{build:[0-9a-f]{16}}/{path:.+}", self._file)
        app.router.add_get("/console/{path:.+}", self._file)
        app.on_response_prepare.append(self._guard)

    async def _shell(self, request: web.Request) -> web.Response:
        return _told(web.Response, request, self._index, _ASK)

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._files.get(request.match_info["path"])
        if asset is None:
            raise web.HTTPNotFound
        kept = request.match_info.get("build") == self.build
        return _told(_File, request, asset, _FOREVER if kept else _ASK)

    async def _guard(self, request: web.Request, response: web.StreamResponse) -> None:
        """Of every answer, those of the API included: no browser makes a page of one."""
        response.headers["X-Content-Type-Options"] = "nosniff"
        if isinstance(response, _File):
            for name in _LEFT_OUT:
                response.headers.pop(name, None)
            return
        response.headers["Content-Security-Policy"] = self.policy
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def _asset(name: str, content: bytes) -> Asset:
    suffix = Path(name).suffix
    zipped = b"" if suffix in _PACKED else gzip.compress(content, mtime=0)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(TYPES[suffix], content, zipped if len(zipped) < len(content) else b"", tag)


async def _elsewhere(request: web.Request) -> web.Response:
    """To the page's own address of what was typed."""
    path = "/" + request.rel_url.raw_path.strip("/").removeprefix("console")
    return web.Response(status=308, headers={hdrs.LOCATION: path})


def _told(
    kind: type[web.Response], request: web.Request, asset: Asset, caching: Mapping[str, str]
) -> web.Response:
    headers = {**caching}
    if caching is _ASK:
        headers[hdrs.ETAG] = asset.tag
    if request.headers.get(hdrs.IF_NONE_MATCH) == asset.tag:
        return kind(status=304, headers=headers)
    zipped = asset.zipped and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if zipped:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    headers[hdrs.CONTENT_TYPE] = asset.type
    return kind(body=asset.zipped if zipped else asset.body, headers=headers)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
