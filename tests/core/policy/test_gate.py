"""core.policy.gate: a question is asked while its writer's standing is; nothing comes of it before that."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from core.policy.access import Access
from core.policy.limits import Limits
from core.tools import Toolbox, tool
from core.types import Address, Attachment, Standing
from standins.script.script import Call
from tests.core.fakes import TIMEOUT, FakePlatform, Heard
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel

CANARY, DIRECT, NOBODY = "canary-5512", Address("fake", "", "D1", "D1"), Standing(member=False)
MEMBERS = Access(guilds=frozenset({"fake:1"}))
"""Direct messages are for members: what they are is not known at once."""
done: list[str] = []
ANSWER = '{"ending": "completed", "text": "yes"}'
REFUSED, UNKNOWN = "I may not answer you here", "send it again in a minute"


@tool
def note(words: str) -> str:
    """Write it down."""
    done.append(words)
    return "noted"


class Watched(FakePlatform):
    """Notes what is fetched."""

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        done.append(attachment.id)
        return b"words in a file"


def gated(directory: Path, script: Heard, **policy: Any) -> AbstractAsyncContextManager[Core]:
    done.clear()
    more: dict[str, Any] = {"policy": rules(access=MEMBERS, **policy)} if policy else {}
    box, model = Toolbox.of(note), ScriptedModel(script)
    return core(directory, model, platform=Watched(), access=MEMBERS, toolbox=box, **more)


def on_disk(directory: Path) -> bool:
    return any(CANARY.encode() in file.read_bytes() for file in directory.glob("spool.sqlite3*"))


async def asked(spool: Core, id: str = "1", **more: Any) -> asyncio.Future[Standing | None]:
    """A person nobody knows writes; gives how they stand, to be told."""
    told = spool.platform.standings["U1"] = asyncio.get_running_loop().create_future()
    await spool.say(id, CANARY, address=DIRECT, unproven=True, **more)
    return told


@pytest.mark.promise("A1")
@pytest.mark.parametrize(
    "script", [["it is " + CANARY], [Call("note", {"words": CANARY}), "it is " + CANARY]]
)
@pytest.mark.parametrize(("standing", "notice"), [(Standing(), ""), (NOBODY, REFUSED), (None, UNKNOWN)])
async def test_nothing_is_shown_or_done_before_the_standing_is_known(tmp_path, script, standing, notice):
    """The model is asked meanwhile. Who is refused is told once a day, and nothing of the question stays."""
    heard = Heard(*script)
    async with gated(tmp_path, heard) as spool:
        told = await asked(spool)
        await heard.until(1)
        await asyncio.sleep(0.1)
        assert ([], [], 1) == (spool.platform.replies, done, len(heard.requests))
        told.set_result(standing)
        await spool.idle()

        shown = [] if notice else ["it is " + CANARY]
        assert (shown, len(script) - 1 if shown else 0) == (spool.platform.answers, len(done))
        assert ["completed" if shown else "cancelled"] == [status for status, _ in await spool.outcomes()]
        if notice:
            async with asyncio.timeout(TIMEOUT):
                while on_disk(tmp_path):  # noqa: ASYNC110  (the file tells nobody)
                    await asyncio.sleep(0.02)
            assert [] == await spool.rows("SELECT 1 FROM items")
            (await asked(spool, "2")).set_result(standing)
            await spool.idle()
            ((until,),) = await spool.rows("SELECT until FROM notices")
            assert [True] == [notice in words for _, words in spool.platform.notices]
            assert abs(until - time.time() - (60 if notice == UNKNOWN else 86_400)) < 9


@pytest.mark.parametrize(("step", "value"), [("", ""), ("post:0", '{"id": "P1"}'), ("answer", ANSWER)])
async def test_no_file_is_fetched_before_and_a_death_changes_nothing(tmp_path, step, value):
    """The next process asks again; what was shown before a death was allowed, and nobody is asked then."""
    async with gated(tmp_path, Heard()) as spool:
        await asked(spool, files=(Attachment("F1", "a.txt", "fake://a"),))
        await asyncio.sleep(0.1)
        assert [] == done
        await spool.die()
        told = spool.platform.standings["U1"] = asyncio.get_running_loop().create_future()
        told.set_result(NOBODY if step else Standing())
        if step:
            known = "INSERT INTO steps (id, run_id, name, value, created_at) SELECT 's', id, ?, ?, 1 "
            await spool.rows(known + "FROM runs", step, value)
        await spool.restart()
        await spool.idle()
        assert ([] if step == "answer" else ["F1"], [("completed", None)]) == (done, await spool.outcomes())


@pytest.mark.parametrize("standing", [Standing(), NOBODY])
async def test_own_texts_and_notices_of_a_limit_wait_for_the_standing_too(tmp_path, standing):
    """Also those that were folded into one; a stranger has the one notice that they are one."""
    async with gated(tmp_path, Heard(), limits=Limits(person_minute=2)) as spool:
        told = await asked(spool, kind="help")
        await spool.say("2", CANARY, address=DIRECT, unproven=True, kind="help")
        await spool.say("3", CANARY, address=DIRECT, unproven=True)
        await asyncio.sleep(0.1)
        assert ([], []) == (spool.platform.notices, spool.platform.replies)
        told.set_result(standing)
        await spool.idle()
        ((_, words),) = spool.platform.notices
        assert (standing == NOBODY) == (REFUSED in words) == (not spool.platform.replies)


@pytest.mark.promise("L3")
@pytest.mark.parametrize(
    ("said", "answered"),
    [("aaaaaaaa", 6), ("aaaaaapaaaaaaa", 13), ("aaaaaa.p.aa", 9), ("aaaaaaPa", 7), ("a.a.a.a.a.a.a", 6)],
)
async def test_apps_have_six_turns_without_a_person(tmp_path, said, answered):
    """In a channel (a dot begins another topic in it) and in one topic (P is a person in another)."""
    topic, accepted = 1, 0
    async with core(tmp_path, ScriptedModel(Heard())) as spool:
        for number, one in enumerate(said):
            topic += one == "."
            where = Address("fake", "W1", "C1", "elsewhere" if one == "P" else f"T{topic}")
            app: dict[str, Any] = {"user": "B1", "app": True} if one == "a" else {}
            if one != ".":
                accepted += (await spool.ask(str(number + 1), address=where, **app)).new
            await spool.die()
            await spool.restart()
        assert answered == accepted
