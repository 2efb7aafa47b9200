"""Discord as the core's `Platform`: one gateway session in, one reply for each run out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import discord

from bots.discord.api import PAGE, DiscordApi, sent_at, snowflake
from bots.discord.bot import Bot
from bots.discord.files import DiscordFiles, Uploads
from bots.discord.gateway import ContentIntentRefused, Gateway, Handler, Position, forget_login, redirect
from bots.discord.hooks import Asking, HookApi, Hooks
from bots.discord.identifies import Identifies
from bots.discord.interactions import Interactions
from bots.discord.markup import DiscordMarkup
from bots.discord.poster import DiscordPoster, Pace, reference, typing
from bots.discord.quotes import hidden
from bots.discord.reader import SESSION, Reader
from bots.intake.catch_up import OVERLAP, CatchUp
from bots.intake.connection import TokenRefused
from bots.intake.door import Door
from bots.intake.following import INTENT, Following
from bots.intake.standings import Standings
from bots.replies.approvals import ApprovalPosts
from bots.replies.blocks import Markdown
from bots.replies.edited import EditBrush
from bots.replies.links import LinkGate
from bots.replies.live import FullReply
from bots.replies.markdown import Pages
from bots.replies.posts import Count, Gone, Posts
from core.concurrency import Background, Turns
from core.errors import SpoolError, Unreachable
from core.inbox import Inbox
from core.settings import Settings
from core.settings.http import CONSOLE
from core.store.steps import Journal
from core.texts import of_script, text
from core.types import Address, Attachment, Earlier, IncomingMessage, Person, Standing, ThreadId

logger = logging.getLogger(__name__)
SAVE_EVERY = 5.0
MOST_BUTTONS = 10_000
"""Threads of which it is known where the buttons are."""
NOT_READ = (
    "Discord does not let this bot read what was said here before. Whoever runs the server can give it “View "
    "Channel” and “Read Message History”"
)
TEXTS_HIDDEN = (
    "[{count} messages here are left out: Discord hides their text from this bot, which may read only what "
    "mentions it or answers it. Whoever runs the bot can switch on the Message Content Intent.]"
)
_CHANNELS = ("CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE")
_ROLES = ("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE")
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
        following = Following.of(settings, self.name)
        self._bot = Bot(inbox, self._identifies, content=bool(following.threads or following.channels))
        self._markup, self._markdown = DiscordMarkup(), Markdown(loose=True)
        self._api, self._pace, self._turns = DiscordApi(self._bot.http), Pace(), Turns()
        self._files = DiscordFiles(settings.discord_api_url)
        self._gateway = Gateway(self._bot, self._identifies)
        self._logged_in = asyncio.Event()
        self._working = Background()
        self._buttons: dict[ThreadId, tuple[str, str, list[dict[str, Any]]]] = {}
        """Channel and post under which a thread's newest answer has its buttons, since this process began,
        and which of them stay."""
        self._catching_up: asyncio.Task[None] | None = None
        self._standings = Standings(partial(self._api.standing, settings.discord_guilds))
        known, ask = self._standings.known, self._standings.standing
        self._intake = Reader(
            Door(inbox, settings.language, known, ask, self.notice),
            self._api,
            me=self._me,
            position=lambda: self._gateway.position,
            failed=self._drop,
            following=following,
        )
        self._hooks, words = Hooks(inbox), settings.language
        asking = Asking(self._intake, self._api, self._hooks, self._me, words)
        self._interactions = Interactions(inbox, self._api, self._intake, asking, language=words)

    def _me(self) -> str:
        assert self._bot.user is not None
        return str(self._bot.user.id)

    async def run(self, connected: Callable[[], None]) -> None:
        """Listen until the connection is lost. Raises TokenRefused when the token is not accepted."""
        await self._log_in()
        self._working.start(self._bot.sync(), "discord commands")
        self._working.start(self._save(), "discord position")
        self._intake.restart()
        await self._hooks.load()
        stored = await self._inbox.fact(SESSION)
        position = Position(**stored) if isinstance(stored, dict) else None
        try:
            await self._gateway.run(position, self._handlers(), partial(self._greeted, connected))
        except ContentIntentRefused:
            logger.error(INTENT)
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
            "READY": intake.servers,
            "GUILD_CREATE": intake.guild,
            "GUILD_DELETE": intake.left,
            **dict.fromkeys(_CHANNELS, intake.channel),
            **dict.fromkeys(_ROLES, intake.role),
            "THREAD_LIST_SYNC": intake.listed,
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
        after = max(0, snowflake(since) - 1)
        try:
            while page := await self._api.history(address.channel, after):
                for payload in page:
                    missed = since + OVERLAP < sent_at(payload["id"]) < greeted_at
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
        stop = text("stop_button", message.locale or of_script(message.text), self._settings.language)
        hook, api = await self._hooks.of(message.id), self._api
        if hook and not hook.here:
            told = partial(self._hooks.told, message.id)
            api = HookApi(api, str(self._bot.application_id), hook.token, told)
        poster = DiscordPoster(api, self._pace, message, journal.claim.run, self._me(), stop)
        if hook and hook.target:
            poster.target = hook.target
        poster.placed = partial(self._newest, journal.claim.thread, message.address.channel)
        posts = Posts(journal, poster, self._turns)
        pages = Pages(self._markup, poster.limit)
        brush = EditBrush(posts, lambda body, _, final: pages.posts(body, final=final), activities=True)
        links = LinkGate(self._settings.link_gate, self._markdown, journal.stood)
        made = FullReply(brush, Uploads(posts, poster), ApprovalPosts(posts, journal, poster), links)
        if CONSOLE in self._settings.http_serve:
            made.seen = partial(self._seen, message)
        async with made as reply, typing(api, message.address.channel, reply.visible):
            yield reply

    def _seen(self, message: IncomingMessage) -> None:
        """For the page: what its person, its place and the server are called, as the gateway has told it."""
        where, name = message.address, message.author
        known = self._intake.channels.known(where.workspace)
        told = {one: known(f"#{one}") for one in (where.channel, message.parent)}
        around = {where.workspace: known(where.workspace)} if where.workspace else {where.channel: name}
        self._working.start(self._inbox.called(where, {**told, **around, message.user: name}), "names")

    def _newest(self, thread: ThreadId, channel: str, post: str, left: list[dict[str, Any]]) -> None:
        """The buttons stand under this answer: under the one before it in that thread only votes stay."""
        before = self._buttons.get(thread)
        if len(self._buttons) >= MOST_BUTTONS:
            self._buttons.clear()
        self._buttons[thread] = (channel, post, left)
        if before and before[1] != post:
            self._working.start(self._bare(*before), "buttons")

    async def _bare(self, channel: str, post: str, left: list[dict[str, Any]]) -> None:
        """Nobody waits for it: it takes no edit that an answer could need there."""
        while wait := self._pace.left(channel):  # noqa: ASYNC110 - it may be put off
            await asyncio.sleep(wait)
        self._pace.note(channel)
        with contextlib.suppress(SpoolError):  # a press there says that it is over
            await self._api.edit(channel, post, {"components": left})

    async def tell(self, message: IncomingMessage, words: str) -> None:
        """See `bots.intake.outcry.Telling`."""
        quoted = {"message_id": message.id, "fail_if_not_exists": False}
        once = {"nonce": f"tell-{message.id}"[:25], "enforce_nonce": True}
        body = {"content": words, "message_reference": quoted, **once}
        await self._api.post(message.address.channel, body)

    async def standing(self, message: IncomingMessage) -> Standing | None:
        """See `core.ports.Door`. Its second begins once there is somebody to ask."""
        await self._logged_in.wait()
        return await self._standings.standing(message.user)

    async def notice(self, message: IncomingMessage, words: str) -> None:
        """See `core.ports.Door`: only an interaction could be answered so that nobody else sees it."""
        with contextlib.suppress(SpoolError):
            async with self._turns.of(message.address, message.user, later=True):
                await self.tell(message, words)

    async def direct(self, user: str, words: str) -> None:
        """See `bots.intake.alerts.Direct`."""
        await self._api.direct(user, words)

    def count(self, told: Count) -> None:
        """From now on that is told of each post."""
        self._api.count = told

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
        return await self._intake.channels.names(mentions, message.address.workspace)

    async def said(self, message: IncomingMessage, since: float, most: int) -> Sequence[Earlier]:
        """See `Platform.said`. What Discord hides from us is counted in a line of its own."""
        where = message.address
        try:
            page = await self._api.before(where.channel, message.id, most)
        except (Unreachable, Gone):
            raise Unreachable(NOT_READ) from None
        recent = [one for one in page if sent_at(str(one["id"])) >= since]
        told = [said for one in recent if (said := self._intake.read(one, where.workspace))]
        brief = [replace(one, quotes=()) if one.by == "us" else one for one in told]
        shown = [one.earlier(reference(one.id)) for one in brief if one.text or one.files or one.quotes]
        unread = sum(map(hidden, recent))
        note = Earlier("", "", "bot", TEXTS_HIDDEN.format(count=unread), author="Discord")
        return [note, *shown] if unread else shown

    async def close(self) -> None:
        """Leave without ending the session."""
        await asyncio.gather(self._files.close(), self._intake.door.close())
        if self._logged_in.is_set():
            await self._gateway.leave()
            await self._save_now()
            await self._bot.http.close()
