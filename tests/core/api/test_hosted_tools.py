"""Code, searches and files in runs of clients: what is told of them adds up to what is stored."""

from __future__ import annotations

import pytest

from core.api.page import Page
from core.api.watch import Watch
from core.store import remote_objects, uploads
from core.store.remote_objects import RemoteObject
from standins.script.picture import png
from standins.script.script import Cite, Hosted, Say
from tests.core.api.clients import KEY, client, heard

CODE = {"type": "code_interpreter"}
RAN = {"code": "print(1 + 1)  # 계산", "outputs": [{"type": "logs", "logs": "2\n"}]}
LINK = "[csv](sandbox:/mnt/data/a.csv)"


def added(events, name) -> str:
    """What the deltas of the text, or of code, add up to."""
    found = ""
    for kind, one in events:
        if kind == "thread.message.delta" and name == "text":
            parts = [part for part in one["delta"]["content"] if part["type"] == "text"]
            found += "".join(part["text"]["value"] for part in parts)
        if kind == "thread.run.step.delta" and name == "code":
            calls = one["delta"]["step_details"]["tool_calls"]
            found += "".join(call["code_interpreter"].get("input", "") for call in calls)
    return found


async def watched(one, **fields):
    """A run that is watched: its events, the run, the answer, the steps."""
    thread, watch = await one.thread("hi"), Watch()
    made = await one.runs.create(KEY, thread, fields, watch)
    events = await heard(watch)
    run = await one.runs.get(KEY, thread, made["id"])
    return events, run, (await one.said(thread))[-1], await one.steps(run, "all")


async def test_code_is_told_as_it_is_written_and_its_files_are_kept(tmp_path):
    """Pictures are parts of the message, other files annotations over the text that links to them."""
    made = Hosted("code_interpreter_call", RAN, produces=(("a.csv", b"1,2"), ("plot.png", png())))
    cited = [Cite({"type": "container_file_citation", "filename": name}) for name in ("a.csv", "plot.png")]
    async with client(tmp_path, [made, Say(f"차트: {LINK}."), *cited]) as (one, _):
        events, run, answer, steps = await watched(one, assistant_id=await one.assistant(CODE))
        (note,) = answer["content"][0]["text"]["annotations"]
        picture = answer["content"][1]["image_file"]["file_id"]
        ids = [note["file_path"]["file_id"], picture]
        bytes_ = await one.spool.db(lambda tx: [uploads.content(tx, id) for id in ids])
        rows, _ = await one.spool.db(lambda tx: uploads.page(tx, "p1", 0.0, Page()))

    text = answer["content"][0]["text"]["value"]
    assert run["status"] == "completed"
    assert added(events, "code") == RAN["code"]
    assert steps[0]["step_details"]["tool_calls"][0]["code_interpreter"] == {
        "input": RAN["code"],
        "outputs": [{"type": "logs", "logs": "2\n"}],
    }
    assert text == added(events, "text") == f"차트: {LINK}."
    assert text[note["start_index"] : note["end_index"]] == note["text"] == "sandbox:/mnt/data/a.csv"
    assert bytes_ == [b"1,2", png()]
    assert [row.purpose for row in rows] == ["assistants_output"] * 2


@pytest.mark.parametrize("when", ["before", "amid", "late"])
async def test_citations_stand_where_the_model_says(tmp_path, when):
    """Or, where more was told by then, at the end: the deltas add up to the text in any case."""
    cite = Cite({"type": "file_citation", "file_id": "file-remote", "filename": "보고서.pdf", "index": 6})
    said = {
        "before": [cite, Say("🎉 Seoul is big")],
        "amid": [Say("🎉 Seo"), cite, Say("ul is big")],
        "late": [Say("🎉 Seoul"), cite, Say(" is big")],
    }[when]
    found = Hosted(
        "file_search_call",
        {
            "queries": ["q"],
            "results": [
                {
                    "file_id": "file-remote",
                    "filename": "보고서.pdf",
                    "score": 0.5,
                    "text": "Seoul",
                    "attributes": {},
                }
            ],
        },
    )
    async with client(tmp_path, [found, *said]) as (one, api):
        await one.spool.db(
            lambda tx: uploads.add_output(tx, "file-mine", "p1", "run_x", "보고서.pdf", b"x", 1.0)
        )
        await one.spool.db(lambda tx: uploads.set_remote(tx, "file-mine", "file-remote"))
        remote = await one.spool.service.create_store("docs")
        raw = await one.spool.service.upload("raw.csv", b"1", purpose="assistants")
        await one.spool.db(
            lambda tx: remote_objects.add(tx, RemoteObject("vs_mine", "vector_store", "p1", remote, 1.0))
        )
        mine = await one.assistant(
            *({"type": "file_search"}, CODE),
            tool_resources={
                "file_search": {"vector_store_ids": ["vs_mine"]},
                "code_interpreter": {"file_ids": [raw]},
            },
        )
        events, run, answer, steps = await watched(one, assistant_id=mine)
        page = await one.runs.steps(KEY, run["thread_id"], run["id"], Page(order="asc"))
        body = api.requests[-1].body if api.requests else {}

    text = answer["content"][0]["text"]
    mark = "【4:0†보고서.pdf】"
    assert text["value"] == (f"🎉 Seoul{mark} is big" if when == "late" else f"🎉 Seou{mark}l is big")
    assert text["value"] == added(events, "text")
    (note,) = text["annotations"]
    assert text["value"][note["start_index"] : note["end_index"]] == note["text"] == mark
    assert note["file_citation"] == {"file_id": "file-mine"}
    deltas = [one["delta"]["step_details"] for name, one in events if name == "thread.run.step.delta"]
    assert [call["tool_calls"][0].get("id") for call in deltas][1:] == [None]  # readers would add it up
    search = steps[0]["step_details"]["tool_calls"][0]["file_search"]
    assert search["results"][0]["file_id"] == "file-mine"
    assert search["results"][0]["content"] == [{"type": "text", "text": "Seoul"}]
    assert "content" not in page["data"][0]["step_details"]["tool_calls"][0]["file_search"]["results"][0]
    assert "vs_mine" not in str(body)
    assert body["tools"][1]["container"]["file_ids"] == [raw]  # as the operator names it
