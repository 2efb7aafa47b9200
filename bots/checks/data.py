"""What lies on this machine: the data directory, `.env`, room on the disk, the database.

Plain functions, for threads: a disk may hang.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

from bots.checks.check import Check, State
from core.store.database import CURES, FILE
from core.store.integrity import Unreadable, look

LITTLE, NEXT_TO_NOTHING = 500 * 2**20, 50 * 2**20
"""Bytes of room that call for a look, and for help."""
GIT_SECONDS = 3.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def directory(folder: Path) -> list[Check]:
    """Whether it can be used, and by nobody else."""
    id, name = "data.directory", f"DATA_DIR={folder}"
    if not folder.exists():
        return [Check(id, "skip", f"{name} is not there yet.", "The first start makes it.")]
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        cure = "Give the directory to the user Spool runs as, or set DATA_DIR to another one."
        return [Check(id, "fail", f"{name} cannot be used.", cure)]
    if folder.stat().st_mode & _OTHERS:
        what = f"{name} is open to other users of this machine: people's messages are in it."
        return [Check(id, "warn", what, f"chmod 700 {folder}")]
    return [Check(id, "ok", f"{name} is readable by its owner alone.")]


def env_file(path: Path) -> list[Check]:
    """Whether others can read the secrets in it, now or in a repository."""
    id = "data.env_file"
    if not path.exists():
        return [Check(id, "skip", f"There is no {path}: settings come from the environment.")]
    found = []
    if path.stat().st_mode & _OTHERS:
        what = f"{path} can be read by other users of this machine: keys and tokens are in it."
        found.append(Check(id, "warn", what, f"chmod 600 {path}"))
    if _tracked(path):
        what = f"{path} is in the git repository: whoever has that has your keys and tokens."
        cure = f"git rm --cached {path}, and make new keys and tokens if it was ever pushed."
        found.append(Check(id, "warn", what, cure))
    return found or [Check(id, "ok", f"{path} is readable by its owner alone.")]


def _tracked(path: Path) -> bool:
    """Whether git has it; False where there is no git, or no repository."""
    try:
        git = subprocess.run(  # noqa: S603 - nothing of the command is anybody's input
            ["git", "ls-files", "--error-unmatch", "--", path.name],  # noqa: S607 - whichever git there is
            cwd=path.absolute().parent,
            capture_output=True,
            timeout=GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return git.returncode == 0


def disk(folder: Path) -> list[Check]:
    """Room where the data is, or will be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    state: State = "ok" if free >= LITTLE else "warn" if free >= NEXT_TO_NOTHING else "fail"
    what = f"{free // 2**20:,} MB are free where DATA_DIR is."
    return [Check("data.disk", state, what, "" if state == "ok" else CURES["full"])]


def database(folder: Path, seconds: float) -> list[Check]:
    """Whether all of it can be read, as far as so many seconds reach."""
    id, path = "data.database", folder / FILE
    if not path.exists():
        return [Check(id, "skip", f"There is no {path} yet.", "The first start makes it.")]
    try:
        found = look(path, seconds)
    except Unreadable as error:
        cure = "Give the file to the user Spool runs as, or set DATA_DIR to another directory."
        return [Check(id, "fail", f"{path} cannot be read ({error}).", cure)]
    if found.problem:
        return [Check(id, "fail", f"{path} is damaged ({found.problem}).", CURES["damaged"])]
    if found.newer:
        what = f"{path} was written by a newer Spool (schema {found.schema})."
        return [Check(id, "fail", what, "Install that version again, or set DATA_DIR to another directory.")]
    so_far = f"{path} was looked at for {seconds:.0f} seconds without finding damage."
    return [Check(id, "ok", f"{path} is whole." if found.whole else so_far)]
