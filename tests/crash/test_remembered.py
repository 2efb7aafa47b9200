"""The checker of what the model is told finds every turn that is missing, cut, repeated or from before."""

from __future__ import annotations

import pytest

from core.runs.prompt.history import SUMMARY
from tests.crash.history import Said
from tests.crash.oracle import KNOWS, RESET, Question
from tests.crash.remembered import Items, check, forgotten

ONE, TWO, THREE = Question("one", 5), Question("two", 4, 3, "two"), Question("three", 2)
SAID = (
    Said("lane", "topic", "1", ONE.text, 0),
    Said("lane", "topic", "2", TWO.text, 0),
    Said("lane", "topic", "3", RESET, 0),
    Said("lane", "topic", "4", THREE.text, 1),
)
MORE = (*SAID[:2], Said("lane", "topic", "3", THREE.text, 0))
CALL = {"type": "function_call", "name": "look"}, {"type": "function_call_output", "output": "found two0"}


def items(*texts: str) -> Items:
    """Of a request: what was asked and what was answered, in turns."""
    roles = {True: "assistant", False: "user"}
    return [{"role": roles["." in text and KNOWS not in text], "content": text} for text in texts]


RIGHT = (items(ONE.text), items(ONE.text, ONE.answer, TWO.text), items(THREE.text))
SUMMARISED = f"{SUMMARY}{KNOWS} one"


def test_what_is_right_passes():
    assert check(SAID, RIGHT) == []


def test_calls_and_the_parts_of_an_answer_pass():
    """Two halves around calls are one answer; so are what comes after the question, and who asked it."""
    asked = items(f"u1: {ONE.text}", ONE.answer, f"u1: {TWO.text}")
    halves = items("two.0 two.1"), items("two.2 two.3")

    assert check(MORE, [[*asked, *halves[0], *CALL]]) == []
    assert check(MORE, [[*asked, *halves[0], *CALL, *halves[1], *items(THREE.text)]]) == []


@pytest.mark.parametrize(
    "request_items",
    [
        items(TWO.text),
        items(ONE.text, TWO.text),
        items(ONE.text, "one.0", TWO.text),
        items(ONE.text, ONE.answer, ONE.text, ONE.answer, TWO.text),
        items(TWO.text, TWO.answer, THREE.text),
        items("something 1 1"),
    ],
)
def test_what_the_model_was_not_rightly_told_is_found(request_items):
    assert {finding.kind for finding in check(SAID, (*RIGHT, request_items))} == {"memory"}


def test_a_summary_stands_for_what_it_tells():
    assert check(MORE, [items(SUMMARISED, TWO.text)]) == []
    assert forgotten(MORE, items(SUMMARISED, TWO.text)) == []


def test_what_no_summary_tells_is_forgotten():
    assert len(forgotten(MORE, items(SUMMARISED, THREE.text))) == 1
