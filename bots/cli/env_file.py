"""`.env`: what it says, and which of its lines say nothing."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from core.errors import ConfigError


def read(path: Path) -> tuple[Mapping[str, str], list[str]]:
    """Its settings, and a sentence for each line that is none. Raises ConfigError when it cannot be read."""
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{path} cannot be read ({reason}). Correct or remove it.") from None
    entries = list(parse_stream(io.StringIO(text)))
    left_out = [
        f"{path}, line {entry.original.line}: this is not NAME=VALUE, and was left out."
        for entry in entries
        if entry.error
    ]
    kept = "".join(entry.original.string for entry in entries if not entry.error)
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(kept)).items()}, left_out
