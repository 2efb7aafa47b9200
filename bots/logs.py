"""Logs: one JSON object a line, or readable text on a terminal. Never a secret or a message's text."""

from __future__ import annotations

import datetime
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from core.errors import SpoolError

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_TOKENS = re.compile(r"(?<![\w-])(xox[abprs]-|xapp-|sk-)[\w-]{6,}|wss?://\S+ticket=\S+")
_QUIET = ("slack_sdk", "slack_bolt", "discord", "aiohttp", "openai", "httpx2", "httpcore2", "asyncio")
"""At DEBUG these write message text and socket tickets, so they are never asked to."""


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
        record.msg, record.args = self.clean(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self.clean(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        for key, value in _extras(record).items():
            if isinstance(value, str):
                setattr(record, key, self.clean(value))
        return True


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD and value is not None}


def raised(error: BaseException) -> dict[str, str]:
    """An error as `extra` of a log line: what and where, and none of its words unless they are our own."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    said = f": {error}" if isinstance(error, SpoolError) else ""
    return {"error": f"{type(error).__name__}{said}", "at": at}


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
