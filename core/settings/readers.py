"""How the text of a setting becomes its value. Raises ValueError with the cure where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.settings import access
from core.settings.limits import read_dollars, read_most


def reader(name: str, kind: str) -> Callable[[str, str, str], Any]:
    """Of that setting, whose field is annotated so; it is given the name, the text and the annotation."""
    return _BY_NAME.get(name) or _READERS.get(kind, _text)


def _text(name: str, text: str, kind: str) -> str:
    if name.endswith("_URL"):
        try:
            wrong = urlsplit(text).scheme not in ("http", "https", "ws", "wss") or urlsplit(text).port == 0
        except ValueError:  # a bracket or a port that is none
            wrong = True
        if wrong:
            raise ValueError(f"{name}={text} is not a URL. Write it with its scheme, for example https://….")
    return text


def _choice(name: str, text: str, kind: str) -> str:
    allowed = [part.strip(" '\"") for part in kind[len("Literal[") : -1].split(",")]
    for value in allowed:
        if text.lower() == value.lower():
            return value
    raise ValueError(f"{name}={text} is not known. Use one of: {', '.join(filter(None, allowed))}.")


def _flag(name: str, text: str, kind: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{name}={text} is not a switch. Use 1 or 0.")


def _number(name: str, text: str, kind: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise ValueError(f"{name}={text} is not a number above 0.")


def _path(name: str, text: str, kind: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{name}={text} begins with a user there is none of. Write the whole path."
        ) from None


def _names(name: str, text: str, kind: str) -> tuple[str, ...]:
    """Names with commas or blanks between them, each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


class _Readers(dict[str, Callable[[str, str, str], Any]]):
    """Readers by the annotation of a field; every Literal is a choice."""

    def get(self, kind: str, default: Any = None) -> Any:
        return _choice if kind.startswith("Literal[") else super().get(kind, default)


def _language(name: str, text: str, kind: str) -> str:
    """One of ours; or the first of ours in a list, for desktops export LANGUAGE=en_US:en to all programs."""
    if ":" not in text and "_" not in text:
        return str(_choice(name, text, kind))
    known = [part[:2].lower() for part in text.split(":") if part[:2].lower() in ("en", "ko")]
    return known[0] if known else "en"


_READERS = _Readers(
    {"bool": _flag, "bool | None": _flag, "int": _number, "Path": _path, "tuple[str, ...]": _names}
    | {"Most": read_most, "Dollars": read_dollars}
)
_BY_NAME = {"LANGUAGE": _language, **dict.fromkeys(access.NAMES, access.ids)}
