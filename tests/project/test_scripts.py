"""The commands of the README, in checkouts of their own whose lock files name no package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Checkout:
    """A copy of the commands beside a product that says how it was started."""

    def __init__(self, root: Path) -> None:
        self.root = root
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
        )

    def run(self, *command: str, **environ: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of a command. An environment variable set to "" is removed."""
        with self.start(*command, **environ) as process:
            out, err = process.communicate()
        return process.returncode, out, err


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in which nothing has been run."""
    return Checkout(tmp_path / "check out")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the product has run once. Tests must leave it as it is."""
    checkout = Checkout(tmp_path_factory.mktemp("installed") / "checkout")
    status, _, err = checkout.run("scripts/run")
    assert status == 0, err
    return checkout


def fake(path: Path, script: str) -> None:
    """An executable that is a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_run_passes_its_arguments_on(installed: Checkout) -> None:
    """With an environment in place, `scripts/run ARGS` is `python -m bots ARGS` and says nothing itself."""
    assert installed.run("scripts/run", "run", "a b", "", PYTHON="") == (
        0,
        f"{installed.root} ['run', 'a b', '']\n",
        "",
    )


def test_run_works_through_a_symlink(installed: Checkout, tmp_path: Path) -> None:
    """The checkout is found from a link that stands somewhere else."""
    link = tmp_path / "assistant"
    link.symlink_to(installed.root / "scripts/run")
    assert subprocess.check_output([link], cwd=tmp_path, text=True) == f"{installed.root} []\n"


def test_run_gives_the_products_exit_status(checkout: Checkout) -> None:
    """The product's exit status is the command's. Whatever the installation says is not on stdout."""
    (checkout.root / "bots/__main__.py").write_text("raise SystemExit(2)")
    status, out, err = checkout.run("scripts/run")
    assert (status, out) == (2, "")
    assert "installed in" in err


def test_install_says_when_there_is_no_python(checkout: Checkout, tmp_path: Path) -> None:
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


def test_install_names_an_unsuitable_python(checkout: Checkout) -> None:
    """A $PYTHON that cannot be used is an error; another one is not taken in its place."""
    status, _, err = checkout.run("scripts/install", PYTHON="/no/such/python")
    assert status == 1
    assert "'/no/such/python'" in err


def test_changed_lock_is_installed(checkout: Checkout) -> None:
    """A changed lock file is seen at the next start, and only then something is installed."""
    checkout.run("scripts/install")
    (checkout.root / "requirements.lock").write_text("# something else\n")
    assert "installed in" in checkout.run("scripts/install", PYTHON="")[2]
    assert checkout.run("scripts/install", PYTHON="")[2] == ""


def test_development_serves_the_product(checkout: Checkout) -> None:
    """After the development tools were installed, the product starts without another installation."""
    assert "requirements-dev.lock" in checkout.run("scripts/install", "--dev")[2]
    assert checkout.run("scripts/install") == (0, "", "")


def test_failed_installation_is_not_taken_for_done(checkout: Checkout) -> None:
    """When pip fails, so does the command; the next start begins afresh and succeeds."""
    lock = checkout.root / "requirements.lock"
    lock.write_text("no-such-package==1.0\n")
    status, out, err = checkout.run("scripts/run", PIP_NO_INDEX="1")
    assert (status, out) == (1, "")
    assert "no-such-package" in err
    (checkout.root / ".venv/left-behind").touch()
    lock.write_text("# nothing\n")
    assert checkout.run("scripts/run", PYTHON="")[0] == 0
    assert not (checkout.root / ".venv/left-behind").exists()


def test_environment_without_its_interpreter_is_made_again(checkout: Checkout) -> None:
    """An environment whose Python was removed from the machine is replaced."""
    checkout.run("scripts/install")
    python = checkout.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/no/such/python")
    status, out, _ = checkout.run("scripts/run", "x")
    assert (status, out) == (0, f"{checkout.root} ['x']\n")


def test_two_first_starts_at_once(checkout: Checkout) -> None:
    """Started twice at the same time, one installs, the other waits for it, and both run."""
    with checkout.start("scripts/run") as first, checkout.start("scripts/run") as second:
        results = [first.communicate(), second.communicate()]
    assert [out for out, _ in results] == [f"{checkout.root} []\n"] * 2
    assert sum("installed in" in err for _, err in results) == 1
