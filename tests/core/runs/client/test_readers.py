"""Calls of one response whose arguments arrive mixed: readers are told of one after the other."""

from __future__ import annotations

from core.runs.client.readers import InTurn


def test_calls_are_told_one_after_the_other():
    """Whichever is whole first."""
    turns = InTurn()
    for call in ("a", "b", "c"):
        turns.join(call)

    assert [turns.waits(call) for call in ("a", "b", "c")] == [False, True, True]
    assert list(turns.done("b")) == []
    assert list(turns.done("a")) == ["b", "c"]
    assert [turns.waits(call) for call in ("b", "c")] == [False, False]
    assert list(turns.done("c")) == []
