"""A deleted message: a run that answers nothing else ends and takes its posts back; later only its words go.

On disk means the bytes of the database's files: they are looked at once the log is emptied.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from core.errors import Retryable
from core.store import runs, summaries, vector_stores
from core.store.messages import DELETED
from core.tools import Toolbox, tool
from core.types import Attachment, Earlier, Quote
from standins.script.script import Call, Fault, Say, text_of
from tests.core.fakes import HERE, TIMEOUT, Heard
from tests.core.whole import Core, core, rules
from tests.scripted_model import ScriptedModel

PIN = "my pin is 1234"


@tool(confirm=True)
async def send(to: str) -> str:
    """Send a letter."""
    return to


def look(place: str) -> str:
    """Look."""
    return "empty"


BOX = Toolbox.of(send, look)


def on_disk(directory: Path, *texts: str) -> list[str]:
    """Those of the texts that stand in the database's files, as they are or as in JSON."""
    data = b"".join(file.read_bytes() for file in directory.glob("spool.sqlite3*"))
    return [text for text in texts if text.encode() in data]


async def off_disk(spool: Core, directory: Path, *texts: str) -> None:
    """Returns once none of them is there any more."""
    async with asyncio.timeout(TIMEOUT):
        while on_disk(directory, *texts):  # noqa: ASYNC110  (the file tells nobody)
            await asyncio.sleep(0.02)


@pytest.mark.promise("S4")
async def test_a_question_deleted_while_it_is_answered_takes_the_answer_with_it(tmp_path):
    """Nothing of that turn is remembered, and the next message follows."""
    script = Heard()
    script.enqueue(Say("Hel"), Fault("hang"))
    async with core(tmp_path, ScriptedModel(script)) as spool:
        await spool.say("1", PIN)
        await spool.say("2", "Ho")
        await spool.platform.news.until(lambda: "Hel" in spool.platform.screen.values())
        assert not await spool.inbox.withdraw(HERE, "1")
        await spool.idle()

        assert ["echo: Ho"] == list(spool.platform.screen.values())
        assert [("cancelled", "message deleted"), ("completed", None)] == await spool.outcomes()
        assert [("user", "Ho"), ("assistant", "echo: Ho")] == await spool.items()
        await off_disk(spool, tmp_path, PIN)


@pytest.mark.parametrize("moment", ["speaking", "finishing", "removing"])
async def test_a_kill_in_the_middle_leaves_the_removal_to_the_next_start(tmp_path, moment):
    """The mark was committed with the order: the next process asks nobody, and takes away what stands."""
    script = Heard()
    script.enqueue(Say("Hel"), *([Fault("hang")] if moment != "finishing" else []))
    async with core(tmp_path, ScriptedModel(script)) as spool:
        if moment == "finishing":
            spool.platform.may_finish.clear()
        await spool.say("1", PIN)
        await spool.platform.news.until(lambda: "Hel" in spool.platform.screen.values())
        if moment == "finishing":
            await spool.platform.news.until(lambda: spool.platform.finishing)
        if moment == "removing":
            spool.platform.faults.append(Retryable("killed here"))
        await spool.inbox.withdraw(HERE, "1")
        await spool.die()
        spool.platform.may_finish.set()
        spool.platform.faults.clear()
        await spool.restart()
        await spool.idle()

        assert ({}, []) == (spool.platform.screen, await spool.items())
        assert [("cancelled", "message deleted")] == await spool.outcomes()
        assert 1 == len(script.requests)


async def test_of_several_messages_all_have_to_be_deleted(tmp_path):
    """With `collect` the run goes on for the others; what the deleted one said is not remembered."""
    script = Heard()
    script.enqueue(Say("A"), Fault("hang"))
    script.enqueue(Say("B"), Fault("hang"))
    async with core(tmp_path, ScriptedModel(script), policy=rules(collect=True)) as spool:
        await spool.say("1")
        await script.until(1)
        await spool.say("2", PIN)
        await spool.say("3", "and this")
        await spool.inbox.stop(HERE, "U1")
        await script.until(2)
        await spool.inbox.withdraw(HERE, "2")
        await spool.die()
        await spool.restart()
        await spool.idle()

        assert [DELETED, "and this"] == [text_of(item) for item in script.requests[-1][1]][-2:]
        assert [("user", DELETED), ("user", "and this")] == (await spool.items())[-3:-1]
        await off_disk(spool, tmp_path, PIN)


async def test_a_question_that_waits_for_a_yes_is_decided_with_its_deletion(tmp_path):
    """The approval is over, and its post goes with the others."""
    script = Heard()
    script.enqueue(Call("send", {"to": "Ann"}, id="call_1"))
    async with core(tmp_path, ScriptedModel(script), toolbox=BOX) as spool:
        await spool.say("1", PIN)
        await spool.platform.news.until(lambda: spool.platform.questions)
        await spool.inbox.withdraw(HERE, "1")
        await spool.idle()

        assert [("refused",)] == await spool.rows("SELECT state FROM approvals")
        assert 1 == len(spool.platform.removed)
        assert [] == await spool.items()


async def test_after_the_answer_its_words_leave_the_disk_and_the_answer_stays(tmp_path):
    """What it pointed at, the names and bytes of its files, and what a tool was given of it, too."""
    script = Heard()
    script.enqueue(Call("look", {"place": PIN}, id="call_1"))
    script.enqueue("Done.")
    quote, file = Quote("reply", "quoted-secret", "Ann"), Attachment("F1", "secret-name.txt", "")
    secrets = [PIN, "quoted-secret", "secret-name", "secret-bytes"]
    async with core(tmp_path, ScriptedModel(script), toolbox=BOX) as spool:
        spool.platform.stored["F1"] = b"secret-bytes"
        await spool.say("1", PIN, quotes=(quote,), files=(file,))
        await spool.say("2", "Ho")
        await spool.idle()
        assert secrets[:3] == on_disk(tmp_path, *secrets[:3])
        assert not await spool.inbox.withdraw(HERE, "1")
        await off_disk(spool, tmp_path, *secrets)
        await spool.say("3", "Hm")
        await spool.idle()

    asked = script.requests[-1][1]
    assert PIN not in json.dumps(asked)
    assert [DELETED, "Done.", "Ho", "echo: Ho", "Hm"] == [text_of(one) for one in asked if "role" in one]
    assert [] == on_disk(tmp_path, *secrets)


async def test_a_message_of_others_leaves_what_was_read_of_the_topic(tmp_path):
    """Only its line, where that can be told from the others'; it was never for us."""
    script = Heard()
    script.enqueue("Nobody.")
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.platform.topic = [Earlier("10", "fake:10", "U7", PIN), Earlier("11", "fake:11", "U8", "lunch?")]
        await spool.say("20", "Who?", inside_topic=True)
        await spool.idle()
        assert [PIN] == on_disk(tmp_path, PIN)
        await spool.inbox.withdraw(HERE, "10", 10.0)
        await off_disk(spool, tmp_path, PIN)

        (_, context), *_ = await spool.items()
        assert (True, True) == (DELETED in context, "lunch?" in context)
        await spool.inbox.withdraw(HERE, "20", 20.0)
        await spool.inbox.withdraw(HERE, "11", 11.0)
        await off_disk(spool, tmp_path, "lunch?", "Who?")


async def test_a_document_of_others_is_searched_no_more(tmp_path):
    """Nor is one of the person's own: the store it was put into is let go of."""
    file = Attachment("F1", "plan.txt", "")
    async with core(tmp_path, ScriptedModel(Heard())) as spool:
        spool.platform.stored["F1"] = b"plan"
        spool.platform.topic = [Earlier("10", "fake:10", "U7", "", files=(file,))]
        await spool.ask("20", "Who?", inside_topic=True)
        await spool.ask("30", "And this?", files=(file,))
        ((thread,),) = await spool.rows("SELECT DISTINCT thread_id FROM runs")
        for id in ("10", "30"):
            await spool.db(lambda tx: vector_stores.open_store(tx, thread, "vs_1", None))
            await spool.db(lambda tx: vector_stores.begin(tx, thread, "digest", "plan.txt", 4, 1.0))
            await spool.inbox.withdraw(HERE, id, float(id))
            assert await spool.db(lambda tx: vector_stores.store(tx, thread)) is None


async def test_a_run_under_way_does_not_remember_what_others_deleted_meanwhile(tmp_path):
    """It was told of it before; its end blanks that."""
    script = Heard()
    script.enqueue(Say("A"), Fault("hang"))
    async with core(tmp_path, ScriptedModel(script)) as spool:
        spool.platform.topic = [Earlier("10", "fake:10", "U7", PIN)]
        await spool.say("20", "Who?", inside_topic=True)
        await script.until(1)
        await spool.inbox.withdraw(HERE, "10", 10.0)
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()

        assert PIN not in str(await spool.items())
        await off_disk(spool, tmp_path, PIN)


async def test_a_summary_that_covers_it_is_made_anew(tmp_path):
    """Also one that is being made meanwhile is not kept."""
    script = Heard()
    script.enqueue("Noted.")
    async with core(tmp_path, ScriptedModel(script)) as spool:
        for id in ("1", "2"):
            await spool.say(id, PIN if id == "1" else "Ho")
            await spool.idle()
        thread = (await spool.rows("SELECT thread_id FROM runs"))[0][0]
        await spool.db(lambda tx: summaries.want(tx, thread, 1.0))
        before = await spool.db(lambda tx: summaries.find(tx, thread))
        await spool.db(lambda tx: summaries.write(tx, thread, before, f"Says: {PIN}", 2, 1.0))
        made = await spool.db(lambda tx: summaries.find(tx, thread))

        await spool.inbox.withdraw(HERE, "1")
        await spool.db(lambda tx: summaries.write(tx, thread, made, f"Says again: {PIN}", 4, 1.0))

        found = await spool.db(lambda tx: summaries.find(tx, thread))
        assert ("", True) == (found.text, found.due)
        await off_disk(spool, tmp_path, PIN)


async def test_what_is_deleted_twice_or_not_known_changes_nothing(tmp_path):
    """The event may be delivered again."""
    script = Heard()
    async with core(tmp_path, ScriptedModel(script)) as spool:
        await spool.say("1", "Hi")
        await spool.idle()
        for id in ("1", "1", "9"):
            assert not await spool.inbox.withdraw(HERE, id)

        assert [("user", DELETED), ("assistant", "echo: Hi")] == await spool.items()
        ((run,),) = await spool.rows("SELECT id FROM runs")
        assert not await spool.db(lambda tx: runs.alive(tx, run))
