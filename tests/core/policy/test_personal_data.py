"""core.policy.personal_data: what is kept of a person is shown, and erased here and at the model server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.policy.budget import Money
from core.policy.limits import Limits
from core.policy.personal_data import DAY, Erasing, Terms, erase, show
from core.settings import Settings
from core.store import copies, summaries, threads, usage, usage_days
from core.store.audit import newest
from core.texts import TEXTS
from core.tools import Toolbox
from core.types import Address, Attachment, Earlier, ThreadId
from standins.openai import OpenAIStandin
from standins.script.script import Call, Cite, Fault, Hosted, Say
from tests.core.fakes import HERE, TIMEOUT, Heard, elsewhere
from tests.core.served import assistant, served, tools
from tests.core.whole import Core, core, rules
from tests.samples import ogg

ME, OTHER = "fake:U1", "fake:U2"
DIRECT = Address("fake", "", "D1", "D1")
CANARY = "canary"
"""In all that the person says, sends, hears and is called; nobody else says it."""
SAID = ("question", "attic", "lamp", "file", "voice", "before", "heard", "called", "reason", "summary")
"""What follows it: of a question, a call, answers, a file's name, a recording, another's journal …"""


def look(place: str) -> str:
    """Look."""
    return f"a lamp in {place}"


WHO = assistant(tools=tools("def:look", "code_interpreter", "file_search"))
CODE = (
    Hosted("code_interpreter_call", {"code": "…"}, produces=[("a.csv", b"1,2 canary-made")]),
    Say("See [a.csv](sandbox:/mnt/data/a.csv)"),
    Cite({"type": "container_file_citation", "filename": "a.csv"}),
)


@contextlib.asynccontextmanager
async def spoken(directory: Path) -> AsyncIterator[tuple[Core, OpenAIStandin, Erasing]]:
    """U1 and U2 talk in a shared topic, U1 in a direct message as well, with all that can be kept of it."""
    script = Heard([Call("look", {"place": "canary-attic"}, id="call_1")], "canary-lamp.", [*CODE])
    for answer in ("It was “canary-question in the attic”.", "Fine.", "canary-heard"):
        script.enqueue(answer)
    more: Any = {"policy": rules(scope="topic"), "assistant": WHO, "toolbox": Toolbox.of(look)}
    async with served(directory, script, **more) as (spool, api):
        await spool.db(lambda tx: usage.settle(tx, "UTC"))
        spool.platform.stored |= {"F1": b"canary-bytes\n" * 3000, "F2": ogg()}
        api.transcripts["voice.ogg"] = "canary-voice"
        await spool.ask("1", "canary-question in the attic", author="canary-name")
        await spool.ask("2", "And this?", files=(Attachment("F1", "canary-file.txt", ""),))
        spool.platform.topic = [
            Earlier("0", "fake:0", "U1", "canary-before", at=0.5),
            Earlier("9", "", "U9", "Rain."),
        ]
        await spool.ask("3", "What did they ask?", user="U2", inside_topic=True)
        await spool.ask("4", "Fine?", user="U2", address=elsewhere(topic="T2"))
        await spool.ask("5", "", address=DIRECT, files=(Attachment("F2", "voice.ogg", "", voice=True),))
        ((direct,),) = await spool.rows(
            "SELECT thread_id FROM messages WHERE channel = 'D1' AND role = 'user'"
        )
        await spool.run_context.library.keep(direct, "canary-doc.txt", b"canary-doc", days=7)
        await spool.inbox.called(HERE, {"U1": "canary-called", "U2": "Ben"})
        ((run,),) = await spool.rows("SELECT run_id FROM messages WHERE platform_id = '1'")
        ref = "fake:post"
        await spool.rows("UPDATE steps SET ref = ? WHERE name = 'answer' AND run_id = ?", ref, run)
        await spool.inbox.feedback.rate(ref, ME, "bad", 9.0)
        await spool.inbox.feedback.explain(run, ME, "canary-reason")
        await spool.db(_more)
        yield spool, api, Erasing(spool.db, spool._served, spool.lanes)


def _more(tx: Any) -> None:
    """A summary of what both said, and a copy of it; a thread that a reset has begun."""
    threads.renew(tx, elsewhere(topic="T7"), "U1", "user", origin="reset", now=9.0)
    ((thread,),) = tx.execute("SELECT DISTINCT thread_id FROM messages WHERE platform_id = '1'").fetchall()
    summaries.put(tx, ThreadId(thread), "canary-summary", 3, 9.0)
    one = threads.get(tx, thread)
    assert one
    copies.copy(tx, one, "p1", 9.0)


def on_disk(directory: Path, text: str = CANARY) -> list[str]:
    """The files under the data directory in which it stands."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if text.encode() in path.read_bytes())


async def finished(spool: Core, erasing: Erasing) -> None:
    """Returns once nothing is left to be done."""
    async with asyncio.timeout(2 * TIMEOUT):
        while (await spool.db(lambda tx: show(tx, ME)))["erasure"]["done_at"] is None:
            await erasing.look()
            await asyncio.sleep(0.01)


class Dying:
    """A database behind which the process dies after so many transactions."""

    def __init__(self, spool: Core, after: int) -> None:
        self._db, self._left, self.scrub = spool.db, after, spool.db.scrub
        self.path, self.wipe = spool.db.path, spool.db.wipe

    async def __call__(self, work: Any) -> Any:
        self._left, done = self._left - 1, await self._db(work)
        if self._left < 0:
            raise asyncio.CancelledError
        return done


@pytest.mark.promise("P1")
@pytest.mark.parametrize("deaths", [False, True])
async def test_nothing_of_a_person_is_left_and_others_keep_theirs(tmp_path, deaths):
    """In no byte of any file, nor at the model server; it can be had before, the ledger adds up as it did.
    `deaths`: each process dies one transaction later than the one before, and the next goes on."""
    async with spoken(tmp_path) as (spool, api, erasing):
        assert [] == [word for word in SAID if not on_disk(tmp_path, f"{CANARY}-{word}")]
        assert all((api.files.kept, api.stores.all, api.containers.all))
        given = json.loads(await spool.inbox.data.export(ME))
        assert {name: len(given[name]) for name in given["counts"]} == given["counts"]
        told = json.dumps(given)
        assert ["summary"] == [word for word in SAID if f"{CANARY}-{word}" not in told]
        assert (1, False) == (len(given["heard"]), "Fine" in told)
        before = await spent(spool)
        await spool.db(lambda tx: erase(tx, ME, "operator", time.time()))
        for count in range(60 if deaths else 0):
            dying: Any = Dying(spool, count)
            with contextlib.suppress(asyncio.CancelledError):
                await Erasing(dying, spool._served, spool.lanes).look()
        await finished(spool, erasing)

        assert [] == on_disk(tmp_path)
        assert ({}, {}, {}) == (api.files.kept, api.stores.all, api.containers.all)
        left = (await spool.db(lambda tx: show(tx, ME)))["counts"]
        assert {"audit": 1} == {name: count for name, count in left.items() if count}
        (deed,) = await spool.db(lambda tx: newest(tx, 9))
        assert ("operator", "data.erase", ME) == (deed.actor, deed.action, deed.object)
        assert [] == await spool.rows("SELECT member FROM thread_map WHERE member LIKE 'U1%'")
        kept = str(await spool.rows("SELECT item FROM items"))
        assert all(text in kept for text in ("Fine?", "What did they ask?", "Rain."))
        after = await spent(spool)
        assert (before[0], {ME, OTHER}, {"", OTHER}) == (after[0], set(before[1]), set(after[1]))


async def spent(spool: Core) -> tuple[list[Any], Any]:
    """Tokens and dollars by day, which are those of the ledger itself; and by person."""
    span = usage_days.Span(date(1970, 1, 1), "UTC")

    def work(tx: Any) -> tuple[list[Any], Any]:
        days, people = (usage_days.totals(tx, span, by) for by in ("day", "person"))
        assert people == usage.totals(tx, 0.0, "person", "UTC")
        return [(day, one.input, one.price_usd) for day, one in days.items()], people

    return await spool.db(work)


@pytest.mark.promise("L2")
@pytest.mark.promise("P1")
async def test_to_erase_is_no_way_around_the_limit_of_a_day(tmp_path):
    """What the day has cost counts on until it ends, though nobody can tell whose it was; a request that
    comes late into the ledger is nobody's, too. Of the month it counts once."""
    money = Money(person_day=0.002, month=9.0)
    more: Any = {"money": money, "policy": rules(limits=Limits(money=money), scope="person-topic")}
    script = Heard(*(["word " * 800] * 9))
    async with served(tmp_path, script, **more) as (spool, _):
        for number in range(1, 7):
            await spool.ask(str(number), address=elsewhere(topic=f"T{number}"))
        asked, now = len(script.requests), time.time()

        def left(tx: Any) -> list[tuple[int, int]]:
            return [window.left(tx) for window in money.windows(ME, now)]

        before = await spool.db(left)
        for _ in range(2):
            await spool.db(lambda tx: erase(tx, ME, ME, time.time()))
            await finished(spool, Erasing(spool.db, spool._served, spool.lanes))
        late = usage.Usage("answer", "m", now - 60, "completed", price_usd=0.0, person=ME, place="D1")
        await spool.db(lambda tx: usage.add(tx, late))
        assert before == await spool.db(left)
        assert [] == await spool.rows("SELECT person, place FROM usage WHERE person <> '' OR place = 'D1'")
        assert [] == await spool.rows("SELECT id FROM reservations WHERE id || person LIKE '%U1%'")
        await spool.ask("9", address=elsewhere(topic="T9"))
        assert asked == len(script.requests)
        await Erasing(spool.db, spool._served, clock=lambda: now + 2 * DAY).look()
        assert [] == await spool.rows("SELECT * FROM reservations")


@pytest.mark.promise("P2")
async def test_what_is_under_way_ends_first_and_nothing_comes_back(tmp_path):
    """A run is stopped and says so; a queued one never begins. What was said before is known when it is told
    again; what is said from then on is another conversation."""
    script = Heard([Say("Hel"), Fault("hang")])
    async with core(tmp_path, script) as spool:
        erasing = Erasing(spool.db, spool._served, spool.lanes)
        await spool.say("1", "canary-1")
        await spool.say("2", "canary-2")
        await spool.platform.news.until(lambda: "Hel" in spool.platform.screen.values())
        await spool.db(lambda tx: erase(tx, ME, ME, time.time()))
        await spool.say("7", "Anew")
        await finished(spool, erasing)
        again = await spool.ask("2", "canary-2")

        assert ("Hel\n\n" + TEXTS["en"]["stopped"], "echo: Anew") == tuple(spool.platform.answers)
        assert (False, [("user", "Anew"), ("assistant", "echo: Anew")]) == (again.new, await spool.items())
        assert (2, []) == (len(script.requests), on_disk(tmp_path))


async def test_a_run_that_answers_others_too_goes_on_for_them(tmp_path):
    """With `collect` in a shared topic; theirs is empty once it has ended."""
    script = Heard([Say("Hel"), Fault("hang")], [Say("Wor"), Fault("hang")])
    async with core(tmp_path, script, policy=rules(scope="topic", collect=True)) as spool:
        erasing = Erasing(spool.db, spool._served, spool.lanes)
        for id, user in (("1", "U2"), ("2", "U1"), ("3", "U2")):
            await spool.say(id, f"canary-{id}" if user == "U1" else f"plain {id}", user=user)
            await script.until(1)
        await spool.inbox.stop(HERE, "U2")
        await script.until(2)
        await spool.db(lambda tx: erase(tx, ME, ME, time.time()))
        await erasing.look()
        assert on_disk(tmp_path)
        await spool.inbox.stop(HERE, "U2")
        await spool.idle()
        await finished(spool, erasing)
        assert ((await spool.items())[-2][1].endswith("plain 3"), []) == (True, on_disk(tmp_path))
        people = "SELECT DISTINCT person FROM messages WHERE role = 'user' ORDER BY person"
        assert [("",), ("U2",)] == await spool.rows(people)


@pytest.mark.promise("P1")
async def test_what_the_model_server_does_not_delete_is_pending(tmp_path):
    """It is listed with the reason, and tried until it is gone."""
    async with spoken(tmp_path) as (spool, api, erasing):
        now = [time.time()]
        erasing = Erasing(spool.db, spool._served, spool.lanes, clock=lambda: now[0])
        refusing = api.fail("DELETE *", status=503, times=99)
        await spool.db(lambda tx: erase(tx, ME, ME, time.time()))
        await finished(spool, erasing)
        refusing.times = 0
        left = (await spool.db(lambda tx: show(tx, ME)))["remains"]
        assert {"container", "file", "vector_store"} == {one["kind"] for one in left}
        assert all(one["error"] and one["tries"] for one in left)
        now[0] += 3600.0
        await erasing.look()
        assert [] == (await spool.db(lambda tx: show(tx, ME)))["remains"]
        assert {} == api.files.kept


@pytest.mark.promise("P3")
async def test_what_was_said_is_kept_for_its_time(tmp_path):
    """Turns go one by one, with what is at the model server; newer ones stay. Without a setting all does."""
    async with spoken(tmp_path) as (spool, api, erasing):
        await erasing.look()
        assert on_disk(tmp_path)
        await spool.rows("UPDATE runs SET ended_at = ended_at - ?", 3 * DAY)
        await spool.ask("9", "Newer")
        terms = Terms.of(Settings(retention_days=2))
        await Erasing(spool.db, spool._served, spool.lanes, terms).look()
        assert ["[00:00] U1: Newer", "echo: U1: Newer"] == [text for _, text in await spool.items()]
        assert ({}, {}) == (api.files.kept, api.stores.all)
        assert (172_800.0, Terms()) == (terms.retention, Terms.of(Settings()))


@pytest.mark.promise("P3")
async def test_a_workspace_that_let_the_bot_go(tmp_path):
    """After the grace all of it goes, and who was nowhere else; if it comes back before, everything stays."""
    async with spoken(tmp_path) as (spool, _, _):
        now = [time.time()]
        erasing = Erasing(spool.db, spool._served, spool.lanes, Terms(grace=DAY), lambda: now[0])
        await spool.inbox.data.workspace("fake", "W1", here=False)
        await erasing.look()
        await spool.inbox.data.workspace("fake", "W1", here=True)
        now[0] += 2 * DAY
        await erasing.look()
        assert 2 == len(await spool.rows("SELECT DISTINCT topic FROM messages WHERE workspace = 'W1'"))

        await spool.inbox.data.workspace("fake", "W1", here=False)
        await erasing.look()
        now[0] += 2 * DAY
        for _ in range(2):
            await erasing.look()
        assert [("U1",)] == await spool.rows("SELECT DISTINCT person FROM messages WHERE role = 'user'")
        assert [] == [word for word in ("question", "lamp", "summary") if on_disk(tmp_path, f"canary-{word}")]
        assert on_disk(tmp_path, "canary-voice")
