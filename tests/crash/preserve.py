"""`python -m tests.crash.preserve DIRECTORY`: what the product leaves when it is killed in each kind of step.

Run in a checkout of the version whose databases are to be kept; see `databases/README.md`. A file holds
everything the next process meets: the rows of the database, the posts that stand on the platform, the
responses that the model's server keeps, and what the tools have done.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.crash import tools
from tests.crash.process import KILLED, Forks, fork_server, until
from tests.crash.scenario import Scenario
from tests.crash.stops import KINDS, SLOW, Kind
from tests.crash.world import ONLINE, World, world

OF_SETTINGS = "asst_settings"
PATIENCE = 15.0
"""Seconds until a point must have been met."""


def _slack(stage: World) -> dict[str, list[Any]]:
    """The rooms with all that stands in them, and files that are given to Slack and not shown yet."""
    rooms = stage.slack.workspace.channels.values()
    slots = stage.slack._files._slots.values()
    return {
        "rooms": [{"id": room.id, "members": sorted(room.members)} for room in rooms],
        "messages": [_on_slack(message) for room in rooms for message in room.everything()],
        "given": [_file(one.file) for one in slots if one.arrived and one.file.id not in stage.slack.files],
    }


def _on_slack(message: Any) -> dict[str, Any]:
    """What the app wrote with its blocks; what people wrote without those of their composer."""
    same = ("channel", "ts", "user", "text", "thread_ts", "metadata")
    own, stream = "bot_id" in message.extra, message.stream
    extra = {name: value for name, value in message.extra.items() if name == "subtype"}
    return {
        **{name: getattr(message, name) for name in same},
        "own": own,
        "extra": extra,
        "blocks": message.blocks if own else [],
        "stream": {"mode": stream.mode, "settled": stream.settled} if stream else None,
        "files": [_file(one) | {"app": one.app} for one in message.files],
    }


def _discord(stage: World) -> dict[str, list[Any]]:
    """The channels with all that stands in them."""
    rooms = stage.discord._world.channels.values()
    return {
        "rooms": [{"id": room.id, "guild": room.guild.id} for room in rooms if room.guild],
        "messages": [_on_discord(message) for room in rooms for message in room.ordered()],
        "given": [],
    }


def _on_discord(message: Any) -> dict[str, Any]:
    same = ("id", "content", "kind", "reference", "nonce", "components", "flags")
    return {
        **{name: getattr(message, name) for name in same},
        "channel": message.channel,
        "author": message.author.id,
        "mentions": [user.id for user in message.mentions],
        "files": [_file(one) for one in message.attachments],
    }


def _file(file: Any) -> dict[str, Any]:
    name = file.name if hasattr(file, "name") else file.filename
    return {"id": file.id, "name": name, "content": _text(file.content)}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _rows(path: Path, *, common: bool) -> list[list[Any]]:
    """Each row after the name of its table; `common`: those that are alike in all of these databases."""
    with contextlib.closing(sqlite3.connect(path)) as x:
        tables = [name for (name,) in x.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            [table, *({"bytes": _text(one)} if isinstance(one, bytes) else one for one in row)]
            for table in tables
            for row in x.execute(f"SELECT * FROM {table}")
            if common == (table.startswith("assi") and OF_SETTINGS in row)
        ]


def _schema(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as x:
        version = x.execute("PRAGMA user_version").fetchone()[0]
        made = x.execute("SELECT sql FROM sqlite_master WHERE sql > ''")
        return f"PRAGMA user_version = {version};\n" + "".join(f"{sql};\n" for (sql,) in made)


def _kept(stage: World, platform: str) -> str:
    data = stage.directory / "data"
    kept: dict[str, Any] = {
        "at": int(time.time()),
        "platform": platform,
        "settings": dict(stage.settings),
        "said": [asdict(one) for one in stage.said],
        **(_slack(stage) if platform == "slack" else _discord(stage)),
        "responses": [
            {"id": one.response_id, "body": one.body}
            for one in stage.openai.requests
            if one.body.get("background")
        ],
        "looked": tools.noted(data, "looked"),
        "paid": tools.noted(data, "paid"),
        "rows": _rows(data / "spool.sqlite3", common=False),
    }
    text = _by_lines(kept)
    for name, url in _hosts(stage).items():
        text = text.replace(url.split("/")[2], f"{name}.invalid")
    if "127.0.0.1" in text or str(stage.directory) in text:
        raise AssertionError("an address of this machine is left in it")
    return text


def _by_lines(kept: Mapping[str, Any]) -> str:
    """JSON with each thing on a line of its own, so that a person can read and change it."""

    def told(value: Any) -> str:
        if not isinstance(value, list) or not value:
            return json.dumps(value, ensure_ascii=False)
        return "[\n  " + ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]"

    return "{\n" + ",\n".join(f'"{name}": {told(value)}' for name, value in kept.items()) + "\n}\n"


def _hosts(stage: World) -> dict[str, str]:
    return {"slack": stage.slack.api_url, "discord": stage.discord.api_url, "openai": stage.openai.base_url}


async def preserve(forks: Forks, directory: Path, kind: Kind, scenario: Scenario, into: Path) -> None:
    stopped = scenario in SLOW
    async with world(directory, pace=1.0 if stopped else 0.02) as stage:
        await scenario.furnish(stage)
        person = scenario.open(stage)
        process = await stage.start(forks, scenario.platform)
        await stage.connected(scenario.platform)
        await process.arm("" if stopped else kind.at[scenario.platform], after=ONLINE[scenario.platform])
        playing = asyncio.create_task(scenario.play(person))
        if stopped:
            await until(lambda: stage.shown(), 0.01)
            await process.arm(kind.at[scenario.platform])
            await _stop(stage)
        try:
            status = await asyncio.wait_for(process.ended(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{kind.name}: not met among {process.crossed}") from None
        if status != KILLED:
            raise AssertionError(f"{kind.name}: it ended by itself")
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await until(lambda: not stage.slack.sharing, 0.01)
        _keep(stage, f"{scenario.platform}-{kind.name}", scenario.platform, into)


def _keep(stage: World, name: str, platform: str, into: Path) -> None:
    database = stage.directory / "data" / "spool.sqlite3"
    into.mkdir(parents=True, exist_ok=True)
    (into / f"{name}.json").write_text(_kept(stage, platform), "utf-8")
    (into / "schema.sql").write_text(_schema(database), "utf-8")
    (into / "common.json").write_text(_by_lines({"rows": _rows(database, common=True)}), "utf-8")


async def _stop(stage: World) -> None:
    """The person presses the button under the answer that grows."""
    (said,), (post,) = stage.said, stage.shown()
    platform, channel, user = said.lane.split()
    if platform == "slack":
        await stage.slack.press_stop(user, channel, said.topic)
    else:
        await stage.discord.press(user, channel, post.id, "spool:stop", timeout=0.5)


async def _all(into: Path, only: str) -> None:
    with fork_server() as forks, tempfile.TemporaryDirectory() as directory:
        for kind in KINDS:
            for scenario in kind.scenarios:
                name = f"{scenario.platform}-{kind.name}"
                if only in name:
                    await preserve(forks, Path(directory) / name, kind, scenario, into)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--only", default="", help="a part of the names of those to make again")
    options = parser.parse_args()
    asyncio.run(_all(options.directory, options.only))
