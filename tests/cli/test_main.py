"""bots.__main__: the commands, `.env`, what is wrong with it, and one runner per directory."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.__main__ import main
from core.settings import NAMES
from core.store.data_dir import only_runner
from core.store.database import Database
from standins.slack import SlackStandin
from tests.commands import PYTHON, ROOT, ended, ran, started
from tests.core.fakes import TIMEOUT
from tests.logged import logged

DISCORD = {"OPENAI_API_KEY": "sk-1", "DISCORD_BOT_TOKEN": "token", "DISCORD_API_URL": "http://127.0.0.1:9"}
"""Enough to run; nobody listens on that port."""


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty working directory and environment; signals and logs are as before afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    former = signal.getsignal(signal.SIGTERM)
    with logged():
        yield
    signal.signal(signal.SIGTERM, former)


@pytest.mark.parametrize(("arguments", "word"), [(["--help"], "demo"), (["run", "--help"], "slack|discord")])
@pytest.mark.usefixtures("_here")
def test_help_is_printed(arguments, word, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert not ended.value.code
    assert word in capsys.readouterr().out


@pytest.mark.usefixtures("_here")
def test_hints_name_what_was_typed(capsys):
    with pytest.raises(SystemExit):
        main(["assistants", "--help"], "./scripts/run")

    assert capsys.readouterr().out.startswith("usage: ./scripts/run assistants ")
    assert 0 == main(["assistants", "list"], "./scripts/run")
    assert "\n  ./scripts/run assistants create " in capsys.readouterr().out
    assert 2 == main(["assistants", "show", "Ada"])
    assert "`spool assistants list`" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["", "scripts/run"])
async def test_a_script_says_what_was_typed(tmp_path, typed):
    """The one that starts `python -m bots` for the person."""
    status, _, said = await ran("tools", "fly", environ={"SPOOL_COMMAND": typed}, cwd=tmp_path)

    assert 2 == status
    assert said.startswith(f"usage: {typed or f'{PYTHON} -m bots'} tools ")


@pytest.mark.usefixtures("_here")
def test_the_version_is_that_of_the_project(capsys):
    assert 0 == main(["--version"])

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"spool {project['version']}\n" == capsys.readouterr().out


async def test_the_version_needs_nothing_heavy(tmp_path):
    code = "import sys, bots.__main__ as m; m.main(['--version']); print(*sys.modules)"
    _, printed, _ = await ran(options=("-c", code), cwd=tmp_path)

    loaded = {name.partition(".")[0] for name in printed.split()}
    assert "tomllib" in loaded
    assert not loaded & {"aiohttp", "discord", "dotenv", "openai", "pydantic", "slack_sdk", "sqlite3"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "error: No platform is configured. Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or DISCORD_BOT"),
        ({}, f"`{PYTHON} -m bots demo` shows Spool without any account."),
        ({"OPENAI_KEY": "x"}, "warning: OPENAI_KEY is not a setting. Did you mean OPENAI_API_KEY?"),
        ({"SLACK_TOKEN": "xapp-1"}, "warning: SLACK_TOKEN is not a setting. Did you mean SLACK_APP_TOKEN?"),
    ],
)
async def test_without_tokens_and_terminal_nothing_starts(tmp_path, environ, said):
    """A service manager would start the demo for ever."""
    began = time.monotonic()
    status, _, stderr = await ran(environ=environ, cwd=tmp_path)

    assert (2, True, []) == (status, time.monotonic() - began < TIMEOUT, os.listdir(tmp_path))
    assert said in stderr


@pytest.mark.parametrize(("name", "demo"), [("DISCORD_TOKEN", False), ("DISCORD_GUILD", True)])
async def test_a_misnamed_token_is_no_demo(tmp_path, name, demo):
    """Also at a terminal: whoever set one wants the real bot. Any other name is warned of."""
    (tmp_path / ".env").write_text(f"{name}=x\n")
    ours, theirs = os.openpty()
    process = await started(cwd=tmp_path, stdin=theirs)
    os.close(theirs)
    os.write(ours, b"/quit\n")
    status, stdout, stderr = await ended(process)
    os.close(ours)

    assert (0 if demo else 2, demo) == (status, "Spool's demo" in stdout)
    assert f"warning: .env: {name} is not a setting" in stderr


@pytest.mark.usefixtures("_here")
def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["fly"])

    assert 2 == ended.value.code
    assert "usage:" in capsys.readouterr().err


@pytest.mark.usefixtures("_here")
def test_settings_come_from_dotenv(tmp_path, capsys):
    """For us, not for our children: the environment stays as it is."""
    (tmp_path / ".env").write_text("# comment\nLOG_LEVEL='loud'\nRUN_SECONDS=no # why\nDATA_DIR\n")

    assert (2, None) == (main(["run"]), os.environ.get("LOG_LEVEL"))
    printed = capsys.readouterr().err
    assert "LOG_LEVEL=loud " in printed
    assert "RUN_SECONDS=no " in printed


@pytest.mark.usefixtures("_here")
def test_the_real_environment_wins(tmp_path, monkeypatch, capsys):
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\nRUN_SECONDS=no\nOPENAI_API_KEY=sk-1\n")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setenv("OPENAI_API_KEY", "")

    assert 2 == main(["run"])
    printed = capsys.readouterr().err
    assert ("LOG_LEVEL" in printed, "RUN_SECONDS=no" in printed) == (False, True)
    assert "OPENAI_API_KEY is not set" in printed


@pytest.mark.usefixtures("_here")
def test_what_dotenv_does_not_say_is_told(tmp_path, capsys):
    """A line that is none with its number and not its text, a name that is nearly ours; the rest counts."""
    (tmp_path / ".env").write_text("\nRUN_SECONDS=5\nSLACK_BOT_TOKEN xoxb-1\nLANGAUGE=ko\nLOG_LEVEL=loud\n")

    assert 2 == main(["run"])

    said = capsys.readouterr().err.splitlines()
    assert "warning: .env, line 3: this is not NAME=VALUE, and was left out." in said
    assert "warning: .env: LANGAUGE is not a setting. Did you mean LANGUAGE?" in said
    assert [] == [line for line in said if "xoxb-1" in line or "dotenv could" in line]
    assert 1 == sum("LOG_LEVEL=loud" in line for line in said)


@pytest.mark.usefixtures("_here")
def test_a_dotenv_that_cannot_be_read_is_told(tmp_path, capsys):
    (tmp_path / ".env").write_bytes(b"ASSISTANT_NAME=\xff\n")

    assert 2 == main(["run"])
    assert "error: .env cannot be read (it is not UTF-8 text)." in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("assistants", "list"), ("files", "list", "A"), ("run",)])
async def test_a_damaged_database_is_told(tmp_path, arguments):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "spool.sqlite3").write_bytes(b"this is not a database at all" * 50)

    status, _, stderr = await ran(*arguments, environ=DISCORD, cwd=tmp_path)

    assert (2, 1) == (status, len(stderr.splitlines())), stderr
    assert "spool.sqlite3 is damaged, or no database of Spool (file is not a database)" in stderr


@pytest.mark.parametrize("arguments", [("assistants", "list"), ("files", "list", "A"), ("run",)])
async def test_a_database_damaged_inside_is_told(tmp_path, arguments):
    """Its first page still looks like one."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "spool.sqlite3"
    Database(path).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"?" * (path.stat().st_size - 4096))

    status, _, stderr = await ran(*arguments, environ=DISCORD, cwd=tmp_path)

    assert (2, 1) == (status, len(stderr.splitlines())), stderr
    assert "spool.sqlite3 is damaged" in stderr
    assert "put a backup in its place" in stderr


@pytest.mark.parametrize(
    ("reader", "status", "said"),
    [
        (None, 141, ""),
        ("/dev/full", 2, "error: The output could not be written (No space left on device).\n"),
    ],
)
async def test_output_that_nobody_takes(tmp_path, reader, status, said):
    """A reader that has gone (`| head`) is no mistake; a full disk is one. Neither gives a traceback."""
    if reader is None:
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open(reader, os.O_WRONLY)
    process = await started("tools", "--json", cwd=tmp_path, stdout=write)
    os.close(write)

    assert (status, "", said) == await ended(process)


async def test_without_an_environment_the_way_to_one_is_said(tmp_path):
    """A Python that has none of what Spool needs: -S leaves its site-packages out."""
    status, _, stderr = await ran("assistants", "list", options=("-S",), cwd=tmp_path)

    assert 2 == status
    (line,) = stderr.splitlines()
    assert "is not installed for this Python. Use scripts/run" in line


async def test_all_mistakes_are_told_before_anything_happens(tmp_path):
    environ = {"SLACK_BOT_TOKEN": "xoxp-1", "LOG_LEVEL": "loud"}

    status, _, stderr = await ran("run", "slack", "teams", environ=environ, cwd=tmp_path)

    assert 2 == status
    assert all(line.startswith("error: ") for line in stderr.splitlines())
    for word in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "LOG_LEVEL", "OPENAI_API_KEY", "teams"):
        assert 1 == sum(word in line for line in stderr.splitlines()), word
    assert [] == os.listdir(tmp_path)


@pytest.mark.parametrize("arguments", [("run",), ()])
async def test_a_second_runner_is_refused(tmp_path, arguments):
    """It names the first one's pid; without a command it is `run` once a token is set."""
    (tmp_path / "data").mkdir()
    with only_runner(tmp_path / "data"):
        status, _, stderr = await ran(*arguments, environ=DISCORD, cwd=tmp_path)

    assert 2 == status
    assert f"pid {os.getpid()}" in stderr
    assert 1 == len(stderr.splitlines())


async def test_a_newer_database_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    Database(tmp_path / "data" / "spool.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "data" / "spool.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    status, _, stderr = await ran("run", environ=DISCORD, cwd=tmp_path)

    assert 2 == status
    assert "newer Spool" in stderr
    assert "Traceback" not in stderr


async def test_a_refused_token_ends_it(tmp_path):
    """At start a person is there to read which one it is; the token itself is not printed."""
    async with SlackStandin() as slack:
        environ = {
            "OPENAI_API_KEY": "sk-1",
            "SLACK_API_URL": slack.api_url,
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_BOT_TOKEN": "xoxb-wrong-0123456789",
        }
        status, _, stderr = await ran("run", environ=environ, cwd=tmp_path)

    assert (2, False) == (status, "Traceback" in stderr)
    assert "SLACK_BOT_TOKEN" in stderr
    assert "wrong-0123456789" not in stderr


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
async def test_being_told_to_stop_is_a_clean_end(tmp_path, order):
    """Status 0, also while a platform cannot be reached; what was written is its owner's alone."""
    process = await started("run", environ=DISCORD, cwd=tmp_path)
    assert process.stderr
    async with asyncio.timeout(TIMEOUT * 4):
        while b"trying again" not in await process.stderr.readline():
            assert process.returncode is None
        found = {
            name: stat.S_IMODE((tmp_path / "data" / name).stat().st_mode)
            for name in os.listdir(tmp_path / "data")
        }
        process.send_signal(order)
        await process.communicate()

    assert 0 == process.returncode
    assert 0o700 == stat.S_IMODE((tmp_path / "data").stat().st_mode)
    assert {"run.lock", "spool.sqlite3", "spool.sqlite3-wal", "spool.sqlite3-shm"} <= set(found)
    assert {0o600} == set(found.values())
