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
SCREENS: Final = ("playground", "assistants", "threads", "runs", "usage", "health", "simulator")
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
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
_FOREVER, _ASK = "public, max-age=31536000, immutable", "no-cache"


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
        app.router.add_get("/console/{build:[0-9a-f]{16}}/{path:.+}", self._file)
        app.router.add_get("/console/{path:.+}", self._file)
        app.on_response_prepare.append(self._guard)

    async def _shell(self, request: web.Request) -> web.Response:
        return _told(request, self._index, _ASK)

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._files.get(request.match_info["path"])
        if asset is None:
            raise web.HTTPNotFound
        return _told(request, asset, _FOREVER if request.match_info.get("build") == self.build else _ASK)

    async def _guard(self, request: web.Request, response: web.StreamResponse) -> None:
        """Of every answer, those of the API included: no browser makes a page of one."""
        response.headers["Content-Security-Policy"] = self.policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def _asset(name: str, content: bytes) -> Asset:
    suffix = Path(name).suffix
    zipped = b"" if suffix in _PACKED else gzip.compress(content, mtime=0)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(TYPES[suffix], content, zipped if len(zipped) < len(content) else b"", tag)


def _told(request: web.Request, asset: Asset, caching: str) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: caching, hdrs.ETAG: asset.tag, hdrs.VARY: hdrs.ACCEPT_ENCODING}
    if request.headers.get(hdrs.IF_NONE_MATCH) == asset.tag:
        return web.Response(status=304, headers=headers)
    zipped = asset.zipped and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
    if zipped:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    headers[hdrs.CONTENT_TYPE] = asset.type
    return web.Response(body=asset.zipped if zipped else asset.body, headers=headers)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
