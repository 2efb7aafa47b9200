"""core.files.attachments: files of messages become rows, whatever happens on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import FileRefused, Permanent, Retryable, Unsaved
from core.files.attachments import AT_ONCE, LISTED, TOTAL, Attachments, FileLimits
from core.store import files, messages, runs, threads, usage
from core.store.database import Database, Execute
from core.store.files import Stored
from core.store.usage import Usage
from core.texts import TEXTS
from core.types import Attachment, IncomingMessage, RunId, ThreadId
from tests import samples
from tests.core.fakes import HERE, News, message
from tests.fresh import fresh

FAST = 0.001


class Shelf:
    """`core.ports.Fetching`: files by their names. `faults` are raised first, one each time."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.contents = dict(contents)
        self.faults: defaultdict[str, list[Exception]] = defaultdict(list)
        self.fetched: list[tuple[str, int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.news = News()
        self.now = self.most = 0

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """See `core.ports.Fetching`."""
        self.fetched.append((attachment.name, limit))
        self.now += 1
        self.most = max(self.most, self.now)
        self.news.tell()
        try:
            await self.open.wait()
        finally:
            self.now -= 1
        if self.faults[attachment.name]:
            raise self.faults[attachment.name].pop(0)
        content = self.contents[attachment.name]
        if len(content) > limit:
            raise FileRefused("file_too_large")
        return content

    @property
    def names(self) -> list[str]:
        """What was fetched, in order."""
        return [name for name, _ in self.fetched]


@dataclass
class Desk:
    """Attachments over a real database and a shelf."""

    db: Database
    shelf: Shelf
    attachments: Attachments
    options: dict[str, Any] = field(default_factory=dict)

    async def sent(self, id: str, *given: str | Attachment, status: str = "in_progress") -> Asked:
        """A stored message with these files, and its run."""
        attached = tuple(one if isinstance(one, Attachment) else Attachment(one, one, "u") for one in given)
        said = message(id, "", files=attached)

        def work(tx: Execute) -> tuple[ThreadId, RunId]:
            thread = threads.find_or_create(tx, HERE, "U1", "user", 1.0)
            run = runs.add(tx, thread, 1.0, lane=None)
            tx.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run)).fetchall()
            messages.add(tx, said, thread, run)
            return thread, run

        return Asked(said, *await self.db(work))

    async def ready(self, asked: Asked) -> tuple[Stored, ...]:
        """See `Attachments.ready`."""
        async with asyncio.timeout(5):
            return await self.attachments.ready(asked.message, asked.thread, asked.run)

    async def restart(self) -> None:
        """Another process on the same data."""
        await self.attachments.close()
        self.attachments = made(self.db, self.shelf, **self.options)


@dataclass(frozen=True)
class Asked:
    """A message and the run that answers it."""

    message: IncomingMessage
    thread: ThreadId
    run: RunId


def made(db: Database, shelf: Shelf, **options: Any) -> Attachments:
    """Attachments with small limits."""
    usual: dict[str, Any] = {"limits": FileLimits(1000, 3), "transcribe": None, "pause": FAST}
    return Attachments(db, {"fake": shelf}, **(usual | options))


@pytest.fixture
async def desk(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """A desk; its options are the test's parameter."""
    options = getattr(request, "param", {})
    shelf = Shelf(
        {"a.txt": b"text", "b.png": samples.png(), "v.ogg": samples.ogg(), "c.zip": samples.zipped("x")}
    )
    db = Database(fresh(tmp_path / "spool.sqlite3"))
    desk = Desk(db, shelf, made(db, shelf, **options), options)
    yield desk
    await desk.attachments.close()
    db.close()


def options(**given: Any) -> pytest.MarkDecorator:
    """Options of the desk for one test."""
    return pytest.mark.parametrize("desk", [given], indirect=True, ids=[""])


def shown(stored: tuple[Stored, ...]) -> list[tuple[str, str]]:
    """Each file's name with its kind, or with the reason why it was refused."""
    return [(file.name, file.refused or file.kind) for file in stored]


async def test_files_of_a_message_are_stored_in_their_order(desk):
    """With their bytes, by content, in the thread; one that is refused hides no other. They are kept."""
    asked = await desk.sent("1", "a.txt", "c.zip", "b.png")
    stored = await desk.ready(asked)

    assert [("a.txt", "text"), ("c.zip", "file_archive"), ("b.png", "picture")] == shown(stored)
    assert [b"text", None, samples.png()] == [file.content for file in stored]
    assert [4, -1, len(samples.png())] == [file.size for file in stored]
    places = await desk.db(lambda tx: tx.execute("SELECT thread_id, run_id FROM files").fetchall())
    assert [(asked.thread, asked.run)] * 3 == places
    assert 3 == len(await desk.db(lambda tx: files.of_run(tx, asked.run)))
    await desk.restart()
    assert stored == await desk.ready(asked)
    assert ["a.txt", "c.zip", "b.png"] == desk.shelf.names
    none = await desk.sent("2")
    desk.attachments.begin(none.message, none.thread, none.run)
    assert () == await desk.ready(none)


async def test_fetching_begins_at_intake(desk):
    """`begin` returns at once; whoever needs the files joins what is under way, however many they are."""
    desk.shelf.open.clear()
    asked = await desk.sent("1", "a.txt")
    desk.attachments.begin(asked.message, asked.thread, asked.run)
    await desk.shelf.news.until(lambda: desk.shelf.now == 1)
    waiting = [asyncio.create_task(desk.ready(asked)) for _ in range(2)]
    await asyncio.sleep(0)
    desk.shelf.open.set()
    assert [[("a.txt", "text")]] * 2 == [shown(stored) for stored in await asyncio.gather(*waiting)]
    assert ["a.txt"] == desk.shelf.names


async def test_a_restart_goes_on_where_it_was(desk):
    """The fetch under way is left to the next process; the files before it are there already."""
    asked = await desk.sent("1", "a.txt", "b.png")
    desk.shelf.faults["b.png"] = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await desk.ready(asked)
    await desk.restart()
    assert [("a.txt", "text"), ("b.png", "picture")] == shown(await desk.ready(asked))
    assert ["a.txt", "b.png", "b.png"] == desk.shelf.names


async def test_a_run_that_stops_waiting_does_not_stop_the_fetch(desk):
    """The same files may be waited for again. Closing ends what is under way: nothing is stored for it."""
    desk.shelf.open.clear()
    asked, other = await desk.sent("1", "a.txt"), await desk.sent("2", "b.png")
    waiting = asyncio.create_task(desk.ready(asked))
    await desk.shelf.news.until(lambda: desk.shelf.now == 1)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    desk.shelf.open.set()
    assert [("a.txt", "text")] == shown(await desk.ready(asked))
    assert ["a.txt"] == desk.shelf.names

    desk.shelf.open.clear()
    desk.attachments.begin(other.message, other.thread, other.run)
    await desk.shelf.news.until(lambda: desk.shelf.now == 1)
    await desk.attachments.close()
    assert 0 == desk.shelf.now
    assert 1 == len(await desk.db(lambda tx: tx.execute("SELECT id FROM files").fetchall()))


async def test_an_announced_size_is_believed_when_it_is_too_large(desk):
    """Then nothing is fetched. It may lie: bytes are counted as they come."""
    desk.shelf.contents["big"] = b"x" * 1001
    asked = await desk.sent(
        "1", Attachment("1", "a.txt", "u", size=1001), Attachment("1", "big", "u", size=4)
    )
    announced, lied = await desk.ready(asked)
    assert ("file_too_large", 1001) == (announced.refused, announced.size)
    assert ("file_too_large", [("big", 1000)]) == (lied.refused, desk.shelf.fetched)


@options(limits=FileLimits(TOTAL - 10, 3))
async def test_all_files_together_have_a_limit(desk):
    """Counted over a restart too; what is too large only together is told so."""
    desk.shelf.contents["half"] = b"x" * (TOTAL // 2)
    asked = await desk.sent("1", "half", Attachment("2", "big", "u", size=TOTAL // 2 + 1), "a.txt")
    desk.shelf.faults["a.txt"] = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await desk.ready(asked)
    await desk.restart()
    stored = await desk.ready(asked)
    assert [("half", "text"), ("big", "file_total"), ("a.txt", "text")] == shown(stored)
    assert ("a.txt", TOTAL - TOTAL // 2) == desk.shelf.fetched[-1]


async def test_what_may_pass_is_tried_again(desk):
    """After a pause, as often as the time allows: a longer one is not waited for."""
    desk.shelf.faults["a.txt"] = [Retryable("http_503"), Retryable("reset", retry_after=0.01)]
    desk.shelf.faults["b.png"] = [Retryable("ratelimited", retry_after=61.0)]
    asked = await desk.sent("1", "a.txt", "b.png", "a.txt")
    assert [("a.txt", "text"), ("b.png", "file_unavailable"), ("a.txt", "text")] == shown(
        await desk.ready(asked)
    )
    assert ["a.txt"] * 3 + ["b.png", "a.txt"] == desk.shelf.names


@options(patience=0.05)
async def test_a_fetch_that_hangs_is_refused(desk):
    """The time is for all attempts together."""
    desk.shelf.open.clear()
    asked = await desk.sent("1", "a.txt")
    assert [("a.txt", "file_unavailable")] == shown(await desk.ready(asked))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileRefused("file_external"), "file_external"),
        (Permanent("nonsense", notice="internal"), "file_unavailable"),
        (ZeroDivisionError(), "file_unavailable"),
        (KeyError("x"), "file_unavailable"),
    ],
)
async def test_one_bad_file_harms_nobody(desk, error, reason):
    """Whatever is raised, or if the platform is gone, it is that file's reason; the next is fetched."""
    desk.shelf.faults["a.txt"] = [error]
    asked, late = await desk.sent("1", "a.txt", "b.png"), await desk.sent("2", "a.txt")
    gone = Attachments(desk.db, {}, FileLimits(9, 9), transcribe=None)
    assert [("a.txt", reason), ("b.png", "picture")] == shown(await desk.ready(asked))
    assert [("a.txt", "file_unavailable")] == shown(await gone.ready(late.message, late.thread, late.run))


async def test_a_database_that_refuses_is_told(desk):
    """It is no fault of the file: the run tries again, and then the file is fetched."""
    asked = await desk.sent("1", "a.txt")
    await desk.db(
        lambda tx: tx.execute(
            "CREATE TRIGGER full BEFORE INSERT ON files BEGIN SELECT gone(); END"
        ).fetchall()
    )
    with pytest.raises(Unsaved):
        await desk.ready(asked)
    await desk.db(lambda tx: tx.execute("DROP TRIGGER full").fetchall())
    assert [("a.txt", "text")] == shown(await desk.ready(asked))


async def test_many_are_fetched_side_by_side(desk):
    """So many at once and no more; the files of one message come one after the other."""
    desk.shelf.open.clear()
    asked = [await desk.sent(str(number), "a.txt", "b.png") for number in range(AT_ONCE + 2)]
    for one in asked:
        desk.attachments.begin(one.message, one.thread, one.run)
    await desk.shelf.news.until(lambda: desk.shelf.now == AT_ONCE)
    for _ in range(20):
        await asyncio.sleep(0)
    assert ["a.txt"] * AT_ONCE == desk.shelf.names
    desk.shelf.open.set()
    stored = await asyncio.gather(*(desk.ready(one) for one in asked))

    assert (AT_ONCE, AT_ONCE + 2) == (desk.shelf.most, len(stored))


async def test_slow_files_do_not_hold_others_up(desk):
    """As many as there are places hang: another person's file is there long before they end."""
    desk.shelf.open.clear()
    slow = [await desk.sent(str(number), "a.txt") for number in range(AT_ONCE)]
    for one in slow:
        desk.attachments.begin(one.message, one.thread, one.run)
    await desk.shelf.news.until(lambda: desk.shelf.now == AT_ONCE)
    fast = await desk.sent("99", "b.png")
    desk.attachments.begin(fast.message, fast.thread, fast.run)
    await desk.shelf.news.until(lambda: "b.png" in desk.shelf.names)
    desk.shelf.open.set()

    stored = await asyncio.gather(*(desk.ready(one) for one in (*slow, fast)))
    assert ["text"] * AT_ONCE + ["picture"] == [file.kind for (file,) in stored]


async def test_a_late_file_is_not_kept(desk):
    """The run has ended meanwhile: what it was is known, the bytes are gone."""
    asked = await desk.sent("1", "a.txt", status="cancelled")
    (stored,) = await desk.ready(asked)
    assert ("text", None) == (stored.kind, stored.content)


class Ear:
    """Understands recordings. `faults` are raised first, one each time."""

    def __init__(self, *faults: BaseException, said: str = " hello there\n") -> None:
        self.faults, self.said = list(faults), said
        self.heard: list[tuple[str, bytes]] = []

    def asked(self) -> Usage:
        """A row."""
        return Usage("transcription", "gpt-transcribe", 1.0, "unknown")

    async def __call__(self, name: str, content: bytes, one: Usage, rows: list[Usage]) -> str:
        """What is said in it."""
        self.heard.append((name, content))
        if self.faults:
            raise self.faults.pop(0)
        rows.append(replace(one, outcome="completed"))
        return self.said


def listening(desk: Desk, *faults: BaseException, said: str = " hello there\n") -> Ear:
    """From now on the desk understands recordings."""
    ear = Ear(*faults, said=said)
    desk.options = {"transcribe": ear}
    desk.attachments = made(desk.db, desk.shelf, transcribe=ear)
    return ear


async def test_recordings_are_understood(desk):
    """The transcript is on record, no bytes. The name tells the server the format; it may be busy."""
    assert [("v.ogg", "no_transcription")] == shown(await desk.ready(await desk.sent("0", "v.ogg")))
    ear = listening(desk, Retryable("busy"))
    desk.shelf.contents["voice"] = samples.ogg()
    asked = await desk.sent("1", Attachment("1", "voice", "u", voice=True))
    (stored,) = await desk.ready(asked)

    assert ("audio", "hello there", None) == (stored.kind, stored.transcript, stored.content)
    assert [("voice.ogg", samples.ogg())] * 2 == ear.heard
    await desk.restart()
    assert (stored,) == await desk.ready(asked)
    assert (2, ["v.ogg", "voice"]) == (len(ear.heard), desk.shelf.names)
    listening(desk, said=" \n")
    assert [("v.ogg", "audio_silent")] == shown(await desk.ready(await desk.sent("2", "v.ogg")))


async def test_a_restart_while_listening_does_not_fetch_again(desk):
    """The recording is stored before it is listened to: its address may have expired by then."""
    listening(desk, asyncio.CancelledError())
    asked = await desk.sent("1", "v.ogg")
    with pytest.raises(asyncio.CancelledError):
        await desk.ready(asked)
    await desk.restart()
    (stored,) = await desk.ready(asked)
    assert ("hello there", ["v.ogg"]) == (stored.transcript, desk.shelf.names)
    rows = await desk.db(lambda tx: usage.rows(tx, asked.run))
    assert [("unknown", "fake:U1", 1), ("completed", "fake:U1", 2)] == [
        (one.outcome, one.person, one.attempt) for one in sorted(rows, key=lambda one: one.attempt)
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Permanent("400", notice="model_refused"), "audio_failed"),
        (Permanent("404", notice="model_missing"), "no_transcription"),
        (Retryable("busy", retry_after=500.0), "audio_failed"),
        (ZeroDivisionError(), "audio_failed"),
    ],
)
async def test_what_nobody_understands_is_refused(desk, error, reason):
    """With its reason; the other files go on."""
    listening(desk, error)
    asked = await desk.sent("1", "v.ogg", "a.txt")
    assert [("v.ogg", reason), ("a.txt", "text")] == shown(await desk.ready(asked))


async def test_refusals_are_told_by_reason(desk):
    """One line for each, names as code, limits filled in, in the person's language; many are counted."""
    assert "" == desk.attachments.refusals(await desk.ready(await desk.sent("0", "a.txt")), "en")
    hidden = Attachment("1", "../../x\u202e.exe\n", "")
    desk.shelf.contents[hidden.name] = b"MZ\0"
    asked = await desk.sent(
        "1", "c.zip", Attachment("3", "b`ig*.txt", "u", size=2_000_000), hidden, *["x.doc"] * (LISTED + 2)
    )
    stored = await desk.ready(asked)
    zipped, big, strange, many = desk.attachments.refusals(stored, "en-US").splitlines()

    assert zipped.startswith("📎 `c.zip`: ")
    assert big.startswith("📎 `big*.txt`: ")
    assert strange.startswith("📎 `x.exe`: "), "names are made safe"
    assert (LISTED, True) == (many.count("`x.doc`"), "(+2)" in many)
    assert {"file_too_many"} == {file.refused for file in stored[3:]}
    assert {"c.zip", hidden.name} <= {*desk.shelf.names} <= {"a.txt", "c.zip", hidden.name}
    assert "{" not in zipped + big + strange + many
    assert "파일" in desk.attachments.refusals(stored, "", "ko")


@options(limits=FileLimits(20 * 1024 * 1024, 8))
async def test_limits_are_told_in_megabytes(desk):
    """As the operator set them."""
    facts = {"id": "file_1", "source": "s", "type": "", "kind": "", "size": 1}
    reasons = ("file_too_large", "file_too_many", "file_total")
    stored = [Stored(name=reason, refused=reason, **facts) for reason in reasons]  # type: ignore[arg-type]
    one, many, total = desk.attachments.refusals(stored, "en").splitlines()
    assert ("20 MB" in one, "8 files" in many, "48 MB" in total) == (True, True, True)


REASONS = sorted(key for key, told in TEXTS["en"].items() if "{files}" in told)


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("language", TEXTS)
async def test_every_reason_can_be_told(desk, reason, language):
    """With the name in it, and nothing left to fill in."""
    told = desk.attachments.refusals([Stored("file_1", "s", "a{b}.txt", "", "", 1, refused=reason)], language)
    assert "`a{b}.txt`" in told
    assert not set("{}") & set(told.replace("a{b}.txt", ""))
