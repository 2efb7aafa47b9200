"""Threads and messages of clients: every field comes back, and a key sees its project's own only."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.api.key import Key
from core.api.messages import Messages
from core.api.page import Page
from core.api.refusal import Refusal
from core.api.threads import Threads
from core.store import items, messages, runs, threads, uploads
from tests.core.fakes import HERE, TIMEOUT, message

MINE, OTHER = Key("key_1", "mine", "p1"), Key("key_2", "other", "p2")
READER = Key("key_3", "reader", "p1", read_chats=True)
PNG = {"type": "image_file", "image_file": {"file_id": "file-1", "detail": "low"}}
LINK: dict[str, Any] = {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}


@pytest.fixture
async def api(hands):
    """What a client reaches, over a database with one file of the first project."""
    await hands.db(lambda tx: uploads.add_output(tx, "file-1", "p1", "run_0", "a.png", b"x", 1.0))
    return SimpleNamespace(
        db=hands.db,
        threads=Threads(hands.db, hands.lanes),
        messages=Messages(hands.db, hands.lanes.watching),
        hands=hands,
    )


async def refused(work) -> tuple[int, str]:
    """Status and text of what is refused."""
    with pytest.raises(Refusal) as error:
        await work
    return error.value.status, error.value.message


async def said(api, thread, *texts) -> list[str]:
    """Ids of messages of a person with these texts."""
    return [
        (await api.messages.create(MINE, thread, {"role": "user", "content": text}))["id"] for text in texts
    ]


async def test_a_thread_comes_back_with_what_it_was_given(api):
    """Metadata, resources, and its messages in their order, though all are of one moment."""
    given = [{"role": "user", "content": "하나"}, {"role": "assistant", "content": "two"}]
    made = await api.threads.create(MINE, {"messages": given, "metadata": {"a": "b"}})
    changed = await api.threads.modify(
        MINE, made["id"], {"tool_resources": {"code_interpreter": {"file_ids": ["file-1"]}}}
    )

    listed = await api.messages.all(MINE, made["id"], Page(order="asc"))
    assert made["metadata"] == changed["metadata"] == {"a": "b"}
    assert changed["tool_resources"] == {"code_interpreter": {"file_ids": ["file-1"]}}
    assert [(one["role"], one["content"][0]["text"]["value"]) for one in listed["data"]] == [
        ("user", "하나"),
        ("assistant", "two"),
    ]


async def test_parts_and_attachments_of_a_message(api):
    """They come back as the API gives them; the model gets input items, code the files."""
    thread = (await api.threads.create(MINE, {}))["id"]
    attached = [{"file_id": "file-1", "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}]
    content = [{"type": "text", "text": "look"}, PNG, LINK]
    made = await api.messages.create(
        MINE, thread, {"role": "user", "content": content, "attachments": attached, "metadata": {"m": "1"}}
    )
    again = await api.messages.get(MINE, thread, made["id"])
    kept = await api.db(lambda tx: threads.get(tx, thread))
    (item,) = await api.db(lambda tx: items.newest(tx, thread, 1000))

    assert again == made
    assert made["attachments"] == attached
    assert made["content"][0] == {"type": "text", "text": {"value": "look", "annotations": []}}
    assert made["content"][1:] == [PNG, {**LINK, "image_url": {**LINK["image_url"], "detail": "auto"}}]
    assert [part["type"] for part in json.loads(item)["content"]] == ["input_text", *["input_image"] * 2]
    assert kept.object["tool_resources"]["code_interpreter"]["file_ids"] == kept.object["searchable"]


async def test_pages_follow_each_other(api):
    """In both orders and from both ends, within one second; a cursor of elsewhere is no cursor."""
    thread = (await api.threads.create(MINE, {}))["id"]
    ids = await said(api, thread, *"abcde")
    other = (await api.threads.create(MINE, {}))["id"]
    (foreign,) = await said(api, other, "x")

    async def page(**more) -> tuple[list[str], bool]:
        found = await api.messages.all(MINE, thread, Page(**more))
        return [one["id"] for one in found["data"]], found["has_more"]

    assert await page(limit=2) == (ids[:2:-1], True)
    assert await page(limit=3, after=ids[3]) == (ids[2::-1], False)
    assert await page(limit=2, order="asc", after=ids[1]) == (ids[2:4], True)
    assert await page(limit=2, order="asc", before=ids[3]) == (ids[1:3], True)
    assert await page(limit=9, before=ids[2]) == ([ids[4], ids[3]], False)
    assert await refused(page(after=foreign)) == (404, f"No message found with id '{foreign}'.")


@pytest.mark.promise("I4")
async def test_another_project_sees_nothing(api):
    """Word for word as if it did not exist, lists included; another's file cannot be used either."""
    thread = (await api.threads.create(MINE, {}))["id"]
    (mine,) = await said(api, thread, "secret")
    gone = (404, f"No thread found with id '{thread}'.")
    theirs = (await api.threads.create(OTHER, {}))["id"]
    one = {"role": "user", "content": "hi"}

    assert await refused(api.threads.get(OTHER, thread)) == gone
    assert await refused(api.threads.delete(OTHER, thread)) == gone
    assert await refused(api.messages.all(OTHER, thread, Page())) == gone
    assert await refused(api.messages.get(OTHER, thread, mine)) == gone
    assert await refused(api.messages.create(OTHER, thread, one)) == gone
    assert [one["id"] for one in (await api.threads.all(OTHER, Page()))["data"]] == [theirs]
    assert (await refused(api.messages.create(OTHER, theirs, {**one, "content": [PNG]})))[0] == 404
    assert (await refused(api.messages.get(OTHER, theirs, mine)))[0] == 404


async def test_threads_of_chats_are_read_with_the_right_to(api):
    """Each use leaves a row without text; writing is refused; without the right they are not there."""

    def chat(tx):
        thread = threads.find_or_create(tx, HERE, "U1", "user", 1.0)
        messages.add(tx, message("1", "psst"), thread, runs.add(tx, thread, 1.0, lane=thread))
        return thread

    thread = await api.db(chat)
    said = await api.messages.all(READER, thread, Page())
    noted = await api.db(lambda tx: tx.execute("SELECT actor, action, object FROM audit").fetchall())

    assert [one["content"][0]["text"]["value"] for one in said["data"]] == ["psst"]
    assert noted == [("reader", "messages.list", thread)]
    assert (await refused(api.threads.get(MINE, thread)))[0] == 404
    assert [one["id"] for one in (await api.threads.all(READER, Page()))["data"]] == [thread]
    assert (await api.threads.all(MINE, Page()))["data"] == []
    assert (await refused(api.messages.create(READER, thread, {"role": "user", "content": "x"})))[0] == 403
    assert (await refused(api.threads.delete(READER, thread)))[0] == 403


async def test_a_deleted_message_is_shown_to_nobody(api):
    """Not to the model either."""
    thread = (await api.threads.create(MINE, {}))["id"]
    first, second = await said(api, thread, "keep", "canary")
    changed = await api.messages.modify(MINE, thread, first, {"metadata": {"n": "1"}})
    gone = await api.messages.delete(MINE, thread, second)

    left = await api.db(lambda tx: items.newest(tx, thread, 1000))
    assert gone == {"id": second, "object": "thread.message.deleted", "deleted": True}
    assert changed["metadata"] == {"n": "1"}
    assert [json.loads(one)["content"] for one in left] == ["keep"]
    assert [one["id"] for one in (await api.messages.all(MINE, thread, Page()))["data"]] == [first]


async def test_a_deleted_thread_leaves_no_text(api, tmp_path):
    """Neither in the database nor in its log, after a while."""
    thread = (await api.threads.create(MINE, {"metadata": {"x": "canary7"}}))["id"]
    await said(api, thread, "the canary7 sings")
    gone = await api.threads.delete(MINE, thread)
    async with asyncio.timeout(TIMEOUT):
        while any(b"canary7" in one.read_bytes() for one in tmp_path.glob("spool.*")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # the disk tells nobody

    assert gone == {"id": thread, "object": "thread.deleted", "deleted": True}
    assert await refused(api.threads.get(MINE, thread)) == (404, f"No thread found with id '{thread}'.")


async def test_turns_without_a_run_are_cut_one_by_one(api):
    """What clients wrote is not one turn that is kept or forgotten whole."""
    thread = (await api.threads.create(MINE, {}))["id"]
    await said(api, thread, "a" * 300, "b" * 300, "c")

    kept = await api.db(lambda tx: items.newest(tx, thread, 150))
    oldest, upto = await api.db(lambda tx: items.oldest(tx, thread, 0, 1))
    assert [json.loads(one)["content"][0] for one in kept] == ["b", "c"]
    assert [json.loads(one)["content"][0] for one in oldest] == ["a"]
    assert upto > 0
