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
    result = {"type": "function_call_output", "call_id": id, "output": text}
    return [{"role": "user", "content": "one 1 1"}, result]


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


ASKED: Items = [{"role": "user", "content": f"{SEEN.text}\n[File seen.txt]\nabout seen"}]


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("doubled", {"done": replace(DONE, paid=[*DONE.paid, *DONE.paid])}),
        ("lost", {"done": replace(DONE, paid=[])}),
        ("doubled", {"done": replace(DONE, decided={"call_paypay": "refused"})}),
        ("doubled", {"done": replace(DONE, looked=[*DONE.looked, ("call_two1", 3.0)])}),
        ("lost", {"done": replace(DONE, looked=DONE.looked[:1])}),
        ("stub", {"done": replace(DONE, kept=["seen.png"])}),
        ("doubled", {"shown": (*SHOWN, SHOWN[1])}),
        ("lost", {"shown": (SHOWN[0], *SHOWN[2:])}),
        ("doubled", {"shown": (*SHOWN, SHOWN[4])}),
        ("lost", {"shown": SHOWN[:-1]}),
        ("stub", {"shown": TOLD}),
        ("stub", {"requests": UNSURE}),
        ("lost", {"requests": (*REQUESTS, ASKED)}),
    ],
)
def test_what_is_wrong_is_found(kind, changed):
    """Paid twice, never, or without a yes; repeated though it was on record; bytes kept, posts too many …"""
    assert kind in _wrong(**changed)
