"""Files at Slack's messages: what is announced, and fetching them with the bot's token.

A file object: https://docs.slack.dev/reference/objects/file-object. Its private URLs take a token with the
scope `files:read`; without it Slack answers with a page to sign in, not with an error.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bots.intake.download import Hosts, Redirected, download, words
from bots.slack.api import Refused, call
from core.errors import FileRefused, Unreachable
from core.files.detect import safe_name
from core.types import Attachment

logger = logging.getLogger(__name__)
MOST = 50
"""Files of one message that are noticed at all."""
_ID = re.compile(r"[A-Z0-9]{1,32}")
_SOURCES = ("url_private_download", "url_private")
_NOT_HERE: Final = {
    "external": "file_external",
    "remote": "file_external",
    "tombstone": "file_deleted",
    "hidden_by_limit": "file_deleted",
}
"""Modes of files whose bytes Slack does not have → the text that says so."""
_HTML = ("text/html", "application/xhtml+xml")
_DOCUMENTS = "application/vnd.slack-docs"  # a canvas: its bytes are HTML


def attachments(event: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files of a message; whatever is none is left out."""
    files = event.get("files")
    listed = files[:MOST] if isinstance(files, list) else ()
    return tuple(found for file in listed if (found := attachment_of(file)))


def attachment_of(file: object) -> Attachment | None:
    """A file object as a value. `url`: "" when Slack must be asked first, the mode when it has no bytes."""
    if not isinstance(file, Mapping):
        return None
    id, size, mode = file.get("id"), file.get("size"), file.get("mode")
    if not (isinstance(id, str) and _ID.fullmatch(id)):
        return None
    mode = "external" if file.get("is_external") is True else mode
    absent = f"{mode}:" if isinstance(mode, str) and mode in _NOT_HERE else ""
    stub = mode == "file_access" or file.get("file_access") == "check_file_info"
    told = "" if stub else words((file.get(key) for key in _SOURCES), 2048)
    return Attachment(
        id=id,
        name=safe_name(file.get("name") or file.get("title")),
        url=absent or told,
        size=size if type(size) is int and 0 <= size < 2**53 else -1,
        type=words([file.get("mimetype")], 128),
        voice=file.get("subtype") == "slack_audio",
    )


class SlackFiles:
    """Fetches files for one bot token, which no other host ever sees."""

    def __init__(
        self, client: AsyncWebClient, session: aiohttp.ClientSession, *, token: str, api_url: str
    ) -> None:
        self._client, self._session = client, session
        self._headers = {"Authorization": f"Bearer {token}"}
        self._hosts = Hosts(api_url, "slack.com", frozenset({"slack-files.com"}), (".slack.com",))

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `core.ports.Fetching`."""
        if not attachment.url:
            attachment = await self._asked(attachment)
        if reason := _NOT_HERE.get(attachment.url.removesuffix(":")):
            raise FileRefused(reason)
        if attachment.size > limit:
            raise FileRefused("file_too_large")
        url = self._hosts.allowed(attachment.url)
        if url is None:
            raise FileRefused("file_external")
        try:
            found = await download(self._session, url, limit, self._headers)
        except Redirected as elsewhere:
            if self._hosts.allowed(str(elsewhere)):
                raise _forbidden("sent to sign in") from elsewhere
            raise FileRefused("file_unavailable") from elsewhere
        except FileRefused as error:
            raise (_forbidden("refused") if error.notice == "file_forbidden" else error) from error
        if found.type in _HTML and _unexpected(attachment, found.content):
            raise _forbidden("a page instead of the file")
        return found.content

    async def _asked(self, attachment: Attachment) -> Attachment:
        """The same file as Slack tells it when asked: those of other organisations come as stubs."""
        try:
            answer = await call(self._client.files_info(file=attachment.id))
        except Refused as error:
            if error.error in ("missing_scope", "no_permission", "not_allowed_token_type"):
                raise _forbidden(error.error) from error
            gone = error.error in ("file_not_found", "file_deleted")
            raise FileRefused("file_deleted" if gone else "file_unavailable") from error
        except Unreachable as error:
            raise FileRefused("file_unavailable") from error
        found = attachment_of(answer.get("file"))
        if found is None or not found.url:
            raise FileRefused("file_unavailable")
        return found


def _unexpected(attachment: Attachment, content: bytes) -> bool:
    """Whether HTML is not what this file is: it is Slack's page to sign in."""
    expected = attachment.type in (*_HTML, _DOCUMENTS) or not attachment.type
    return not expected or attachment.size not in (-1, 0, len(content))


def _forbidden(found: str) -> FileRefused:
    logger.error(
        "files cannot be read, the app lacks the scope files:read; add it under OAuth & Permissions "
        "and reinstall the app",
        extra={"found": found},
    )
    return FileRefused("file_forbidden")
