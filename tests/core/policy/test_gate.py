"""core.policy.gate: a question is asked while its writer's standing is; nothing comes of it before that."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from core.errors import Retryable
from core.policy.access import Access
from core.tools import Toolbox, tool
from core.types import Address, Attachment, Standing
from standins.script.script import Call
from tests.core.fakes import TIMEOUT, FakePlatform, Heard
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel

CANARY = "canary-5512"
DIRECT = Address("fake", "", "D1", "D1")
MEMBERS = Access(guilds=frozenset({"fake:1"}))
"""Direct messages are for members: what they are is not known at once."""
NOBODY = Standing(member=False)
REFUSED, UNKNOWN = "I may not answer you here", "send it again in a minute"


class Watched(FakePlatform):
    """Tells what was fetched of it."""

    def __init__(self) -> None:
        super().__init__()
        self.standings["U1"] = asyncio.get_running_loop().create_future()
        self.stored["F1"] = b"words in a file"
        self.fetched: list[str] = []

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        self.fetched.append(attachment.id)
        return await super().fetch(attachment, limit)


def gated(directory: Path, script: Heard, tools: Toolbox | None = None) -> AbstractAsyncContextManager[Core]:
    return core(directory, ScriptedModel(script), platform=Watched(), access=MEMBERS, toolbox=tools)


def on_disk(directory: Path) -> bool:
    return any(CANARY.encode() in file.read_bytes() for file in directory.glob("spool.sqlite3*"))


async def asked(spool: Core, id: str = "1", **more: Any) -> None:
    await spool.say(id, CANARY, address=DIRECT, unproven=True, **more)


def told(spool: Core, standing: Standing | None) -> None:
    if spool.platform.standings["U1"].done():
        spool.platform.standings["U1"] = asyncio.get_running_loop().create_future()
    spool.platform.standings["U1"].set_result(standing)


@pytest.mark.promise("A1")
@pytest.mark.parametrize("calls", [False, True])
@pytest.mark.parametrize(("standing", "notice"), [(Standing(), None), (NOBODY, REFUSED), (None, UNKNOWN)])
async def test_nothing_is_shown_or_done_before_the_standing_is_known(tmp_path, calls, standing, notice):
    """The model is asked meanwhile. Who is refused gets one notice, and nothing of the question stays."""
    done: list[str] = []

    @tool
    def note(words: str) -> str:
        """Write it down."""
        done.append(words)
        return "noted"

    script = Heard(*([Call("note", {"words": CANARY})] if calls else []), "it is " + CANARY)
    async with gated(tmp_path, script, Toolbox.of(note)) as spool:
        await asked(spool)
        await script.until(1)
        await asyncio.sleep(0.1)
        assert ([], [], 1) == (spool.platform.replies, done, len(script.requests))
        told(spool, standing)
        await spool.idle()

        answer = [] if notice else ["it is " + CANARY]
        assert (answer, [] if notice or not calls else [CANARY]) == (spool.platform.answers, done)
        assert ["cancelled" if notice else "completed"] == [status for status, _ in await spool.outcomes()]
        assert bool(notice) is not bool(await spool.rows("SELECT 1 FROM items"))
        assert [notice in words for _, words in spool.platform.notices] == [True] * bool(notice)
        async with asyncio.timeout(TIMEOUT if notice else None):
            while bool(notice) is on_disk(tmp_path):  # noqa: ASYNC110  (the file tells nobody)
                await asyncio.sleep(0.02)


async def test_a_refusal_is_told_once_a_day(tmp_path):
    """One that could not be looked up is told again after a minute."""
    async with gated(tmp_path, Heard()) as spool:
        told(spool, NOBODY)
        for id in ("1", "2"):
            await asked(spool, id)
            await spool.idle()
        ((_, until),) = await spool.rows("SELECT about, until FROM notices")

        assert 1 == len(spool.platform.notices)
        assert 86_000 < until - time.time() < 86_401


async def test_no_file_is_fetched_for_whom_nobody_knows(tmp_path):
    """It is once they are known."""
    async with gated(tmp_path, Heard()) as spool:
        platform: Any = spool.platform
        await asked(spool, files=(Attachment("F1", "a.txt", "fake://a"),))
        await asyncio.sleep(0.1)
        assert [] == platform.fetched
        told(spool, Standing())
        await spool.idle()
        assert ["F1"] == platform.fetched


@pytest.mark.parametrize("standing", [Standing(), NOBODY])
async def test_a_death_meanwhile_changes_nothing(tmp_path, standing):
    """The next process asks both again, and what it does with the answer is done once."""
    script = Heard()
    async with gated(tmp_path, script) as spool:
        await asked(spool)
        await script.until(1)
        await spool.die()
        told(spool, standing)
        await spool.restart()
        await spool.idle()
        shown = [] if standing == NOBODY else ["echo: " + CANARY]
        assert shown == list(spool.platform.screen.values())


async def test_what_was_shown_before_a_death_was_allowed(tmp_path):
    """Its writer is not asked about again: a network that cannot tell now would take it back."""
    script = Heard()
    async with gated(tmp_path, script) as spool:
        told(spool, Standing())
        spool.platform.faults.append(Retryable("killed here"))
        await asked(spool)
        await spool.platform.news.until(lambda: spool.platform.replies)
        await spool.die()

        post = (
            "INSERT INTO steps (id, run_id, name, value, created_at) SELECT 's', id, 'post:0', ?, 1 FROM runs"
        )
        await spool.rows(post, '{"id": "P1"}')
        told(spool, None)
        await spool.restart()
        await spool.idle()
        assert [("completed", None)] == await spool.outcomes()


@pytest.mark.promise("L3")
@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("aaaaaaaa", 6),
        ("aaaaaapaaaaaaa", 13),
        ("aaaaaa.p.aa", 9),
        ("aaaaaaPa", 7),
        ("a.a.a.a.a.a.a", 6),
    ],
)
async def test_apps_have_six_turns_without_a_person(tmp_path, said, answered):
    """In a channel (a dot begins another topic in it) and in one topic (P is a person in another)."""
    topic, accepted = 1, 0
    async with core(tmp_path, ScriptedModel(Heard()), policy=rules()) as spool:
        for number, one in enumerate(said):
            if one == ".":
                topic += 1
                continue
            where = Address("fake", "W1", "C1", "elsewhere" if one == "P" else f"T{topic}")
            app: dict[str, Any] = {"user": "B1", "app": True} if one == "a" else {}
            receipt = await spool.ask(str(number + 1), address=where, **app)
            accepted += receipt.new
            await spool.die()
            await spool.restart()
        assert answered == accepted
