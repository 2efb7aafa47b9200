"""What a tool returned or raised → what the model reads and the people see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from core.tools.result import FileResult, Result

LONGEST: Final = 20_000
"""Characters of one output, the line that says it was cut included."""
LONGEST_ERROR: Final = 500
MOST_FILES: Final = 10
MOST_BYTES: Final = 25 * 1024 * 1024
"""Of all files of one call."""
_TOKENS: Final = re.compile(r"(?<![\w-])(xox[abprse]-|xapp-|sk-|gh[pousr]_|Bearer\s+)[\w.-]{6,}")
_FOLDERS: Final = re.compile(r"(?<![\w/:.])/(?:[\w.@+~-]+/)+")
"""The way to a file; its name is kept. A slash of a URL has a character before it."""


class Unshowable(ValueError):
    """The function returned what is neither text nor JSON nor a file."""


def output(value: Any, secrets: Sequence[str] = ()) -> Result:
    """The result of a call that returned this, without these values anywhere in it. Raises Unshowable."""
    rest, given = _divided(value)
    files = tuple(_clean(file, secrets).settled() for file in given)
    text = "" if files and rest is None else censored(_text(rest), secrets)
    notes = [f"[file {file.name}, {len(file.data):,} bytes: posted to the chat]" for file in files]
    return Result(cut("\n".join(filter(None, [text, *notes]))), ok=True, files=files)


def readable(error: BaseException, secrets: Sequence[str] = ()) -> str:
    """An exception for the model: its type and message, short, without places of this machine or tokens."""
    message = _FOLDERS.sub("…/", _TOKENS.sub("***", " ".join(censored(str(error), secrets).split())))
    if len(message) > LONGEST_ERROR:
        message = message[: LONGEST_ERROR - 1] + "…"
    return ": ".join(filter(None, [type(error).__name__, message.rstrip(".")]))


def censored(text: str, secrets: Sequence[str]) -> str:
    """The text without these values, and as every recipient can store it."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "***").replace(json.dumps(secret)[1:-1], "***")
    return text.encode("utf-8", "replace").decode()  # a lone half of a character can be sent nowhere


def _clean(file: FileResult, secrets: Sequence[str]) -> FileResult:
    """The file without these values, in its name too. What is packed or encoded is not looked into."""
    data = file.data
    for secret in secrets:
        if len(secret) > 3:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                data = data.replace(secret.encode(encoding), "***".encode(encoding))
    return FileResult(censored(file.name, secrets), data, file.type)


def cut(text: str, limit: int = LONGEST) -> str:
    """At most `limit` characters; a last line says what is missing."""
    if len(text) <= limit:
        return text
    line = f"\n[cut: this is the beginning of {len(text):,} characters]"
    return text[: limit - len(line)] + line


def _divided(value: Any) -> tuple[Any, tuple[FileResult, ...]]:
    """What is left for the model, None when nothing is, and the files among the things returned."""
    if isinstance(value, FileResult):
        value = (value,)
    if not isinstance(value, list | tuple) or not any(isinstance(part, FileResult) for part in value):
        return value, ()
    files = tuple(part for part in value if isinstance(part, FileResult))
    if len(files) > MOST_FILES or sum(len(file.data) for file in files) > MOST_BYTES:
        raise Unshowable(
            f"at most {MOST_FILES} files with {MOST_BYTES // 1024 // 1024} MiB together are taken"
        )
    rest = [part for part in value if not isinstance(part, FileResult)]
    return (rest or [None])[0] if len(rest) < 2 else rest, files


def _text(value: Any) -> str:
    """Text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | Iterator):
        kind = type(value).__name__
        raise Unshowable(f"it is of type {kind}. Return a str, a list, or a FileResult with a name")
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(value, bytes_mode="base64").decode()
    except (PydanticSerializationError, ValueError, RecursionError):
        kind = type(value).__name__
        raise Unshowable(f"it is of type {kind}. Return str, numbers, lists, dicts or dataclasses") from None
