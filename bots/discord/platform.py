"""Discord as the core's `Platform`: one gateway session in, one reply for each run out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from functools import partial

import discord

from bots.discord import events
from bots.discord.api import PAGE, DiscordApi
from bots.discord.bot import Bot
from bots.discord.files import DiscordFiles, Uploads
from bots.discord.gateway import ContentIntentRefused, Gateway, Handler, Position, forget_login, redirect
from bots.discord.identifies import Identifies
from bots.discord.interactions import Interactions
from bots.discord.markup import DiscordMarkup
from bots.discord.poster import DiscordPoster, Pace, typing
from bots.discord.reader import SESSION, Reader
from bots.intake.catch_up import OVERLAP, CatchUp
from bots.intake.connection import TokenRefused
from bots.replies.approvals import ApprovalPosts
from bots.replies.edited import EditBrush
from bots.replies.live import FullReply
from bots.replies.markdown import Pages
from bots.replies.posts import Gone, Posts
from bots.replies.safe_text import printable
from core.concurrency import Background, KeyedLock
from core.errors import SpoolError, Unreachable
from core.inbox import Inbox
from core.settings import Settings
from core.store.steps import Journal
from core.texts import text
from core.types import Address, Attachment, Earlier, IncomingMessage, Person

logger = logging.getLogger(__name__)
SAVE_EVERY = 5.0
LOGIN = (
    "Discord refused DISCORD_BOT_TOKEN. Copy the current token from the Bot page of your application "
    "(https://discord.com/developers/applications) into the settings."
)


class DiscordPlatform:
    """`core.ports.Platform` for one bot."""

    name, reads = "discord", True
    shows = (
        "Discord shows Markdown: headings, lists, quotes, links, code and small tables. It shows no LaTeX, "
        "HTML, footnotes or pictures by link."
    )

    def __init__(self, settings: Settings, inbox: Inbox) -> None:
        redirect(settings.discord_api_url, settings.discord_gateway_url)
        self._settings, self._inbox = settings, inbox
        self._identifies = Identifies(inbox)
        self._bot = Bot(inbox, self._identifies, content=settings.follow_threads)
        self._markup = DiscordMarkup()
        self._api, self._pace, self._locks = DiscordApi(self._bot.http), Pace(), KeyedLock()
        self._files = DiscordFiles(settings.discord_api_url)
        self._gateway = Gateway(self._bot, self._identifies)
        self._logged_in = asyncio.Event()
        self._working = Background()
        self._catching_up: asyncio.Task[None] | None = None
        self._intake = Reader(
            inbox,
            self._api,
            me=self._me,
            position=lambda: self._gateway.position,
            failed=self._drop,
            follow=settings.follow_threads,
        )
        self._interactions = Interactions(inbox, self._api, self._intake, language=settings.language)

    def _me(self) -> str:
        assert self._bot.user is not None
        return str(self._bot.user.id)

    async def run(self, connected: Callable[[], None]) -> None:
        """Listen until the connection is lost. Raises TokenRefused when the token is not accepted."""
        await self._log_in()
        self._working.start(self._bot.sync(), "discord commands")
        self._working.start(self._save(), "discord position")
        self._intake.restart()
        stored = await self._inbox.fact(SESSION)
        position = Position(**stored) if isinstance(stored, dict) else None
        try:
            await self._gateway.run(position, self._handlers(), partial(self._greeted, connected))
        except ContentIntentRefused:
            logger.error(
                "FOLLOW_THREADS=1 needs the Message Content Intent: turn it on at the Bot page of your "
                "application, or set FOLLOW_THREADS=0. Going on without following threads on Discord."
            )
            self._gateway.without_content()
        finally:
            await self._working.close()
            await self._gateway.leave()

    async def _log_in(self) -> None:
        """Once in a process."""
        if self._logged_in.is_set():
            return
        try:
            await self._bot.login(self._settings.discord_bot_token)
        except BaseException as error:
            await forget_login(self._bot)
            if isinstance(error, discord.LoginFailure):
                raise TokenRefused(LOGIN) from None
            raise
        self._logged_in.set()

    def _handlers(self) -> dict[str, Handler]:
        """By the names of Discord's events."""
        intake = self._intake
        return {
            "MESSAGE_CREATE": intake.message,
            "MESSAGE_UPDATE": intake.updated,
            "MESSAGE_DELETE": intake.deleted,
            "MESSAGE_DELETE_BULK": intake.deleted,
            "GUILD_CREATE": intake.guild,
            "CHANNEL_CREATE": intake.channel,
            "THREAD_CREATE": intake.channel,
            "THREAD_UPDATE": intake.channel,
            "THREAD_LIST_SYNC": intake.channels,
            "INTERACTION_CREATE": self._interactions.take,
        }

    def _greeted(self, connected: Callable[[], None]) -> None:
        connected()
        self._working.start(self._save_now(), "discord position")
        window, chain = self._settings.catch_up_seconds, self._intake.chain
        caught_up = CatchUp(self._inbox, self.name, window, quick=10, pause=0.04, chain=chain)
        if self._catching_up:
            self._catching_up.cancel()
        alive = lambda: self._gateway.established and self._intake.settled  # noqa: E731
        read = partial(self._read, time.time())
        self._catching_up = self._working.start(caught_up.keep(read, alive), "discord catch-up")

    def _drop(self) -> None:
        """A message was not stored: resume from the last position that was."""
        self._working.start(self._gateway.leave(), "leaving the gateway")

    async def _save(self) -> None:
        """Remember the position now and then, so that a resume has less to repeat."""
        while True:
            await asyncio.sleep(SAVE_EVERY)
            await self._save_now()

    async def _save_now(self) -> None:
        with contextlib.suppress(SpoolError):  # the next one may succeed
            await self._intake.save()

    async def _read(self, greeted_at: float, address: Address, since: float) -> None:
        """Give what was said in a channel since then to the inbox; what is known is skipped."""
        after = max(0, events.snowflake(since) - 1)
        try:
            while page := await self._api.history(address.channel, after):
                for payload in page:
                    missed = since + OVERLAP < events.sent_at(payload["id"]) < greeted_at
                    if missed or not payload.get("edited_timestamp"):  # an edit is no message
                        self._intake.again(payload, address.workspace)
                after = int(page[-1]["id"])
                if len(page) < PAGE:
                    break
        except (Unreachable, Gone) as error:  # what may pass is tried again by whoever called
            logger.info("channel cannot be read", extra={"channel": address.channel, "error": str(error)})

    @contextlib.asynccontextmanager
    async def reply(self, message: IncomingMessage, journal: Journal) -> AsyncIterator[FullReply]:
        """See `Platform.reply`."""
        await self._logged_in.wait()
        stop = text("stop_button", message.locale, self._settings.language)
        poster = DiscordPoster(self._api, self._pace, message, journal.claim.run, self._me(), stop)
        posts = Posts(journal, poster, self._locks)
        pages = Pages(self._markup, poster.limit)
        brush = EditBrush(
            posts, lambda body, _, final: pages.posts(printable(body), final=final), activities=True
        )
        made = FullReply(brush, Uploads(posts, poster), ApprovalPosts(posts, journal, poster))
        async with made as reply, typing(self._api, message.address.channel, reply.visible):
            yield reply

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `Fetching.fetch`."""
        return await self._files.fetch(attachment, limit)

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """Discord's messages bring no context with them: other people's text needs a privileged intent."""
        return []

    async def person(self, user: str) -> Person:
        """Discord tells a name with each message, a locale only in interactions, a time zone never."""
        return Person()

    async def names(self, mentions: Collection[str], message: IncomingMessage) -> Mapping[str, str]:
        """See `Platform.names`."""
        return {}

    async def said(self, message: IncomingMessage, since: float, most: int) -> Sequence[Earlier]:
        """See `Platform.said`."""
        raise Unreachable("not read yet")

    async def close(self) -> None:
        """Leave without ending the session."""
        await self._files.close()
        if self._logged_in.is_set():
            await self._gateway.leave()
            await self._save_now()
            await self._bot.http.close()
