"""The commands of the README, in checkouts of their own whose lock files name no package."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Checkout:
    """A copy of the commands beside a product that says how it was started."""

    def __init__(self, root: Path, like: Checkout | None = None) -> None:
        self.root = root
        if like:  # where somebody has installed: only the place that the mark names is another
            shutil.copytree(like.root, root, symlinks=True)
            mark = root / ".venvs/1/interpreter"
            mark.write_text(mark.read_text().replace(str(like.root), str(root)))
            return
        shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (root / "requirements.lock").write_text("# nothing\n")
        (root / "requirements-dev.lock").write_text("# nothing, for development\n")
        (root / "bots").mkdir()
        (root / "bots/__main__.py").write_text("import os, sys\nprint(os.getcwd(), sys.argv[1:])\n")

    def start(self, *command: str, **environ: str) -> subprocess.Popen[str]:
        """Start a command (relative to the checkout) from a directory that is not the checkout."""
        environ = {**os.environ, "PYTHON": sys.executable, **environ}
        return subprocess.Popen(
            [str(self.root / command[0]), *command[1:]],
            cwd=self.root.parent,
            env={key: value for key, value in environ.items() if value},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def lock(self, content: str) -> None:
        (self.root / "requirements.lock").write_text(content)

    def run(self, *command: str, **environ: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of a command. An environment variable set to "" is removed."""
        with self.start(*command, **environ) as process:
            out, err = process.communicate()
        return process.returncode, out, err


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "check out")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the product has run once. Tests must leave it as it is."""
    checkout = Checkout(tmp_path_factory.mktemp("installed") / "checkout")
    status, out, err = checkout.run("scripts/run")
    assert (status, out) == (0, f"{checkout.root} []\n")
    assert "installed in" in err
    return checkout


@pytest.fixture
def settled(installed: Checkout, tmp_path: Path) -> Checkout:
    """A checkout of its own in which the product has run once."""
    return Checkout(tmp_path / "check out", installed)


LAZY = """
import pathlib, time
print("ready", flush=True)
while not pathlib.Path(__file__).parent.parent.with_name("go").exists():
    time.sleep(0.01)
import lazy
print(lazy.VERSION)
"""
"""A product that imports something only when a file `go` stands beside the checkout."""


def wheel(folder: Path, version: str) -> str:
    """Make a package `lazy` that knows its version; returns its entry in a lock file."""
    files = {
        "lazy.py": f"VERSION = {version}",
        f"lazy-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: lazy\nVersion: {version}\n",
        f"lazy-{version}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"lazy-{version}.dist-info/RECORD"] = "".join(f"{file},,\n" for file in files)
    path = folder / f"lazy-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return f"lazy=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file of a folder, apart from what Python itself compiles on the way."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.suffix != ".pyc" and path.name != "__pycache__"
    }


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def fake(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_run_passes_its_arguments_on(installed):
    """With an environment in place, `scripts/run ARGS` is `python -m bots ARGS` and says nothing itself."""
    assert installed.run("scripts/run", "run", "a b", "", PYTHON="") == (
        0,
        f"{installed.root} ['run', 'a b', '']\n",
        "",
    )


def test_run_works_through_a_symlink(installed, tmp_path):
    """The checkout is found from a link that stands somewhere else."""
    link = tmp_path / "assistant"
    link.symlink_to(installed.root / "scripts/run")
    assert subprocess.check_output([link], cwd=tmp_path, text=True) == f"{installed.root} []\n"


def test_run_says_where_the_person_stands_and_gives_the_products_exit_status(settled):
    """It starts the product in the checkout; paths that are typed are meant from there."""
    text = "import os\nprint(os.environ['SPOOL_FOLDER'])\nraise SystemExit(2)\n"
    (settled.root / "bots/__main__.py").write_text(text)
    assert settled.run("scripts/run", SPOOL_FOLDER="/elsewhere")[:2] == (2, f"{settled.root.parent}\n")


def test_install_says_when_there_is_no_python(checkout, tmp_path):
    """A Python that is too old, or a shim that only fails, is not used; the message names a cure."""
    for tool in ("sh", "readlink", "dirname", "cmp", "cat"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    for python in ("python", "python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        fake(tmp_path / "bin" / python, "echo 'no such version' >&2; exit 127")
    status, out, err = checkout.run("scripts/run", PYTHON="", PATH=str(tmp_path / "bin"))
    assert (status, out) == (1, "")
    assert err.startswith("spool: no Python 3.11 or newer was found.")
    assert "PYTHON=" in err


def test_install_names_an_unsuitable_python(checkout):
    """A $PYTHON that cannot be used is an error; another one is not taken in its place."""
    status, _, err = checkout.run("scripts/install", PYTHON="/no/such/python")
    assert status == 1
    assert "'/no/such/python'" in err


def test_changed_lock_is_installed(settled):
    """It is seen at the next start, and only then something is installed; going back to the lock file of
    before takes the environment of before."""
    settled.lock("# something else\n")
    assert "installed in" in settled.run("scripts/install", PYTHON="")[2]
    assert settled.run("scripts/install", PYTHON="")[2] == ""
    settled.lock("# nothing\n")
    assert "installed in" not in settled.run("scripts/install", PYTHON="")[2]
    assert os.readlink(settled.root / ".venv") == ".venvs/1"


def test_first_installation_that_fails_is_not_taken_for_done(checkout):
    """When pip fails, so does the command, and nothing is left; the next start succeeds."""
    checkout.lock("no-such-package==1.0\n")
    status, out, err = checkout.run("scripts/run", PIP_NO_INDEX="1")
    assert (status, out) == (1, "")
    assert "no-such-package" in err
    assert "Nothing was installed." in err
    assert not list((checkout.root / ".venvs").iterdir())
    checkout.lock("# nothing\n")
    assert checkout.run("scripts/run")[0] == 0


def test_failed_installation_leaves_the_environment(settled):
    """When pip fails over a working environment, that one stays to the byte, and the message says so. With
    the lock file of before, the product runs from it without pip."""
    before = contents(settled.root / ".venv/")
    settled.lock("no-such-package==1.0\n")
    status, _, err = settled.run("scripts/run", PIP_NO_INDEX="1")
    assert status == 1
    assert ".venv is still the environment of before" in err
    assert contents(settled.root / ".venv/") == before
    subprocess.run([settled.root / ".venv/bin/python", "-m", "bots"], cwd=settled.root, check=True)
    settled.lock("# nothing\n")
    assert settled.run("scripts/run", PYTHON="") == (0, f"{settled.root} []\n", "")


def test_installation_killed_in_pip_leaves_the_environment(settled):
    """SIGKILL while pip waits for the network; the remains go with the next installation."""
    before = contents(settled.root / ".venv/")
    settled.lock("no-such-package==1.0\n")
    with socket.create_server(("127.0.0.1", 0)) as index:
        source = f"http://127.0.0.1:{index.getsockname()[1]}/"
        process = settled.start("scripts/run", PIP_NO_INDEX="1", PIP_FIND_LINKS=source)
        with index.accept()[0]:  # pip asks for the package, and gets no answer
            kill(process)
    assert contents(settled.root / ".venv/") == before
    assert (settled.root / ".venvs/2").exists()
    (settled.root / ".venvs/2/remains").touch()
    settled.lock("# nothing\n")
    assert settled.run("scripts/run", PYTHON="") == (0, f"{settled.root} []\n", "")
    settled.lock("# something else\n")
    assert "installed in" in settled.run("scripts/run")[2]
    assert not (settled.root / ".venvs/2/remains").exists()


def test_installation_may_be_killed_at_any_moment(settled):
    """Killed at 6 moments from the first to the last, `.venv/bin/python` works after each."""
    began = time.monotonic()
    settled.lock("# changed\n")
    settled.run("scripts/install")
    duration = time.monotonic() - began
    for moment in range(6):
        settled.lock(f"# changed {moment} times\n")
        process = settled.start("scripts/install")
        time.sleep(duration * moment / 4)
        kill(process)
        subprocess.run([settled.root / ".venv/bin/python", "-c", "import json"], check=True)
    assert settled.run("scripts/run")[0] == 0
    assert len(list(settled.root.glob(".venvs/*"))) == 2


def test_directory_of_before_is_taken_over(checkout):
    """A `.venv` that is a directory stays one until the new environment is whole; then it is a link."""
    venv = checkout.root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    checkout.lock("no-such-package==1.0\n")
    assert checkout.run("scripts/install", PIP_NO_INDEX="1")[0] == 1
    assert not venv.is_symlink()
    checkout.lock("# nothing\n")
    assert checkout.run("scripts/run")[:2] == (0, f"{checkout.root} []\n")
    assert os.readlink(venv) == ".venvs/1"
    # What a kill between the two steps leaves: the directory is moved aside, and no link is there yet.
    venv.unlink()
    checkout.lock("no-such-package==1.0\n")
    assert checkout.run("scripts/install", PIP_NO_INDEX="1")[0] == 1
    assert not venv.is_symlink()
    subprocess.run([venv / "bin/python", "-c", "import json"], check=True)


def test_what_runs_keeps_its_environment(checkout, tmp_path):
    """A process imports to its end what it was started with, however it was started and whatever is installed
    meanwhile; what it ran from is removed by an installation after it ended."""
    find = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    checkout.lock(wheel(tmp_path, "1"))
    assert checkout.run("scripts/install", **find)[0] == 0
    product = checkout.root / "bots/__main__.py"
    product.write_text(LAZY)
    with checkout.start("scripts/run") as one, checkout.start(".venv/bin/python", str(product)) as two:
        for process in (one, two):
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for version in ("2", "3"):
            checkout.lock(wheel(tmp_path, version))
            assert checkout.run("scripts/install", **find)[0] == 0
        (tmp_path / "go").touch()
        assert [process.communicate()[0] for process in (one, two)] == ["1\n", "1\n"]
    assert {path.name for path in checkout.root.glob(".venvs/*")} == {"1", "2", "3"}
    assert checkout.run("scripts/run")[1] == "ready\n3\n"
    checkout.lock("# nothing\n")
    checkout.run("scripts/install")
    assert {path.name for path in checkout.root.glob(".venvs/*")} == {"3", "4"}


def test_removing_the_link_asks_for_a_new_environment(settled):
    (settled.root / ".venv").unlink()
    assert "installed in" in settled.run("scripts/install")[2]
    assert os.readlink(settled.root / ".venv") == ".venvs/2"


def test_development_tools_serve_the_product_and_stay(checkout):
    """With them the product starts without another installation, and brings them up to date too, as long as
    their lock file contains the product's."""
    assert "requirements-dev.lock" in checkout.run("scripts/install", "--dev")[2]
    assert checkout.run("scripts/install") == (0, "", "")
    checkout.lock("# something else\n")
    assert "requirements-dev.lock" in checkout.run("scripts/install")[2]
    assert checkout.run("scripts/install", "--dev") == (0, "", "")
    checkout.lock("not-in-the-other==1.0\n")
    assert "installing what requirements.lock names" in checkout.run("scripts/install", PIP_NO_INDEX="1")[2]


def test_moved_checkout_gets_its_own_environment(settled, tmp_path):
    """The commands of an environment name its place, so a checkout that was moved makes another one."""
    settled.root = settled.root.rename(tmp_path / "moved")
    status, out, err = settled.run("scripts/run")
    assert (status, out) == (0, f"{settled.root} []\n")
    assert "installed in" in err
    assert settled.run("scripts/run", PYTHON="")[2] == ""


def test_environment_without_its_interpreter_is_made_again(settled):
    python = settled.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/no/such/python")
    status, out, _ = settled.run("scripts/run", "x")
    assert (status, out) == (0, f"{settled.root} ['x']\n")


def test_two_first_starts_at_once(checkout):
    """Started twice at the same time, one installs, the other waits for it, and both run."""
    with checkout.start("scripts/run") as first, checkout.start("scripts/run") as second:
        results = [first.communicate(), second.communicate()]
    assert [out for out, _ in results] == [f"{checkout.root} []\n"] * 2
    assert sum("installed in" in err for _, err in results) == 1
