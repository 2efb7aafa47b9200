"""Files into a Discord channel: each a post of its own, journaled and made like every other post."""

from __future__ import annotations

from functools import partial

from bots.discord.api import LARGEST_FILE
from bots.discord.poster import DiscordPoster, file_sign
from bots.patience import patiently
from bots.replies.filename import file_name
from bots.replies.posts import Posts
from core.errors import TooLarge
from core.types import File


class Uploads:
    """`core.ports.Attaching` for one run."""

    def __init__(self, posts: Posts, poster: DiscordPoster) -> None:
        self._posts, self._poster = posts, poster

    async def attach(self, file: File) -> None:
        """See `Attaching.attach`."""
        size = len(file.content)
        if size > LARGEST_FILE:
            raise TooLarge(LARGEST_FILE)
        sent = (file_name(file.name), file.type or "application/octet-stream", file.content)
        make = partial(self._poster.bring, file.key, sent)
        await patiently(lambda: self._posts.once(f"file:{file.key}", make, sign=file_sign(size)))
