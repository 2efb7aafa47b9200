"""What the product writes to its log, for tests."""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from bots import logs


@contextlib.contextmanager
def logged(level: str = "DEBUG", secrets: Iterable[str] = ()) -> Iterator[io.StringIO]:
    """Logging as the product sets it up, into a buffer; afterwards it is as it was."""
    root = logging.getLogger()
    handlers, former = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in list(logging.Logger.manager.loggerDict)}
    stream = io.StringIO()
    logs.set_up(level, secrets, stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(former)
        for name in list(logging.Logger.manager.loggerDict):
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]
