"""bots.intake.said: which words are orders, and which messages are taken though they name nobody."""

from __future__ import annotations

import unicodedata

import pytest

from bots.intake.said import Said, wanted
from core.types import Address, Attachment

ORDERS = {
    "help": ("help", "/help", "도움말", "/도움말", "HELP!"),
    "reset": ("reset", "초기화", "리셋", "*Reset*", "/초기화.", "“reset”", "ｒｅｓｅｔ", "／reset"),
    "stop": ("stop", "그만", "중지", "`stop`", " Stop \n", unicodedata.normalize("NFD", "그만")),
    "memory": ("memory", "기억", "/memory", "_기억_"),
    "ask": (
        "reset please",
        "그만해",
        "기억나?",
        "what does reset do",
        "도움말 좀",
        "reset?",
        "",
        "...",
        "a" * 99,
    ),
}


@pytest.mark.parametrize(("order", "text"), [(key, text) for key, texts in ORDERS.items() for text in texts])
def test_orders_are_the_whole_of_a_message(order, text):
    """In both languages, with or without a slash, dressed up or not, however it was typed."""
    assert order == wanted(text)


@pytest.mark.parametrize(
    ("text", "kind", "files", "taken"),
    [
        ("hello", "ask", 0, "ask"),
        ("그만", "ask", 0, "stop"),
        ("", "ask", 1, "ask"),
        ("", "unreadable", 0, "unreadable"),
        ("", "ask", 0, None),
        ("", "help", 0, None),
    ],
)
def test_what_is_taken_is_an_order_or_a_question(text, kind, files, taken):
    """What says nothing is left alone."""
    where, file = Address("slack", "T1", "C1", "1.0"), Attachment("F1", "a", "")
    said = Said("1.0", where, "person", "others", "U1", text, 1.0, kind=kind, files=(file,) * files)

    ours = said.taken(followed=True)

    assert taken == (ours and ours.incoming().kind)
    assert ours is None or (ours.concerns_us and ours.incoming().followed)
