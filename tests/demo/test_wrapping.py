"""bots.demo.wrapping: words stay whole at the edge, whatever the pieces they come in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.demo.terminal.wrapping import Wrapping, whole_words, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("한글", 4), ("🔎", 2), ("e\u0301", 1), ("\u1112\u1161\u11ab", 2), ("", 0), ("日本", 4)],
)
def test_width(text, columns):
    assert width(text) == columns


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        *((["one two three"], ["one two", "three"]), (["one ", "two ", "three"], ["one two ", "three"])),
        *((["한글은 두 칸"], ["한글은", "두 칸"]), (["abcdefghijk"], ["abcdefgh", "ijk"])),
        *((["a abcdefghijk"], ["a", "abcdefgh", "ijk"]), (["12345678 9"], ["12345678", "9"])),
        (["one\n\n  two"], ["one", "", "  two"]),
    ],
)
def test_lines(pieces, lines):
    """Eight columns."""
    wrapping = Wrapping()

    assert "".join(wrapping.wrapped(piece, 8) for piece in pieces).split("\n") == lines


@given(st.lists(st.text("ab 한🔎\n", max_size=20), max_size=8), st.integers(2, 12))
def test_no_line_is_too_wide_and_no_word_is_lost(pieces, columns):
    """Blanks may go where a line breaks; nothing else changes."""
    wrapping = Wrapping()
    written = "".join(wrapping.wrapped(piece, columns) for piece in pieces)

    assert all(width(line) <= columns for line in written.split("\n"))
    assert "".join(written.split()) == "".join("".join(pieces).split())


def test_a_narrower_window_counts_at_once():
    wrapping = Wrapping()

    assert wrapping.wrapped("one two ", 20) + wrapping.wrapped("three", 10) == "one two \nthree"


@pytest.mark.parametrize(
    ("text", "whole"),
    [("one tw", "one "), ("one ", "one "), ("on", ""), ("a\nb", "a\n"), ("x" * 41, "x" * 41), ("", "")],
)
def test_whole_words(text, whole):
    assert whole_words(text) == whole
