"""The checker finds what it is for: a history with a fault in it never passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.texts import TEXTS, ended
from tests.crash.history import DECISIONS, INTERRUPTED, Said, Shown, check
from tests.crash.oracle import RESET, Question

DONE = ended("shared_thread", "en")
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
    Shown("13", "topic", DONE),
    Shown("14", "topic", TWO.answer, answers="2"),
    Shown("15", "topic", THREE.answer),
)


def _kinds(shown: Sequence[Shown]) -> set[str]:
    return {finding.kind for finding in check(SAID, shown)}


def test_what_is_right_passes():
    assert check(SAID, SHOWN) == []


def test_what_belongs_to_tools_is_no_answer():
    more = (Shown("16", "topic", DECISIONS[0]), Shown("17", "topic", "", files=(("a.txt", b"a"),)))

    assert check(SAID, (*SHOWN[:4], replace(SHOWN[4], text=f"{THREE.answer}\n\n{INTERRUPTED}"), *more)) == []


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("lost", SHOWN[:4]),
        ("lost", SHOWN[:2] + SHOWN[3:]),
        ("doubled", (*SHOWN, Shown("16", "topic", THREE.answer))),
        ("doubled", (*SHOWN, Shown("16", "topic", "three.0"))),
        ("doubled", (*SHOWN, Shown("16", "topic", DONE))),
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
        ("stub", (*SHOWN, Shown("16", "topic", DECISIONS[0], unfinished="with buttons"))),
    ],
)
def test_what_is_wrong_on_the_screen_is_found(kind, shown):
    assert kind in _kinds(shown)
