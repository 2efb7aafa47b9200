"""Damaged events of both networks: none is unhandled or unacknowledged, and only what is whole is answered.

`python -m tests.both.fuzz [N] [--seeds 1 2 3]`; scripts/fuzz is that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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

EVENTS = Path(__file__).parents[1] / "events"
MOST_GROWTH = 30 * 2**20
"""Bytes of memory that the same events may cost when they come a second time."""
AT_ONCE, PATIENCE = 100, 60.0
FRAMES = ("{", "[]", "null", "[" * 20_000, '{"a":' * 20_000, "9" * 5000, '{"type": 5}')
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
    whole: bool = False


@dataclass
class Found:
    """What should not have been, how often the model was asked, what the second time cost."""

    wrong: list[str] = field(default_factory=list)
    asked: int = 0
    grown: int = 0


def recorded(network: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted((EVENTS / network).glob("*.json"))]


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
    """Events, commands, presses, shortcuts, forms and frames."""
    told = [event for case in recorded("slack") if "asked" in case for event in case["events"]]
    rooms = [slack.add_channel(place, ["U1", "U2"], kind=kind) for place, kind in ROOMS.items()]
    who, room, kinds = slack.identity, rooms[0], ("slash_commands", "interactive", "interactive", "frame")
    for number in range(count):
        word, at = f"s{number}s", f"{time.time() - 60 + number / 1000:.6f}"
        for one in rooms:
            one.add(Message(one.id, at, "U1", "hello"), own=False)
        kind = rng.choice(("events_api",) * 6 + kinds)
        command = events.slash_command(who, "U1", room, f"/{rng.choice(COMMANDS)}", word)
        form = {"type": "view_submission", "view": VIEW}
        press = events.block_actions(room, room.by_ts[at], {"action_id": rng.choice(PRESSES), "value": word})
        own = rng.choice((press, press, form, events.message_action(room, room.by_ts[at], "reset_thread")))
        names = {"$TS": at, "$NOW": at, "$ROOT": at, "6 times 7": word}
        whole = {
            "events_api": events.event_callback(who, marked(rng.choice(told), names)),
            "slash_commands": command,
            "interactive": events.interaction(who, "U1", room, own),
        }
        broken = rng.choice(FRAMES) if kind == "frame" else spoilt(whole[kind], rng)
        yield Sent(kind, broken, word, _whole_slack(broken, slack.bot_user))


def _whole_slack(payload: Any, bot: str) -> bool:
    """Whether it has what makes a message of a person to us: sound ids, and a reason to be for us."""
    event = payload.get("event") if isinstance(payload, dict) else None
    if not isinstance(event, dict) or event.get("type") not in ("message", "app_mention"):
        return False
    sound = [
        isinstance(event.get(name), str) and re.fullmatch(form, event[name]) for name, form in SOUND.items()
    ]
    return all(sound) and (event["channel"][0] == "D" or bot in json.dumps(event))


def of_discord(discord: DiscordStandin, rng: Random, count: int) -> Iterator[Sent]:
    """Events of all names, interactions of all kinds, frames."""
    told = [event for case in recorded("discord") for event in case.get("events", ())]
    ids = itertools.count((int(time.time() * 1000) - 1_420_070_400_000 - 60_000) << 22, 1 << 22)
    place = {"channel_id": ROOM, "guild_id": GUILD, "channel": {"id": ROOM, "type": 0}, "locale": "ko"}
    for number in range(count):
        word, id = f"d{number}d", str(next(ids))
        command = {"name": rng.choice(COMMANDS), "type": 1, "options": [{"name": "name", "value": word}]}
        form = {"custom_id": "spool:why:run_1", "components": [{"component": {"value": word}}]}
        press = {"custom_id": rng.choice(BUTTONS), "component_type": 2}
        type, data = rng.choice(((2, command), (3, press), (4, command), (5, form)))
        used = {"id": id, "type": type, "token": "t" * 40, "member": {"user": {"id": ANN}}, "data": data}
        event = rng.choice(told)
        names = {'"NEW"': f'"{id}"', '"DM"': f'"{discord.dm(ANN)}"', "hello": f"hello {word}"}
        name, whole = rng.choice(
            [(event["t"], marked(event.get("d"), names))] * 6
            + [("INTERACTION_CREATE", place | used), ("INTERACTION_CREATE", place | used)]
            + [(f"use {type}", data)]  # where Discord itself says who and where: somebody waits for an answer
        )
        yield Sent(name, broken := spoilt(whole, rng), word, _whole_discord(broken))
        if number % 10 == 0:
            yield Sent("frame", rng.choice(FRAMES), f"{word} frame")


def _whole_discord(message: Any) -> bool:
    """Whether it has what makes a message of a person."""
    author = message.get("author") if isinstance(message, dict) else None
    ids = (
        [message.get("id"), message.get("channel_id"), author.get("id")] if isinstance(author, dict) else [0]
    )
    return all(isinstance(id, str) and id.isdecimal() for id in ids)


class Fuzz:
    """The product in a process of its own, between stand-ins that keep what it did."""

    def __init__(
        self, folder: Path, openai: OpenAIStandin, slack: SlackStandin, discord: DiscordStandin
    ) -> None:
        self.openai, self.slack, self.discord = openai, slack, discord
        self.found, self._folder, self._log = Found(), folder, folder / "log"
        self._heard: list[Answer] = []
        self._asked = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        slack, discord = self.slack, self.discord
        environ = {
            **{"OPENAI_BASE_URL": self.openai.base_url, "OPENAI_API_KEY": "sk-of-the-test"},
            **{"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token},
            **{"SLACK_API_URL": slack.api_url, "DISCORD_BOT_TOKEN": discord.token, "LOG_LEVEL": "DEBUG"},
            **{"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url},
        }
        with self._log.open("wb") as log:
            how: dict[str, Any] = {"cwd": self._folder, "environ": environ, "stdout": log, "stderr": log}
            self._process = await started("run", "slack", "discord", **how)
            try:
                await self._until(lambda: slack.sockets.open and discord.connected)
                yield
            finally:
                with contextlib.suppress(ProcessLookupError):
                    self._process.terminate()
                await self._process.wait()

    async def pour(self, *streams: Sequence[Sent]) -> int:
        """Send all of it, wait until it is over; gives the bytes of memory that the process has then."""
        for start in range(0, max(map(len, streams)), AT_ONCE):
            portion = [one for stream in streams for one in stream[start : start + AT_ONCE]]
            await asyncio.gather(*map(self._send, portion))
            await self._until(lambda: len(self._heard) == self._asked)
        await self._until(lambda: not self.slack.sockets.deliveries.outstanding)
        await self._still_there()
        status = await asyncio.to_thread(Path(f"/proc/{self._process.pid}/status").read_text)
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024

    async def _send(self, one: Sent) -> None:
        deliveries = self.slack.sockets.deliveries
        if one.word[0] == "d":
            await self._to_discord(one)
        elif one.kind == "frame":
            self.slack.sockets.send_raw(one.payload)
        elif one.kind == "events_api":
            deliveries.publish(one.payload)
        else:
            self._asked += 1
            deliveries.ask(one.kind, one.payload, self._heard.append)

    async def _to_discord(self, one: Sent) -> None:
        if one.kind == "frame":
            await self.discord.raw("MESSAGE_CREATE", one.payload)
        elif not one.kind.startswith("use"):
            await self.discord.replay(one.kind, one.payload)
        elif (await self.discord.stale(ANN, ROOM, int(one.kind[4:]), one.payload)).failed:
            self.found.wrong.append(f"no answer: {one!r:.500}")

    async def _still_there(self) -> None:
        """Both networks are answered, behind all that came before."""
        ts, dm = await self.slack.mention("U0BOB", "C0BOB", "still there?"), self.discord.dm(BOB)
        said = await self.discord.say(BOB, dm, "still there?")
        await self._until(lambda: [post for post in self.slack.posts("C0BOB", ts) if not post.streaming])
        await self._until(lambda: [post for post in self.discord.posts(dm) if post.reference == said])

    async def _until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - of several stand-ins at once
                await asyncio.sleep(0.02)

    def judge(self, sent: Sequence[Sent]) -> Found:
        """After everything."""
        log, known = self._log.read_text("utf-8").splitlines(), {one.word: one for one in sent}
        lost = [*self.slack.unacked(), *(answer for answer in self._heard if answer.error)]
        self.found.wrong += [f"not acknowledged: {one!r:.500}" for one in lost]
        bad = ('"level": "ERROR"', '"traceback"', "Traceback")
        self.found.wrong += [f"logged: {line:.800}" for line in log if any(word in line for word in bad)]
        asked = json.dumps([request.body for request in self.openai.requests])
        answered = [known[found[0]] for found in re.finditer(r"([sd])\d+\1", asked) if found[0] in known]
        self.found.wrong += [f"answered: {one!r:.1000}" for one in answered if not one.whole]
        self.found.asked = len(self.openai.requests)
        return self.found


async def fuzzed(count: int, seed: int, folder: Path) -> Found:
    """So many events of each network, twice."""
    slow = Timing().but(ack_seconds=PATIENCE, redeliver_after=PATIENCE)
    async with (
        OpenAIStandin(Scenario()) as openai,
        SlackStandin(limits=False, timing=slow) as slack,
        DiscordStandin(limits=False, rules=Rules(interaction_deadline=PATIENCE)) as discord,
    ):
        discord.add_channel(GUILD, ROOM)
        fuzz, rng = Fuzz(folder, openai, slack, discord), Random(seed)
        async with fuzz.running():
            streams = [*of_slack(slack, rng, count)], [*of_discord(discord, rng, count)]
            before = await fuzz.pour(*streams)
            fuzz.found.grown = await fuzz.pour(*streams) - before
        if fuzz.found.grown > MOST_GROWTH:
            fuzz.found.wrong.append(f"the same events again cost {fuzz.found.grown >> 20} MB")
        return fuzz.judge([one for stream in streams for one in stream])


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    parser.add_argument("count", nargs="?", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options, bad = parser.parse_args(), 0
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as scratch:
            found = asyncio.run(fuzzed(options.count, seed, Path(scratch)))
        bad += len(found.wrong)
        told = (
            f"{options.count} events a network twice, {found.asked} requests, {found.grown / 2**20:+.1f} MB"
        )
        sys.stdout.write("\n".join([f"seed {seed}: {told}, {len(found.wrong)} wrong", *found.wrong[:20], ""]))
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
