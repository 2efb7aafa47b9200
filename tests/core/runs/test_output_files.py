"""runs.output_files: pictures and files of an answer, footnotes; each once, over deaths too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.errors import TooLarge, Unreachable
from core.runs.output_files import documents, footnotes, plain
from core.tools import FileResult, Toolbox
from standins.script.script import Call, Cite, Fault, Hosted, Say
from tests.core.fakes import HERE, Heard
from tests.core.served import EN, again, assistant, killed, reborn, said, served, statuses, stored, tools
from tests.core.whole import Core

WHO = assistant(tools=tools("code_interpreter", "image_generation", "file_search", "def:chart"))
LINK = "[Download a.csv](sandbox:/mnt/data/a.csv)"


def chart() -> FileResult:
    """A chart."""
    return FileResult("chart.csv", "1,2")


BOX = Toolbox.of(chart)


def opened(directory: Path, script: Heard, **more: Any) -> Any:
    """The core at a server that has everything."""
    return served(directory, script, assistant=WHO, toolbox=BOX, **more)


def coded(name: str = "a.csv", content: bytes = b"1,2\n") -> tuple[Any, ...]:
    """Code writes a file, and the text cites it."""
    return (
        Hosted("code_interpreter_call", {"code": "…"}, produces=[(name, content)]),
        Say(f"Here: [Download {name}](sandbox:/mnt/data/{name})"),
        Cite({"type": "container_file_citation", "filename": name}),
    )


def attached(spool: Core) -> list[tuple[str, bytes]]:
    """Names and bytes of what stands in the topic."""
    return [(file.name, file.content) for file in spool.platform.attached.values()]


async def test_a_drawn_picture_is_posted_as_a_file(tmp_path):
    """With its bytes and type; no letter of it is kept as text anywhere."""
    script = Heard([Hosted("image_generation_call"), "A cat."])
    async with opened(tmp_path, script) as (spool, _):
        await spool.ask("1", "Draw a cat")
        await spool.ask("2", "Thanks")

        ((name, content),) = attached(spool)
        assert name.endswith(".png")
        assert content.startswith(b"\x89PNG")
        assert ["image/png"] == [file.type for file in spool.platform.attached.values()]
        assert ["A cat.", "echo: Thanks"] == spool.platform.answers
        assert "iVBOR" not in said(await stored(spool))
        assert [] == await spool.rows("SELECT 1 FROM steps WHERE value LIKE '%iVBOR%'")
        assert [(None,)] == await spool.rows("SELECT content FROM files")
    assert "iVBOR" not in said(script.requests)


async def test_a_picture_alone_is_an_answer(tmp_path):
    """Without a word it is complete, and nothing is complained about."""
    async with opened(tmp_path, Heard(Hosted("image_generation_call"))) as (spool, _):
        await spool.ask("1", "Draw")
        assert [("completed", None)] == await spool.outcomes()
        assert 1 == len(attached(spool))
        assert [""] == spool.platform.answers


async def test_a_picture_between_calls_is_never_kept_as_text(tmp_path):
    """Neither in the journal nor in what is sent back."""
    script = Heard([Hosted("image_generation_call"), Call("chart")], "Both.")
    async with opened(tmp_path, script) as (spool, _):
        await spool.ask("1", "Draw and chart")
        assert ["chart.csv", "picture-1.png"] == sorted(name for name, _ in attached(spool))
        assert [] == await spool.rows("SELECT 1 FROM steps WHERE value LIKE '%iVBOR%'")
    assert "iVBOR" not in said(script.requests)


async def test_files_of_code_are_fetched_and_posted(tmp_path):
    """The link into the container becomes the plain name, in the post and in the thread."""
    async with opened(tmp_path, Heard([*coded()])) as (spool, _):
        await spool.ask("1", "Make a table")
        assert [("a.csv", b"1,2\n")] == attached(spool)
        assert ["Here: Download a.csv"] == spool.platform.answers
        assert "sandbox:" not in said(await stored(spool))
        assert ["text/csv"] == [file.type for file in spool.platform.attached.values()]


async def test_a_file_is_fetched_before_the_container_can_expire(tmp_path):
    """Also when the answer goes on with calls: it is on disk with the round."""
    script = Heard([*coded(), Call("chart")], Fault("hang"), "Done.")
    async with opened(tmp_path, script) as (spool, api):
        await spool.say("1", "Make a table")
        await script.until(2)
        await killed(spool)
        for container in api.containers.all:
            api.containers.expire(container)
        await again(spool)
        await spool.idle()
        assert [("a.csv", b"1,2\n"), ("chart.csv", b"1,2")] == sorted(attached(spool))
        assert "Here: Download a.csv\n\nDone." == spool.platform.answers[-1]
        words = [item["content"] for item in await stored(spool) if item.get("role") == "assistant"]
    assert 1 == sum("Here:" in one for one in words)
    assert "sandbox:" not in said(words)


async def test_a_file_cited_twice_is_posted_once(tmp_path):
    """However often the text names it."""
    script = Heard(
        [*coded(), Say(" and again"), Cite({"type": "container_file_citation", "filename": "a.csv"})]
    )
    async with opened(tmp_path, script) as (spool, api):
        await spool.ask("1", "Make a table")
        assert [("a.csv", b"1,2\n")] == attached(spool)
        assert 1 == api.asked("GET /containers/*/content")


@pytest.mark.parametrize("status", [404, 500])
async def test_a_file_that_cannot_be_fetched_is_named(tmp_path, status):
    """The rest of the answer stands; the person reads what to do."""
    async with opened(tmp_path, Heard([*coded()])) as (spool, api):
        api.fail("GET /containers/*/content", status=status, times=9)
        await spool.ask("1", "Make a table")

        note = EN["file_lost"].format(names="`a.csv`")
        assert [f"Here: Download a.csv\n\n{note}"] == spool.platform.answers
        assert [("completed", None)] == await spool.outcomes()


async def test_names_of_files_are_only_names(tmp_path):
    """Code may call a file anything."""
    script = Heard()
    script.enqueue(
        Hosted("code_interpreter_call", {"code": "…"}, produces=[("../../etc/x`y.csv", b"1")]),
        Say("Here."),
        Cite({"type": "container_file_citation", "filename": "../../etc/x`y.csv"}),
    )
    async with opened(tmp_path, script) as (spool, _):
        await spool.ask("1", "Make a table")

        ((name, _),) = attached(spool)
    assert "/" not in name


async def test_a_death_before_the_answer_is_recorded(tmp_path):
    """The answer is made again, with its files; there is one of each in the topic."""
    async with opened(tmp_path, Heard([*coded(), Fault("hang")], [*coded()])) as (spool, _):
        await spool.say("1", "Make a table")
        await spool.platform.news.until(lambda: "sandbox" in "".join(spool.platform.screen.values()))
        await reborn(spool)
        assert [("a.csv", b"1,2\n")] == attached(spool)


async def test_a_death_after_the_answer_was_recorded(tmp_path):
    """Nothing is asked for again: the files come from our own disk."""
    script = Heard([Hosted("image_generation_call"), *coded()])
    async with opened(tmp_path, script) as (spool, api):
        spool.platform.may_finish.clear()
        await spool.say("1", "Make a table")
        await spool.platform.news.until(lambda: spool.platform.finishing)
        await killed(spool)
        for container in api.containers.all:
            api.containers.expire(container)
        spool.platform.may_finish.set()
        await again(spool)
        await spool.idle()
        assert ["a.csv", "picture-1.png"] == sorted(name for name, _ in attached(spool))
        assert 1 == api.asked("GET /containers/*/content")
    assert 1 == len(script.requests)


async def test_a_death_between_two_files(tmp_path):
    """The first one stands already: it is not posted a second time."""
    script = Heard([Hosted("image_generation_call"), Hosted("image_generation_call"), "Two cats."])
    async with opened(tmp_path, script) as (spool, _):
        posted = spool.platform.attached
        spool.platform.attached = Full()
        await spool.say("1", "Draw two")
        await spool.platform.attached.full.wait()
        await killed(spool)
        posted.update(spool.platform.attached)
        assert 1 == len(posted)
        spool.platform.attached = posted
        await again(spool)
        await spool.idle()
        assert ["picture-1.png", "picture-2.png"] == sorted(name for name, _ in attached(spool))
        assert ["completed"] == await statuses(spool)
    assert 1 == len(script.requests)


class Full(dict[Any, Any]):
    """Takes one file; at the second one the process is killed."""

    def __init__(self) -> None:
        super().__init__()
        self.full = asyncio.Event()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """See `dict`."""
        if self:
            self.full.set()
            raise asyncio.CancelledError
        return super().setdefault(key, default)


async def test_a_file_that_is_too_large_for_the_platform(tmp_path):
    """It is named under the answer with the limit; the other file is there."""
    async with opened(tmp_path, Heard([Hosted("image_generation_call"), *coded()])) as (spool, _):
        spool.platform.file_faults.append(TooLarge(10 * 2**20))
        await spool.ask("1", "Make both")

        note = EN["file_out_large"].format(name="`picture-1.png`", megabytes=10)
        assert f"Here: Download a.csv\n\n{note}" == spool.platform.answers[-1]
        assert ["a.csv"] == [name for name, _ in attached(spool)]
        assert [("completed", None)] == await spool.outcomes()


async def test_a_place_that_takes_no_files(tmp_path):
    """The answer stands; the person reads that the operator must allow it."""
    async with opened(tmp_path, Heard([*coded()])) as (spool, _):
        spool.platform.file_faults.append(Unreachable("no permission"))
        await spool.ask("1", "Make a table")

        note = EN["file_out_refused"].format(name="`a.csv`")
        assert f"Here: Download a.csv\n\n{note}" == spool.platform.answers[-1]
        assert [("completed", None)] == await spool.outcomes()


async def test_a_refused_file_is_not_tried_again_after_a_death(tmp_path):
    """That it was refused is recorded with the answer."""
    async with opened(tmp_path, Heard([*coded()])) as (spool, _):
        spool.platform.file_faults.append(TooLarge(2**20))
        await spool.say("1", "Make a table")
        await spool.platform.news.until(lambda: len(spool.platform.replies) == 2)
        await reborn(spool)

        note = EN["file_out_large"].format(name="`a.csv`", megabytes=1)
        assert f"Here: Download a.csv\n\n{note}" == spool.platform.answers[-1]


async def test_documents_that_were_cited_are_named_below(tmp_path):
    """Each once, by its file name, as one short line; it is no part of what the thread remembers."""
    script = Heard()
    handbook = {"type": "file_citation", "file_id": "file-1", "filename": "handbook.pdf"}
    rules = {"type": "file_citation", "file_id": "file-2", "filename": "rules.md"}
    script.enqueue(Say("Ten days."), Cite(handbook), Say(" At most."), Cite(rules), Cite(handbook))
    async with opened(tmp_path, script) as (spool, _):
        await spool.ask("1", "How many days?")
        assert ["Ten days. At most.\n\n📄 handbook.pdf · rules.md"] == spool.platform.answers
        assert "handbook" not in said(await stored(spool))


async def test_citations_before_calls_are_named_too(tmp_path):
    """Also when the process dies before the answer."""
    script = Heard()
    cite = {"type": "file_citation", "file_id": "file-1", "filename": "handbook.pdf"}
    script.enqueue(Say("Ten days."), Cite(cite), Call("chart"))
    script.enqueue(Fault("hang"))
    script.enqueue("See the chart.", Cite({**cite, "filename": "rules.md"}))
    async with opened(tmp_path, script) as (spool, _):
        await spool.say("1", "How many days?")
        await script.until(2)
        await reborn(spool)
        assert "Ten days.\n\nSee the chart.\n\n📄 handbook.pdf · rules.md" == spool.platform.answers[-1]


async def test_what_was_made_when_the_steps_are_used_up(tmp_path):
    """The last response had files, too: they are posted, its links are plain."""
    who = assistant(tools=WHO.tools, max_model_calls=1)
    async with served(tmp_path, Heard([*coded(), Call("chart")]), assistant=who, toolbox=BOX) as (spool, _):
        await spool.ask("1", "Make a table")
        assert [f"Here: Download a.csv\n\n{EN['step_limit']}"] == spool.platform.answers
        assert [("a.csv", b"1,2\n")] == attached(spool)


async def test_links_are_plain_in_an_answer_that_was_stopped(tmp_path):
    """Or that failed."""
    script = Heard()
    script.enqueue(Say(f"See {LINK} "), Fault("hang"))
    script.enqueue(Say(f"See {LINK} "), Fault("failed", code="invalid_prompt"))
    async with opened(tmp_path, script) as (spool, _):
        await spool.say("1", "Make a table")
        await spool.platform.news.until(lambda: "sandbox" in "".join(spool.platform.screen.values()))
        await spool.inbox.stop(HERE, "U1")
        await spool.idle()
        await spool.ask("2", "Again")
        assert 2 == len(spool.platform.answers)
        assert all(str(answer).startswith("See Download a.csv") for answer in spool.platform.answers)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"See {LINK}.", "See Download a.csv."),
        ("![plot](sandbox:/mnt/data/plot.png)", "plot"),
        ("It is at sandbox:/mnt/data/a-b_c.csv", "It is at a-b_c.csv"),
        ("[one](sandbox:/mnt/data/1.csv) [two](sandbox:/mnt/data/2.csv)", "one two"),
        ("[site](https://example.com/sandbox:x)", "[site](https://example.com/sandbox:x)"),
        ("No link.", "No link."),
    ],
)
def test_links_that_lead_nowhere_become_names(text, shown):
    """In a chat nobody can open a container's file by its path."""
    assert shown == plain(text)


def test_nothing_cited_is_no_line():
    """Web pages are links in the text already."""
    page = {"type": "url_citation", "url": "https://example.com", "title": "x"}
    message = {"type": "message", "content": [{"type": "output_text", "text": "", "annotations": [page]}]}
    assert () == documents([message])
    assert "" == footnotes([])
