"""What older demos left: taken over into `DATA_DIR/demo`, and never an answer in a real workspace."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bots.demo.folder import Folder
from bots.demo.takeover import take_over
from bots.demo.terminal.words import EN
from standins.script.script import Scenario
from standins.slack import SlackStandin
from tests.both.office import Office
from tests.commands import alone
from tests.conftest import Product
from tests.demo.demos import piped

OLDER = Path(__file__).parent / "older_demo.sql"
"""Written by the demo of 813e8fc: HelpBot answers by default and in the demo's places; a question is open."""


def database(path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OLDER.read_text("utf-8"))
        connection.execute("PRAGMA journal_mode=WAL")
    return path


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def changed(path: Path, *changes: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for change in changes:
            connection.execute(change)


@pytest.fixture
def left(tmp_path: Path, script: Scenario) -> Path:
    """The database of an older demo, where a real bot starts; every answer is what the model was told."""
    script.otherwise = lambda _: f"I was told: {script.requests[-1][0].partition(chr(10))[0]}"
    return database(tmp_path / "data" / "spool.sqlite3")


async def told(product: Product, slack: SlackStandin, **settings: str) -> str:
    async with product(**settings):
        slack.add_channel("C0123ABC", members=["U0ANN"], bot_in=True)
        asked = await slack.mention("U0ANN", "C0123ABC", "who are you?")
        await slack.until(lambda: any("I was told" in post.text for post in slack.posts("C0123ABC", asked)))
    return slack.posts("C0123ABC", asked)[-1].text.removeprefix("I was told: ")


def warned(caplog: pytest.LogCaptureFixture) -> str:
    """The one warning, which is about the older demo."""
    (found,) = [record.getMessage() for record in caplog.records if record.levelno > logging.INFO]
    assert "older demo" in found
    return found


async def test_nothing_of_a_demo_answers_in_a_real_workspace(left, product, slack, caplog):
    """Its assistants are named by the first real start, and stay; its open question is over.

    What an operator assigns afterwards answers: it was chosen for the real workspace now.
    """
    (id,) = rows(left, "SELECT id FROM assistants WHERE name = 'HelpBot'")[0]
    for _ in range(2):
        assert "Settings." == await told(product, slack, assistant_instructions="Settings.")

    assert f"HelpBot ({id})" in warned(caplog)
    assert [("settings",)] == rows(left, "SELECT place FROM assignments")
    assert [(None,)] == rows(left, "SELECT deleted_at FROM assistants WHERE name = 'HelpBot'")
    states = rows(left, "SELECT status FROM runs ORDER BY seq LIMIT 3")
    assert [("completed",), ("completed",), ("cancelled",)] == states

    await Office(left.parent).types("assistants", "use", "HelpBot", "--default")
    assert "You are HelpBot." == await told(product, slack)


async def test_what_an_operator_made_before_the_first_real_start_answers(left, product, slack, caplog):
    """Made or brought along after the demo's last day, it keeps its places; the demo's lose theirs."""
    changed(
        left, "UPDATE assistant_versions SET created_at = 1", "UPDATE messages SET sent_at = 2"
    )  # long ago
    office = Office(left.parent)
    await office.types("assistants", "create", "--name", "RealBot", "--instructions", "You are RealBot.")
    await office.types("assistants", "use", "RealBot", "--default")
    changed(
        left, "UPDATE assistants SET created_at = 1 WHERE name = 'RealBot'"
    )  # as one brought along has it

    assert "You are RealBot." == await told(product, slack)

    assert "HelpBot" in warned(caplog)
    assert "RealBot" not in warned(caplog)
    places = (
        "SELECT name, place FROM assignments JOIN assistants ON id = assistant_id WHERE place <> 'settings'"
    )
    assert [("RealBot", "default")] == rows(left, places)


@pytest.mark.parametrize(
    "real",
    [
        "INSERT INTO facts (name, value) VALUES ('real', 'true')",
        "UPDATE messages SET person = 'U0ANN' WHERE seq = 1",
    ],
    ids=["a real bot's fact", "a real person's message"],
)
async def test_a_real_bots_assistants_go_on(left, product, slack, real):
    changed(left, real, "UPDATE runs SET status = 'cancelled'")
    assert "You are HelpBot." == await told(product, slack)


def test_the_older_demos_data_are_taken_over(tmp_path):
    """Its assistants answer in the demo, where a real bot has DATA_DIR; what it saved is in one place."""
    older(tmp_path / "data")

    status, out, err = piped("hello", cwd=tmp_path)

    assert (status, err) == (0, "")
    assert "My instructions: “You are HelpBot.” You said" in out
    assert "I remember 1 earlier message" in out
    assert EN.remembers in out
    assert moved(tmp_path / "data") == EXPECTED


def test_a_damaged_database_is_told(tmp_path):
    """The demo's own; a real bot's it does not read at all."""
    for folder in ("data", "data/demo"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "spool.sqlite3").write_bytes(b"this is not a database at all" * 50)

    status, _, err = piped(cwd=tmp_path)

    assert status == 2
    assert "data/demo/spool.sqlite3 is damaged, or no database of Spool" in err
    assert len(err.splitlines()) == 1


def older(data: Path) -> None:
    """DATA_DIR as an older demo left it, before a real bot came and after."""
    tools = "announcement.py", "clock.py"
    for folder, names in (("demo", ("a.csv", "b.png")), ("demo-data/demo", ("a.csv", "c.txt"))):
        for place, some in ((data / folder, names), (data / folder / "tools", tools)):
            place.mkdir(mode=0o700, parents=True)
            for name in some:
                (place / name).write_text(f"{folder}/{name}")
    database(data / "demo-data" / "spool.sqlite3")


def moved(data: Path) -> dict[str, str]:
    """What a person saved, by where it is; and who is assigned by default."""
    found = {str(path.relative_to(data)): path.read_text() for path in data.rglob("*.[cpt][snx][vgt]")}
    assigned = rows(
        data / "demo" / "spool.sqlite3", "SELECT COUNT(*) FROM assignments WHERE place = 'default'"
    )
    return {**found, "assigned": str(assigned)}


def test_only_a_persons_files_are_moved(tmp_path):
    """Where `files` was deleted: what was typed and the copies of the database stay where they are."""
    folder = Folder(tmp_path / "data")
    database(folder.path / "spool.sqlite3")
    own = {"spool.sqlite3", "run.lock", "history", "spool-schema-1.sqlite3"}
    for name in {"a.csv"} | own - {"spool.sqlite3"}:
        (folder.path / name).write_text(name)

    assert take_over(tmp_path / "data", folder) is None

    assert ["a.csv"] == [path.name for path in folder.files.iterdir()]
    assert own | {"files"} == {path.name for path in folder.path.iterdir()}


EXPECTED = {
    "demo/files/a.csv": "demo/a.csv",
    "demo/files/b.png": "demo/b.png",
    "demo/files/a-2.csv": "demo-data/demo/a.csv",
    "demo/files/c.txt": "demo-data/demo/c.txt",
    "assigned": "[(1,)]",
}
KILLED = """
import os, sys
from pathlib import Path
from bots.demo.folder import Folder
from bots.demo.takeover import take_over

left = 0

def audit(event, _):
    global left
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir"):
        left -= 1
        if left < 0:
            os._exit(9)

sys.addaudithook(audit)
for name in sys.argv[1:]:
    for left in (int(Path(name).name), 1000):
        if (child := os.fork()) == 0:
            sys.exit(take_over(Path(name), Folder(Path(name))))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
STEPS = 22
"""One more than a takeover changes on the disk."""


def test_a_takeover_can_be_killed_at_any_step(tmp_path):
    """A process dies after so many changes, another goes on; nothing is lost or doubled."""
    each = [tmp_path / str(after) for after in range(STEPS)]
    older(each[0])
    for data in each[1:]:
        shutil.copytree(each[0], data)

    printed = subprocess.check_output([sys.executable, "-c", KILLED, *map(str, each)], env=alone(), text=True)
    died, went_on = (list(map(int, printed.split()[start::2])) for start in (0, 1))

    assert [*[9] * (STEPS - 1), 0] == died
    assert [0] * STEPS == went_on
    assert [EXPECTED] * STEPS == [moved(data) for data in each]
    assert not any((data / "demo-data").exists() for data in each)
