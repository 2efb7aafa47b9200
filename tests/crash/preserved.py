"""Makes the world of `tests.crash.preserve` again: what a killed process of an older version has left.

The posts get the ids they had, but for the time in them: it is as if the process had died a little ago.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp

from standins.discord import Upload
from standins.discord.message import Message as DiscordMessage
from standins.openai.bill import Charge
from standins.slack.file import File
from standins.slack.message import Message as SlackMessage
from standins.slack.message import Stream
from tests.crash import tools
from tests.crash.history import Said
from tests.crash.world import World

RESPONSES = ("answer", "summary")
AGO = 180
"""Seconds since the process died: Discord has forgotten the nonces, a question still waits for its answer."""
MOVED = ["facts", "usage_days"]
"""That the ledger is added up by day: its times are moved and its days are not, so the start does it anew."""
Kept = dict[str, Any]
_SECONDS = re.compile(r"(?<!\w)1[6-9]\d{8}(?!\w)")
_SNOWFLAKE = re.compile(r"(?<!\w)1[3-9]\d{17}(?!\w)")


def load(path: Path) -> Kept:
    """What one process has left, with all times and the ids made of them moved to a little ago."""
    text = path.read_text("utf-8")
    later = int(time.time()) - AGO - int(json.loads(text)["at"])
    text = _SECONDS.sub(lambda found: str(int(found[0]) + later), text)
    kept: Kept = json.loads(_SNOWFLAKE.sub(lambda found: str(int(found[0]) + (later * 1000 << 22)), text))
    common: Kept = json.loads(path.with_name("common.json").read_text("utf-8"))
    return {**kept, "rows": [*common["rows"], *kept["rows"]]}


async def restore(stage: World, kept: Kept, schema: str) -> None:
    """Put the world there: posts, what the servers hold, the data directory, and what was said."""
    kept = json.loads(await _renamed(stage, kept))
    stage.settings = kept["settings"]
    stage.said += [Said(**one) for one in kept["said"]]
    (_slack if kept["platform"] == "slack" else _discord)(stage, kept)
    rows = json.loads(_signed(stage, json.dumps(kept["rows"])))
    data = stage.directory / "data"
    tools.put(data)
    for what in ("looked", "paid"):
        (data / "tools" / what).write_text("".join(f"{id} {at}\n" for id, at in kept[what]), "utf-8")
    _fill(data / "spool.sqlite3", schema, [row for row in rows if row[:2] != MOVED])
    stage.openai.bill += [_charged(row) for row in rows if row[0] == "usage" and row[2] in RESPONSES]


def _charged(row: list[Any]) -> Charge:
    """What the model's server had billed for that line of the ledger."""
    model, (read, cached, output, reasoning) = row[9], row[12:16]
    used = {"input": read, "cached": cached, "output": output, "reasoning": reasoning}
    return Charge("response", model, **used, told=read is not None)


async def _renamed(stage: World, kept: Kept) -> str:
    """With today's addresses, and the ids that the servers give to what they are handed now."""
    text = json.dumps(kept, ensure_ascii=False)
    urls = {"slack": stage.slack.api_url, "discord": stage.discord.api_url, "openai": stage.openai.base_url}
    for name, url in urls.items():
        text = text.replace(f"{name}.invalid", url.split("/")[2])
    async with aiohttp.ClientSession() as session:
        for response in kept["responses"]:
            text = text.replace(response["id"], await _asked(session, stage, response["body"]))
        for file in kept["given"]:
            text = text.replace(file["id"], await _given(session, stage, file))
    return text


async def _asked(session: aiohttp.ClientSession, stage: World, body: Mapping[str, Any]) -> str:
    """A response that the model's server works on; its id. Whoever asked does not listen any more."""
    headers = {"Authorization": f"Bearer {stage.openai.api_key}"}
    async with session.post(f"{stage.openai.base_url}/responses", json=body, headers=headers) as answer:
        answer.raise_for_status()
    stage.openai.requests[-1].body = {}  # what is counted is what the product asks for
    return str(stage.openai.requests[-1].response_id)


async def _given(session: aiohttp.ClientSession, stage: World, file: Mapping[str, str]) -> str:
    """A file whose bytes Slack has and does not show; its id."""
    content = base64.b64decode(file["content"])
    headers = {"Authorization": f"Bearer {stage.slack.bot_token}"}
    place = f"{stage.slack.api_url}files.getUploadURLExternal"
    wanted = {"filename": file["name"], "length": str(len(content))}
    async with session.post(place, data=wanted, headers=headers) as answer:
        given = await answer.json()
    async with session.post(given["upload_url"], data=content) as answer:
        answer.raise_for_status()
    return str(given["file_id"])


def _signed(stage: World, text: str) -> str:
    """With addresses of Discord's files that are good now."""
    for room in stage.discord.places:
        for file in [file for post in stage.discord.messages(room) for file in post.attachments]:
            address = file.url
            old = re.escape(address.partition("?")[0]) + r"\?[\w=&]*"
            text = re.sub(old, address, text)
    return text


def _slack(stage: World, kept: Kept) -> None:
    for room in kept["rooms"]:
        if room["id"].startswith("D"):
            stage.slack.add_dm(room["id"], room["members"][0])
        else:
            stage.slack.add_channel(room["id"], room["members"])
    for one in kept["messages"]:
        workspace, room = stage.slack.workspace, stage.slack.workspace.channels[one["channel"]]
        same = ("channel", "ts", "user", "text", "thread_ts", "blocks", "extra", "metadata")
        message = SlackMessage(**{name: one[name] for name in same})
        message.extra |= workspace.own_fields() if one["own"] else {}
        if stream := one["stream"]:
            lifetime = stage.slack.timing.stream_seconds
            message.stream = Stream(time.monotonic() - AGO, lifetime, stream["settled"], mode=stream["mode"])
        for described in one["files"]:
            file = _file_on_slack(stage, message, described)
            file.shared(room.kind, room.id, message.ts, message.thread_ts)
            workspace.files[file.id] = file
            message.files.append(file)
        room.add(message, own=one["own"])


def _file_on_slack(stage: World, message: SlackMessage, described: Mapping[str, Any]) -> File:
    content = base64.b64decode(described["content"])
    return File(
        *(described["name"], message.user, stage.slack.team, stage.slack.base_url, int(message.ts[:10])),
        *(content, ""),
        title=described["name"],
        size=len(content),
        app=described["app"],
        id=described["id"],
    )


def _discord(stage: World, kept: Kept) -> None:
    there = stage.discord._world
    for room in kept["rooms"]:
        stage.discord.add_channel(room["guild"], room["id"])
    for one in kept["messages"]:
        channel = there.channels[one["channel"]]
        author = there.user(one["author"])
        message = DiscordMessage(one["id"], channel.id, author, one["content"], channel.guild)
        for name in ("kind", "reference", "nonce", "components", "flags"):
            setattr(message, name, one[name])
        message.quoted = channel.messages.get(one["reference"])
        message.mentions = there.known(one["mentions"])
        message.attachments = [
            there.cdn.keep(file["id"], channel.id, Upload(file["name"], base64.b64decode(file["content"])))
            for file in one["files"]
        ]
        message.record(None)
        channel.add(message, own=message.author is there.bot)


def _fill(path: Path, schema: str, rows: list[list[Any]]) -> None:
    """A database as it was written then, without any step of a later version."""
    with closing(sqlite3.connect(path)) as x:
        x.executescript(schema)
        for table, *values in rows:
            given = [base64.b64decode(one["bytes"]) if isinstance(one, dict) else one for one in values]
            x.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(given))})", given)
        x.commit()
