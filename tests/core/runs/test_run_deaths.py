"""Runs with everything in them, killed at any moment and several times: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unsaved
from core.store.database import Database, Work
from core.tools import FileResult, Toolbox, tool
from standins.script.script import Call, Hosted, Say, outputs
from tests.core.fakes import Heard
from tests.core.runs.notes import BUDGET, WHO, Notes
from tests.core.served import EN, again, killed, kinds, said, statuses, stored
from tests.core.whole import Core, core, rules

SEEDS = range(24)


class Mortal(Database):
    """A database whose process can be killed: what is asked for afterwards never happens."""

    dead = False

    def __call__(self, work: Work[Any], *chain: Any, **more: Any) -> asyncio.Future[Any]:
        """See `core.store.database.Database`."""
        if not self.dead:
            return super().__call__(work, *chain, **more)
        gone: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        gone.set_exception(Unsaved("killed"))
        return gone

    def kill(self) -> None:
        """At once."""
        self.dead = True
        self.close()


def answer(items: Any) -> Any:
    """Calls first; once their outputs are there, words and a picture."""
    if len(found := outputs(items)) < 2:
        return [
            Say("I look."),
            Call("look", {"place": "attic"}, id="call_look"),
            Call("send", {"to": "bob"}, id="call_send"),
        ]
    return [Hosted("image_generation_call"), Say(f"Done: {'sent' if 'sent' in found['call_send'] else 'hm'}")]


class World:
    """What happened outside of the process."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def toolbox(self) -> Toolbox:
        """One tool that reads and leaves a file, one with effects."""

        async def look(place: str) -> Any:
            """Look."""
            await asyncio.sleep(0.002)
            return [f"{place} is empty", FileResult("list.csv", "1,2")]

        @tool(confirm=True)
        async def send(to: str) -> str:
            """Send."""
            self.sent.append(to)
            await asyncio.sleep(0.002)
            return "sent"

        return Toolbox.of(look, send)


@contextlib.asynccontextmanager
async def pressing(spool: Core) -> AsyncIterator[None]:
    """Somebody presses every button there is, all the time."""

    async def press() -> None:
        while True:
            for question in list(spool.platform.questions.values()):
                with contextlib.suppress(Unsaved):
                    await spool.inbox.decide(question.id, question.person, True)
            await asyncio.sleep(0.001)

    task = asyncio.create_task(press(), name="press")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def revived(spool: Core, directory: Path) -> None:
    """Kill the process, and start another on what it left."""
    assert isinstance(spool.db, Mortal)
    spool.db.kill()
    await killed(spool)
    spool.db = Mortal(directory / "spool.sqlite3")
    await again(spool)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_run_that_is_killed(tmp_path, seed):
    """It is answered; what has effects happened at most once, and if it may have, that is told."""
    chance, world, script = random.Random(seed), World(), Heard()
    script.otherwise = answer
    async with core(tmp_path, script, toolbox=world.toolbox()) as spool:
        spool.db.close()
        spool.db = Mortal(tmp_path / "spool.sqlite3")
        spool._begin()
        async with pressing(spool):
            await spool.say("1", "Look and send")
            for _ in range(chance.randint(1, 4)):
                await asyncio.sleep(chance.uniform(0, 0.02))
                await revived(spool, tmp_path)
            await spool.idle()
        assert ["completed"] == await statuses(spool)
        told = str(spool.platform.answers[-1])
        interrupted = EN["tool_interrupted"].format(name="send") in told
        assert told.startswith("I look.\n\nDone: ")
        assert len(world.sent) == 1 or (interrupted and not world.sent)
        assert interrupted == ("hm" in told)
        assert ["list.csv", "picture-1.png"] == sorted(one.name for one in spool.platform.attached.values())
        assert 1 == len(spool.platform.questions) == len(spool.platform.decisions)
        pair = ["function_call"] * 2 + ["function_call_output"] * 2
        assert ["user", "assistant", *pair, "assistant"] == kinds(await stored(spool))
        assert [] == await spool.rows("SELECT id FROM files WHERE content IS NOT NULL")


@pytest.mark.parametrize("seed", range(6))
async def test_a_long_thread_whose_process_is_killed_again_and_again(tmp_path, seed):
    """Every message is answered once, every turn is kept, and the first fact is known at the end."""
    chance, script, turns = random.Random(seed), Notes(), 40
    async with core(tmp_path, script, assistant=WHO, policy=rules(budget=BUDGET)) as spool:
        spool.db.close()
        spool.db = Mortal(tmp_path / "spool.sqlite3")
        spool._begin()
        for number in range(1, turns + 1):
            await spool.say(str(number), f"fact {number} is a{number} " * 3)
            if chance.random() < 0.4:
                await asyncio.sleep(chance.uniform(0, 0.01))
                await revived(spool, tmp_path)
            await spool.idle()
        await spool.memory.finish()
        assert turns * ["completed"] == await statuses(spool)
        assert turns * ["user", "assistant"] == kinds(await stored(spool))
        ((text, due),) = await spool.rows("SELECT text, due FROM summaries")
    assert ("fact 1 is a1" in text, 0) == (True, due)
    assert "fact 1 is a1" in said(script.asked()[-1])
