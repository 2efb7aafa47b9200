"""Logs: one JSON object a line, or readable text on a terminal. Never a secret or a message's text.

What is caught by whom makes no difference: a traceback tells types and places, never an exception's own text,
and of what a library says only its words are left, not what it puts into them.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from core.errors import loggable

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_TOKENS = re.compile(r"(?<![\w-])(xox[abprs]-|xapp-|sk-)[\w-]{6,}|wss?://\S+ticket=\S+")
_QUIET = ("slack_sdk", "slack_bolt", "discord", "aiohttp", "openai", "httpx2", "httpcore2", "asyncio")
"""At DEBUG these write message text and socket tickets, so they are never asked to."""
_DATA = re.compile(r"[\n:({\[<'\"`].*", re.DOTALL)
"""Where a library's own sentence ends and what it was given begins: a request, a task, an error's text."""
_DEEPEST = 30
"""Lines of code of one error that are told."""


class Redact(logging.Filter):
    """Blots out the secrets by value, and anything shaped like a token, before a line is written."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if len(secret) > 3]

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _TOKENS.sub("***", text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what a library says below a warning, whatever level it gave itself.

        The message and its traceback are resolved now, so that nothing unclean is formatted later.
        """
        if record.levelno < logging.WARNING and record.name.split(".")[0] in _QUIET:
            return False
        library = record.name.split(".")[0] in _QUIET
        record.msg = self.clean(_sentence(record) if library else record.getMessage())
        record.args = None
        if record.exc_info and (error := record.exc_info[1]):
            record.exc_text = self.clean("\n".join(_way(error)))
        record.exc_info = record.stack_info = None
        for key, value in _extras(record).items():
            if isinstance(value, str):
                setattr(record, key, self.clean(value))
        return True


def _sentence(record: logging.LogRecord) -> str:
    """What a library says, without what it was given: only numbers are told."""
    if isinstance(record.args, tuple) and record.args:
        given = tuple(one if isinstance(one, int | float) else "…" for one in record.args)
        with contextlib.suppress(TypeError, ValueError):
            return str(record.msg) % given
    return _DATA.sub("…", str(record.msg))


def _way(error: BaseException) -> list[str]:
    """The lines of a traceback: places and types of the error, of what led to it, and of those in a group."""
    lines, seen, todo = [], set(), [error]
    while todo:
        one = todo.pop()
        seen.add(id(one))
        frames = traceback.extract_tb(one.__traceback__)[-_DEEPEST:]
        where = [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
        lines.append("\n".join([*where, loggable(one)]))
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        inside = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        todo += [other for other in (*inside, before) if other is not None and id(other) not in seen]
    return lines[::-1]


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD and value is not None}


def raised(error: BaseException) -> dict[str, str]:
    """An error as `extra` of a log line: what and where, and none of its words unless they are our own."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": loggable(error), "at": at}


class JsonLines(logging.Formatter):
    """One object: time, level, logger, message, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        entry: dict[str, object] = {
            "time": at,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {key: value for key, value in _extras(record).items() if key != "exc_text"}
        if record.exc_text:
            entry["traceback"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False, default=str)


class Readable(logging.Formatter):
    """For people at a terminal: time, level, message, then key=value."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).astimezone().strftime("%H:%M:%S")
        pairs = "".join(f" {key}={value}" for key, value in _extras(record).items() if key != "exc_text")
        trace = f"\n{record.exc_text}" if record.exc_text else ""
        return f"{at} {record.levelname.lower():7} {record.getMessage()}{pairs}{trace}"


def set_up(level: str, secrets: Iterable[str], stream: TextIO = sys.stderr) -> None:
    """Send all logs to one stream. Libraries may say only what is at least a warning."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Readable() if stream.isatty() else JsonLines())
    handler.addFilter(Redact(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def quiet_at_terminals() -> None:
    """From here on a terminal belongs to a conversation; a log that goes elsewhere keeps its warnings."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream.isatty():
            handler.setLevel(logging.ERROR)
