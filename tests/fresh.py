"""A database as a first start leaves it, without its 20 ms of CPU and five waits for the disk per test.

It is the product's own, made once in each process; how it comes to be is decided in `tests/core/store`.
"""

from __future__ import annotations

import functools
import tempfile
from contextlib import closing
from pathlib import Path

from core.store.database import Database


def fresh(path: Path) -> Path:
    """The path, with such a database unless there is one already."""
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_made())
    return path


@functools.cache
def _made() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new"
        with closing(Database(path)):
            pass
        return path.read_bytes()
