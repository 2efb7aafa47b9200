"""One world: the stand-ins, the people who write there, and a data directory for the product.

Worlds share nothing, so several can be tested at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from core.store import assistants
from core.store.database import Database
from core.types import EVERY_FUNCTION, function_tool
from standins.discord import DiscordStandin, Rules
from standins.openai import OpenAIStandin
from standins.slack import Post as SlackPost
from standins.slack import SlackStandin, Timing
from tests.crash import deeds, history, remembered, screen, spent, tools
from tests.crash.child import Order
from tests.crash.deeds import Done
from tests.crash.history import Finding, Said, Shown
from tests.crash.oracle import RESET, Oracle, Question, is_summary
from tests.crash.process import Forked, Forks, until
from tests.crash.remembered import Items

LIVE = "status IN ('queued', 'in_progress', 'requires_action', 'cancelling')"
IDLE = 5.0
"""Seconds in which nothing happens anywhere after which nothing will."""
ONLINE = {"slack": "", "discord": "commit facts:discord:session after"}
"""What a first start has crossed once the bot is online for good: nothing is said to it before that."""


class World:
    """Stand-ins without rate limits, the product's settings, and everything people said."""

    def __init__(
        self, directory: Path, *, slack: SlackStandin, discord: DiscordStandin, openai: OpenAIStandin
    ):
        self.directory, self.slack, self.discord, self.openai = directory, slack, discord, openai
        self.settings: Mapping[str, str] = {}
        self.said: list[Said] = []
        self.processes: list[Forked] = []
        self._newest = 0.0  # when the newest process was ordered
        self._resets: defaultdict[str, int] = defaultdict(int)

    def order(self, *platforms: str, **more: Any) -> Order:
        """The product with this world's settings, about to be started."""
        self._newest = time.monotonic()
        environ = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.directory / "data"),
            "OPENAI_BASE_URL": self.openai.base_url,
            "OPENAI_API_KEY": self.openai.api_key,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "DISCORD_BOT_TOKEN": self.discord.token,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "LIMIT_PERSON_MINUTE": "0",
            "LIMIT_PLACE_MINUTE": "0",
            **self.settings,
        }
        return Order(str(self.directory), environ, list(platforms), **more)

    async def furnish(self, *hosted: str) -> None:
        """Install the operator's tools and, with these of the server, an assistant that has both."""
        data = self.directory / "data"
        tools.put(data)
        if not hosted:
            return
        given = [function_tool(EVERY_FUNCTION), *({"type": one} for one in hosted)]
        db = Database(data / "spool.sqlite3")
        fields = {"name": "HelpBot", "model": "gpt-6-luna", "tools": given}
        made = await db(lambda tx: assistants.create(tx, fields, time.time()))
        await db(lambda tx: assistants.assign(tx, "", "default", made.id))
        await asyncio.to_thread(db.close)

    async def start(self, forks: Forks, *platforms: str, **more: Any) -> Forked:
        """A process of the product; it does not outlive this world."""
        self.processes.append(await forks.start(self.order(*platforms, **more)))
        return self.processes[-1]

    async def connected(self, *platforms: str, timeout: float = 20) -> None:
        """Returns ⇒ each of the platforms has the product on the line."""
        if "slack" in platforms:
            await self.slack.until(lambda: self.slack.connections, timeout)
        if "discord" in platforms:
            await self.discord.until(lambda: self.discord.connected, timeout)

    # -- what people do -------------------------------------------------------------------------------

    async def on_slack(self, user: str, channel: str, text: str, thread: str | None = None) -> Said:
        """A person writes, a mention in a channel or a plain message in a DM; returns ⇒ it is acknowledged.

        Slack promises no order among events of which some must be delivered again, so a person whose
        order is to be judged writes the next message after that.
        """
        say = self.slack.say if channel.startswith("D") else self.slack.mention
        ts = await say(user, channel, text, thread, files=_sends(text))
        said = self._note(self.slack_lane(user, channel), thread or ts, ts, text)
        await self.slack.until(lambda: all(one["event"].get("ts") != ts for one in self.slack.unacked()), 60)
        return said

    async def on_discord(self, user: str, channel: str, text: str, *, guild: bool = False) -> Said:
        """A person writes: a mention in a guild, a plain message in a DM."""
        id = await self.discord.say(user, channel, text, mention_bot=guild, attachments=_sends(text))
        return self._note(self.discord_lane(user, channel), channel, id, text)

    @staticmethod
    def slack_lane(user: str, channel: str) -> str:
        return f"slack {channel} {user}"

    @staticmethod
    def discord_lane(user: str, channel: str) -> str:
        return f"discord {channel} {user}"

    def _note(self, lane: str, topic: str, id: str, text: str) -> Said:
        said = Said(lane, topic, id, text, self._resets[lane])
        self.said.append(said)
        if text == RESET:
            self._resets[lane] += 1
        return said

    async def consent(self) -> None:
        """Whoever is asked says yes, until cancelled. A press that was acknowledged is never repeated."""
        pressed: set[str] = set()
        while True:
            asked = [*screen.slack_questions(self.slack), *screen.discord_questions(self.discord)]
            await asyncio.gather(*(self._press(one, pressed) for one in asked if one.post not in pressed))
            await asyncio.sleep(0.05)

    async def _press(self, asked: screen.Asked, pressed: set[str]) -> None:
        who = [one.lane.split()[2] for one in self.said if one.question and one.question.tag == asked.tag]
        with contextlib.suppress(LookupError):  # it is over meanwhile
            if await asked.press(who[0]):
                pressed.add(asked.post)

    def forgotten(self, lane: str) -> None:
        self._resets[lane] += 1

    # -- what they see --------------------------------------------------------------------------------

    def shown(self) -> list[Shown]:
        """All posts of the bot, in the order of the screen."""
        slack = [
            screen.on_slack(post, self._thinking(post))
            for room in self.slack.workspace.channels
            for post in self.slack.posts(room)
        ]
        discord = [
            screen.on_discord(post) for room in self.discord.places for post in self.discord.posts(room)
        ]
        return slack + discord

    def _thinking(self, post: SlackPost) -> bool:
        """Whether a status stands under its thread that lives on; those of the dead lapse by themselves."""
        thread = post.thread_ts or post.ts
        told = [at for at, room, root, _ in self.slack.statuses if (room, root) == (post.channel, thread)]
        return bool(self.slack.status(post.channel, thread)) and max(told, default=0.0) > self._newest

    def answered(self, said: Said) -> bool:
        """Whether the last word of the answer can be seen."""
        platform, channel, _ = said.lane.split()
        assert said.question is not None
        last = f"{said.question.tag}.{said.question.words - 1}"
        if platform == "slack":
            return any(last in post.text.split() for post in self.slack.posts(channel, said.topic))
        return any(last in post.content.split() for post in self.discord.posts(channel)[-20:])

    def painted(self, since: float) -> float:
        """When a post was made or edited first after that moment (both monotonic). Infinity: never."""
        seen = [post.versions for room in self.slack.workspace.channels for post in self.slack.posts(room)]
        seen += [post.versions for room in self.discord.places for post in self.discord.posts(room)]
        return min((at for versions in seen for at, _ in versions if at > since), default=float("inf"))

    def findings(self) -> list[Finding]:
        """What is wrong with all that."""
        bodies = [request.body for request in self.openai.requests if "input" in request.body]
        requests = [body["input"] for body in bodies if not is_summary(body.get("instructions"))]
        shown = self.shown()
        found = history.check(self.said, shown) + remembered.check(self.said, requests)
        with self.database() as db:
            state = db.execute("PRAGMA integrity_check").fetchone()[0]
            found += deeds.check(self.said, shown, requests, self._deeds(db))
            found += spent.check(self.openai.bill, db.execute(spent.ROWS).fetchall())
            found += spent.added_up(db)
        return found if state == "ok" else [*found, Finding("stub", "database", str(state))]

    def newest_request(self) -> Items:
        bodies = [request.body for request in self.openai.requests if "input" in request.body]
        found: Items = [body for body in bodies if not is_summary(body.get("instructions"))][-1]["input"]
        return found

    def _deeds(self, db: sqlite3.Connection) -> Done:
        data = self.directory / "data"
        steps = db.execute("SELECT name, created_at FROM steps WHERE name LIKE 'call:%'")
        kept = db.execute("SELECT name FROM files WHERE content IS NOT NULL").fetchall()
        return Done(
            looked=tools.noted(data, "looked"),
            paid=tools.noted(data, "paid"),
            recorded={name.removeprefix("call:"): at for name, at in steps},
            decided=dict(db.execute("SELECT call_id, state FROM approvals")),
            kept=[name for (name,) in kept],
        )

    # -- waiting --------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def database(self) -> Any:
        """The product's database, read beside it. Open it only while no crash is under way:
        a reader that outlives the product would spare the next one the recovery of its log.
        """
        path = self.directory / "data" / "spool.sqlite3"
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        try:
            yield connection
        finally:
            connection.close()

    async def quiet(self, timeout: float = 30, *, idle: float = IDLE) -> None:
        """Returns ⇒ all that was said is done with, or nothing happens for so long, or `timeout` is over."""
        resting = asyncio.create_task(self.rest(idle))
        deadline = time.monotonic() + timeout
        with self.database() as db:
            await until(lambda: self._done(db) or resting.done() or time.monotonic() > deadline, 0.02)
        resting.cancel()

    async def rest(self, idle: float = IDLE) -> None:
        """Returns when nothing has happened anywhere for so long."""
        since, before = time.monotonic(), self._activity()
        while time.monotonic() < since + idle:
            await asyncio.sleep(0.05)
            if before != (before := self._activity()):
                since = time.monotonic()

    def _done(self, db: sqlite3.Connection) -> bool:
        if self.slack.unacked() or self.slack.sharing:
            return False
        stored = {id for (id,) in db.execute("SELECT platform_id FROM messages")}
        (live,) = db.execute(f"SELECT COUNT(*) FROM runs WHERE {LIVE}").fetchone()
        (due,) = db.execute("SELECT COUNT(*) FROM summaries WHERE due = 1").fetchone()
        rests = live + due == 0 and all(said.id in stored for said in self.said)
        return rests and not any(post.unfinished for post in self.shown())

    def _activity(self) -> object:
        tokens = sum(request.tokens for request in self.openai.requests)
        return len(self.slack.calls), len(self.discord.calls), len(self.slack.acks), tokens


def _sends(text: str) -> list[tuple[str, bytes]] | None:
    return None if text == RESET else list(Question.parse(text).sends) or None


@contextlib.asynccontextmanager
async def world(
    directory: Path, *, pace: float = 0.02, redelivery: float = 0.4, echo: bool = False
) -> AsyncIterator[World]:
    """A world for as long as the body runs; whoever is asked for a yes in it gives it.

    `redelivery`: seconds after which Slack repeats an event. Commands are given up after a
    second, not three: nobody answers them while the product is dead.
    """
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing runs yet
    timing = Timing(redeliver_after=redelivery, retry_delays=(0.05,) * 500, ack_seconds=1.0)
    async with (
        OpenAIStandin(Oracle(pace)) as openai,
        SlackStandin(limits=False, echo=echo, timing=timing) as slack,
        DiscordStandin(limits=False, rules=Rules(interaction_deadline=1.0)) as discord,
    ):
        stage = World(directory, slack=slack, discord=discord, openai=openai)
        consenting = asyncio.create_task(stage.consent(), name="consenting")
        try:
            yield stage
        finally:
            consenting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await consenting
            for process in stage.processes:
                await process.kill()
