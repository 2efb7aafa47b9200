"""Slack as the core's `Platform`: one connection in, one reply for each run out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.authorization import AuthorizeResult

from bots.intake.catch_up import CatchUp
from bots.intake.connection import TokenRefused
from bots.intake.door import Door
from bots.intake.following import Following
from bots.replies.activity import doing
from bots.replies.approvals import ApprovalPosts
from bots.replies.blocks import Markdown
from bots.replies.links import LinkGate
from bots.replies.live import FullReply
from bots.replies.posts import Count, Posts
from bots.replies.safe_text import harmless
from bots.slack.api import Budget, Client, Limited, Refused, call
from bots.slack.files import Giving, SlackFiles, Uploads
from bots.slack.following import Follower, Heard
from bots.slack.interactions import Interactions, Means
from bots.slack.listeners import Listeners, us_of
from bots.slack.markup import SlackMarkup
from bots.slack.native_stream import Refusals
from bots.slack.poster import SlackPoster, reference
from bots.slack.reading import events
from bots.slack.reading.history import History, newest, pages
from bots.slack.reading.people import People
from bots.slack.socket import SocketMode, unconnected
from bots.slack.status import Status
from bots.slack.stream import StreamBrush, Streaming
from bots.slack.words import NO_TOKEN, token_refused
from core.concurrency import Background, Backoff, Turns, retry
from core.errors import Retryable, SpoolError, loggable
from core.inbox import Inbox
from core.settings import Settings
from core.settings.http import CONSOLE
from core.store import steps
from core.store.steps import Journal
from core.texts import of_script, text
from core.types import Activity, Address, Attachment, Earlier, File, IncomingMessage, Person, Standing

logger = logging.getLogger(__name__)
NOTICING = Backoff(tries=4, seconds=60.0)
"""Slack says when it takes another notice: that of a limit is the whole answer."""
CHECK = 60.0
"""Seconds between two looks whether the bot's token is still good."""
EARLIER = 50
"""How many messages of a topic are given as context, the newest of them."""
CONTEXT_PATIENCE = 1.25
"""Seconds between the tries to read a topic as context: one and its jitter, for a question waits."""


class SlackPlatform:
    """`core.ports.Platform` for the workspace of one bot token."""

    name, reads = "slack", True
    shows = (
        "Slack shows Markdown: headings, lists, tables, quotes, links and code. It shows no LaTeX, HTML, "
        "footnotes or pictures by link."
    )

    def __init__(self, settings: Settings, inbox: Inbox, session: aiohttp.ClientSession) -> None:
        self._settings, self._inbox, self._session = settings, inbox, session
        self._client = Client(
            settings.slack_bot_token,
            base_url=settings.slack_api_url.rstrip("/") + "/",
            session=session,  # without it the SDK opens a new connection for each call
            retry_handlers=[],  # a repeated post could appear twice
        )
        self._budget, self._turns, self._markdown = Budget(), Turns(), Markdown(loose=False)
        self._streaming = Streaming(self._client, self._budget, Refusals(), SlackMarkup())
        self._files = SlackFiles(
            self._client, session, token=settings.slack_bot_token, api_url=settings.slack_api_url
        )
        self._status = Status(self._client)
        self._people = People(self._client)
        self._heard = Heard()
        self._open_at = 0.0
        self._me: asyncio.Future[AuthorizeResult] = asyncio.get_running_loop().create_future()

    async def run(self, connected: Callable[[], None]) -> None:
        """Listen until the connection is lost. Raises TokenRefused when a token is not accepted."""
        me = await self._identify()
        us, language = us_of(me), self._settings.language
        following = Following.of(self._settings, self.name)
        follower = Follower(self._client, self._inbox, self._heard, us, following)
        known, ask = partial(self._people.stands, us=us), partial(self._people.standing, us=us)
        door = Door(self._inbox, language, known, ask, self.notice)
        listeners = Listeners(
            self._client, self._inbox, me, door=door, follower=follower, waiting=self._waiting
        )
        means = Means(self._inbox, door, us, language, self._locale, self.direct, self.send)
        Interactions(listeners.app, means)
        history = History(self._client, partial(listeners.message, live=False))
        window = self._settings.catch_up_seconds
        caught_up = CatchUp(self._inbox, self.name, window, quick=15, pause=2.6)  # two of 50 calls a minute
        reading = Background()

        def greeted() -> None:
            connected()
            reading.start(caught_up.keep(history.read), "slack catch-up")
            reading.start(self._inbox.data.workspace(self.name, us.team, here=True), "slack workspace")

        socket = SocketMode(self._session, self._open_url, listeners.app.async_dispatch, listeners.settled)
        self._heard.interrupted()
        listening = asyncio.create_task(socket.run(greeted), name="slack listening")
        checking = asyncio.create_task(self._check(), name="slack token")
        try:
            await asyncio.wait({listening, checking}, return_when=asyncio.FIRST_COMPLETED)
            for task in (checking, listening):
                if task.done():
                    task.result()
        finally:
            listening.cancel()
            checking.cancel()
            await asyncio.gather(listening, checking, return_exceptions=True)
            await asyncio.gather(reading.close(), door.close())

    async def _check(self) -> None:
        """A socket goes on when the bot's token is revoked, and nothing can be posted any more."""
        while True:
            await asyncio.sleep(CHECK)
            try:
                await self._identify()
            except TokenRefused:
                raise
            except SpoolError as error:
                logger.debug("the bot's token cannot be checked", extra={"error": str(error)})

    async def _identify(self) -> AuthorizeResult:
        who = await _with_token("SLACK_BOT_TOKEN", self._client.auth_test())
        me = AuthorizeResult(
            enterprise_id=who.get("enterprise_id"),
            team_id=who.get("team_id"),
            team=who.get("team"),
            bot_user_id=who.get("user_id"),
            bot_id=who.get("bot_id"),
            bot_token=self._settings.slack_bot_token,
        )
        if not self._me.done():
            self._me.set_result(me)
        return me

    async def _open_url(self) -> str:
        """Not before Slack takes such calls again, also where the one it refused was made by a former run."""
        if (wait := self._open_at - time.monotonic()) > 0:
            raise Limited("ratelimited", retry_after=wait)
        request = self._client.apps_connections_open(app_token=self._settings.slack_app_token)
        try:
            return str((await _with_token("SLACK_APP_TOKEN", request))["url"])
        except Limited as error:
            self._open_at = time.monotonic() + (error.retry_after or 0.0)
            raise
        except Refused as error:
            raise unconnected(error.error) from None

    @contextlib.asynccontextmanager
    async def reply(self, message: IncomingMessage, journal: Journal) -> AsyncIterator[FullReply]:
        """See `Platform.reply`."""
        address, run = message.address, journal.claim.run
        begun = journal.get(steps.post(0)) is not None
        wanted = message.kind == "ask" and not begun  # else there is something to see already
        if begun:
            self._status.waiting(address, "")  # what a process before this one may have left
        status = self._words("thinking", message) if wanted else ""
        async with self._status.thinking(address, status) as thinking:
            poster = SlackPoster(self._client, self._budget, message, run, self._bot_user, thinking.posting)
            posts = Posts(journal, poster, self._turns)
            show_activities = lambda activities: thinking.doing(self._busy(message, activities))  # noqa: E731
            brush = StreamBrush(self._streaming, posts, poster, message, show_activities, begun=begun)
            files = Uploads(self._client, self._session, address, journal)
            links = LinkGate(self._settings.link_gate, self._markdown, journal.stood)
            poster.unlinked = links.plain
            async with FullReply(brush, files, ApprovalPosts(posts, journal, poster), links) as reply:
                if CONSOLE in self._settings.http_serve:
                    reply.seen = partial(self._people.tell, message, self._called)
                try:
                    yield reply
                finally:
                    brush.close()
                    self._people.learn(message.user)

    async def _called(self, where: Address, told: Mapping[str, str]) -> None:
        """For the page: of its people and channels, and of the workspace."""
        me = await asyncio.shield(self._me)
        await self._inbox.called(where, {**told, where.workspace: me.team or ""})

    def _waiting(self, address: Address, message: IncomingMessage | None) -> None:
        """A message waits there behind others; None: it does not any more."""
        self._status.waiting(address, self._words("thinking", message) if message else "")

    def _busy(self, message: IncomingMessage, activities: Sequence[Activity]) -> str:
        """The status that tells of tasks, "" for none under way."""
        title = doing(activities)
        return self._words("busy", message).format(task=harmless(title)) if title else ""

    def _words(self, key: str, message: IncomingMessage) -> str:
        """Our own text in the person's language, as far as it is known: nothing waits for it."""
        locale = message.locale or self._people.known(message.user).locale or of_script(message.text)
        return text(key, locale, self._settings.language)

    async def _bot_user(self) -> str:
        """Known once Slack was reached for the first time."""
        return str((await asyncio.shield(self._me)).bot_user_id)

    async def earlier(self, message: IncomingMessage, since: float) -> Sequence[Earlier]:
        """See `Platform.earlier`."""
        address = message.address
        if self._heard.quiet(address.channel, address.topic, message.user, since):
            return []
        where = (address.channel, address.topic, since, message.id)
        try:
            topic = [one async for one in pages(self._client, *where, patience=CONTEXT_PATIENCE)]
        except SpoolError as error:
            logger.info("topic cannot be read for context", extra={"error": str(error)})
            return []
        return (await self._before(message, topic))[-EARLIER:]

    async def _before(self, message: IncomingMessage, found: Iterable[Mapping[str, Any]]) -> list[Earlier]:
        """Those of the messages that say or show something and were sent before that one."""
        channel, us = message.address.channel, us_of(await asyncio.shield(self._me))
        told = [events.read({**one, "channel": channel}, us) for one in found]
        return [
            said.earlier(reference(message.address, said.id))
            for said in told
            if said and said.sent_at < message.sent_at and (said.text or said.quotes or said.files)
        ]

    async def tell(self, message: IncomingMessage, words: str) -> None:
        """See `bots.intake.outcry.Telling`."""
        post, address = self._client.chat_postMessage, message.address
        await call(post(channel=address.channel, thread_ts=address.topic, text=words))

    async def standing(self, message: IncomingMessage) -> Standing | None:
        """See `core.ports.Door`."""
        return await self._people.standing(message.user, us_of(await asyncio.shield(self._me)))

    async def notice(self, message: IncomingMessage, words: str) -> None:
        """See `core.ports.Door`."""
        where, post = message.address, self._client.chat_postEphemeral
        topic = where.topic if where.topic != message.id else None
        tell = lambda: call(post(channel=where.channel, user=message.user, text=words, thread_ts=topic))  # noqa: E731
        try:
            await retry(tell, NOTICING, "notice", again=lambda error: isinstance(error, Limited))
        except SpoolError as error:
            logger.info("a person could not be told", extra={"error": loggable(error)})

    async def send(self, user: str, file: File) -> None:
        """In a direct message."""
        where = Address(self.name, "", await self._direct(user), "")
        await Giving(self._client, self._session, where).give(file)

    async def _direct(self, user: str) -> str:
        opened = await call(self._client.conversations_open(users=user))
        return str(opened["channel"]["id"])

    async def direct(self, user: str, words: str) -> None:
        """See `bots.intake.alerts.Direct`."""
        channel, post = await self._direct(user), self._client.chat_postMessage
        await call(post(channel=channel, text=words, unfurl_links=False, unfurl_media=False))

    def count(self, told: Count) -> None:
        """From now on that is told of each post."""
        self._client.count = told

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `Fetching.fetch`."""
        return await self._files.fetch(attachment, limit)

    async def person(self, user: str) -> Person:
        """See `Platform.person`."""
        try:
            async with asyncio.timeout(1.0):
                return await self._people.person(user)
        except TimeoutError:
            return Person()

    async def names(self, mentions: Collection[str], message: IncomingMessage) -> Mapping[str, str]:
        """See `Platform.names`."""
        return await self._people.names(mentions)

    async def said(self, message: IncomingMessage, since: float, most: int) -> Sequence[Earlier]:
        """See `Platform.said`."""
        found = await newest(self._client, message.address.channel, since, message.id, most)
        replies = {one.get("ts"): one.get("reply_count") for one in found}
        return [_with_replies(one, replies.get(one.id)) for one in await self._before(message, found)]

    async def _locale(self, user: str) -> str:
        return (await self.person(user)).locale

    async def close(self) -> None:
        """Take statuses away; what was not acknowledged is delivered again."""
        await self._people.close()
        await self._status.close()


def _with_replies(one: Earlier, count: object) -> Earlier:
    """It says how many answers stand below it, which are not read with it."""
    if not isinstance(count, int) or count < 1:
        return one
    told = f"[{count} {'reply' if count == 1 else 'replies'} in its thread]"
    return replace(one, text=f"{one.text}\n{told}".lstrip())


async def _with_token(setting: str, request: Awaitable[Any]) -> Any:
    """As `call`. Raises TokenRefused for a token that is none, or is none any more."""
    try:
        return await call(request)
    except (Retryable, Refused) as error:
        name = str(error)
        if name in NO_TOKEN:
            raise TokenRefused(token_refused(setting, name)) from None
        raise
