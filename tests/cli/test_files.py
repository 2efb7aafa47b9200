"""`spool files`: what the operator sees and gets, over the real service and the stand-in."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bots.cli import files
from core.assistants.of_settings import settings_assistant
from core.errors import ConfigError
from core.settings import Settings
from core.store import assistants
from core.store.data_dir import data_directory
from core.store.database import Database
from core.types import SETTINGS_ID
from standins.openai import OpenAIStandin
from standins.script.script import Scenario
from tests.fresh import fresh

Command = Callable[..., Coroutine[Any, Any, int]]


@pytest.fixture
def settings(tmp_path: Path, openai: OpenAIStandin) -> Settings:
    return Settings(openai_api_key="sk-test", openai_base_url=openai.base_url, data_dir=tmp_path / "data")


@pytest.fixture
async def bot(settings: Settings) -> str:
    data_directory(settings.data_dir)
    db = Database(fresh(settings.data_dir / "spool.sqlite3"))
    made = await db(lambda tx: assistants.create(tx, {"name": "HelpBot", "model": "gpt-6-luna"}, 0.0))
    db.close()
    return made.id


@pytest.fixture
def command(settings: Settings) -> Command:
    """`await command("add", "HelpBot", path)` is `spool files add HelpBot PATH`."""
    parser = argparse.ArgumentParser()
    files.add(parser.add_subparsers(dest="command"))

    async def run(*arguments: object, **changes: Any) -> int:
        options = parser.parse_args(["files", *map(str, arguments)])
        changed = Settings(
            openai_api_key=changes.get("key", settings.openai_api_key),
            openai_base_url=changes.get("url", settings.openai_base_url),
            openai_features=changes.get("features", "auto"),
            data_dir=settings.data_dir,
        )
        return await asyncio.to_thread(files.run, options, changed)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents, one below, and what does not belong there."""
    made = tmp_path / "docs"
    contents = {"a.md": "# A", "sub/b.txt": "B", ".hidden.txt": "h", ".git/c.txt": "c", "photo.png": "png"}
    for name, content in contents.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(content)
    return made


def uploads(openai: OpenAIStandin) -> list[str]:
    return sorted(file.name for file in openai.files.uploaded)


async def test_a_folder_is_added(openai, command, bot, folder, capsys):
    """With what is below it, without what is hidden; what cannot be read is named, and no failure."""
    assert 0 == await command("add", "HelpBot", folder)

    out, err = capsys.readouterr()
    assert ["a.md", "b.txt"] == uploads(openai)
    assert "2 added, 0 already there, 1 left out.\n" == out
    assert f"added    {folder / 'a.md'}\n" in err
    assert f"skipped  {folder / 'photo.png'}: file search cannot read .png files" in err
    assert "hidden" not in err
    assert "HelpBot had no file_search tool: it was added.\n" in err
    assert not set(out + err) & {"\r", "\x1b", "█"}


async def test_adding_again_uploads_nothing(openai, command, bot, folder, capsys):
    await command("add", bot, folder)
    capsys.readouterr()

    assert 0 == await command("add", bot, folder, folder / "a.md")

    assert "0 added, 2 already there, 1 left out.\n" == capsys.readouterr().out
    assert 2 == len(openai.files.uploaded)


async def test_what_was_named_and_cannot_be_added_fails(command, bot, tmp_path, capsys):
    empty, photo, good = tmp_path / "empty.txt", tmp_path / "photo.png", tmp_path / "good.txt"
    empty.touch()
    photo.write_bytes(b"png")
    good.write_text("good")
    large = tmp_path / "large.pdf"
    with large.open("wb") as sparse:
        sparse.truncate(513 * 2**20)

    assert 1 == await command("add", bot, empty, photo, good, large, tmp_path / "missing.txt")

    out, err = capsys.readouterr()
    assert "1 added, 0 already there, 4 failed.\n" == out
    assert "empty.txt: the file is empty\n" in err
    assert "photo.png: file search cannot read .png files; it reads .c, .cpp," in err
    assert "large.pdf: it has 513 MB; the most is 512 MB\n" in err
    assert "missing.txt: there is no such file\n" in err


async def test_a_document_the_server_cannot_read_fails_with_its_reason(command, bot, tmp_path, capsys):
    (tmp_path / "a.pdf").write_text("no pdf")

    assert 1 == await command("add", bot, tmp_path / "a.pdf")
    said = (
        "a.pdf: invalid_file: The file could not be parsed. Texts must be UTF-8, and a PDF must have text.\n"
    )
    assert said in capsys.readouterr().err

    assert 0 == await command("list", bot)
    line = capsys.readouterr().out.splitlines()[1]
    assert "failed" in line
    assert line.endswith(
        "  a.pdf  invalid_file: The file could not be parsed. Texts must be UTF-8, and a PDF must have text."
    )


async def test_a_key_that_is_refused_ends_it(openai, command, bot, tmp_path, capsys):
    """The other files would fare no better: they are not tried."""
    paths = [tmp_path / f"{number:02}.txt" for number in range(12)]
    for path in paths:
        path.write_text(path.name)
    openai.fail("POST /files", status=401, code="invalid_api_key", times=100)

    assert 1 == await command("add", bot, *paths)

    assert openai.asked("POST /files") <= 4
    said = capsys.readouterr().err
    assert "failed   8 more were not tried (give the same command again later): invalid_api_key" in said
    assert "11.txt" not in said


async def test_a_server_that_keeps_no_documents_is_told_of(command, bot, folder, capsys):
    async with OpenAIStandin(Scenario(), portable=True) as other:
        assert 1 == await command("add", bot, folder, url=other.base_url)

    assert f"failed   {folder / 'a.md'}: the model server keeps no documents: " in capsys.readouterr().err


async def test_a_namesake_is_told_of(openai, command, bot, tmp_path, capsys):
    path = tmp_path / "a.txt"
    path.write_text("old")
    await command("add", bot, path)
    path.write_text("new")
    capsys.readouterr()

    assert 0 == await command("add", bot, path)

    old = next(file for file in openai.files.uploaded if file.content == b"old")
    said = f"both are kept. To drop what was there before: spool files remove {bot} {old.id}\n"
    assert said in capsys.readouterr().err
    assert 0 == await command("remove", bot, old.id)
    assert [b"new"] == [file.content for file in openai.files.kept.values()]


async def test_namesakes_of_one_command_are_told_apart(openai, command, bot, folder, capsys):
    """Both are wanted: nobody is told to drop one, also when the second comes after an interruption."""
    await command("add", bot, folder)
    (folder / "sub" / "a.md").write_text("# Another")
    capsys.readouterr()

    assert 0 == await command("add", bot, folder)

    ids = {file.content: file.id for file in openai.files.uploaded}
    said = capsys.readouterr().err
    assert "note     2 documents are called a.md: " in said
    assert f"{folder / 'a.md'} is {ids[b'# A']}" in said
    assert f"{folder / 'sub' / 'a.md'} is {ids[b'# Another']}" in said
    assert "drop" not in said


async def test_a_list_tells_namesakes_apart(command, bot, folder, capsys):
    (folder / "sub" / "a.md").write_text("# Another")
    await command("add", bot, folder)
    digest = hashlib.sha256(b"# Another").hexdigest()[:12]
    capsys.readouterr()
    await command("list", bot)
    head, *rows = capsys.readouterr().out.splitlines()
    assert ["ID", "STATUS", "BYTES", "SHA-256", "NAME"] == head.split()
    (row,) = (row.split() for row in rows if digest in row)
    assert ("a.md", "9") == (row[4], row[2])

    assert 0 == await command("remove", bot, digest)

    await command("list", bot)
    assert row[0] not in capsys.readouterr().out


async def test_a_server_without_file_search_is_warned_about(command, bot, folder, capsys):
    """The stand-in is not OpenAI's, so `auto` is the portable contract; `full` says otherwise."""
    await command("add", bot, folder)
    assert "warning: HelpBot will not search them: " in capsys.readouterr().err

    await command("add", bot, folder, features="full")
    assert "will not search" not in capsys.readouterr().err


async def test_the_same_bytes_under_two_names_are_told_of(openai, command, bot, tmp_path, capsys):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("same")
    await command("add", bot, tmp_path / "a.txt")
    await command("add", bot, tmp_path / "b.txt")

    assert "b.txt: the same bytes as a.txt\n" in capsys.readouterr().err
    assert ["a.txt"] == uploads(openai)


async def test_json_is_all_there_is_on_stdout(openai, command, bot, folder, capsys):
    await command("add", bot, folder, "--json")
    added = json.loads(capsys.readouterr().out)
    await command("list", bot, "--json")
    listed = json.loads(capsys.readouterr().out)
    await command("remove", bot, "a.md", "--json")
    removed = json.loads(capsys.readouterr().out)

    ids = {file.name: file.id for file in openai.files.uploaded}
    by_name = {entry["filename"]: entry for entry in added["data"]}
    assert {"a.md", "b.txt", "photo.png"} == by_name.keys()
    assert (ids["a.md"], "completed", 3) == tuple(by_name["a.md"][key] for key in ("id", "status", "bytes"))
    assert (None, "skipped") == (by_name["photo.png"]["id"], by_name["photo.png"]["status"])
    assert [by_name["a.md"], by_name["b.txt"]] == listed["data"]
    assert [{"id": ids["a.md"], "filename": "a.md", "deleted": True}] == removed["data"]


async def test_listing_asks_nobody(openai, command, bot, folder, capsys):
    await command("add", bot, folder)
    await openai.go_offline()
    capsys.readouterr()

    assert 0 == await command("list", "helpbot", key="", url="")

    lines = capsys.readouterr().out.splitlines()[1:]
    assert [("completed", "a.md"), ("completed", "b.txt")] == [
        (line.split()[1], line.split()[4]) for line in lines
    ]


async def test_an_empty_list_says_what_to_do(command, bot, capsys):
    assert 0 == await command("list", bot)

    assert f"spool files add {bot} PATH" in capsys.readouterr().out


async def test_the_settings_assistant_is_not_advised_to_add_some(settings, command, capsys):
    data_directory(settings.data_dir)
    db = Database(settings.data_dir / "spool.sqlite3")
    await db(lambda tx: assistants.settle(tx, settings_assistant(settings), 1.0))
    db.close()

    assert 0 == await command("list", SETTINGS_ID)
    said = capsys.readouterr().out
    assert ("spool assistants create" in said, "files add" in said) == (True, False)


async def test_documents_are_removed_by_name_or_id(openai, command, bot, folder, capsys):
    await command("add", bot, folder)
    capsys.readouterr()

    ids = {file.name: file.id for file in openai.files.uploaded}
    assert 1 == await command("remove", bot, "z.md", "a.md", ids["b.txt"])

    assert "failed   z.md: HelpBot has no such document\n" in capsys.readouterr().err
    assert not openai.files.kept


async def test_a_name_of_two_documents_is_not_enough_to_remove(openai, command, bot, tmp_path, capsys):
    for content in ("old", "new"):
        (tmp_path / "a.txt").write_text(content)
        await command("add", bot, tmp_path / "a.txt")
    capsys.readouterr()

    assert 1 == await command("remove", bot, "a.txt")

    said = capsys.readouterr().err
    assert all(id in said for id in openai.files.kept)
    assert 2 == len(openai.files.kept)


@pytest.mark.parametrize("action", [("add", "x.txt"), ("remove", "x.txt")])
async def test_without_a_key_nothing_can_be_changed(command, bot, action):
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        await command(action[0], bot, action[1], key="", url="")


async def test_an_unknown_assistant_is_wrong_use(command, bot):
    with pytest.raises(ConfigError, match="assistants list"):
        await command("list", "Nobody")


async def test_the_assistant_of_the_settings_gets_no_documents(command, settings, bot, folder):
    """The next start would take them from it; what to do instead is said."""
    db = Database(settings.data_dir / "spool.sqlite3")
    await db(lambda tx: assistants.settle(tx, settings_assistant(settings), 0.0))
    db.close()

    with pytest.raises(ConfigError, match="--default"):
        await command("add", SETTINGS_ID, folder)


async def test_two_commands_at_once_are_one_too_many(openai, command, bot, folder):
    held = openai.hold("POST /files")
    first = asyncio.create_task(command("add", bot, folder))
    await openai.until(lambda: held.waiting > 0)

    with pytest.raises(ConfigError, match="Another"):
        await command("add", bot, folder)
    held.release()
    assert 0 == await first
