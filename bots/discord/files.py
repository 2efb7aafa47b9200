"""Files at Discord's messages: what is announced, and fetching them from its CDN.

An attachment: https://docs.discord.com/developers/resources/message#attachment-object. Its URL is signed and
expires; no token is needed, so none is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import aiohttp

from bots.discord.api import LARGEST_FILE
from bots.discord.poster import DiscordPoster, file_sign
from bots.discord.wording import referenced, snapshots
from bots.intake.connector import Connector
from bots.intake.download import Hosts, Redirected, download, words
from bots.replies.posts import Posts, until_posted
from bots.replies.safe_text import file_name
from core.errors import FileRefused, TooLarge
from core.files.detect import safe_name
from core.store import steps
from core.types import Attachment, File

MOST_FILES = 50
"""Files of one message that are noticed at all; Discord allows ten."""
_ID = re.compile(r"[0-9]{1,20}")
_VOICE = 1 << 13
"""A message flag: it is a voice message."""


def attachments(payload: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The files of a message, then of what it answers or passes on; whatever is none is left out."""
    pointed_at = [one for message in referenced(payload) for one in (message, *snapshots(message))]
    found = [one for message in (payload, *snapshots(payload), *pointed_at) for one in _listed(message)]
    return tuple({one.id: one for one in found[:MOST_FILES]}.values())


def _listed(message: Mapping[str, Any]) -> list[Attachment]:
    files, flags = message.get("attachments"), message.get("flags")
    if not isinstance(files, list):
        return []
    voice = isinstance(flags, int) and bool(flags & _VOICE)
    return [found for file in files[:MOST_FILES] if (found := _attachment(file, voice))]


def _attachment(file: object, voice: bool) -> Attachment | None:
    if not isinstance(file, Mapping):
        return None
    id, size = file.get("id"), file.get("size")
    if not (isinstance(id, str) and _ID.fullmatch(id)):
        return None
    return Attachment(
        id=id,
        name=_name(file.get("filename"), file.get("title")),
        url=words([file.get("url")], 2048),
        size=size if type(size) is int and 0 <= size < 2**53 else -1,
        type=words([file.get("content_type")], 128),
        voice=voice or isinstance(file.get("waveform"), str),
    )


def _name(filename: object, title: object) -> str:
    """The title is what a person called it, without the ending: the file name has only what URLs may have."""
    name = safe_name(filename)
    if not isinstance(title, str) or not title:
        return name
    ending = PurePosixPath(name).suffix
    return safe_name(title if title.endswith(ending) else title + ending)


class DiscordFiles:
    """Fetches files with a connection of its own: no token goes to the CDN. `close()` at the end."""

    def __init__(self, api_url: str) -> None:
        own = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
        self._hosts = Hosts(api_url, "discord.com", own)
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `core.ports.Fetching`."""
        if attachment.size > limit:
            raise FileRefused("file_too_large")
        url = self._hosts.allowed(attachment.url)
        if url is None:
            raise FileRefused("file_external")
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=Connector(), cookie_jar=aiohttp.DummyCookieJar())
        try:
            _, content = await download(self._session, url, limit)
        except Redirected as elsewhere:
            raise FileRefused("file_unavailable") from elsewhere
        except FileRefused as error:
            gone = error.notice == "file_forbidden"  # how the CDN speaks of a signature that has expired
            raise FileRefused("file_deleted" if gone else error.notice) from error
        return content

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class Uploads:
    """`core.ports.Attaching` for one run."""

    def __init__(self, posts: Posts, poster: DiscordPoster) -> None:
        self._posts, self._poster = posts, poster

    async def attach(self, key: str, file: File) -> None:
        """See `Attaching.attach`."""
        size = len(file.content)
        if size > LARGEST_FILE:
            raise TooLarge(LARGEST_FILE)
        sent = (file_name(file.name), file.type or "application/octet-stream", file.content)
        make = partial(self._poster.bring, key, sent)
        await until_posted(lambda: self._posts.once(steps.file(key), make, sign=file_sign(size)))

    async def remove(self) -> None:
        """See `Removing.remove`. One whose record is missing is found by whom it answers."""
        for key in self._posts.names("file:"):
            await self._posts.take_away(steps.file(key), file_sign(-1))
