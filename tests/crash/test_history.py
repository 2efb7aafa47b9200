"""The checker finds what it is for: a history with a fault in it never passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from core.texts import TEXTS
from tests.crash.history import Said, Shown, check
from tests.crash.oracle import RESET, Question

ONE, TWO, THREE = Question("one", 5), Question("two", 3), Question("three", 2)
SAID = (
    Said("lane", "topic", "1", ONE.text, 0),
    Said("lane", "topic", "2", TWO.text, 0),
    Said("lane", "topic", "3", RESET, 0),
    Said("lane", "topic", "4", THREE.text, 1),
)
SHOWN = (
    Shown("11", "topic", "one.0 one.1 one.2"),
    Shown("12", "topic", "one.3 one.4"),
    Shown("13", "topic", TEXTS["en"]["reset"]),
    Shown("14", "topic", TWO.answer, answers="2"),
    Shown("15", "topic", THREE.answer),
)


def _items(*texts: str) -> Sequence[Mapping[str, object]]:
    return [{"content": text} for text in texts]


REQUESTS = (_items(ONE.text), _items(ONE.text, ONE.answer, TWO.text), _items(THREE.text))


def _kinds(shown: Sequence[Shown] = SHOWN, requests: Sequence[object] = REQUESTS) -> set[str]:
    return {finding.kind for finding in check(SAID, shown, requests)}  # type: ignore[arg-type]


def test_what_is_right_passes() -> None:
    """One answer in two posts, one in one, a confirmation, and a new memory after the reset."""
    assert check(SAID, SHOWN, REQUESTS) == []


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("lost", SHOWN[:4]),
        ("lost", SHOWN[:2] + SHOWN[3:]),
        ("doubled", (*SHOWN, Shown("16", "topic", THREE.answer))),
        ("doubled", (*SHOWN, Shown("16", "topic", "three.0"))),
        ("doubled", (*SHOWN, Shown("16", "topic", TEXTS["en"]["reset"]))),
        ("stub", (*SHOWN[:4], Shown("15", "topic", "three.0"))),
        ("stub", SHOWN[1:]),
        ("stub", (*SHOWN, Shown("16", "topic", TEXTS["en"]["internal"]))),
        ("stub", (*SHOWN, Shown("16", "topic", ""))),
        ("stub", (*SHOWN[:4], replace(SHOWN[4], unfinished="streaming"))),
        ("stub", (*SHOWN[:4], replace(SHOWN[4], text=f"{THREE.answer} {TEXTS['en']['stopped']}"))),
        ("order", (SHOWN[1], SHOWN[0], *SHOWN[2:])),
        ("order", (*SHOWN[:3], replace(SHOWN[3], id="10"), SHOWN[4])),
        ("order", (*SHOWN[:3], replace(SHOWN[3], answers="1"), SHOWN[4])),
        ("order", (*SHOWN[:4], replace(SHOWN[4], topic="elsewhere"))),
    ],
)
def test_what_is_wrong_on_the_screen_is_found(kind: str, shown: Sequence[Shown]) -> None:
    """Each fault by its name."""
    assert kind in _kinds(shown)


@pytest.mark.parametrize(
    "request_items",
    [
        _items(TWO.text),
        _items(ONE.text, TWO.text),
        _items(ONE.text, "one.0", TWO.text),
        _items(ONE.text, ONE.answer, ONE.text, ONE.answer, TWO.text),
        _items(TWO.text, TWO.answer, THREE.text),
        _items("something 1 1"),
    ],
)
def test_what_the_model_was_not_rightly_told_is_found(request_items: Sequence[Mapping[str, object]]) -> None:
    """A turn that is missing, cut, repeated, or from before the reset."""
    assert _kinds(requests=(*REQUESTS, request_items)) == {"memory"}
