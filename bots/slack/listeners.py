"""What Slack tells us, put into calls on the inbox. A listener that returns has committed: Bolt acknowledges.

`process_before_response=True` is the line that makes intake safe: by default Bolt acknowledges an event
before the listener has stored it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack import events
from bots.slack.poster import reference
from core.inbox import Inbox
from core.texts import text
from core.types import Address

ANY = re.compile(".*")


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
    ) -> None:
        self._inbox, self._follow, self._language, self._locale = inbox, follow, language, locale
        self._me = str(me.bot_user_id)

        async def authorize(**_: object) -> AuthorizeResult:
            return me  # asked once at start; Bolt would ask again for each event

        quiet = logging.getLogger("slack_bolt")
        quiet.setLevel(logging.ERROR)  # it warns that a token is unused, which is what we want
        self.app = AsyncApp(
            logger=quiet,
            client=client,
            authorize=authorize,
            process_before_response=True,
            raise_error_for_unhandled_request=False,
        )
        self.app.event(ANY)(self._event)  # everything is acknowledged, also what is not for us
        self.app.command("/reset")(self._command)
        self.app.shortcut("reset_thread")(self._shortcut)
        for interaction in (self.app.action, self.app.shortcut, self.app.command):
            interaction(ANY)(self._nothing)

    async def _event(self, body: dict[str, Any]) -> None:
        event = body["event"]
        match event.get("type"):
            case "message" | "app_mention":
                await self.message(event, events.workspace(body))
            case "agent_session_stopped":
                await self._stopped(event, events.workspace(body))

    async def message(self, event: dict[str, Any], team: str) -> None:
        """A message as an event or as history tells it. Returns ⇒ stored, or not for us."""
        if gone := events.deleted(event, team):
            await self._inbox.withdraw(*gone)
            return
        said = events.spoken(event, team, self._me)
        if said is None:
            return
        message = said.message
        if not said.addressed:
            known = self._follow and await self._inbox.spoke_before(message.address, message.user)
            if not known:
                return
        await self._inbox.receive(message)

    async def _stopped(self, event: dict[str, Any], team: str) -> None:
        channel, topic, user = (str(event.get(key) or "") for key in ("channel", "thread_ts", "user"))
        for post in event.get("streaming_message_ts") or ():
            if await self._inbox.stop_post(reference(Address("slack", team, channel, topic), post), user):
                return
        await self._inbox.stop(Address("slack", team, channel, topic), user)

    async def _command(self, body: dict[str, Any], ack: Any) -> None:
        user = str(body["user_id"])
        done = await self._inbox.reset(self._address(body, str(body["channel_id"]), ""), user)
        await ack(text=await self._say("reset" if done else "reset_topic", user), response_type="ephemeral")

    async def _shortcut(self, body: dict[str, Any], ack: Any, respond: Any) -> None:
        user, message = str(body["user"]["id"]), body.get("message") or {}
        topic = str(message.get("thread_ts") or message.get("ts") or "")
        await self._inbox.reset(
            self._address(body, str((body.get("channel") or {}).get("id") or ""), topic), user
        )
        await ack()
        await respond(text=await self._say("reset", user), response_type="ephemeral", replace_original=False)

    async def _nothing(self, ack: Any) -> None:
        await ack()

    def _address(self, body: dict[str, Any], channel: str, topic: str) -> Address:
        team = body.get("team_id") or (body.get("team") or {}).get("id") or body.get("enterprise_id") or ""
        return Address("slack", str(team), channel, topic)

    async def _say(self, key: str, user: str) -> str:
        return text(key, await self._locale(user), self._language)
