"""Files at Slack's messages: what is announced, and fetching them with the bot's token.

A file object: https://docs.slack.dev/reference/objects/file-object. Its private URLs take a token with the
scope `files:read`; without it Slack answers with a page to sign in, not with an error.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bots.intake.download import Hosts, Redirected, download, words
from bots.replies.posts import Gone, Unclear, until_posted
from bots.replies.safe_text import file_name
from bots.slack.api import FORBIDDEN, Refused, call
from core.concurrency import Backoff, until
from core.errors import FileRefused, Retryable, TooLarge, Unreachable
from core.files.detect import safe_name
from core.store import steps
from core.store.steps import Journal, Step, Uploaded
from core.types import Address, Attachment, File

logger = logging.getLogger(__name__)
MOST_FILES = 50
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
    listed = files[:MOST_FILES] if isinstance(files, list) else ()
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
            type, content = await download(self._session, url, limit, self._headers)
        except Redirected as elsewhere:
            if self._hosts.allowed(str(elsewhere)):
                raise _forbidden("sent to sign in") from elsewhere
            raise FileRefused("file_unavailable") from elsewhere
        except FileRefused as error:
            raise (_forbidden("refused") if error.notice == "file_forbidden" else error) from error
        if type in _HTML and _unexpected(attachment, content):
            raise _forbidden("a page instead of the file")
        return content

    async def _asked(self, attachment: Attachment) -> Attachment:
        """The same file as Slack tells it when asked: those of other organisations come as stubs."""
        try:
            answer = await call(self._client.files_info(file=attachment.id))
        except Refused as error:
            if error.error in FORBIDDEN:
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


LARGEST_FILE = 1024**3
"""Bytes of a file on Slack."""
UPLOAD_SECONDS = 300.0
UPLOAD_TRIES = 6
"""How often the bytes are sent, over all files of a reply, before it is given up."""
LOOKS = Backoff(first=0.25, tries=6)
"""Between looks whether a file is shown: Slack makes its message a little after the call."""
_TOO_LARGE = {"file_upload_size_restricted", "file_too_large", "snippet_too_large", "post_too_large"}
_DONE_ALREADY = "file_update_failed"
_UNKNOWN_FILE = {"file_not_found", "file_deleted", "files_not_found"}


@dataclass
class Giving:
    """Files into one place of Slack."""

    client: AsyncWebClient
    session: aiohttp.ClientSession
    address: Address
    failures: int = field(default=0, kw_only=True)

    async def give(self, file: File) -> None:
        """Show one that belongs to no run."""
        await _must(self._complete(await self._upload(file), file))

    async def _upload(self, file: File) -> str:
        """Give Slack the bytes; nobody sees them yet. Doing it again is harmless."""
        size = len(file.content)
        if size > LARGEST_FILE:
            raise TooLarge(LARGEST_FILE)
        place = await _must(
            call(self.client.files_getUploadURLExternal(filename=file_name(file.name), length=size))
        )
        try:
            url = str(place["upload_url"])
            async with self.session.post(
                url,
                data=io.BytesIO(file.content),
                timeout=aiohttp.ClientTimeout(total=UPLOAD_SECONDS),
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._lost(type(error).__name__) from error
        if status == 413:
            raise TooLarge(LARGEST_FILE)
        if status >= 400:
            raise self._lost(f"http_{status}")
        return str(place["file_id"])

    def _lost(self, why: str) -> Retryable | Unreachable:
        """The bytes go to another host than all else: it may be closed to us for ever."""
        self.failures += 1
        return Unreachable(why) if self.failures >= UPLOAD_TRIES else Retryable(f"upload: {why}")

    async def _complete(self, given: str, file: File) -> None:
        """The call that shows the file. Raises Refused; a lost answer is looked up."""
        request = self.client.files_completeUploadExternal(
            files=[{"id": given, "title": file_name(file.name)}],
            channel_id=self.address.channel,
            thread_ts=self.address.topic or None,
        )
        try:
            await call(request)
        except Unclear:
            if not await self._shown(given):
                raise

    async def _shown(self, given: str) -> bool:
        """Whether the file stands in the channel; looked for as long as a message may take to appear."""

        async def look() -> bool:
            found = await call(self.client.files_info(file=given))
            return _stands(found.get("file") or {}, self.address)

        try:
            return await until(look, bool, LOOKS)
        except (Refused, Gone, Unreachable) as error:
            logger.info("file cannot be looked up", extra={"error": str(error)})
            return False


@dataclass
class Uploads(Giving):
    """`core.ports.Attaching` for one run in one Slack thread."""

    journal: Journal

    async def attach(self, key: str, file: File) -> None:
        """See `Attaching.attach`."""
        await until_posted(lambda: self._attach(key, file))

    async def remove(self) -> None:
        """See `Removing.remove`."""
        for key in self.journal.names("file:"):
            if found := self.journal.get(steps.upload(key)):
                with suppress(Refused, Gone, Unreachable):
                    await self._delete(found.id)

    async def _delete(self, file: str) -> None:
        """The file, and the message that showed it: without the file Slack leaves that behind, empty."""
        if await self._shown(file):
            info = (await call(self.client.files_info(file=file))).get("file") or {}
            for ts in _shares(info, self.address):
                with suppress(Refused, Gone):
                    await call(self.client.chat_delete(channel=self.address.channel, ts=ts))
        await call(self.client.files_delete(file=file))

    async def _attach(self, key: str, file: File) -> None:
        step = steps.upload(key)
        before = self.journal.get(step)
        if before and before.shown:
            return
        given = before.id if before else None
        if given is None or not await self._shown(given):
            given = await self._show(step, file, given)
        await self.journal.record(step, Uploaded(given, shown=True))

    async def _show(self, step: Step[Uploaded], file: File, given: str | None) -> str:
        """Show the file whose bytes Slack has already, else (or if it has forgotten them) upload it first."""
        if given is not None:
            try:
                await self._complete(given, file)
            except Refused as error:
                if error.error in _UNKNOWN_FILE:
                    return await self._show(step, file, None)
                if error.error != _DONE_ALREADY:
                    raise error.unreachable() from error
            return given
        given = await self._upload(file)
        await self.journal.record(step, Uploaded(given))
        await _must(self._complete(given, file))
        return given


def _stands(file: dict[str, Any], address: Address) -> bool:
    """Whether a file is shared where this run answers."""
    shares = file.get("shares") or {}
    places = [place for kind in shares.values() if isinstance(kind, dict) for place in kind]
    direct = [*(file.get("channels") or ()), *(file.get("groups") or ()), *(file.get("ims") or ())]
    return address.channel in [*places, *direct]


def _shares(file: dict[str, Any], address: Address) -> list[str]:
    """The messages that show a file where this run answers."""
    kinds = [kind for kind in (file.get("shares") or {}).values() if isinstance(kind, dict)]
    return [str(share["ts"]) for kind in kinds for share in kind.get(address.channel) or () if "ts" in share]


async def _must(request: Awaitable[Any]) -> Any:
    try:
        return await request
    except Refused as error:
        if error.error in _TOO_LARGE:
            raise TooLarge(LARGEST_FILE) from error
        raise error.unreachable() from error
