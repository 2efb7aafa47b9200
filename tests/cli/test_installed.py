"""Spool as people install it: the wheel in an environment of its own, started in an empty folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bots", "core", "standins")
LONG = 60
"""Seconds."""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What a command printed that has nothing in its environment and nobody at its terminal."""
    nothing = subprocess.DEVNULL
    return subprocess.run(
        command, cwd=cwd, env={}, stdin=nothing, capture_output=True, text=True, timeout=LONG
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, made by the build backend itself."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert not built.returncode, built.stderr
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="session")
def bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the wheel; what Spool depends on comes from the running one."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    lent = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "lent.pth").write_text("\n".join(lent))
    installed = run(environment / "bin/python", "-m", "installer", wheel, cwd=environment)
    assert not installed.returncode, installed.stderr
    assert (packages / "bots").is_dir()
    return environment / "bin"


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    ours = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    wanted = {path.relative_to(ROOT).as_posix() for path in ours if "__pycache__" not in path.parts}

    assert wheel.name.startswith("spool_assistant-")
    assert {*wanted, "core/env.example"} == {name for name in held if name.startswith(PACKAGES)}
    assert {
        "core/store/migrations/0001_initial.sql",
        "core/assistants/models.json",
        "core/tools/examples/clock.py",
        "core/py.typed",
        "bots/demo/tools/announcement.py",
        "bots/slack/manifest.yaml",
        "bots/slack/manifest.ko.yaml",
    } <= held


def test_it_says_its_version(bin, tmp_path):
    """From the package: the checkout is not there."""
    told = run(bin / "spool", "--version", cwd=tmp_path)

    assert (0, f"spool {_of(bin)}\n", "") == (told.returncode, told.stdout, told.stderr)
    assert str(bin.parent) in run(bin / "python", "-c", "import bots; print(bots)", cwd=tmp_path).stdout


def _of(bin: Path) -> str:
    (info,) = bin.parent.glob("lib/python*/site-packages/spool_assistant-*.dist-info")
    return info.name.removesuffix(".dist-info").partition("-")[2]


def test_its_settings_are_explained_where_it_says(bin, tmp_path):
    """There is no checkout: what help and warnings name came along."""
    (tmp_path / ".env").write_text("OPENAI_COLOUR=red\n")

    told = run(bin / "spool", "--help", cwd=tmp_path).stdout
    warned = run(bin / "spool", "tools", cwd=tmp_path).stderr

    (example,) = bin.parent.glob("lib/python*/site-packages/core/env.example")
    assert example.read_bytes() == (ROOT / ".env.example").read_bytes()
    assert f"\n{example}\n" in told
    assert f"OPENAI_COLOUR is not a setting, and nobody reads it. Remove it; {example} lists" in warned


def test_the_demo_greets(bin, tmp_path):
    shown = run(bin / "spool", "demo", cwd=tmp_path)

    assert not shown.returncode, shown.stderr
    assert "Spool's demo: a local Slack, a local Discord and an offline model." in shown.stdout
    assert ["data"] == [path.name for path in tmp_path.iterdir()]
    assert list((tmp_path / "data").rglob("spool.sqlite3"))


def test_an_example_tool_is_added(bin, tmp_path):
    assert "data/tools/clock.py added" in run(bin / "spool", "tools", "add", "clock", cwd=tmp_path).stdout
    (tmp_path / ".env").write_text("DATA_DIR=./elsewhere\n")

    empty = run(bin / "spool", "tools", cwd=tmp_path).stdout
    assert "No tools in elsewhere/tools yet. Copy one: spool tools add calculator\n" == empty
    assert "def current_time(" in (tmp_path / "data/tools/clock.py").read_text("utf-8")


def test_it_does_not_start_by_itself(bin, tmp_path):
    refused = run(bin / "spool", cwd=tmp_path)

    assert (2, "") == (refused.returncode, refused.stdout)
    assert "`spool demo` shows Spool without any account." in refused.stderr
