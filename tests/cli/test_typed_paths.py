"""Paths on a command line are meant from the folder the person stands in, settings stay the checkout's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bots.typed_path import typed_path
from tests.commands import alone
from tests.demo.demos import LONG


class Standing:
    """Somebody who calls the checkout's command from another folder, as scripts/run hands it over."""

    def __init__(self, folder: Path) -> None:
        self.checkout, self.here = folder / "checkout", folder / "here"
        self.checkout.mkdir()
        self.here.mkdir()

    def typed(self, *arguments: str, lines: str = "") -> str:
        """Standard output of a command. It must succeed."""
        return subprocess.check_output(
            [sys.executable, "-m", "bots", *arguments],
            cwd=self.checkout,
            env=alone(SPOOL_FOLDER=str(self.here), OPENAI_BASE_URL="http://127.0.0.1:9"),
            input=lines,
            text=True,
            timeout=LONG,
        )


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """With an assistant, whose instructions were read from there."""
    made = Standing(tmp_path_factory.mktemp("typed"))
    (made.here / "told.txt").write_text("Be brief.")
    made.typed("assistants", "create", "--name", "HelpBot", "--instructions", "@told.txt")
    return made


def test_a_copy_is_written_and_read_there(standing):
    said = standing.typed("backup", "b.sqlite3")

    assert f"{standing.here / 'b.sqlite3'} written" in said
    assert (standing.here / "b.sqlite3").is_file()
    assert [path.name for path in standing.checkout.iterdir()] == ["data"]
    assert "is now the database of DATA_DIR=data" in standing.typed("restore", "b.sqlite3")


def test_assistants_are_read_from_there(standing):
    exported = standing.typed("assistants", "export", "HelpBot")
    assert json.loads(exported)["data"][0]["instructions"] == "Be brief."
    (standing.here / "all.json").write_text(exported)

    assert "HelpBot" in standing.typed("assistants", "import", "all.json")


def test_documents_are_read_from_there(standing):
    (standing.here / "faq").mkdir()
    (standing.here / "faq" / "sheet.numbers").write_text("1")

    (outcome,) = json.loads(standing.typed("files", "add", "HelpBot", "faq", "--json"))["data"]
    assert outcome["path"] == str(standing.here / "faq" / "sheet.numbers")


@pytest.mark.parametrize(
    ("folder", "text", "meant"),
    [
        *(("", "a", "a"), (".", "a", "a"), ("/x", "a", "/x/a"), ("/x", "/a", "/a")),
        ("/x", "~nobody-here", "/x/~nobody-here"),
    ],
)
def test_what_is_meant(monkeypatch, folder, text, meant):
    monkeypatch.setenv("SPOOL_FOLDER", str(Path.cwd()) if folder == "." else folder)

    assert typed_path(text) == Path(meant)
