"""bots.__main__: the commands, `.env`, what is wrong with it, and one runner per directory."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bots.__main__ import main
from core.settings import NAMES
from core.store.data_dir import only_runner
from core.store.database import Database
from standins.slack import SlackStandin
from tests.core.fakes import TIMEOUT
from tests.logged import logged

ROOT = Path(__file__).parents[2]
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


async def started(*arguments: str, environ: Mapping[str, str], cwd: Path) -> asyncio.subprocess.Process:
    """`python -m bots ARGUMENTS` with nothing but this in its environment."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "COVERAGE_PROCESS_START") if name in os.environ
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bots", *arguments),
        env={"PYTHONPATH": str(ROOT), **kept, **environ},
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        umask=0,
    )


async def ran(*arguments: str, environ: Mapping[str, str], cwd: Path) -> tuple[int | None, str]:
    """Exit status and stderr."""
    process = await started(*arguments, environ=environ, cwd=cwd)
    async with asyncio.timeout(TIMEOUT * 4):
        _, stderr = await process.communicate()
    return process.returncode, stderr.decode()


@pytest.mark.parametrize(("arguments", "word"), [(["--help"], "demo"), (["run", "--help"], "slack|discord")])
@pytest.mark.usefixtures("_here")
def test_help_is_printed(arguments, word, capsys):
    """And is no error."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert not ended.value.code
    assert word in capsys.readouterr().out


@pytest.mark.usefixtures("_here")
def test_hints_name_what_was_typed(capsys):
    """In the usage, also of the commands that are imported late, and in what they say."""
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
    status, said = await ran("tools", "fly", environ={"SPOOL_COMMAND": typed}, cwd=tmp_path)

    assert 2 == status
    assert said.startswith(f"usage: {typed or f'{Path(sys.executable).name} -m bots'} tools ")


@pytest.mark.usefixtures("_here")
def test_the_version_is_that_of_the_project(capsys):
    """There is no second place that says it."""
    assert 0 == main(["--version"])

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"spool {project['version']}\n" == capsys.readouterr().out


async def test_the_version_needs_nothing_heavy(tmp_path):
    """Not one of the packages that Spool stands on."""
    code = "import sys, bots.__main__ as m; m.main(['--version']); print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        env={"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    stdout, _ = await process.communicate()

    loaded = {name.partition(".")[0] for name in stdout.decode().split()}
    assert "tomllib" in loaded
    assert not loaded & {"aiohttp", "discord", "dotenv", "openai", "pydantic", "slack_sdk", "sqlite3"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {},
            "error: No platform is configured. Set SLACK_BOT_TOKEN and SLACK_APP_TOKEN, or DISCORD_BOT_TOKEN",
        ),
        ({}, f"`{Path(sys.executable).name} -m bots demo` shows Spool without any account."),
        ({"OPENAI_KEY": "x"}, "warning: OPENAI_KEY is not a setting. Did you mean OPENAI_API_KEY?"),
        ({"SLACK_TOKEN": "xapp-1"}, "warning: SLACK_TOKEN is not a setting. Did you mean SLACK_APP_TOKEN?"),
    ],
)
async def test_without_tokens_and_terminal_nothing_starts(tmp_path, environ, said):
    """A service manager would start the demo for ever."""
    began = time.monotonic()
    status, stderr = await ran(environ=environ, cwd=tmp_path)

    assert (2, True, []) == (status, time.monotonic() - began < TIMEOUT, os.listdir(tmp_path))
    assert said in stderr


@pytest.mark.parametrize(("name", "demo"), [("DISCORD_TOKEN", False), ("DISCORD_GUILD", True)])
async def test_a_misnamed_token_is_no_demo(tmp_path, name, demo):
    """Also at a terminal: whoever set one wants the real bot. Any other name is warned of."""
    (tmp_path / ".env").write_text(f"{name}=x\n")
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots"),
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(theirs)
    os.write(ours, b"/quit\n")
    async with asyncio.timeout(TIMEOUT * 4):
        stdout, stderr = await process.communicate()
    os.close(ours)

    assert (0 if demo else 2, demo) == (process.returncode, b"Spool's demo" in stdout)
    assert f"warning: .env: {name} is not a setting" in stderr.decode()


@pytest.mark.usefixtures("_here")
def test_an_unknown_command_is_refused(capsys):
    """With status 2 and the usage."""
    with pytest.raises(SystemExit) as ended:
        main(["fly"])

    assert 2 == ended.value.code
    assert "usage:" in capsys.readouterr().err


@pytest.mark.usefixtures("_here")
def test_settings_come_from_dotenv(tmp_path, capsys):
    """Of the working directory, with quotes, comments and names without a value."""
    (tmp_path / ".env").write_text("# comment\nLOG_LEVEL='loud'\nRUN_SECONDS=no # why\nDATA_DIR\n")

    assert 2 == main(["run"])
    printed = capsys.readouterr().err
    assert "LOG_LEVEL=loud " in printed
    assert "RUN_SECONDS=no " in printed


@pytest.mark.usefixtures("_here")
def test_the_real_environment_wins(tmp_path, monkeypatch, capsys):
    """Over `.env`, also with an empty value."""
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\nRUN_SECONDS=no\nOPENAI_API_KEY=sk-1\n")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setenv("OPENAI_API_KEY", "")

    assert 2 == main(["run"])
    printed = capsys.readouterr().err
    assert ("LOG_LEVEL" in printed, "RUN_SECONDS=no" in printed) == (False, True)
    assert "OPENAI_API_KEY is not set" in printed


@pytest.mark.usefixtures("_here")
def test_the_environment_of_the_process_is_not_changed(tmp_path):
    """`.env` is for us, not for our children."""
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-1\nLOG_LEVEL=loud\n")

    main(["run"])

    assert "OPENAI_API_KEY" not in os.environ


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
    """With status 2."""
    (tmp_path / ".env").write_bytes(b"ASSISTANT_NAME=\xff\n")

    assert 2 == main(["run"])
    assert "error: .env cannot be read (it is not UTF-8 text)." in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("assistants", "list"), ("files", "list", "A"), ("run",)])
async def test_a_damaged_database_is_told(tmp_path, arguments):
    """By every command, in one line that says what to do."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "spool.sqlite3").write_bytes(b"this is not a database at all" * 50)

    status, stderr = await ran(*arguments, environ=DISCORD, cwd=tmp_path)

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

    status, stderr = await ran(*arguments, environ=DISCORD, cwd=tmp_path)

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
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots", "tools", "--json"),
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        stdout=write,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(write)
    async with asyncio.timeout(TIMEOUT * 4):
        _, stderr = await process.communicate()

    assert (status, said) == (process.returncode, stderr.decode())


async def test_without_an_environment_the_way_to_one_is_said(tmp_path):
    """A Python that has none of what Spool needs: -S leaves its site-packages out."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-m", "bots", "assistants", "list"),
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(TIMEOUT * 4):
        _, stderr = await process.communicate()

    assert 2 == process.returncode
    (line,) = stderr.decode().splitlines()
    assert "is not installed for this Python. Use scripts/run" in line


async def test_all_mistakes_are_told_before_anything_happens(tmp_path):
    """Status 2, one line each, no traceback, and no data directory."""
    environ = {"SLACK_BOT_TOKEN": "xoxp-1", "LOG_LEVEL": "loud"}

    status, stderr = await ran("run", "slack", "teams", environ=environ, cwd=tmp_path)

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
        status, stderr = await ran(*arguments, environ=DISCORD, cwd=tmp_path)

    assert 2 == status
    assert f"pid {os.getpid()}" in stderr
    assert 1 == len(stderr.splitlines())


async def test_a_newer_database_is_refused(tmp_path):
    """With status 2 and the cure."""
    (tmp_path / "data").mkdir()
    Database(tmp_path / "data" / "spool.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "data" / "spool.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    status, stderr = await ran("run", environ=DISCORD, cwd=tmp_path)

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
        status, stderr = await ran("run", environ=environ, cwd=tmp_path)

    assert 2 == status
    assert "SLACK_BOT_TOKEN" in stderr
    assert "wrong-0123456789" not in stderr


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
async def test_being_told_to_stop_is_a_clean_end(tmp_path, order):
    """Status 0, also while a platform cannot be reached; what was written is its owner's alone."""
    process = await started("run", environ=DISCORD, cwd=tmp_path)
    assert process.stderr is not None
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
