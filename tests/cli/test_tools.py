"""`spool tools`: the list of tools, as a table or JSON; copying the examples."""

from __future__ import annotations

import argparse
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from bots.cli import tools
from core.errors import ConfigError
from core.settings import Settings
from core.tools import load


def run(settings: Settings, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    tools.add(parser.add_subparsers())
    return tools.run(parser.parse_args(["tools", *arguments]), settings)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def write(settings: Settings, name: str, text: str) -> None:
    folder = settings.tools_directory
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    (folder / name).chmod(0o600)


SEND = '''
from core.tools import tool
print("loading")

@tool(confirm=True, seconds=5)
def send_mail(to: str) -> str:
    """Send a mail.

    More about it.
    """
    return to
'''


def test_without_tools_the_way_to_some_is_said(settings, capsys):
    assert run(settings) == 0
    assert "spool tools add calculator" in capsys.readouterr().out
    assert not settings.data_dir.exists()


def test_tools_are_listed(settings, capsys):
    write(settings, "mail.py", SEND)
    assert run(settings, "add", "clock") == 0
    capsys.readouterr()

    assert run(settings) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:3] for row in rows] == [
        ["NAME", "CONFIRM", "FILE"],
        ["current_time", "no", "clock.py"],
        ["send_mail", "yes", "mail.py"],
    ]
    assert rows[2][3:] == ["Send", "a", "mail."]


def test_json_is_all_there_is_on_stdout(settings, capsys):
    """Also when a tool's file prints something."""
    write(settings, "mail.py", SEND)

    assert run(settings, "--json") == 0
    printed = capsys.readouterr()
    listed: dict[str, Any] = json.loads(printed.out)
    (tool,) = listed["tools"]
    assert listed["problems"] == []
    assert {key: tool[key] for key in ("name", "description", "confirm", "seconds", "file")} == {
        "name": "send_mail",
        "description": "Send a mail.\n\nMore about it.",
        "confirm": True,
        "seconds": 5,
        "file": str(settings.tools_directory / "mail.py"),
    }
    assert tool["parameters"]["required"] == ["to"]
    assert printed.err == "loading\n"


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_problems_are_on_stderr_with_status_1(arguments, settings, capsys):
    write(settings, "broken.py", "1 / 0")
    write(settings, "mail.py", SEND)

    assert run(settings, *arguments) == 1
    printed = capsys.readouterr()
    assert "send_mail" in printed.out
    assert f"error: {settings.tools_directory / 'broken.py'}:1: ZeroDivisionError" in printed.err


def test_a_folder_that_is_not_loaded_is_not_called_empty(settings, capsys):
    write(settings, "mail.py", SEND)
    settings.tools_directory.chmod(0o777)

    assert run(settings) == 1
    printed = capsys.readouterr()
    assert printed.out == f"No tool of {settings.tools_directory} could be loaded.\n"
    assert "chmod go-w" in printed.err


def test_every_example_can_be_added(settings, capsys):
    """Several at once; readable by their owner alone, whatever was there before; found without problems."""
    assert tools.examples() == ["calculator", "clock", "http_get"]
    assert run(settings, "add", *tools.examples()) == 0

    folder = settings.tools_directory
    box = load(folder, seconds=1)
    assert (box.names(), box.problems) == (("calculate", "current_time", "http_get"), ())
    assert [stat.S_IMODE(path.stat().st_mode) for path in (settings.data_dir, folder)] == [0o700, 0o700]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.py")} == {0o600}
    assert f"{folder / 'clock.py'} added" in capsys.readouterr().out


def test_adding_again_changes_nothing(settings, capsys):
    run(settings, "add", "clock")

    assert run(settings, "add", "clock") == 0
    assert "there already" in capsys.readouterr().out


def test_a_file_of_the_operator_is_never_overwritten(settings, capsys):
    write(settings, "clock.py", "# mine\n")

    assert run(settings, "add", "clock", "calculator") == 1
    assert (settings.tools_directory / "clock.py").read_text() == "# mine\n"
    assert (settings.tools_directory / "calculator.py").exists()
    assert "clock.py exists" in capsys.readouterr().err


def test_tools_dir_is_where_they_go(tmp_path):
    settings = Settings(data_dir=tmp_path / "data", tools_dir=str(tmp_path / "mine" / "tools"))

    assert run(settings, "add", "clock") == 0
    assert (tmp_path / "mine" / "tools" / "clock.py").exists()
    assert not settings.data_dir.exists()


def test_a_place_that_cannot_be_written_is_a_setting_to_change(tmp_path):
    (tmp_path / "file").touch()
    settings = Settings(data_dir=tmp_path / "data", tools_dir=str(tmp_path / "file"))

    with pytest.raises(ConfigError, match="TOOLS_DIR="):
        run(settings, "add", "clock")


def test_an_unknown_example_is_refused(settings, capsys):
    with pytest.raises(SystemExit) as ended:
        run(settings, "add", "../../etc/passwd")

    assert ended.value.code == 2
    assert "calculator" in capsys.readouterr().err
