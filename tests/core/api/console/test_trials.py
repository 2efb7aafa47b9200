"""Versions tried on saved questions: the cost is said before, the sum ends it, and nothing is changed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bots.telemetry.tally import Tally
from core.api.console.looks import Looks, question_of
from core.api.console.trials import Trials
from core.api.console.trying import Trying
from core.policy.prices import Prices
from core.store import assistants, audit, console, copies, figures, items, keys, overview, threads
from core.store.console import Filters, View
from core.store.figures import Span
from core.store.keys import KeyRow
from core.store.reading import Reading
from core.tools import Toolbox
from core.types import SETTINGS_ID, ThreadId
from standins.script.script import Call, Fault, Wait, outputs
from tests.core.api.clients import KEY, Client, client, look, refused
from tests.core.fakes import HERE, TIMEOUT
from tests.core.runs.asking import Post
from tests.core.served import tools, until

ADMIN = replace(KEY, admin=True)
ALL = View(None)


GOING = "SELECT 1 FROM runs WHERE ended_at IS NULL"


async def tried(one: Client, bot: str = "", *tools: Any, **more: Any) -> str:
    """An assistant with two versions."""
    id = bot or await one.assistant(*tools, **more)
    await one.spool.db(lambda tx: assistants.update(tx, id, {"instructions": "Be brief."}, 2))
    return id


@contextlib.asynccontextmanager
async def trying(one: Client, path: Path) -> AsyncIterator[Trials]:
    async def prices() -> Prices:
        return one.spool.run_context.prices

    looks = Looks(one.spool.db, Reading(path / "spool.sqlite3"))
    made = Trials(one.spool.db, looks, Trying(one.spool.db, one.runs, one.endings, 900), prices, 900)
    keeping = asyncio.create_task(made.trying.keep())
    try:
        yield made
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        looks.read.close()


async def plan(trials: Trials, assistant: str, *texts: str, **more: Any) -> dict[str, Any]:
    """Of typed questions."""
    saved = [await trials.typed(KEY, assistant, {"text": text}) for text in texts]
    return {"version": 2, "beside": 1, "limit_usd": 1.0, "questions": [one["id"] for one in saved], **more}


async def ended(trials: Trials, made: dict[str, Any]) -> dict[str, Any]:
    async with asyncio.timeout(TIMEOUT):
        while made["status"] == "in_progress":
            await asyncio.sleep(0.01)
            made = await trials.get(KEY, made["id"])
    return made


async def test_two_versions_side_by_side(tmp_path):
    """With what stood before the question; as evaluation in the ledger; its price was said before."""
    async with client(tmp_path) as (one, _), trying(one, tmp_path) as trials:
        bot = await tried(one)
        assert 0 == (await trials.estimate(KEY, bot, await plan(trials, bot, "x")))["known"]
        assert 400 == (await refused(trials.typed(KEY, bot, {"text": " \n\u200b"})))[0]
        run = await one.ask("first", "second", assistant=bot)
        saved = await trials.of_run(KEY, run["id"], {})
        asked = await plan(trials, bot, "typed")
        asked["questions"].append(saved["id"])
        told = await trials.estimate(KEY, bot, asked)
        made = await ended(trials, await trials.start(KEY, bot, asked))
        await trials.judge(KEY, made["id"], {"question": saved["id"], "verdict": "better"})
        made = await trials.get(KEY, made["id"])
        kinds = await one.spool.rows("SELECT kind, COUNT(*), SUM(price_usd) FROM usage GROUP BY 1 ORDER BY 1")
        asked_with = [[item["content"] for item in items] for _, items in one.spool.script.requests]

    assert (4, 4, []) == (told["answers"], told["known"], told["unpriced"])
    assert ("completed", 4, 1) == (made["status"], made["done"], made["verdicts"]["better"])
    assert [("answer", 1), ("evaluation", 4)] == [row[:2] for row in kinds]
    assert made["spent_usd"] == kinds[1][2]
    assert 0.2 < made["spent_usd"] / told["price_usd"] < 5
    assert {"echo: typed", "echo: second"} == set(made["texts"]["answers"].values())
    assert 2 == asked_with[1:].count(["first", "second"])


async def test_a_question_costs_what_it_is_long_and_then_what_it_cost(tmp_path):
    """None is begun whose own words pass the sum; an average of short ones makes no long one cheap."""
    async with client(tmp_path) as (one, _), trying(one, tmp_path) as trials:
        bot = await tried(one)
        run = await one.ask("before " * 50, "short", assistant=bot)
        asked, short = await plan(trials, bot, "word " * 3000), await plan(trials, bot, "hi")
        told = (await trials.estimate(KEY, bot, asked))["price_usd"]
        small = (await trials.estimate(KEY, bot, short))["price_usd"]
        never = await ended(trials, await trials.start(KEY, bot, {**asked, "limit_usd": told / 3}))
        made = await ended(trials, await trials.start(KEY, bot, asked))
        again = await trials.estimate(KEY, bot, asked)
        of = (ThreadId(run["thread_id"]), run["id"])
        auto, last = [{"type": "auto"}, {"type": "last_messages", "last_messages": 1}]

        def look(tx: Any) -> tuple[list[int], list[int]]:
            there = threads.get(tx, of[0])
            assert there
            made = [copies.copy(tx, there, "p1", 1.0, of[1], room) for room in (200, 10)]
            return [copies.weight(tx, *of, how) for how in (auto, last)], [
                items.span(tx, one, 0)[0] for one in made
            ]

        shown, copied = await one.spool.db(look)

    assert told > 10 * small
    assert ("limit", 0, 0) == (never["status"], never["done"], never["spent_usd"])
    assert (made["spent_usd"], 2) == (pytest.approx(again["price_usd"]), again["known"])
    assert [items.weigh(items.item("user", "before " * 50)), 0] == shown
    assert [1, 0] == copied


async def test_a_question_is_known_however_much_was_said_since(tmp_path):
    async with client(tmp_path) as (one, _):
        run = await one.ask("first")
        for text in map(str, range(201)):
            await one.messages.create(KEY, run["thread_id"], {"role": "user", "content": text})
        assert "first" == await one.spool.db(lambda tx: question_of(tx, run["id"]))


async def test_it_is_in_no_list_and_no_figure(tmp_path):
    """But in tokens and cost: whoever asks for its ids is told."""
    async with client(tmp_path) as (one, _), trying(one, tmp_path) as trials:
        bot = await tried(one)
        asked = await one.ask("of a person", assistant=bot)
        made = await ended(trials, await trials.start(KEY, bot, await plan(trials, bot, "a", "b")))
        answer = made["questions"][0]["answers"]["2"]

        def look(tx: Any) -> Any:
            tally = Tally(tmp_path / "spool.sqlite3", 60).read(tx) or {}
            runs, threads = console.runs(tx, ALL, Filters(), 9), console.threads(tx, ALL, Filters(), 9)
            same = console.runs(tx, ALL, Filters(thread=answer["thread_id"]), 9)
            found = console.threads(tx, ALL, Filters(q=answer["id"]), 9)
            counted = figures.counted(tx, Span(ALL, 0, time.time() + 1, 1))
            answered = console.versions(tx, bot, 2)
            sums = [
                overview.promises(tx, 0, 600).accepted,
                counted.accepted[0],
                sum(one["runs"] for one in answered),
            ]
            return tally, sums, [rows[0]["id"] for rows in (runs, threads, same, found)], len(runs + threads)

        tally, sums, ids, listed = await one.spool.db(look)

    assert {("completed",): 1} == tally["spool_runs_total"]
    assert {("api", "run", "completed"): 1} == tally["spool_messages_total"]
    assert ([1, 1, 1], 2) == (sums, listed)
    assert [asked["id"], asked["thread_id"], answer["id"], answer["thread_id"]] == ids
    assert made["id"] == answer["trial"]


async def test_the_sum_ends_it(tmp_path):
    """No answer is begun that would pass it; one whose rounds do ends; without prices none is kept."""
    async with client(tmp_path, toolbox=Toolbox.of(look)) as (one, _), trying(one, tmp_path) as trials:
        bot = await tried(one, "", *tools("def:look"), metadata={"spool_functions": "server"})
        await one.ask("before", assistant=bot)
        asked = await plan(trials, bot, "a", "b", "c")
        each = (await trials.estimate(KEY, bot, asked))["price_usd"] / 6
        short = await ended(trials, await trials.start(KEY, bot, {**asked, "limit_usd": 2.5 * each}))
        one.spool.script.otherwise = lambda items: [Wait(0.1), Call("look", {"place": "x" * 900})]
        passed = await ended(trials, await trials.start(KEY, bot, {**asked, "limit_usd": 1.5 * each}))
        statuses = await one.spool.rows("SELECT status FROM runs WHERE created_at > ? ", passed["created_at"])
        await one.spool.db(lambda tx: assistants.update(tx, bot, {"model": "my-own"}, 3))
        unpriced = {**asked, "version": 3}
        assert 409 == (await refused(trials.start(KEY, bot, unpriced)))[0]
        one.spool.script.otherwise = "fine"
        free = await ended(trials, await trials.start(KEY, bot, {**unpriced, "unpriced": True}))

    assert "limit" == short["status"]
    assert short["spent_usd"] <= 2.5 * each
    assert 0 < short["done"] < 6
    assert ("limit", {("cancelled",)}) == (passed["status"], set(statuses))
    assert ("completed", True) == (free["status"], free["unpriced"])


async def test_it_is_cancelled_and_survives_a_death(tmp_path):
    """Each answer is made once; what is under way when somebody ends it is cancelled."""
    async with client(tmp_path, "1", Fault("hang"), Fault("hang")) as (one, _):
        bot = await tried(one)
        async with trying(one, tmp_path) as trials:
            made = await trials.start(KEY, bot, await plan(trials, bot, "a", "b"))
            await until(lambda: asyncio.sleep(0, len(one.spool.script.requests) == 3))
        await one.reborn()
        async with trying(one, tmp_path) as trials:
            made = await ended(trials, made)
            runs = await one.spool.rows("SELECT status FROM runs")
            one.spool.script.otherwise = Fault("hang")
            other = await trials.start(KEY, bot, await plan(trials, bot, "c", "d"))
            await until(lambda: one.spool.rows(GOING))
            other = await trials.cancel(KEY, other["id"], {})
            await until(lambda: one.spool.rows(f"SELECT 1 WHERE NOT EXISTS ({GOING})"))
            after = await one.spool.rows("SELECT status FROM runs WHERE created_at > ?", other["created_at"])
            mine = KeyRow("key_1", KEY.name, KEY.project, 0, 0, "", 0.0)
            gone = await tried(one)
            deleted = await trials.start(KEY, gone, await plan(trials, gone, "f"))
            await one.spool.db(lambda tx: assistants.delete(tx, gone, 1.0))
            deleted = await ended(trials, deleted)
            revoked = await trials.start(KEY, bot, await plan(trials, bot, "e"))
            await one.spool.db(lambda tx: keys.add(tx, mine, "x"))
            await one.spool.db(lambda tx: keys.revoke(tx, mine.id, 1.0))
            revoked = await ended(trials, revoked)

    assert ("completed", [("completed",)] * 4) == (made["status"], runs)
    assert ("cancelled", {("cancelled",)}) == (other["status"], set(after))
    assert len(after) <= 2
    assert ["cancelled", "cancelled"] == [deleted["status"], revoked["status"]]


async def test_nothing_is_changed(tmp_path):
    """The model is told, and the answer says which call was not made."""
    post = Post()
    async with client(tmp_path, toolbox=post.toolbox()) as (one, _), trying(one, tmp_path) as trials:
        one.spool.script.otherwise = lambda items: (
            next(iter(outputs(items).values())) if outputs(items) else Call("send", {"to": "bob"})
        )
        bot = await tried(one, "", *tools("def:send"))
        made = await ended(trials, await trials.start(KEY, bot, await plan(trials, bot, "write to bob")))

    answers = made["questions"][0]["answers"]
    assert [["send"], ["send"]] == [one["not_made"] for one in answers.values()]
    assert all("trial" in text for text in made["texts"]["answers"].values())
    assert not post.sent


async def test_what_people_said_stays_theirs(tmp_path):
    """Told to who may read chats, and written down; gone with the message; an admin tries the operator's."""
    async with client(tmp_path) as (one, _), trying(one, tmp_path) as trials:
        await one.spool.ask("1", "a secret")
        await tried(one, SETTINGS_ID)
        ((run,),) = await one.spool.rows("SELECT id FROM runs")
        reader = replace(ADMIN, read_chats=True)
        assert 403 == (await refused(trials.of_run(KEY, run, {})))[0]
        saved = await trials.of_run(ADMIN, run, {})
        assert saved == await trials.of_run(ADMIN, run, {})
        listed = (await trials.questions(ADMIN, SETTINGS_ID))["data"][0]
        told = await trials.question_texts(reader, SETTINGS_ID, {})
        asked = {"version": 2, "beside": 1, "questions": [saved["id"]], "limit_usd": 1.0}
        made = await ended(trials, await trials.start(ADMIN, SETTINGS_ID, asked))
        thread = made["questions"][0]["answers"]["2"]["thread_id"]
        verdict = {"question": saved["id"], "verdict": "worse"}
        for change in (trials.judge(KEY, made["id"], verdict), trials.cancel(KEY, made["id"], {})):
            assert 403 == (await refused(change))[0]
        assert 403 == (await refused(trials.texts(ADMIN, made["id"], {})))[0]
        assert 404 == (await refused(one.threads.get(KEY, thread)))[0]
        texts = await trials.texts(reader, made["id"], {})
        noted = [entry.action for entry in await one.spool.db(lambda tx: audit.newest(tx, 9))]
        await one.spool.inbox.withdraw(HERE, "1")
        left = await one.spool.rows("SELECT id FROM threads WHERE copy_of IS NOT NULL")
        gone = await trials.questions(ADMIN, SETTINGS_ID), await trials.texts(reader, made["id"], {})

    assert ("", None, {saved["id"]: "a secret"}) == (listed["text"], made["texts"], told["texts"])
    assert {saved["id"]: "a secret"} == texts["questions"]
    assert ["texts.trial", "trials.start", "texts.questions"] == noted[:3]
    assert ([], [], {}) == (left, gone[0]["data"], gone[1]["answers"])
