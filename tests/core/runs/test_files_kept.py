"""runs.input, runs.output_files and the files of answers: kept for later questions, posted once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from core.errors import Retryable, Unsaved
from core.runs.output_files import cited
from core.runs.run_context import Limits
from core.tools import FileResult, Toolbox
from core.types import Attachment
from standins.script.script import Call, Cite, Hosted, Say
from tests.core.fakes import TIMEOUT, Heard, message
from tests.core.served import EN, assistant, given, said, served, statuses, stored, tools
from tests.core.whole import Core, core
from tests.samples import png

SEARCHING = assistant(tools=tools("file_search"))
LONG = ("A line of the minutes. " * 900).encode()
"""About 20 kB: among the words of its question, and too long for the history."""


def sent(spool: Core, *names: str, content: bytes = LONG) -> tuple[Attachment, ...]:
    """Files of a message, which the platform has."""
    for name in names:
        spool.platform.stored[name] = content
    return tuple(Attachment(name, name, f"https://files/{name}", len(content)) for name in names)


async def lasts(spool: Core) -> float:
    """Days until the thread's store may be gone."""
    ((until,),) = await spool.rows("SELECT expires_at FROM vector_stores")
    return (float(until) - time.time()) / 86_400


async def test_a_store_that_is_searched_lives_on(tmp_path):
    """The server counts its days from its last use, so we do."""
    script = Heard()
    async with served(tmp_path, script, assistant=SEARCHING) as (spool, _):
        await spool.ask("1", "Keep it", files=sent(spool, "minutes.txt", content=LONG * 4))
        await spool.rows("UPDATE vector_stores SET expires_at = ?", time.time() + 3600)
        script.enqueue(Hosted("file_search_call", {"queries": ["minutes"]}), "Found.")
        await spool.ask("2", "What was it?")
        assert "Found." == spool.platform.answers[-1]
        assert 6.9 < await lasts(spool) <= 7


async def test_a_store_that_is_not_searched_does_not(tmp_path):
    """Its time at the server goes on as well."""
    async with served(tmp_path, Heard(), assistant=SEARCHING) as (spool, _):
        await spool.ask("1", "Keep it", files=sent(spool, "minutes.txt", content=LONG * 4))
        await spool.rows("UPDATE vector_stores SET expires_at = ?", time.time() + 3600)
        await spool.ask("2", "Hello")
        assert await lasts(spool) < 0.1


async def test_a_text_too_long_for_the_history_can_be_searched_later(tmp_path):
    """It stands whole in its own question; the thread keeps only where it is, and that is true."""
    script = Heard("Read.")
    async with served(tmp_path, script) as (spool, api):
        await spool.ask("1", "Read this", files=sent(spool, "minutes.txt"))
        assert "A line of the minutes." in said(given(script.requests))
        assert "use file_search" in said(await stored(spool))
        (store,) = api.stores.all
        await spool.ask("2", "And now?")
    assert "A line of the minutes." not in said(given(script.requests))
    assert [{"type": "file_search", "vector_store_ids": [store]}] == [
        dict(tool) for tool in script.tools[-1] if tool["type"] == "file_search"
    ]


async def test_a_picture_beside_a_document_is_remembered(tmp_path):
    """Whichever of them is ready first."""
    async with served(tmp_path, Heard()) as (spool, api):
        api.stores.indexing = 0.3
        files = (*sent(spool, "big.txt", content=LONG * 4), *sent(spool, "dog.png", content=png()))
        await spool.ask("1", "Both", files=files)

        content = (await stored(spool))[0]["content"]
    assert "input_image" in [part["type"] for part in content]


async def test_pictures_alone_are_sent_without_empty_words(tmp_path):
    """Three pictures and nothing said."""
    script = Heard("Dogs.")
    async with core(tmp_path, script) as spool:
        files = sent(spool, "a.png", "b.png", "c.png", content=png())
        await spool.inbox.receive(replace(message("1"), text="", files=files))
        await spool.idle()
    assert 3 * ["input_image"] == [part["type"] for part in given(script.requests)[-1]["content"]]


@pytest.mark.parametrize("error", [Unsaved("disk full"), Retryable("slack is down")])
async def test_a_file_is_posted_when_the_database_had_refused(tmp_path, error):
    """That is nobody's refusal of the file: the run goes on from its record. A platform's is told."""

    def report() -> FileResult:
        """Make a report."""
        return FileResult("report.txt", "all well")

    async with core(tmp_path, Heard(Call("report"), "Here."), toolbox=Toolbox.of(report)) as spool:
        spool.platform.file_faults.append(error)
        await spool.ask("1", "Report")

        posted = [file.name for file in spool.platform.attached.values()]
        assert (["report.txt"] if isinstance(error, Unsaved) else []) == posted
        final = spool.platform.answers[-1] or ""
        assert isinstance(error, Unsaved) == (final == "Here.")


async def test_words_with_a_link_into_the_container_are_remembered_once(tmp_path):
    """The link is taken out of the answer, and the words before it are still known as said before."""
    script = Heard([Say("See [a.csv](sandbox:/mnt/data/a.csv)."), Call("nothing")], "Done.")
    async with core(tmp_path, script) as spool:
        await spool.ask("1", "Make it")

        spoken = [item["content"] for item in await stored(spool) if item.get("role") == "assistant"]
    assert ["See a.csv.", "Done."] == spoken


async def test_what_is_gone_at_the_server_is_asked_for_once(tmp_path):
    """The thread's store was deleted there: the question is answered, and the next is not refused first."""
    async with served(tmp_path, Heard()) as (spool, api):
        await spool.ask("1", "Keep it", files=sent(spool, "minutes.txt", content=LONG * 4))
        api.stores.all.clear()
        await spool.ask("2", "Hello")
        refused = api.asked("POST /responses")
        await spool.ask("3", "Hello again")
        assert ["echo: Hello", "echo: Hello again"] == spool.platform.answers[1:]
        assert refused + 1 == api.asked("POST /responses")


def test_annotations_of_any_shape_are_read():
    """null, and content that is a mere text."""
    odd: list[dict[str, Any]] = [
        {"type": "message", "content": "Hello"},
        {"type": "message", "content": [{"type": "output_text", "text": "Hello", "annotations": None}]},
        {"type": "message", "content": [{"type": "output_text", "annotations": ["?"]}]},
    ]
    assert [] == cited(odd)


async def test_a_file_cited_in_two_rounds_is_posted_once(tmp_path):
    """It has one row and one key."""
    cite = Cite({"type": "container_file_citation", "filename": "a.csv"})
    code = Hosted("code_interpreter_call", {"code": "1"}, produces=[("a.csv", b"1,2")])
    script = Heard([code, Say("[a.csv](sandbox:/mnt/data/a.csv)"), cite, Call("nothing")], "Done.")
    who = assistant(tools=tools("code_interpreter"))
    async with served(tmp_path, script, assistant=who) as (spool, _):
        await spool.ask("1", "Make it")
        assert ["a.csv"] == [file.name for file in spool.platform.attached.values()]
        assert "a.csv\n\nDone." == spool.platform.answers[-1]


async def test_a_document_that_is_never_searchable_does_not_hold_the_thread(tmp_path):
    """The run has its deadline; the next message is answered."""
    limits = Limits(idle=TIMEOUT, run=0.5)
    async with served(tmp_path, Heard(), limits=limits) as (spool, api):
        api.stores.indexing = 60
        await spool.say("1", "Read it", files=sent(spool, "big.txt", content=LONG * 4))
        await spool.ask("2", "Hello")
        assert ["failed", "completed"] == await statuses(spool)
        assert EN["timeout"] in (spool.platform.answers[0] or "")
        assert "echo: Hello" == spool.platform.answers[-1]
