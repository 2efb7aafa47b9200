"""Files and messages around runs of clients: what the model is given, what a key sees, what is deleted."""

from __future__ import annotations

import json
from dataclasses import replace

from core.api.key import Key
from core.api.page import Page
from core.api.runs import RunRules
from core.files.attachments import TOTAL
from core.store import uploads
from core.tools import Toolbox
from core.types import SETTINGS_ID, function_tool
from standins.script.picture import png
from standins.script.script import Call, Scenario
from tests.core.api.clients import KEY, WEATHER, Client, client, look, refused
from tests.core.fakes import ASSISTANT
from tests.core.whole import core


async def uploaded(one: Client, id: str, name: str, content: bytes) -> str:
    """A file of the project."""
    await one.spool.db(lambda tx: uploads.add_output(tx, id, "p1", "run_0", name, content, 1.0))
    return id


async def test_pictures_and_files_for_code_reach_the_model(tmp_path):
    """Under the server's ids or as bytes, never under ours; the item in the thread keeps ours."""
    async with client(tmp_path, "seen") as (one, api):
        picture, table = (
            await uploaded(one, f"file-{'a' * 24}", "a.png", png()),
            await uploaded(one, f"file-{'b' * 24}", "t.csv", b"1"),
        )
        thread = await one.thread()
        parts = [{"type": "text", "text": "look"}, {"type": "image_file", "image_file": {"file_id": picture}}]
        attached = [{"file_id": table, "tools": [{"type": "code_interpreter"}]}]
        said = {"role": "user", "content": parts, "attachments": attached}
        await one.messages.create(KEY, thread, said)
        mine = await one.assistant({"type": "code_interpreter"})
        run = await one.ended(await one.runs.create(KEY, thread, {"assistant_id": mine}))
        large = await uploaded(one, f"file-{'1' * 24}", "b.png", bytes(TOTAL + 1))
        parts = [{"type": "image_file", "image_file": {"file_id": large}}]
        status, words = await refused(one.messages.create(KEY, thread, {"role": "user", "content": parts}))
        body = api.requests[-1].body
        remote = await one.spool.db(lambda tx: uploads.remote_of(tx, table))

    shown = body["input"][0]["content"][1]
    assert run["status"] == "completed"
    assert (status, "Upload a smaller one." in words) == (400, True)
    assert shown["image_url"].startswith("data:image/png;base64,")
    assert body["tools"][0]["container"]["file_ids"] == [remote]
    assert remote not in (None, table)


async def test_answers_of_chats_are_messages(tmp_path):
    """With their run, for keys that may read chats; runs and steps of the chat can be seen, not changed."""
    script = Scenario()
    script.enqueue(Call("look", {"place": "attic"}, id="call_l"))
    looking = replace(ASSISTANT, tools=(function_tool("look"),))
    async with core(tmp_path, script, assistant=looking, toolbox=Toolbox.of(look)) as spool:
        await spool.ask("1", "hello")
        one = Client(spool, RunRules())
        reader = replace(KEY, read_chats=True)
        ((thread,),) = await spool.rows("SELECT DISTINCT thread_id FROM runs")
        listed = (await one.messages.all(reader, thread, Page(order="asc")))["data"]
        (run,) = (await one.runs.all(reader, thread, Page()))["data"]
        steps = (await one.runs.steps(reader, thread, run["id"], Page(order="asc")))["data"]
        denied = await refused(one.runs.create(reader, thread, {"assistant_id": SETTINGS_ID}))
        unseen = await refused(one.runs.get(KEY, thread, run["id"]))

    assert [(said["role"], said["content"][0]["text"]["value"]) for said in listed] == [
        ("user", "hello"),
        ("assistant", "echo: a lamp in the attic"),
    ]
    assert (listed[1]["run_id"], listed[1]["assistant_id"]) == (run["id"], SETTINGS_ID)
    assert (run["status"], run["assistant_id"]) == ("completed", SETTINGS_ID)
    assert [(step["type"], step["status"]) for step in steps] == [
        ("tool_calls", "completed"),
        ("message_creation", "completed"),
    ]
    assert steps[0]["step_details"]["tool_calls"][0]["function"]["output"] == "a lamp in the attic"
    assert steps[1]["step_details"]["message_creation"] == {"message_id": listed[1]["id"]}
    assert denied[0] == 403
    assert unseen == (404, f"No thread found with id '{thread}'.")


async def test_another_projects_runs_are_not_there(tmp_path):
    """Neither the run nor its steps, nor what it waits for."""
    other = Key("key_2", "other", "p2")
    async with client(tmp_path, Call("weather", {}, id="call_a")) as (one, _):
        run = await one.ask("hi", assistant=await one.assistant(WEATHER))
        thread, id = run["thread_id"], run["id"]
        gone = (404, f"No thread found with id '{thread}'.")
        told = [
            await refused(one.runs.get(other, thread, id)),
            await refused(one.runs.cancel(other, thread, id)),
            await refused(one.runs.steps(other, thread, id, Page())),
            await refused(one.runs.submit(other, thread, id, [])),
        ]
        theirs = await one.threads.create(other, {})
        assistant = await refused(one.runs.create(other, theirs["id"], {"assistant_id": run["assistant_id"]}))

    assert told == [gone] * 4
    assert assistant == (404, f"No assistant found with id '{run['assistant_id']}'.")


async def test_a_deleted_answer_is_forgotten(tmp_path):
    """By the model, and by the journal of its run; the step stays and says which message it was."""
    async with client(tmp_path, "canary5 sings", "what?") as (one, api):
        run = await one.ask("hi")
        thread = run["thread_id"]
        answer = (await one.said(thread))[1]
        await one.messages.delete(KEY, thread, answer["id"])
        await one.messages.create(KEY, thread, {"role": "user", "content": "and?"})
        await one.ended(await one.runs.create(KEY, thread, {"assistant_id": run["assistant_id"]}))
        (step,) = await one.steps(run)
        told = await one.spool.rows("SELECT value FROM steps UNION ALL SELECT item FROM items")

    assert [item["content"] for item in api.requests[-1].body["input"]] == ["hi", "and?"]
    assert "canary5" not in json.dumps(told)
    assert step["step_details"]["message_creation"]["message_id"] == answer["id"]
