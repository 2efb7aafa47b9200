"""The Web API as it looks on the wire: arguments in, `ok` or `error` out.

Source: docs.slack.dev/apis/web-api (argument encodings, warnings, general errors) and slack_sdk 3.47.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Json = dict[str, Any]

# Arguments that a form carries as JSON text, with the error for text that is not JSON.
STRUCTURED = {
    "blocks": "invalid_blocks_format",
    "attachments": "invalid_attachments",
    "chunks": "invalid_chunks",
    "metadata": "invalid_metadata_format",
    "files": "invalid_arguments",
}
STRINGS = frozenset(
    {
        *(
            "channel",
            "channel_id",
            "ts",
            "thread_ts",
            "message_ts",
            "timestamp",
            "oldest",
            "latest",
            "cursor",
        ),
        *("text", "markdown_text", "status", "title", "name", "initial_comment"),
        *("file", "filename", "alt_txt", "snippet_type"),
        *("user", "recipient_user_id", "recipient_team_id"),
    }
)


class ApiError(Exception):
    """The method answers `{"ok": false, "error": error}`; `messages` explain, as Slack's do.

    more: further fields of the answer.
    """

    def __init__(self, error: str, *messages: str, **more: str) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages
        self.more = more

    def body(self) -> Json:
        body: Json = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in self.messages]}
        return body


@dataclass(frozen=True)
class Method:
    """One Web API method. `run` gets decoded arguments and returns the body without `ok`.

    `tier`: calls a minute for the workspace; 0 is a rule of its own (`limits.py`).
    `scope`: what the app must have been granted, '' where the stand-in does not look.
    """

    run: Callable[[Json], Json]
    required: tuple[str, ...] = ()
    optional: frozenset[str] = field(default_factory=frozenset)
    tier: int = 50
    token: Literal["bot", "app", "none"] = "bot"
    scope: str = ""

    def ignored(self, args: Json) -> tuple[str, ...]:
        """Arguments the method does not have. Slack passes over them in silence."""
        known = {"token", "team_id", *self.required, *self.optional}
        return tuple(sorted(set(args) - known))

    def check(self, args: Json) -> None:
        missing = [name for name in self.required if args.get(name) is None]
        if missing:
            raise ApiError("invalid_arguments", *(f"missing required field: {name}" for name in missing))
        wrong = [name for name in args if name in STRINGS and not isinstance(args[name], str)]
        if wrong:
            raise ApiError("invalid_arguments", *(f"must be a string: {name}" for name in wrong))


def optional(names: str) -> frozenset[str]:
    return frozenset(names.split())


def flag(value: object) -> bool:
    """A boolean argument: JSON `true`, or `1`/`true` in a form or query."""
    return value is True or str(value).lower() in ("1", "true")


def bearer(request: web.Request) -> str:
    """The token of the Authorization header; '' when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def arguments(request: web.Request) -> Json:
    """Query and body as one dict; structured arguments decoded, absent ones absent."""
    args: Json = dict(request.query)
    if request.method == "POST":
        args.update(await _body(request))
    for name, error in STRUCTURED.items():
        if isinstance(args.get(name), str):
            args[name] = _decoded(args[name], error)
    return {name: value for name, value in args.items() if value is not None}


async def _body(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return _json_object(await request.read())
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return dict(await request.post())
    if await request.read():
        raise ApiError("missing_post_type" if "Content-Type" not in request.headers else "invalid_post_type")
    return {}


def _json_object(raw: bytes) -> Json:
    if not raw:
        return {}
    try:
        value = json.loads(raw)
    except ValueError:
        raise ApiError("invalid_json") from None
    if not isinstance(value, dict):
        raise ApiError("json_not_object")
    value.pop("token", None)  # with a JSON body only the header authenticates
    return value


def _decoded(text: str, error: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise ApiError(error) from None
