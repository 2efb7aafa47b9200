"""Paths as a person types them: meant from the folder they stand in."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FOLDER = "SPOOL_FOLDER"
"""The variable in which a script that starts `python -m bots` elsewhere says where the person stands."""


def typed_path(text: str) -> Path:
    """The file or folder that was meant; as short as it was typed where that is the current folder."""
    path = Path(text)
    with contextlib.suppress(RuntimeError):  # ~somebody whom this machine does not know
        path = path.expanduser()
    folder = os.environ.get(FOLDER, "")
    return path if folder in ("", os.getcwd()) else Path(folder, path)
