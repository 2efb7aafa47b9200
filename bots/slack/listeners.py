"""What Slack tells us, put into calls on the inbox. A listener that returns has committed: Bolt acknowledges.

`process_before_response=True` is the line that makes intake safe: by default Bolt acknowledges an event
before the listener has stored it.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bots.intake.door import Door
from bots.intake.said import Said
from bots.slack.following import Follower
from bots.slack.interactions import ANY
from bots.slack.poster import reference
from bots.slack.reading import acts, events
from bots.slack.reading.apps import Apps
from bots.slack.reading.events import Us
from core.inbox import Inbox
from core.texts import of_script
from core.types import Address, IncomingMessage

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
        door: Door,
        follower: Follower,
        waiting: Callable[[Address, IncomingMessage | None], None],
    ) -> None:
        self._inbox, self._door, self._waiting = inbox, door, waiting
        self._bot = me.bot_id or "none"
        self._stored: OrderedDict[tuple[object, object], set[object]] = OrderedDict()
        """As which types of event each was delivered: a mention comes as two, and either may come again."""
        self._us = us_of(me)
        self._follower = follower
        self._foreign: set[str] = set()
        self._apps = Apps()

        self.app = _bolt(client, me)
        self.app.event(ANY)(self._event)  # everything is acknowledged, also what is not for us

    def settled(self, envelope: Mapping[str, Any]) -> bool | Awaitable[object]:
        """True for events there is nothing to do about: our own posts, the twin of a stored message, and what
        another workspace's installation of the app is told. Asked once for each delivery.

        They are half of all events, and known without asking Bolt or the database. What comes again is
        counted as well: await that before it is acknowledged.
        """
        payload = envelope.get("payload")
        if isinstance(payload, dict) and self._of_another(payload):
            return True
        event = payload.get("event") if isinstance(payload, dict) else None
        if not (isinstance(payload, dict) and isinstance(event, dict)) or event.get("type") not in (
            "message",
            "app_mention",
        ):
            return False
        inner = event.get("message") if event.get("subtype") == "message_changed" else event
        if isinstance(inner, dict) and inner.get("bot_id") == self._bot:
            return True
        if event.get("subtype") or event.get("edited") or self._types(event) is None:
            return False
        said = None if self._twin(event) else events.read(event, self._us, str(payload.get("team_id") or ""))
        return said is None or self._inbox.receive(said.incoming())

    def _types(self, event: Mapping[str, Any]) -> set[object] | None:
        """As which types its message was delivered; None: it is not stored."""
        channel, ts = event.get("channel"), event.get("ts")
        known = isinstance(channel, str) and isinstance(ts, str)
        return self._stored.get((channel, ts)) if known else None

    def _twin(self, event: Mapping[str, Any]) -> bool:
        """Whether it tells of a stored message as another type than before: that is no repeated delivery."""
        types = self._types(event)
        new = types is not None and event.get("type") not in types
        if types is not None:
            types.add(event.get("type"))
        return new

    def _of_another(self, payload: Mapping[str, Any]) -> bool:
        """Whether the event is for other installations only: an app token is told of all of them.

        Who said it is no matter: in a shared channel that may be anybody.
        """
        listed = payload.get("authorizations")
        given = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
        named = [one for one in given if one.get("team_id") or one.get("enterprise_id")]
        if not named or any(self._is_ours(one) for one in named):
            return False
        who = str(named[0].get("team_id") or named[0].get("enterprise_id"))[:20]
        if who not in self._foreign and len(self._foreign) < MOST_STORED:
            self._foreign.add(who)
            logger.warning(
                "events of another workspace's installation are passed over, SLACK_BOT_TOKEN is not for it: "
                "run another bot with an app of its own there",
                extra={"team": who},
            )
        return True

    def _is_ours(self, authorization: Mapping[str, Any]) -> bool:
        team, enterprise = authorization.get("team_id"), authorization.get("enterprise_id")
        if team and team == self._us.team:
            return True
        whole = authorization.get("is_enterprise_install") or not team or self._us.team == self._us.enterprise
        return bool(whole and enterprise and enterprise == self._us.enterprise)

    async def _event(self, body: dict[str, Any]) -> None:
        event = body["event"]
        match event.get("type"):
            case "message" | "app_mention":
                await self.message(event, str(body.get("team_id") or ""))
            case "agent_session_stopped":
                await self._stopped(event)
            case "app_uninstalled":
                await self._inbox.data.workspace("slack", self._us.team, here=False)
            case "tokens_revoked" if self._us.user in ((event.get("tokens") or {}).get("bot") or ()):
                await self._inbox.data.workspace("slack", self._us.team, here=False)

    async def message(self, event: dict[str, Any], team: str = "", *, live: bool = True) -> None:
        """A message as an event or as history (not `live`) tells it. Returns ⇒ stored, or not for us.

        `team`: that of the envelope.
        """
        if event.get("user") != self._us.user:  # a history tells our own posts, too
            self._follower.heard.note(event)
        gone = events.deleted(event, self._us.team)
        if gone and await self._inbox.withdraw(*gone, float(gone[1])):
            self._waiting(gone[0], None)
        said = self._let_in(events.read(event, self._us, team), event)
        if said and edited(event):
            await self._edited(said, event)
        elif ours := await self._follower.ours(said, event):
            live = live and not self._twin(event)
            await self._admit(ours, event, event.get("type") if live else None)

    def _let_in(self, said: Said | None, event: Mapping[str, Any]) -> Said | None:
        """An app that may is as a person where it names us; of others the operator is told."""
        if said and said.by == "other" and said.to == "us":
            if self._door.judge(acts.of_message(event, said, self._us)).allowed:
                return replace(said, by="person", app=True)
            self._apps.note(said)
        return said

    async def _edited(self, said: Said, event: Mapping[str, Any]) -> None:
        """One that mentions us only now is a message, unless it is too old; of a known one it is the text."""
        if said.by != "person":
            return
        if said.to == "us":
            await self._admit(said, event, None)
        verdict = self._inbox.access.authorize(acts.of_message(event, said, self._us))
        if verdict.allowed is not False:  # what is not stored, for who wrote it is refused, is not changed
            await self._inbox.amend(replace(said.incoming(), unproven=verdict.allowed is None))

    async def _admit(self, said: Said, event: Mapping[str, Any], delivered: object) -> None:
        """Store what may be answered. Where nobody knows yet how its writer stands, that is asked beside the
        commit of a question; our own texts, which change something, wait for it.
        """
        act, message = acts.of_message(event, said, self._us), said.incoming()
        verdict = self._door.judge(act)
        if verdict.allowed is None and message.kind != "ask":
            verdict = await self._door.decide(act)
        if verdict.allowed or (verdict.allowed is None and message.kind == "ask"):
            await self._receive(replace(message, unproven=verdict.allowed is None), delivered)
        else:
            self._door.refuse(message, act, verdict, of_script(message.text))

    async def _receive(self, message: IncomingMessage, delivered: object) -> None:
        """`delivered`: the event's type, None for what another one has told or a history tells."""
        receipt = await self._inbox.receive(message, live=delivered is not None)
        self._stored.setdefault((message.address.channel, message.id), set()).add(delivered)
        if len(self._stored) > MOST_STORED:
            self._stored.popitem(last=False)
        waits = receipt.new and not receipt.claim and message.kind == "ask"
        if waits and not message.unproven:
            self._waiting(message.address, message)  # behind others: it was heard all the same

    async def _stopped(self, event: dict[str, Any]) -> None:
        channel, topic, user = (str(event.get(key) or "") for key in ("channel", "thread_ts", "user"))
        if not (await self._door.decide(acts.of_interaction("button", event, self._us))).allowed:
            return
        address = Address("slack", self._us.team, channel, topic)
        posts = event.get("streaming_message_ts") or ()
        for post in posts:  # Slack has ended these streams already, whoever pressed
            await self._inbox.stop_post(reference(address, str(post)))
        if not posts:
            await self._inbox.stop(address, user)


def edited(event: Mapping[str, Any]) -> bool:
    """Whether its writer has changed the message; Slack itself changes messages too, to show previews."""
    if event.get("subtype") != "message_changed":  # a line of a history says what it says now
        return event.get("type") == "app_mention" and bool(event.get("edited"))
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, Mapping):
        return False
    other = isinstance(before, Mapping) and before.get("text") != now.get("text")
    return bool(now.get("edited")) or other


def us_of(me: AuthorizeResult) -> Us:
    """Who we are, by what Slack says of the token: one bot token is one workspace."""
    return Us(str(me.bot_user_id), str(me.team_id or me.enterprise_id or ""), str(me.enterprise_id or ""))


def _bolt(client: AsyncWebClient, me: AuthorizeResult) -> AsyncApp:
    """Bolt for one workspace on a socket: what is about HTTP requests or many workspaces only costs time."""

    async def authorize(**_: object) -> AuthorizeResult:
        return me  # asked once at start; Bolt would ask again for each event

    quiet = logging.getLogger("slack_bolt")
    quiet.setLevel(logging.ERROR)  # it warns that a token is unused, which is what we want
    app = AsyncApp(
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
    app.error(_raise)  # Bolt itself would write what people said into the log, and not tell us
    return app


async def _raise(error: Exception) -> None:
    raise error
