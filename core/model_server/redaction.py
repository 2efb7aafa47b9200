"""What a model server says about a fault, without the words of people that it repeats."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from core.types import Prompt

RUN: Final = 20
"""Characters: a run of so many that was sent to the model is cut out."""
LONGEST: Final = 300
"""Characters of the server's message that are told."""
_LOOKED_AT: Final = 4_000
_CUT: Final = "[…]"
_ESCAPED: Final = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_BLANKS: Final = re.compile(r"\s+")
_DATA: Final = re.compile(r"[\w+/=-]{64,}")
"""Bytes of a file as text, or a key: nothing an operator can read."""


def cut_out(message: str, prompt: Prompt) -> str:
    """The message for the log: on one line, without what the prompt has; at most `LONGEST` characters."""
    text = without_words(message, prompt) if message else ""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def without_words(message: str, prompt: Prompt) -> str:
    """The message, on one line, with a mark in place of each longer run of characters the prompt has."""
    plain = _plain(_DATA.sub(_CUT, message[:_LOOKED_AT]))
    wanted = {plain[at : at + RUN] for at in range(len(plain) - RUN + 1)}
    found = (
        {run for text in _sent(prompt) for run in _runs(_plain(text)) if run in wanted} if wanted else set()
    )
    cut = {at + step for at in range(len(plain)) if plain[at : at + RUN] in found for step in range(RUN)}
    kept = "".join("\0" if at in cut else letter for at, letter in enumerate(plain))
    return re.sub("\0+", _CUT, kept)


def _runs(text: str) -> Iterator[str]:
    return (text[at : at + RUN] for at in range(len(text) - RUN + 1))


def _sent(prompt: Prompt) -> Iterator[str]:
    """All texts of a prompt, those of files apart: they look like nothing but data."""
    yield prompt.instructions
    for item in prompt.items:
        yield _DATA.sub(_CUT, item)  # as JSON, too: servers repeat that
        yield from _texts(json.loads(item))
    yield from _texts([*prompt.tools, prompt.options])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and not value.startswith("data:"):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value, *value.values()])
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for one in value:
            yield from _texts(one)


def _plain(text: str) -> str:
    """However it was escaped, and wherever its lines were broken."""
    if "\\" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else _letter(found[2]), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _BLANKS.sub(" ", text)


def _letter(escaped: str) -> str:
    return " " if escaped in "nrt" else escaped
