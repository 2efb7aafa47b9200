"""Make `.venv` hold what a lock file says: `python scripts/environment.py requirements.lock`.

Started by `scripts/install`, which has found a suitable Python; only the standard library is used, and the
Python that runs this file is the one the environment is made with. Safe to kill at any moment and to start
twice at once:

- an exclusive lock on the checkout's directory is held while working, and inherited by pip, so that a pip
  which outlives a killed parent still keeps others out;
- `.venv/unfinished` exists while the environment is being changed; who finds it starts from nothing;
- the copies of the lock files in `.venv`, by which the next start sees that all is done, are written last.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"
INTERPRETER = VENV / "interpreter"
BASE_PYTHON = os.path.realpath(sys.executable)
"""The interpreter behind the running one, which may belong to the very `.venv` that is then removed."""
LOCKS = ("requirements.lock", "requirements-dev.lock")


def main(lock: str) -> int:
    """Returns the exit status: 0 when `.venv` holds what `lock`, one of LOCKS, says."""
    with exclusive() as held:
        return 0 if is_current(lock) else install(lock, held)


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


def is_current(lock: str) -> bool:
    """Whether an earlier installation of this very lock file, with this Python, was completed."""
    stamp = VENV / lock
    return (
        is_mine()
        and stamp.exists()
        and stamp.read_bytes() == (ROOT / lock).read_bytes()
        and INTERPRETER.exists()
        and INTERPRETER.read_text() == os.path.realpath(PYTHON)
    )


def is_mine() -> bool:
    """Whether `.venv` is a finished environment of the Python that runs this file."""
    config = VENV / "pyvenv.cfg"
    if not config.exists() or not PYTHON.exists() or UNFINISHED.exists():
        return False
    # Python names its library directory after its version, so this also sees an upgrade in place.
    if not (VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}").is_dir():
        return False
    if Path(sys.prefix).resolve() == VENV:
        return True
    home = re.search(r"^home *= *(.+)$", config.read_text(), re.MULTILINE)
    return home is not None and os.path.realpath(home[1]) == os.path.dirname(BASE_PYTHON)


def install(lock: str, held: int) -> int:
    """Bring `.venv` to what `lock` says, reusing an environment that is whole. Returns the exit status."""
    began = time.monotonic()
    wanted = {name: (ROOT / name).read_bytes() for name in LOCKS}
    say(f"installing what {lock} names into .venv (about half a minute, once)")
    if not is_mine():
        discard()
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    for name in (*LOCKS, INTERPRETER.name):
        (VENV / name).unlink(missing_ok=True)
    if not fill(lock, held):
        say("the installation failed; what was wrong stands above. Starting again begins afresh.")
        return 1
    UNFINISHED.unlink()
    write(INTERPRETER, os.path.realpath(PYTHON).encode())
    for name in LOCKS[: LOCKS.index(lock) + 1]:  # the development lock contains the other one
        write(VENV / name, wanted[name])
    say(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def discard() -> None:
    """Remove `.venv`. Its configuration goes first: without it the rest is never taken for whole."""
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    (VENV / "pyvenv.cfg").unlink(missing_ok=True)
    if VENV.exists():
        shutil.rmtree(VENV)


def fill(lock: str, held: int) -> bool:
    """Create the environment if need be and install `lock`, each file checked against its hash."""
    pip = outside_pip()
    made = (VENV / "pyvenv.cfg").exists() or call(
        [BASE_PYTHON, "-m", "venv", *(["--without-pip"] if pip else []), str(VENV)], held
    )
    pip = pip or [str(PYTHON), "-m", "pip"]
    # Only wheels: a source archive would run code, and fetch tools, that no hash vouches for.
    options = ["-qq", "--no-input", "--no-compile", "--only-binary=:all:", "--require-hashes"]
    if not made or not call([*pip, "install", *options, "-r", str(ROOT / lock)], held):
        return False
    # On every core, which pip does not do. Some packages bring files that are not meant to compile: its
    # exit status says nothing, and Python compiles by itself what is missing.
    compiling = [str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")]
    subprocess.run(compiling, pass_fds=(held,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return True


def outside_pip() -> list[str]:
    """The base interpreter's pip where it can work on another environment (since 22.3), else nothing.

    Giving every environment a pip of its own costs seconds, and nothing here needs one.
    """
    ask = [BASE_PYTHON, "-c", "from importlib.metadata import version; print(version('pip'))"]
    found = re.match(r"(\d+)\.(\d+)", subprocess.run(ask, capture_output=True, text=True).stdout)
    able = found is not None and (int(found[1]), int(found[2])) >= (22, 3)
    return [BASE_PYTHON, "-m", "pip", "--python", str(PYTHON)] if able else []


def call(command: Sequence[str], held: int) -> bool:
    """Run a command that keeps the lock, its output on stderr. Whether it succeeded."""
    return subprocess.run(command, pass_fds=(held,), stdout=sys.stderr).returncode == 0


def write(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that it is never seen half written."""
    draft = path.with_name(f"{path.name}.new")
    draft.write_bytes(content)
    draft.replace(path)


def say(text: str) -> None:
    """Tell the person something, on stderr."""
    print(f"spool: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
