"""Files into a Slack thread: a place for the bytes, the bytes, and then the one call that shows them.

That call is the only one with an effect people see, and it has no idempotency key: which file it shows is
journaled before it is made, and after a crash Slack is asked whether it was.
https://docs.slack.dev/messaging/working-with-files#upload
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bots.download import proxy
from bots.filename import file_name
from bots.patience import patiently
from bots.posts import Gone, Unclear
from bots.slack.calls import Refused, call
from core.errors import Retryable, TooLarge, Unreachable
from core.journal import Journal
from core.types import Address, File

logger = logging.getLogger(__name__)
LARGEST = 1024**3
"""Bytes of a file on Slack."""
PATIENCE = 300.0
TRIES = 6
"""How often the bytes are sent, over all files of a reply, before it is given up."""
LOOKS = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between looks whether a file is shown: Slack makes its message a little after the call."""
_TOO_LARGE = {"file_upload_size_restricted", "file_too_large", "snippet_too_large", "post_too_large"}
_DONE_ALREADY = "file_update_failed"
_UNKNOWN_FILE = {"file_not_found", "file_deleted", "files_not_found"}


class Uploads:
    """`core.ports.Attaching` for one run in one Slack thread."""

    def __init__(
        self, client: AsyncWebClient, session: aiohttp.ClientSession, journal: Journal, address: Address
    ) -> None:
        self._client, self._session, self._journal, self._address = client, session, journal, address
        self._failures = 0

    async def attach(self, file: File) -> None:
        """See `Attaching.attach`."""
        await patiently(lambda: self._attach(file))

    async def _attach(self, file: File) -> None:
        name = f"file:{file.key}"
        step = self._journal.memo.get(name)
        if step and step.get("shown"):
            return
        given = step["file"] if step else None
        if given is None or not await self._shown(given):
            given = await self._show(name, file, given)
        await self._journal.record(name, {"file": given, "shown": True})

    async def _show(self, name: str, file: File, given: str | None) -> str:
        """Show the file whose bytes Slack has already, else (or if it has forgotten them) upload it first."""
        if given is not None:
            try:
                await self._complete(given, file)
            except Refused as error:
                if error.error in _UNKNOWN_FILE:
                    return await self._show(name, file, None)
                if error.error != _DONE_ALREADY:
                    raise Unreachable(error.error) from error
            return given
        given = await self._upload(file)
        await self._journal.record(name, {"file": given})
        await _must(self._complete(given, file))
        return given

    async def _upload(self, file: File) -> str:
        """Give Slack the bytes; nobody sees them yet. Doing it again is harmless."""
        size = len(file.content)
        if size > LARGEST:
            raise TooLarge(LARGEST)
        place = await _must(
            call(self._client.files_getUploadURLExternal(filename=file_name(file.name), length=size))
        )
        try:
            url = str(place["upload_url"])
            async with self._session.post(
                url,
                proxy=proxy(url),
                data=io.BytesIO(file.content),
                timeout=aiohttp.ClientTimeout(total=PATIENCE),
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._lost(type(error).__name__) from error
        if status == 413:
            raise TooLarge(LARGEST)
        if status >= 400:
            raise self._lost(f"http_{status}")
        return str(place["file_id"])

    def _lost(self, why: str) -> Retryable | Unreachable:
        """The bytes go to another host than all else: it may be closed to us for ever."""
        self._failures += 1
        return Unreachable(why) if self._failures >= TRIES else Retryable(f"upload: {why}")

    async def _complete(self, given: str, file: File) -> None:
        """The call that shows the file. Raises Refused; a lost answer is looked up."""
        request = self._client.files_completeUploadExternal(
            files=[{"id": given, "title": file_name(file.name)}],
            channel_id=self._address.channel,
            thread_ts=self._address.topic,
        )
        try:
            await call(request)
        except Unclear:
            if not await self._shown(given):
                raise

    async def _shown(self, given: str) -> bool:
        """Whether the file stands in the channel; looked for as long as a message may take to appear."""
        for pause in (*LOOKS, None):
            try:
                found = await call(self._client.files_info(file=given))
            except (Refused, Gone, Unreachable) as error:
                logger.info("file cannot be looked up", extra={"error": str(error)})
                return False
            if _stands(found.get("file") or {}, self._address):
                return True
            if pause is not None:
                await asyncio.sleep(pause)
        return False


def _stands(file: dict[str, Any], address: Address) -> bool:
    """Whether a file is shared where this run answers."""
    shares = file.get("shares") or {}
    places = [place for kind in shares.values() if isinstance(kind, dict) for place in kind]
    direct = [*(file.get("channels") or ()), *(file.get("groups") or ()), *(file.get("ims") or ())]
    return address.channel in [*places, *direct]


async def _must(request: Awaitable[Any]) -> Any:
    try:
        return await request
    except Refused as error:
        if error.error in _TOO_LARGE:
            raise TooLarge(LARGEST) from error
        raise Unreachable(error.error) from error
