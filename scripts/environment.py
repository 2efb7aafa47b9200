"""Make `.venv` hold what a lock file says: `python scripts/environment.py requirements.lock`.

Started by `scripts/install`, which has found a suitable Python; only the standard library is used, and the
Python that runs this file is the one the environment is made with.

`.venv` is a link to one of the environments in `.venvs`. A new one is built beside the others and the link is
replaced when it is whole, so that whatever happens on the way leaves the environment of before as it was.
Safe to kill at any moment and to start twice at once:

- an exclusive lock on the checkout's directory is held while working, and inherited by pip, so that a pip
  which outlives a killed parent still keeps others out;
- an environment is whole when it holds MARK, which is written last and removed first;
- a process that runs from an environment holds a shared lock on it (HOLD); what is held is not removed.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
ENVIRONMENTS = ROOT / ".venvs"
ASIDE = ENVIRONMENTS / "aside"
"""Where a `.venv` goes that is a directory: made by hand, or by Spool before it had `.venvs`."""
MARK = "interpreter"
PRODUCT, DEVELOPMENT = LOCKS = ("requirements.lock", "requirements-dev.lock")
BASE_PYTHON = os.path.realpath(sys.executable)
"""The interpreter behind the running one, which may belong to an environment that is removed one day."""
HOLD = """\
import fcntl, os, sys; fcntl.flock(os.open(os.path.realpath(sys.prefix), os.O_RDONLY), fcntl.LOCK_SH)
import os, sys; sys.path[:] = [os.path.realpath(p) if p.startswith(sys.prefix) else p for p in sys.path]
"""
"""What each process of an environment does first: keep it from being removed, and import from it to the end
even where it was started as `.venv/bin/python` and that link leads elsewhere by then."""


def main(lock: str) -> int:
    """Returns the exit status: 0 when `.venv` holds what `lock`, one of LOCKS, says."""
    with exclusive() as held:
        if ASIDE.exists() and not os.path.lexists(VENV):  # killed between the two steps of put_in_place
            ASIDE.rename(VENV)
        usable = next((environment for environment in candidates() if holds(environment, lock)), None)
        if usable is None:
            return install(with_tools(lock), held)
        if usable != VENV.resolve():
            put_in_place(usable)
            say(f"took an environment that was in .venvs already and holds what {lock} names")
        return 0


@contextmanager
def exclusive() -> Iterator[int]:
    """One installation per checkout at a time. The lock ends with the last process that holds its fd."""
    held = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another installation in this checkout to end")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield held
    finally:
        os.close(held)


def candidates() -> list[Path]:
    """The environments that may be used, the present one first. None without `.venv`: removing it is how
    people ask for a new one."""
    if not VENV.exists():
        return []
    return sorted(environments(), key=lambda environment: environment != VENV.resolve())


def environments() -> list[Path]:
    """Everything in `.venvs`, whole or not."""
    return [path for path in ENVIRONMENTS.glob("*") if path.is_dir() and not path.is_symlink()]


def holds(environment: Path, lock: str) -> bool:
    """Whether an environment was completed at this place, by this Python, from this very lock file."""
    mark, installed = environment / MARK, environment / lock
    return (
        mark.exists()
        and mark.read_text() == identity(environment)
        and is_mine(environment)
        and installed.exists()
        and installed.read_bytes() == (ROOT / lock).read_bytes()
    )


def identity(environment: Path) -> str:
    """What MARK says: the interpreter, and the place, which is written into the environment's commands.

    scripts/install compares it too.
    """
    return f"{os.path.realpath(environment / 'bin/python')}\n{environment}\n"


def is_mine(environment: Path) -> bool:
    """Whether an environment was made by the Python that runs this file."""
    # Python names its library directory after its version, so this also sees an upgrade in place.
    library = environment / f"lib/python{sys.version_info.major}.{sys.version_info.minor}"
    if not library.is_dir() or not (environment / "bin/python").exists():
        return False
    home = re.search(r"^home *= *(.+)$", (environment / "pyvenv.cfg").read_text(), re.MULTILINE)
    return home is not None and os.path.realpath(home[1]) == os.path.dirname(BASE_PYTHON)


def with_tools(lock: str) -> str:
    """The lock file to install when `lock` is wanted: development tools that are there now stay."""
    keep = (VENV / DEVELOPMENT).exists() and lock in contained(DEVELOPMENT)
    return DEVELOPMENT if keep else lock


def contained(lock: str) -> list[str]:
    """The lock files all of whose lines are in `lock`: whoever installs it has them too."""
    lines = {name: set(re.findall(r"^[^#\n].*", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS}
    return [name for name in LOCKS if lines[name] <= lines[lock]]


def install(lock: str, held: int) -> int:
    """Build an environment from `lock` and put it in the place of `.venv`. Returns the exit status."""
    began = time.monotonic()
    say(f"installing what {lock} names into .venv (about half a minute, once)")
    before = VENV.resolve() if VENV.is_symlink() else ASIDE
    sweep(path for path in environments() if (path / MARK).exists() or path == ASIDE)
    numbers = [int(path.name) for path in environments() if path.name.isdecimal()]
    environment = ENVIRONMENTS / str(1 + max(numbers, default=0))
    try:
        if not fill(environment, lock, held):
            say(f"the installation failed; what was wrong stands above. {what_remains()}")
            return 1
        (environment / MARK).write_text(identity(environment))
        put_in_place(environment)
    finally:
        if environment.exists() and not (environment / MARK).exists():
            remove(environment)
    sweep([environment, before])
    say(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def what_remains() -> str:
    """What somebody can do whose installation failed."""
    if not (VENV / "bin/python").exists():
        return "Nothing was installed. Mend the cause and start again."
    return (
        ".venv is still the environment of before, unchanged: mend the cause and start again, or go on with "
        "it by going back to the lock file it was made from, or by .venv/bin/python -m bots in place of "
        "scripts/run."
    )


def fill(environment: Path, lock: str, held: int) -> bool:
    """Create an environment and install `lock`, each file checked against its hash. Whether it succeeded."""
    pip = pip_for(environment)
    if not pip:
        say(
            f"{BASE_PYTHON} lacks the modules venv and pip. Install them, on Debian and Ubuntu with "
            "`apt install python3-venv python3-pip`, or name another Python: PYTHON=/path/to/python3"
        )
        return False
    python = str(environment / "bin/python")
    without = [] if pip[0] == python else ["--without-pip"]
    if not call([BASE_PYTHON, "-m", "venv", *without, str(environment)], held):
        return False
    # Copied first and installed from the copies: a checkout may change while pip works.
    for name in contained(lock):
        shutil.copyfile(ROOT / name, environment / name)
    # Nothing is resolved: the lock file is complete, and pip must not look for anything newer. Only wheels:
    # a source archive would run code, and fetch tools, that no hash vouches for.
    options = ["-qq", "--no-input", "--no-user", "--no-compile", "--no-deps"]
    options += ["--only-binary=:all:", "--require-hashes"]
    if not call([*pip, "install", *options, "-r", str(environment / lock)], held):
        return False
    # On every core, which pip does not do. Some packages bring files that are not meant to compile: its
    # exit status says nothing, and Python compiles by itself what is missing.
    compiling = [python, "-m", "compileall", "-qq", "-j", "0", str(environment / "lib")]
    subprocess.run(compiling, pass_fds=(held,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for packages in environment.glob("lib/python*/site-packages"):
        (packages / "hold.pth").write_text(HOLD)
    return True


def pip_for(environment: Path) -> list[str]:
    """The command that is a pip for an environment; empty when this Python cannot make one.

    Giving every environment a pip of its own costs seconds. It is done only where no other pip can work on
    an environment from outside, which it can since 22.3.
    """
    for python in dict.fromkeys((sys.executable, BASE_PYTHON)):
        ask = [python, "-c", "from importlib.metadata import version; print(version('pip'))"]
        found = re.match(r"(\d+)\.(\d+)", subprocess.run(ask, capture_output=True, text=True).stdout)
        if find_spec("venv") and found is not None and (int(found[1]), int(found[2])) >= (22, 3):
            return [python, "-m", "pip", "--python", str(environment / "bin/python")]
    able = find_spec("venv") and find_spec("ensurepip")
    return [str(environment / "bin/python"), "-m", "pip"] if able else []


def put_in_place(environment: Path) -> None:
    """Make `.venv` a link to an environment. Relative, so that a checkout that is moved keeps it."""
    link = ENVIRONMENTS / "link"
    link.unlink(missing_ok=True)
    link.symlink_to(environment.relative_to(ROOT))
    if VENV.is_dir() and not VENV.is_symlink():
        remove(ASIDE)
        VENV.rename(ASIDE)
    link.replace(VENV)


def sweep(kept: Iterable[Path]) -> None:
    """Remove all environments but these and those that a process runs from."""
    for environment in set(environments()) - set(kept):
        remove(environment)


def remove(environment: Path) -> None:
    """Remove an environment, if nobody runs from it. MARK goes first: what is half gone is never whole."""
    try:
        held = os.open(environment, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (environment / MARK).unlink(missing_ok=True)
        shutil.rmtree(environment)
    except BlockingIOError:
        return
    finally:
        os.close(held)


def call(command: Sequence[str], held: int) -> bool:
    """Run a command that keeps the lock, its output on stderr. Whether it succeeded."""
    return subprocess.run(command, pass_fds=(held,), stdout=sys.stderr).returncode == 0


def say(text: str) -> None:
    """Tell the person something, on stderr."""
    print(f"spool: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
