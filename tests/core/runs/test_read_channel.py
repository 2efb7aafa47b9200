"""core.runs.read_channel: what was said in a channel, for a question about it, and not kept."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from core.errors import Retryable, Unreachable
from core.tools import Toolbox
from core.types import Attachment, Earlier, Person, Quote
from standins.script.script import Call
from tests.core.fakes import FakePlatform, Heard, elsewhere
from tests.core.served import said
from tests.core.whole import core
from tests.scripted_model import ScriptedModel


def readable(channel=()):
    """A platform with a channel that can be read."""
    platform = FakePlatform()
    platform.reads, platform.channel = True, channel
    return platform


async def asked(tmp_path, platform, arguments, toolbox=None, **more):
    """What the tool gave to the model, what the thread remembers, and what the run's steps hold."""
    script = Heard()
    script.enqueue(Call("read_channel", arguments, id="call_r"))
    script.enqueue("Well.")
    async with core(tmp_path, ScriptedModel(script), platform=platform, toolbox=toolbox) as spool:
        await spool.say("1", "What did we say?", **more)
        await spool.idle()
        outputs = [item for _, items in script.requests for item in items if item.get("call_id") == "call_r"]
        rows = await spool.db(
            lambda tx: (
                tx.execute("SELECT item FROM items").fetchall()
                + tx.execute("SELECT value FROM steps").fetchall()
            )
        )
        return str(outputs[-1]["output"]), said(rows)


async def test_the_channel_is_read_and_not_kept(tmp_path):
    """With names, times and files; the thread remembers that it was read, not what."""
    now = time.time()
    channel = [
        Earlier("0", "r0", "U7", "too old", at=now - 3 * 3600),
        Earlier(
            "1", "r1", "U7", "ship @U8 it", at=now - 60, mentions=("@U8",), quotes=(Quote("reply", "when?"),)
        ),
        Earlier("2", "r2", "bot", "", author="Grafana", at=now, files=(Attachment("F", "graph.png", "u"),)),
    ]
    platform = readable(channel)
    platform.called, platform.people["U1"] = {"@U7": "@Ann", "@U8": "@Bo"}, Person(zone="Asia/Seoul")
    output, kept = await asked(tmp_path, platform, {"hours": 2})
    assert "Asia/Seoul" in output
    assert "Ann: [In reply to an earlier message:]\n    > when?\n    ship @Bo it" in output
    assert output.endswith("Grafana: [File graph.png]")
    assert "too old" not in output
    assert "ship" not in kept
    assert "not kept" in kept


@pytest.mark.parametrize(
    ("channel", "read"),
    [
        (Unreachable("the bot is not in this channel"), "the bot is not in this channel"),
        (Retryable("ratelimited"), "cannot be read"),
        ((), "Nothing was said"),
    ],
)
async def test_a_channel_that_cannot_be_read(tmp_path, channel, read):
    """The model is told so, in words it can pass on."""
    output, _ = await asked(tmp_path, readable(channel), {})
    assert read in output


async def test_no_more_than_is_allowed(tmp_path):
    """A hundred messages, seven days, and so many characters, whatever is asked for."""
    now = time.time()
    long = [Earlier(str(n), "", "U7", f"{n} " + "x" * 2000, at=now - n) for n in range(150, 0, -1)]
    output, _ = await asked(tmp_path, readable(long), {"hours": 10_000, "messages": 10_000})
    assert len(output) < 20_000
    assert " 1 xxx" in output

    (tmp_path / "huge").mkdir()
    huge = readable([*long[-2:], Earlier("0", "", "U7", "가" * 20_000, at=now)])
    output, _ = await asked(tmp_path / "huge", huge, {})
    assert (True, True) == (" 1 xxx" in output, "가가 […]" in output)


async def test_who_has_it(tmp_path):
    """Every assistant in a channel, nobody in a direct message or where nothing can be read."""

    def read_channel() -> str:
        """The operator's."""
        return "mine"

    cases: list[tuple[FakePlatform, dict[str, Any], Toolbox | None, list[str]]] = [
        (readable(), {}, None, ["read_channel"]),
        (readable(), {"address": elsewhere(workspace="")}, None, []),
        (FakePlatform(), {}, None, []),
        (readable(), {}, Toolbox.of(read_channel), ["read_channel"]),
    ]
    (tmp_path / "own").mkdir()
    for platform, more, box, names in cases:
        model = ScriptedModel(Heard())
        directory = tmp_path / str(len(list(tmp_path.iterdir())))
        directory.mkdir()
        async with core(directory, model, platform=platform, toolbox=box) as spool:
            await spool.say("1", **more)
            await spool.idle()
        assert names == [tool["name"] for tool in model.prompts[0].tools]
        if box:
            assert "operator" in json.dumps(model.prompts[0].tools)
            output, kept = await asked(tmp_path / "own", platform, {}, box)
            assert (output, True) == ("mine", "mine" in kept), "what that gives is kept like any tool's"
