"""runs.output_files: pictures and files of an answer, footnotes; each once, over deaths too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.errors import Retryable, TooLarge, Unreachable, Unsaved
from core.runs.output_files import cited, documents, footnotes, plain
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


def cited_document(name: str) -> Cite:
    """The text cites a document that was searched."""
    return Cite({"type": "file_citation", "file_id": f"file-{name}", "filename": name})


def note(what: str, name: str = "a.csv", **more: Any) -> str:
    """The line under the answer."""
    return "\n\n" + EN[what].format(name=f"`{name}`", names=f"`{name}`", **more)


DRAWN, LOOK = Hosted("image_generation_call"), Call("chart")
TABLE = "Here: Download a.csv"
AGAIN = Cite({"type": "container_file_citation", "filename": "a.csv"})
BOOK, RULES = cited_document("handbook.pdf"), cited_document("rules.md")


@pytest.mark.parametrize(
    ("answers", "files", "shown"),
    [
        ([[DRAWN, "A cat."]], {"picture-1.png": "image/png"}, "A cat."),
        ([DRAWN], {"picture-1.png": "image/png"}, ""),
        ([[DRAWN, LOOK], "Both."], {"picture-1.png": "image/png", "chart.csv": "text/csv"}, "Both."),
        ([[*coded()]], {"a.csv": "text/csv"}, TABLE),
        ([[*coded(), Say(" and again"), AGAIN]], {"a.csv": "text/csv"}, f"{TABLE} and again"),
        ([[*coded(), Call("nothing")], "Done."], {"a.csv": "text/csv"}, f"{TABLE}\n\nDone."),
        ([[*coded("../../x`y.csv")]], {"x`y.csv": "text/csv"}, "Here: Download ../../x`y.csv"),
        ([["Ten.", BOOK, Say(" At most."), RULES, BOOK]], {}, "Ten. At most.\n\n📄 handbook.pdf · rules.md"),
    ],
    ids=["picture", "alone", "and-call", "code", "twice", "rounds", "name", "documents"],
)
async def test_what_an_answer_has_made(tmp_path, answers, files, shown):
    """Each file is posted once. No letter of a picture, no link into the container, no footnote is kept."""
    async with opened(tmp_path, Heard(*answers)) as (spool, api):
        await spool.ask("1", "Make it")
        await spool.ask("2", "Thanks")
        assert files == {file.name: file.type for file in spool.platform.attached.values()}
        assert [shown, "echo: Thanks"] == spool.platform.answers
        assert 2 * [("completed", None)] == await spool.outcomes()
        assert [] == await spool.rows("SELECT 1 FROM steps WHERE value LIKE '%iVBOR%'")
        assert [] == await spool.rows("SELECT 1 FROM files WHERE content IS NOT NULL")
        assert ("Here:" in shown) == api.asked("GET /containers/*/content")
        kept = said(await stored(spool))
    assert ("Here:" in shown) == kept.count("Here: ")
    assert not [one for one in ("iVBOR", "sandbox:", "handbook") if one in kept]
    assert "iVBOR" not in said(spool.script.requests)


@pytest.mark.parametrize(
    ("fault", "answer", "files", "line"),
    [
        (404, coded(), [], note("file_lost")),
        (500, coded(), [], note("file_lost")),
        (
            TooLarge(10 * 2**20),
            (DRAWN, *coded()),
            ["a.csv"],
            note("file_out_large", "picture-1.png", megabytes=10),
        ),
        (Unreachable("no permission"), coded(), [], note("file_out_refused")),
        (Retryable("slack is down"), coded(), [], note("file_out_refused")),
        (Unsaved("disk full"), coded(), ["a.csv"], ""),
    ],
)
async def test_a_file_that_cannot_be_had_or_posted_is_named(tmp_path, fault, answer, files, line):
    """The rest stands; the person reads what to do. That the database refused is nobody's refusal."""
    async with opened(tmp_path, Heard([*answer])) as (spool, api):
        if isinstance(fault, int):
            api.fail("GET /containers/*/content", status=fault, times=9)
        else:
            spool.platform.file_faults.append(fault)
        await spool.ask("1", "Make a table")
        assert TABLE + line == spool.platform.answers[-1]
        assert files == [name for name, _ in attached(spool)]
        assert [("completed", None)] == await spool.outcomes()


@pytest.mark.promise("T4")
async def test_what_was_made_when_the_steps_are_used_up(tmp_path):
    """The last response had files, too: they are posted, its links are plain."""
    who = assistant(tools=WHO.tools, max_model_calls=1)
    async with served(tmp_path, Heard([*coded(), LOOK]), assistant=who, toolbox=BOX) as (spool, _):
        await spool.ask("1", "Make a table")
        assert [f"{TABLE}\n\n{EN['step_limit']}"] == spool.platform.answers
        assert [("a.csv", b"1,2\n")] == attached(spool)


async def test_a_file_is_fetched_before_the_container_can_expire(tmp_path):
    """Also when the answer goes on with calls: it is on disk with the round."""
    async with opened(tmp_path, Heard([*coded(), Call("chart")], Fault("hang"), "Done.")) as (spool, api):
        await spool.say("1", "Make a table")
        await spool.script.until(2)
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


async def test_a_death_before_the_answer_is_recorded(tmp_path):
    """The answer is made again, with its files; there is one of each in the topic."""
    async with opened(tmp_path, Heard([*coded(), Fault("hang")], [*coded()])) as (spool, _):
        await spool.say("1", "Make a table")
        await spool.platform.news.until(lambda: "sandbox" in "".join(spool.platform.screen.values()))
        await reborn(spool)
        assert [("a.csv", b"1,2\n")] == attached(spool)


async def test_a_death_after_the_answer_was_recorded(tmp_path):
    """Nothing is asked for again: the files come from our own disk."""
    async with opened(tmp_path, Heard([Hosted("image_generation_call"), *coded()])) as (spool, api):
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
    assert 1 == len(spool.script.requests)


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


async def test_a_refused_file_is_not_tried_again_after_a_death(tmp_path):
    """That it was refused is recorded with the answer."""
    async with opened(tmp_path, Heard([*coded()])) as (spool, _):
        spool.platform.file_faults.append(TooLarge(2**20))
        await spool.say("1", "Make a table")
        await spool.platform.news.until(lambda: len(spool.platform.replies) == 2)
        await reborn(spool)
        assert TABLE + note("file_out_large", megabytes=1) == spool.platform.answers[-1]


async def test_citations_before_calls_are_named_too(tmp_path):
    """Also when the process dies before the answer."""
    script = Heard([Say("Ten days."), BOOK, LOOK], Fault("hang"), ["See the chart.", RULES])
    async with opened(tmp_path, script) as (spool, _):
        await spool.say("1", "How many days?")
        await script.until(2)
        await reborn(spool)
        assert "Ten days.\n\nSee the chart.\n\n📄 handbook.pdf · rules.md" == spool.platform.answers[-1]


async def test_links_are_plain_in_an_answer_that_was_stopped(tmp_path):
    """Or that failed."""
    see = Say(f"See {LINK} ")
    script = Heard([see, Fault("hang")], [see, Fault("failed", code="invalid_prompt")])
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
    assert [] == documents(cited([message]))
    assert "" == footnotes([])


def test_annotations_of_any_shape_are_read():
    """null, and content that is a mere text."""
    odd: list[dict[str, Any]] = [
        {"type": "message", "content": "Hello"},
        {"type": "message", "content": [{"type": "output_text", "text": "Hello", "annotations": None}]},
        {"type": "message", "content": [{"type": "output_text", "annotations": ["?"]}]},
    ]
    assert [] == cited(odd)
