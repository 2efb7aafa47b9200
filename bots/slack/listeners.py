"""What Slack tells us, put into calls on the inbox. A listener that returns has committed: Bolt acknowledges.

`process_before_response=True` is the line that makes intake safe: by default Bolt acknowledges an event
before the listener has stored it.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack import events
from bots.slack.history import Heard
from bots.slack.interactions import ANY, Interactions
from bots.slack.poster import reference
from core.inbox import Inbox
from core.types import Address

logger = logging.getLogger(__name__)
MOST_STORED = 1000


class Listeners:
    """The Bolt app of one workspace's bot."""

    def __init__(
        self,
        client: AsyncWebClient,
        inbox: Inbox,
        me: AuthorizeResult,
        *,
        follow: bool,
        language: str,
        locale: Callable[[str], Awaitable[str]],
        heard: Heard,
        waiting: Callable[[Address, bool], None],
    ) -> None:
        self._inbox, self._follow = inbox, follow
        self._heard, self._waiting = heard, waiting
        self._bot = me.bot_id or "none"
        self._stored: OrderedDict[tuple[object, object], None] = OrderedDict()
        self._me = str(me.bot_user_id)
        self._team = str(me.team_id or me.enterprise_id or "")  # one bot token is one workspace

        self.app = _bolt(client, me)
        self.app.event(ANY)(self._event)  # everything is acknowledged, also what is not for us
        Interactions(self.app, inbox, self._team, language, locale)

    def settled(self, envelope: Mapping[str, Any]) -> bool:
        """True for events there is nothing to do about: our own posts, and the twin of a stored message.

        They are half of all events, and known without asking Bolt or the database.
        """
        payload = envelope.get("payload")
        event = payload.get("event") if isinstance(payload, dict) else None
        if not isinstance(event, dict) or event.get("type") not in ("message", "app_mention"):
            return False
        inner = event.get("message") if event.get("subtype") == "message_changed" else event
        if isinstance(inner, dict) and inner.get("bot_id") == self._bot:
            return True
        channel, ts = event.get("channel"), event.get("ts")
        known = isinstance(channel, str) and isinstance(ts, str) and (channel, ts) in self._stored
        return known and not event.get("subtype")

    async def _event(self, body: dict[str, Any]) -> None:
        event = body["event"]
        match event.get("type"):
            case "message" | "app_mention":
                await self.message(event)
            case "agent_session_stopped":
                await self._stopped(event)

    async def message(self, event: dict[str, Any], *, live: bool = True) -> None:
        """A message as an event or as history (not `live`) tells it. Returns ⇒ stored, or not for us."""
        try:
            self._heard.note(event)
            gone = events.deleted(event, self._team)
            said = events.spoken(event, self._team, self._me)
        except Exception:  # what cannot be understood now will not be when it is delivered again
            logger.exception("message not understood")
            return
        if gone and await self._inbox.withdraw(*gone):
            self._waiting(gone[0], False)
        if said is None:
            return
        message = said.message
        if not said.addressed:
            known = self._follow and await self._inbox.spoke_before(message.address, message.user)
            if not known:
                return
        receipt = await self._inbox.receive(message, live=live)
        self._stored[message.address.channel, message.id] = None
        if len(self._stored) > MOST_STORED:
            self._stored.popitem(last=False)
        if receipt.new and not receipt.claim and message.kind == "ask":
            self._waiting(message.address, True)  # behind others: it was heard all the same

    async def _stopped(self, event: dict[str, Any]) -> None:
        channel, topic, user = (str(event.get(key) or "") for key in ("channel", "thread_ts", "user"))
        address = Address("slack", self._team, channel, topic)
        posts = event.get("streaming_message_ts") or ()
        for post in posts:  # Slack has ended these streams already, whoever pressed
            await self._inbox.stop_post(reference(address, str(post)))
        if not posts:
            await self._inbox.stop(address, user)


def _bolt(client: AsyncWebClient, me: AuthorizeResult) -> AsyncApp:
    """Bolt for one workspace on a socket: what is about HTTP requests or many workspaces only costs time."""

    async def authorize(**_: object) -> AuthorizeResult:
        return me  # asked once at start; Bolt would ask again for each event

    quiet = logging.getLogger("slack_bolt")
    quiet.setLevel(logging.ERROR)  # it warns that a token is unused, which is what we want
    return AsyncApp(
        name="spool",  # else Bolt inspects the whole stack to find one
        logger=quiet,
        client=client,
        authorize=authorize,
        process_before_response=True,
        ssl_check_enabled=False,
        request_verification_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        raise_error_for_unhandled_request=False,
    )
