"""The Web API as it looks on the wire: arguments in, `ok` or `error` out.

Source: docs.slack.dev/apis/web-api (argument encodings, warnings, general errors) and slack_sdk 3.47.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

Json = dict[str, Any]

# Arguments that a form carries as JSON text, with the error for text that is not JSON.
STRUCTURED = {
    "blocks": "invalid_blocks_format",
    "attachments": "invalid_attachments",
    "chunks": "invalid_chunks",
    "metadata": "invalid_metadata_format",
    "files": "invalid_arguments",
    "view": "invalid_arguments",
}


class ApiError(Exception):
    """The method answers `{"ok": false, "error": error}`; `messages` explain, as Slack's do. more: further
    fields of the answer.
    """

    def __init__(self, error: str, *messages: str, **more: str) -> None:
        super().__init__(error)
        self.error, self.messages, self.more = error, messages, more

    def body(self) -> Json:
        body: Json = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in self.messages]}
        return body


def refuse(condition: object, error: str, *messages: str) -> None:
    if condition:
        raise ApiError(error, *messages)


def granted(scopes: set[str], scope: str) -> None:
    """ApiError missing_scope when the app does not have it; "" is no scope."""
    if scope and scope not in scopes:
        raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(scopes)))


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
            args[name] = decoded(args[name], error)
    return {name: value for name, value in args.items() if value is not None}


async def _body(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return _json_object(await request.read())
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return dict(await request.post())
    untyped = "Content-Type" not in request.headers
    refuse(await request.read(), "missing_post_type" if untyped else "invalid_post_type")
    return {}


def _json_object(raw: bytes) -> Json:
    if not raw:
        return {}
    value = decoded(raw, "invalid_json")
    if not isinstance(value, dict):
        raise ApiError("json_not_object")
    value.pop("token", None)  # with a JSON body only the header authenticates
    return value


def decoded(text: str | bytes, error: str) -> Any:
    """The JSON of a text, None for an empty one. ApiError `error`."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise ApiError(error) from None
