"""Damaged events of both networks: none is unhandled or unacknowledged, and only what is whole is answered.

`python -m tests.both.fuzz [N] [--seeds 1 2 3]`; scripts/fuzz is that. Frames that cannot be parsed at all
are sent by tests/slack/test_envelopes.py and tests/discord/test_gateway.py.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from standins.discord import DiscordStandin
from standins.discord.rules import Rules
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from standins.slack import SlackStandin, events
from standins.slack.deliveries import Answer
from standins.slack.message import Message
from standins.slack.timing import Timing
from tests.commands import started
from tests.discord.people import ANN, BOB, GUILD, ROOM
from tests.slack.nonsense import damaged

RECORDED = Path(__file__).parents[1] / "events"
MOST_GROWTH = 30 * 2**20
"""Bytes of memory that the same events may cost when they come a second time."""
AT_ONCE, PATIENCE = 100, 60.0
COMMANDS = ("reset", "assistant", "model", "memory", "console", "privacy", "access", "none")
PRESSES = [f"spool_{name}" for name in ("approve", "refuse", "again", "shorter", "stop", "good", "bad", "x")]
BUTTONS = [f"spool:{name}" for name in ("stop", "yes:appr_1", "no:appr_1", "wish:again", "good:1", "x")]
ROOMS = {"C1": "", "D1": "im", "G1": "mpim"}
SOUND = {"user": r"[UW][A-Z0-9]+", "channel": r"[CDG][A-Z0-9]+", "ts": r"\d+\.\d+"}
VIEW = {"type": "modal", "callback_id": "why", "private_metadata": "run_1", "state": {"values": {}}}


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent in one go. `word` stands in no other; `whole`: an answer to it is right."""

    kind: str
    payload: Any
    word: str
    whole: bool


def recorded(network: str) -> list[dict[str, Any]]:
    files = [json.loads(path.read_text("utf-8")) for path in sorted((RECORDED / network).glob("*.json"))]
    return [event for file in files for event in file.get("events", ())]


def marked(value: Any, names: Mapping[str, str]) -> Any:
    """The recording with its placeholders filled in."""
    text = json.dumps(value)
    for old, new in names.items():
        text = text.replace(old, new)
    return json.loads(text)


def spoilt(value: Any, rng: Random) -> Any:
    """A damaged copy; one in four is sound, so that there is something to answer between them."""
    return value if rng.random() < 0.25 else damaged(value, rng)


def of_slack(slack: SlackStandin, rng: Random, count: int) -> Iterator[Sent]:
    """Events, commands, presses, shortcuts and forms."""
    told, who = recorded("slack"), slack.identity
    rooms = [slack.add_channel(place, ["U1", "U2"], kind=kind) for place, kind in ROOMS.items()]
    for number in range(count):
        word, at = f"s{number}s", f"{time.time() - 60 + number / 1000:.6f}"
        for room in rooms:
            room.add(Message(room.id, at, "U1", "hello"), own=False)
        here = rooms[0].by_ts[at]
        press = events.block_actions(rooms[0], here, {"action_id": rng.choice(PRESSES), "value": word})
        shortcut = events.message_action(rooms[0], here, "reset_thread")
        own = rng.choice((press, press, shortcut, {"type": "view_submission", "view": VIEW}))
        names = {"$TS": at, "$NOW": at, "$ROOT": at, "6 times 7": word}
        kind, whole = rng.choice(
            [("events_api", events.event_callback(who, marked(rng.choice(told), names)))] * 6
            + [
                (
                    "slash_commands",
                    events.slash_command(who, "U1", rooms[0], f"/{rng.choice(COMMANDS)}", word),
                )
            ]
            + [("interactive", events.interaction(who, "U1", rooms[0], own))] * 2
        )
        yield Sent(kind, broken := spoilt(whole, rng), word, _whole_slack(broken, slack.bot_user))


def _whole_slack(payload: Any, bot: str) -> bool:
    """Whether it has what makes a message of a person to us: sound ids, and a reason to be for us."""
    event = payload.get("event") if isinstance(payload, dict) else None
    if not isinstance(event, dict) or event.get("type") not in ("message", "app_mention"):
        return False
    ids = [isinstance(event.get(key), str) and re.fullmatch(form, event[key]) for key, form in SOUND.items()]
    return all(ids) and (event["channel"][0] == "D" or bot in json.dumps(event))


def of_discord(discord: DiscordStandin, rng: Random, count: int) -> Iterator[Sent]:
    """Events of all names, interactions of all kinds."""
    told = recorded("discord")
    ids = itertools.count((int(time.time() * 1000) - 1_420_070_400_000 - 60_000) << 22, 1 << 22)
    place = {"channel_id": ROOM, "guild_id": GUILD, "channel": {"id": ROOM, "type": 0}, "locale": "ko"}
    for number in range(count):
        word, id = f"d{number}d", str(next(ids))
        command = {"name": rng.choice(COMMANDS), "type": 1, "options": [{"name": "name", "value": word}]}
        form = {"custom_id": "spool:why:run_1", "components": [{"component": {"value": word}}]}
        press = {"custom_id": rng.choice(BUTTONS), "component_type": 2}
        type, data = rng.choice(((2, command), (3, press), (4, command), (5, form)))
        used = {"id": id, "type": type, "token": "t" * 40, "member": {"user": {"id": ANN}}, "data": data}
        event, names = rng.choice(told), {'"NEW"': f'"{id}"', '"DM"': f'"{discord.dm(ANN)}"'}
        name, whole = rng.choice(
            [(event["t"], marked(event.get("d"), {**names, "hello": f"hello {word}"}))] * 6
            + [("INTERACTION_CREATE", place | used)] * 2
            + [(f"use {type}", data)]  # where Discord itself says who and where: somebody waits for an answer
        )
        yield Sent(name, broken := spoilt(whole, rng), word, _whole_discord(broken))


def _whole_discord(message: Any) -> bool:
    """Whether it has what makes a message of a person."""
    author = message.get("author") if isinstance(message, dict) else None
    ids = (
        [message.get("id"), message.get("channel_id"), author.get("id")] if isinstance(author, dict) else [0]
    )
    return all(isinstance(id, str) and id.isdecimal() for id in ids)


@dataclass
class Fuzz:
    """The product in process `pid`, between stand-ins that keep what it did."""

    openai: OpenAIStandin
    slack: SlackStandin
    discord: DiscordStandin
    pid: int

    def __post_init__(self) -> None:
        self.wrong: list[str] = []
        self._heard: list[Answer] = []
        self._asked = 0

    async def pour(self, *streams: Sequence[Sent]) -> int:
        """Send all of it, wait until it is over; gives the bytes of memory that the process has then."""
        for start in range(0, max(map(len, streams)), AT_ONCE):
            await asyncio.gather(
                *(self._send(one) for stream in streams for one in stream[start : start + AT_ONCE])
            )
            await self.until(lambda: len(self._heard) == self._asked)
        await self.until(lambda: not self.slack.sockets.deliveries.outstanding)
        ts, dm = await self.slack.mention("U0BOB", "C0BOB", "still there?"), self.discord.dm(BOB)
        said = await self.discord.say(BOB, dm, "still there?")
        await self.until(lambda: [post for post in self.slack.posts("C0BOB", ts) if not post.streaming])
        await self.until(lambda: [post for post in self.discord.posts(dm) if post.reference == said])
        status = await asyncio.to_thread(Path(f"/proc/{self.pid}/status").read_text)
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024

    async def _send(self, one: Sent) -> None:
        deliveries = self.slack.sockets.deliveries
        if one.kind == "events_api":
            deliveries.publish(one.payload)
        elif one.word[0] == "s":
            self._asked += 1
            deliveries.ask(one.kind, one.payload, self._heard.append)
        elif not one.kind.startswith("use"):
            await self.discord.replay(one.kind, one.payload)
        elif (await self.discord.stale(ANN, ROOM, int(one.kind[4:]), one.payload)).failed:
            self.wrong.append(f"no answer: {one!r:.500}")

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - of several stand-ins at once
                await asyncio.sleep(0.02)

    def judge(self, sent: Sequence[Sent], log: str) -> None:
        """After everything."""
        lost = [*self.slack.unacked(), *(answer for answer in self._heard if answer.error)]
        self.wrong += [f"not acknowledged: {one!r:.500}" for one in lost]
        # A place that a recording invents cannot be reached, which is said as it is to be.
        bad = re.compile(r'"level": "ERROR"(?!.*Unreachable)|"traceback"|Traceback|\b([sd])\d+\1\b|person-\d')
        self.wrong += [f"logged: {line:.800}" for line in log.splitlines() if bad.search(line)]
        asked, known = json.dumps([one.body for one in self.openai.requests]), {one.word: one for one in sent}
        answered = [known[found[0]] for found in re.finditer(r"([sd])\d+\1", asked) if found[0] in known]
        self.wrong += [f"answered: {one!r:.1000}" for one in answered if not one.whole]


async def fuzzed(count: int, seed: int, folder: Path) -> tuple[list[str], int, int]:
    """So many events of each network, twice: what should not be, how often the model was asked, and what
    the second time cost in bytes."""
    slow = Timing().but(ack_seconds=PATIENCE, redeliver_after=PATIENCE)
    async with (
        OpenAIStandin(Scenario()) as openai,
        SlackStandin(limits=False, timing=slow) as slack,
        DiscordStandin(limits=False, rules=Rules(interaction_deadline=PATIENCE)) as discord,
    ):
        discord.add_channel(GUILD, ROOM)
        environ = {
            **{"OPENAI_BASE_URL": openai.base_url, "OPENAI_API_KEY": "sk-of-the-test", "LOG_LEVEL": "DEBUG"},
            **{"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token},
            **{"SLACK_API_URL": slack.api_url, "DISCORD_BOT_TOKEN": discord.token},
            **{"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url},
        }
        with (folder / "log").open("wb") as log:
            how: dict[str, Any] = {"cwd": folder, "environ": environ, "stdout": log, "stderr": log}
            process = await started("run", "slack", "discord", **how)
            fuzz, rng = Fuzz(openai, slack, discord, process.pid), Random(seed)
            try:
                await fuzz.until(lambda: slack.sockets.open and discord.connected)
                streams = [*of_slack(slack, rng, count)], [*of_discord(discord, rng, count)]
                grown = -await fuzz.pour(*streams) + await fuzz.pour(*streams)
            finally:
                process.terminate()
                await process.wait()
        fuzz.judge([one for stream in streams for one in stream], (folder / "log").read_text("utf-8"))
        if grown > MOST_GROWTH:
            fuzz.wrong.append(f"the same events again cost {grown >> 20} MB")
        return fuzz.wrong, len(openai.requests), grown


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options, bad = parser.parse_args(), 0
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as scratch:
            wrong, asked, grown = asyncio.run(fuzzed(options.count, seed, Path(scratch)))
        told = f"{options.count} events a network twice, {asked} requests, {grown / 2**20:+.1f} MB"
        sys.stdout.write("\n".join([f"seed {seed}: {told}, {len(wrong)} wrong", *wrong[:20], ""]))
        bad += len(wrong)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
