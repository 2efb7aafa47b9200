"""Copies of threads, made on the page: what the model knew it knows, and the original is as it was."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.api.console.looks import Looks
from core.api.key import Key
from core.api.page import Page
from core.api.runs import RunRules
from core.store import copies, deletions, items, saved_questions, summaries, threads
from core.store.database import Execute
from core.store.reading import Reading
from core.tools import Toolbox
from core.types import Earlier, ThreadId
from standins.script.script import Call, Scenario
from tests.core.api.clients import KEY, Client, look, refused
from tests.core.fakes import elsewhere, store
from tests.core.served import assistant, given, kinds, said, served, tools

READER = Key("key_1", "mine", KEY.project, read_chats=True)
TOPIC = elsewhere(topic="t1")
OF_CHATS = "thread_id IN (SELECT id FROM threads WHERE copy_of IS NULL)"


class Copying:
    """A chat of one person in two topics, and who copies it."""

    def __init__(self, client: Client, looks: Looks, api: Any) -> None:
        self.client, self.looks, self.api, self.db = client, looks, api, client.spool.db

    async def chatted(self) -> str:
        """The chat's thread."""
        spool = self.client.spool
        spool.platform.topic = [Earlier("5", "fake:5", "U2", "It was dark there.", at=5.0)]
        await spool.ask("10", "Look into the attic", address=TOPIC, inside_topic=True)
        await spool.ask("11", "Whose is it?", address=TOPIC)
        ((chat,),) = await spool.rows("SELECT id FROM threads")
        return str(chat)

    async def copied(self, chat: str, **more: Any) -> str:
        """By whoever may."""
        if not more:
            return str((await self.looks.copy(READER, chat))["thread_id"])
        return await self.db(lambda tx: copies.copy(tx, _row(tx, chat), KEY.project, time.time(), **more))

    async def state(self) -> list[Any]:
        """All there is of chats."""
        tables = [f"SELECT * FROM {table} WHERE {OF_CHATS}" for table in ("items", "messages", "runs")]
        return await self.db(lambda tx: [tx.execute(one).fetchall() for one in tables])

    async def asked(self, thread: str) -> Any:
        """What the model is given when it goes on there."""
        fields = {"assistant_id": await self.client.assistant()}
        await self.client.ended(await self.client.runs.create(READER, thread, fields))
        return given(self.api.requests)


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Copying]:
    script = Scenario()
    script.enqueue(Call("look", {"place": "attic"}, id="call_1"))
    for answer in ("A lamp.", "Ann's, it says."):
        script.enqueue(answer)
    more: Any = {"assistant": assistant(tools=tools("def:look")), "toolbox": Toolbox.of(look)}
    async with served(tmp_path, script, **more) as (core, _):
        with contextlib.closing(Reading(tmp_path / "spool.sqlite3")) as read:
            yield Copying(Client(core, RunRules(), READER), Looks(core.db, read), script)


async def test_a_copy_of_a_chat_goes_on_and_the_chat_does_not(spool: Copying):
    """With calls and what others said in its topic; who may not read chats leaves no trace."""
    chat = await spool.chatted()
    before = await spool.state()
    assert 403 == (await refused(spool.looks.copy(KEY, chat)))[0]
    assert 404 == (await refused(spool.looks.copy(READER, "thread_none")))[0]
    made = await spool.copied(chat)
    assert [("threads.copy", chat)] == await spool.client.spool.rows("SELECT action, object FROM audit")
    texts = {"Look into the attic", "A lamp.", "Whose is it?", "Ann's, it says."}
    assert texts == set(await spool.client.texts(made))
    newest = await spool.client.messages.all(READER, made, Page(1, "desc"))
    await spool.client.messages.delete(READER, made, newest["data"][0]["id"])  # as "run again" does
    asked = await spool.asked(made)
    assert "It was dark there." in said(asked[:1])
    assert "topic" not in asked[0]
    assert ["user", "user", "function_call", "function_call_output", "assistant", "user"] == kinds(asked)
    assert before == await spool.state()
    again = await spool.copied(made)
    assert await spool.client.texts(made) == await spool.client.texts(again)


async def test_who_may_not_read_a_chat_does_not_read_its_copies(spool: Copying):
    """Nor theirs, nor what is asked there. One who may is written down."""
    made = await spool.copied(await spool.copied(await spool.chatted()))
    await spool.asked(made)
    ((run,),) = await spool.client.spool.rows("SELECT id FROM runs WHERE thread_id = ?", made)
    client, admin = spool.client, replace(KEY, admin=True)
    for read in (
        *(client.messages.all(key, made, Page(1)) for key in (KEY, admin)),
        *(client.runs.get(key, made, run) for key in (KEY, admin)),
    ):
        assert 404 == (await refused(read))[0]
    for read in (
        *(spool.looks.thread_texts(key, made) for key in (KEY, admin)),
        *(spool.looks.run_texts(key, run) for key in (KEY, admin)),
        *(spool.looks.copy(key, made) for key in (KEY, admin)),
    ):
        assert 403 == (await refused(read))[0]
    await client.texts(made)
    assert ("messages.list", made) in await client.spool.rows("SELECT action, object FROM audit")
    assert await spool.db(lambda tx: saved_questions.of_run(tx, run, "run", "key:mine", 1.0))
    assert [("",)] == await client.spool.rows("SELECT project FROM saved_questions")


async def test_up_to_a_run_what_stood_before_its_question(spool: Copying):
    """Of a chat and of a client's thread: there, the question is what its client wrote last."""
    chat = await spool.chatted()
    ((_,), (run,)) = await spool.client.spool.rows("SELECT id FROM runs ORDER BY seq")
    made = await spool.copied(chat, before=run)
    assert ["Look into the attic", "A lamp."] == await spool.client.texts(made)
    for text in ("And now?", "And then?"):
        await spool.client.messages.create(READER, made, {"role": "user", "content": text})
        await spool.asked(made)
    ((mine,),) = await spool.client.spool.rows("SELECT id FROM runs ORDER BY seq DESC LIMIT 1")
    made = await spool.copied(made, before=mine)
    assert ["And now?", "echo: And now?"] == (await spool.client.texts(made))[2:]


async def test_what_a_person_deletes_leaves_the_copies_too(spool: Copying):
    """And theirs; a thread that goes with its runs leaves its copies what was said."""
    chat = await spool.chatted()
    first = await spool.copied(chat)
    await spool.asked(first)
    second = await spool.copied(first)
    await spool.client.threads.delete(READER, first)
    await spool.db(lambda tx: deletions.delete(tx, TOPIC, "10", 10.0))
    await spool.db(lambda tx: deletions.delete(tx, TOPIC, "5", 5.0))
    assert "Look into the attic" not in await spool.client.texts(second)
    asked = said(await spool.asked(second))
    assert "Look into the attic" not in asked
    assert "dark" not in asked
    assert "A lamp." in asked


def test_a_summary_stands_for_the_same_turns():
    """Not where it tells of what comes after the end of the copy."""
    with store() as tx:
        one = threads.create(tx, "p1", {}, 1.0)
        for number in range(4):
            items.add_message(tx, ThreadId(threads.create(tx, "p1", {}, 1.0).id), f"x{number}", "{}")
            items.add_message(tx, one.id, f"m{number}", items.item("user", str(number)))
        seqs = [
            seq for (seq,) in tx.execute("SELECT seq FROM items WHERE thread_id = ?", (one.id,)).fetchall()
        ]
        summaries.put(tx, one.id, "0 and 1", seqs[1], 2.0)
        made = copies.copy(tx, one, "p1", 3.0)
        summary = summaries.find(tx, made)
        assert "0 and 1" == summary.text
        kept = [items.item("user", number) for number in "23"]
        assert kept == list(items.newest(tx, made, 1000, after=summary.upto))


def _row(tx: Execute, id: str) -> threads.Row:
    found = threads.get(tx, id)
    assert found
    return found
