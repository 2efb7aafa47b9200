"""core.api.uploads: bytes stay here whatever dies, and the model server is given what it needs, once."""

from __future__ import annotations

import pytest

from core.api.page import Page
from core.api.refusal import Refusal
from core.errors import Permanent
from core.store.uploads import PART
from tests.core.api.stored import ANN, BEN, LIMIT, clients, pieces

LONG = bytes(range(256)) * (PART // 128)


async def refusal(call) -> tuple[int, str]:
    """Status and words of what is refused."""
    with pytest.raises(Refusal) as caught:
        await call
    return caught.value.status, caught.value.message


async def bytes_of(spool, file: str, key=ANN) -> bytes:
    """What a client reads."""
    _, parts = await spool.uploads.content(key, file)
    return b"".join([part async for part in parts])


async def count(spool, table: str) -> int:
    """Rows on disk."""
    rows = await spool.db(lambda tx: tx.execute(f"SELECT COUNT(*) FROM {table}").fetchall())
    return int(rows[0][0])


async def test_bytes_are_kept_as_they_came(spool):
    """In any pieces; after a restart; without asking the model server. Its name is only data."""
    received = await spool.uploads.receive(pieces([LONG[:70_000], b"", LONG[70_000:]]))
    made = await spool.uploads.create(
        ANN,
        received,
        {"filename": '../"한글"\n.txt', "purpose": "vision", "expires_after": {"seconds": 3600}},
    )
    assert {"object": "file", "bytes": len(LONG), "filename": '../"한글"\n.txt'}.items() <= made.items()
    assert made["expires_at"] == pytest.approx(made["created_at"] + 3600, abs=1)
    await spool.again()
    assert (LONG, made) == (await bytes_of(spool, made["id"]), await spool.uploads.get(ANN, made["id"]))
    assert [] == spool.api.exchanges


async def test_too_much_is_refused_while_it_is_read(spool):
    """Nothing of it stays; nor of a client that went away, nor of an empty one."""

    async def broken():
        yield LONG
        raise ConnectionResetError

    assert 413 == (await refusal(spool.uploads.receive(pieces([b"x" * LIMIT, b"x"]))))[0]
    with pytest.raises(ConnectionResetError):
        await spool.uploads.receive(broken())
    empty = await spool.uploads.receive(pieces([]))
    asked = spool.uploads.create(ANN, empty, {"filename": "a", "purpose": "assistants"})
    assert (400, "File is empty.") == await refusal(asked)
    spool.uploads.discard(empty)
    await spool.background.finish()
    assert 0 == await count(spool, "upload_parts")


@pytest.mark.promise("F5")
async def test_a_cut_upload_is_gone_at_the_next_start(spool):
    """The process died after the parts and before the row."""
    await spool.uploads.receive(pieces([LONG]))
    await spool.again()
    await spool.background.finish()
    assert (0, 0) == (await count(spool, "upload_parts"), await count(spool, "uploads"))


@pytest.mark.promise("I4")
async def test_nobody_elses_file_exists(spool):
    """Word for word as for an id that never was, in lists too; a cursor must be in the list."""
    files = [await spool.file(f"{number}.txt") for number in range(3)]
    words = (404, "No such File object: {}")
    for call in (spool.uploads.get, spool.uploads.delete, spool.uploads.content):
        assert (404, words[1].format(files[0])) == await refusal(call(BEN, files[0]))
        assert (404, words[1].format("file-x")) == await refusal(call(ANN, "file-x"))
    page = await spool.uploads.all(ANN, Page(limit=2, after=files[2]), "assistants")
    assert (files[1::-1], False) == ([one["id"] for one in page["data"]], page["has_more"])
    rising = await spool.uploads.all(ANN, Page(limit=2, order="asc"))
    assert (files[:2], True) == ([one["id"] for one in rising["data"]], rising["has_more"])
    assert (
        []
        == (await spool.uploads.all(BEN, Page()))["data"]
        == (await spool.uploads.all(ANN, Page(), "vision"))["data"]
    )
    assert 404 == (await refusal(spool.uploads.all(BEN, Page(after=files[0]))))[0]


async def test_a_file_goes_to_the_server_when_it_is_needed(spool):
    """Once, however many ask at the same moment, under its name and purpose."""
    file = await spool.file("보고서.txt", LONG)
    remotes = [await spool.uploads.remotes(ANN, [file, file]) for _ in range(2)]
    (there,) = spool.api.files.uploaded
    assert [{file: there.id}] * 2 == remotes
    assert ("보고서.txt", "assistants", LONG) == (there.name, there.purpose, there.content)


async def test_an_upload_without_a_seen_end_is_found_again(spool):
    """The answer was lost, then the process died: the same file at the server is taken, not a second made."""
    file = await spool.file()
    spool.api.fail("POST /files", lost=True)
    assert 503 == (await refusal(spool.uploads.remotes(ANN, [file])))[0]
    await spool.again()
    assert {file: spool.api.files.uploaded[0].id} == await spool.uploads.remotes(ANN, [file])
    assert 1 == len(spool.api.files.uploaded)


async def test_nobody_is_given_anothers_lost_upload(spool):
    """Two of one name and size without a seen end: both are sent again."""
    files = [
        (await spool.file(content=content, key=key), key) for content, key in ((b"one", ANN), (b"two", BEN))
    ]
    spool.api.fail("POST /files", lost=True, times=2)
    for file, key in files:
        await refusal(spool.uploads.remotes(key, [file]))
    got = [(await spool.uploads.remotes(key, [file]))[file] for file, key in files]
    assert [b"one", b"two"] == [spool.api.files.find(id).content for id in got]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_deleted_file_leaves_the_server_too(spool, lost):
    """Also when that is away, the process dies, or nobody saw the end of its upload."""
    file = await spool.file()
    if lost:
        spool.api.fail("POST /files", lost=True)
        await refusal(spool.uploads.remotes(ANN, [file]))
    else:
        await spool.uploads.remotes(ANN, [file])
    await spool.api.go_offline()
    assert {"id": file, "object": "file", "deleted": True} == await spool.uploads.delete(ANN, file)
    assert 404 == (await refusal(spool.uploads.get(ANN, file)))[0]
    await spool.api.go_online()
    await spool.again()
    await spool.uploads.sweep()
    assert ({}, 0, 0) == (
        spool.api.files.kept,
        await count(spool, "uploads"),
        await count(spool, "upload_parts"),
    )


async def test_one_that_cannot_be_deleted_keeps_no_other(spool):
    """The server refuses that one, for now or for good."""
    files = [await spool.file(f"{number}.txt") for number in range(2)]
    (first, _) = (await spool.uploads.remotes(ANN, files)).values()
    spool.api.fail(f"DELETE /files/{first}", status=403, code="no")
    for file in files:
        await spool.uploads.delete(ANN, file)
    with pytest.raises(Permanent):
        await spool.uploads.sweep()
    assert [first] == list(spool.api.files.kept)
    await spool.uploads.sweep()
    assert ({}, 0) == (spool.api.files.kept, await count(spool, "uploads"))


async def test_files_expire_by_our_clock(spool):
    """Nobody sees one from that second on; its bytes and the server's go with the next look."""
    file = await spool.file(expires_after={"anchor": "created_at", "seconds": 3600})
    await spool.uploads.remotes(ANN, [file])
    spool.api.clock.skip(3601)
    assert 404 == (await refusal(spool.uploads.get(ANN, file)))[0]
    await spool.uploads.sweep()
    assert ({}, 0) == (spool.api.files.kept, await count(spool, "upload_parts"))


async def test_a_portable_server_is_given_nothing(tmp_path):
    """Files are kept; what needs them there is refused and says what to do."""
    async with clients(tmp_path, full=False) as spool:
        file = await spool.file()
        assert b"kimchi" == await bytes_of(spool, file)
        assert "OPENAI_FEATURES=full" in (await refusal(spool.uploads.remotes(ANN, [file])))[1]
        status, words = await refusal(spool.stores.create(ANN, {"file_ids": [file]}))
    assert (400, True) == (status, "file_search" in words)
