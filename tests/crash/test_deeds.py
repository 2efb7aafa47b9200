"""The checker finds every effect, question and file that is there once too often or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.deeds import UNKNOWN, Done, check
from tests.crash.history import DECISIONS, INTERRUPTED, Said, Shown
from tests.crash.oracle import Question
from tests.crash.remembered import Items

TWO, PAY, DRAW, SEEN = (Question(does, 2, 1, does) for does in ("two", "pay", "draw", "seen"))
SAID = tuple(
    Said("lane", "topic", str(number), question.text, 0)
    for number, question in enumerate((TWO, PAY, DRAW, SEEN))
)
SHOWN = (
    Shown("10", "topic", TWO.answer),
    Shown("11", "topic", DECISIONS[0]),
    Shown("12", "topic", PAY.answer),
    Shown("13", "topic", DRAW.answer),
    *(Shown(f"14{number}", "topic", "", files=(file,)) for number, file in enumerate(DRAW.brings)),
)
DONE = Done(
    looked=[("call_two0", 1.0), ("call_two1", 1.0)],
    paid=[("call_paypay", 5.0)],
    recorded={"call_two0": 2.0, "call_two1": 2.0, "call_paypay": 4.0},
    decided={"call_paypay": "approved"},
)


def _output(id: str, text: str) -> Items:
    return [
        {"role": "user", "content": "one 1 1"},
        {"type": "function_call_output", "call_id": id, "output": text},
    ]


REQUESTS = (
    _output("call_two0", "found two0"),
    _output("call_two1", "found two1"),
    _output("call_paypay", "paid pay"),
)
TOLD = (*SHOWN[:2], replace(SHOWN[2], text=f"{PAY.answer}\n\n{INTERRUPTED}"), *SHOWN[3:])
UNSURE = (*REQUESTS[:2], _output("call_paypay", f"{UNKNOWN} while this ran"))


def _wrong(
    shown: tuple[Shown, ...] = SHOWN, done: Done = DONE, requests: tuple[Items, ...] = REQUESTS
) -> set[str]:
    return {finding.kind for finding in check(SAID, shown, requests, done)}


def test_what_is_right_passes():
    assert _wrong() == set()


@pytest.mark.parametrize("paid", [[], DONE.paid])
def test_an_interrupted_payment_that_is_told_passes(paid):
    assert _wrong(TOLD, replace(DONE, paid=paid), UNSURE) == set()


@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("doubled", replace(DONE, paid=[*DONE.paid, *DONE.paid])),
        ("lost", replace(DONE, paid=[])),
        ("doubled", replace(DONE, decided={"call_paypay": "refused"})),
        ("doubled", replace(DONE, looked=[*DONE.looked, ("call_two1", 3.0)])),
        ("lost", replace(DONE, looked=DONE.looked[:1])),
        ("stub", replace(DONE, kept=["seen.png"])),
    ],
)
def test_wrong_effects_are_found(kind, done):
    """Paid twice, never, or without a yes; repeated though it was on record; bytes that are kept."""
    assert kind in _wrong(done=done)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("doubled", (*SHOWN, SHOWN[1])),
        ("lost", (SHOWN[0], *SHOWN[2:])),
        ("doubled", (*SHOWN, SHOWN[4])),
        ("lost", SHOWN[:-1]),
        ("stub", TOLD),
    ],
)
def test_wrong_posts_are_found(kind, shown):
    assert kind in _wrong(shown)


def test_an_interruption_that_is_not_told_is_found():
    assert _wrong(requests=UNSURE) == {"stub"}


def test_a_file_that_the_model_did_not_get_is_found():
    asked: Items = [{"role": "user", "content": f"{SEEN.text}\n[File seen.txt]\nabout seen"}]

    assert _wrong(requests=(*REQUESTS, asked)) == {"lost"}
