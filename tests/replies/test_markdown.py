"""Markdown cut into posts: lengths, fences, clusters, stability, time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.replies.markdown import Fence, closing, open_fence, reopening, split

FENCE_LINE = re.compile(r" {0,3}(?P<marker>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")

# Letters a-e are content and nothing else, so they can be counted; info strings are in capitals.
pieces = st.one_of(
    st.sampled_from(
        ("```", "~~~", "````", "```PY\n", "\n```\n", "\n~~~\n", "```X`Y\n", "  ```\n", "    ```\n")
    ),
    st.sampled_from(
        ("``", "`", "~", "\n", "\n\n", " ", "   ", ". ", "\r\n", "| a | b |\n", "> c\n", "- d\n")
    ),
    st.text("abcde", min_size=1, max_size=30),
    st.text("abcde .\n", min_size=1, max_size=60),
    st.sampled_from(
        ("é", "e\u0301", "👩\u200d👩\u200d👧", "🇰🇷🇰🇷", "👍🏽", "❤\ufe0f", "한글", "\u1112\u1161\u11ab", "क्ष")
    ),
    st.sampled_from(("`" * 33, "`" * 90, "```" + "I" * 41 + "\n", "```" + "I" * 200 + "\n", "b" * 120)),
)
wild = st.lists(pieces, max_size=25).map("".join)
# The same with nothing but capitals behind a fence marker, so that a repeated info string repeats no letter.
countable = wild.map(lambda text: re.sub(r"((?:`{3,}|~{3,})[A-Z]*)", r"\1\n", text))
words = st.lists(st.text("abcde", min_size=1, max_size=8), min_size=1, max_size=15).map(" ".join)
fenced = st.tuples(
    st.sampled_from(("```", "~~~", "````")), st.sampled_from(("", "PY")), st.lists(words, max_size=6)
).map(lambda block: f"{block[0]}{block[1]}\n" + "".join(f"{line}\n" for line in block[2]) + block[0])
tidy = st.lists(st.one_of(words, fenced), min_size=1, max_size=8).map("\n\n".join)
limits = st.integers(24, 120)


def balanced(post: str) -> bool:
    """A line-by-line reader of its own: whether every fence of the post is closed in it."""
    return [inside for _, inside in code_lines(post)][-1:] != [True]


def code_lines(text: str) -> list[tuple[str, bool]]:
    """Every line with whether a fence is open behind it."""
    marker, found = "", []
    for line in text.split("\n"):
        if marker:
            run = line.strip(" \t\r")
            indent = len(line) - len(line.lstrip(" "))
            if indent <= 3 and run.startswith(marker) and not run.strip(marker[0]):
                marker = ""
        elif (fence := FENCE_LINE.fullmatch(line)) and len(fence["marker"]) <= 32:
            marker = fence["marker"]
        found.append((line, bool(marker)))
    return found


def visible(text: str) -> list[tuple[str, bool]]:
    """The content letters with whether they are shown as code."""
    return [(char, inside) for line, inside in code_lines(text) for char in line if char in "abcde"]


@given(wild, limits)
@example("a" * 500, 1)
@example("```" + "`" * 500, 24)
def test_a_post_has_one_to_limit_characters(text: str, limit: int) -> None:
    """Whatever the text, no post is too long, and none is empty or only white space."""
    assert all(len(post) <= limit and post.strip() for post in split(text, limit))


@given(countable, st.integers(1, 23))
def test_a_tiny_limit_is_kept(text: str, limit: int) -> None:
    """Even where no fence can be repeated, posts fit and nothing is lost."""
    posts = split(text, limit)
    assert all(len(post) <= limit and post.strip() for post in posts)
    assert [c for c in text if c in "abcde"] == [c for c in "".join(posts) if c in "abcde"]


@given(wild, limits, limits)
def test_the_first_post_has_its_own_limit(text: str, limit: int, first: int) -> None:
    """`first` holds for the first post, `limit` for all others."""
    posts = split(text, limit, first=first)
    assert all(len(post) <= (limit if number else first) for number, post in enumerate(posts))


@given(countable, limits)
def test_no_content_is_lost_or_doubled(text: str, limit: int) -> None:
    """The posts together show the letters of the text, in order, once."""
    assert [c for c in text if c in "abcde"] == [
        c for post in split(text, limit) for c in post if c in "abcde"
    ]


@given(wild, st.integers(160, 300))
def test_every_post_closes_its_fences(text: str, limit: int) -> None:
    """Each post is complete Markdown on its own, also the last one of an unfinished answer."""
    assert all(balanced(post) and not open_fence(post) for post in split(text, limit))


@given(tidy, limits)
def test_code_stays_code_and_text_stays_text(text: str, limit: int) -> None:
    """Every letter is inside a fence in its post exactly when it is inside one in the text."""
    assert visible(text) == [letter for post in split(text, limit) for letter in visible(post)]


@settings(max_examples=40, deadline=None)
@given(st.one_of(wild, tidy).map(lambda text: text[:300]), limits, st.none() | limits)
@example("a" * 96 + "\n```X", 100, None)
@example("```" + "a" * 94 + "` bbbb", 100, None)
@example("```\n" + "a" * 92 + "\n ```", 100, None)
@example("```\n" + "a" * 90 + "\n\n\n```\nb" + "b" * 90, 100, None)
def test_growing_text_never_changes_a_sealed_post(text: str, limit: int, first: int | None) -> None:
    """All posts but the last of every beginning of the text are first posts of the whole."""
    whole = split(text, limit, first=first)
    for end in range(len(text)):
        sealed = split(text[:end], limit, first=first)[:-1]
        assert sealed == whole[: len(sealed)]


@given(
    st.text("abcde \n.`", min_size=1, max_size=100).filter(lambda text: "```" not in text and text.strip())
)
def test_a_text_that_fits_is_not_touched(text: str) -> None:
    """Up to the limit there is one post, exactly the text."""
    assert split(text, 100) == [text]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t" * 5000, "\n" * 5000])
def test_nothing_to_show_is_no_post(text: str) -> None:
    """An empty or blank text has no posts."""
    assert split(text, 100) == []


def test_a_limit_below_one_is_refused() -> None:
    """There is no post without a character."""
    with pytest.raises(ValueError, match="room"):
        split("a", 0)


def test_a_split_fence_is_closed_and_reopened_with_its_info() -> None:
    """Both lines count to the limit; the newline at the cut is the only thing lost."""
    assert split("~~~py\n" + "a = 1\n" * 6 + "~~~", 30) == [
        "~~~py\na = 1\na = 1\na = 1\n~~~",
        "~~~py\na = 1\na = 1\na = 1\n~~~",
    ]


def test_a_long_info_string_is_not_repeated() -> None:
    """Above 40 characters the fence is reopened bare."""
    posts = split("```" + "i" * 41 + "\n" + "line\n" * 30 + "```", 100)
    assert posts[1].startswith("```\nline\n")


def test_an_indented_fence_keeps_its_indent() -> None:
    """The lines that close and reopen it stand where it stands, so that a list goes on."""
    posts = split("- a\n  ```\n" + "  line\n" * 20 + "  ```", 60)
    assert posts[0].endswith("\n  ```")
    assert posts[1].startswith("  ```\n  line")


def test_a_fence_is_kept_whole_when_a_gap_before_it_is_near() -> None:
    """The cut goes before a code block rather than through it."""
    code = "```py\n" + "x = 1\n" * 6 + "```"
    assert split("word " * 11 + "end.\n\n" + code, 100) == ["word " * 11 + "end.", code]


def test_no_post_shows_an_empty_block() -> None:
    """Not right behind an opening line, nor for a closer that is all the next post would reopen for."""
    assert split("```" + "i" * 60 + "\n" + "b" * 80 + "\n```", 100)[0].endswith("bbb\n```")
    code = "```\n" + "a" * 92
    assert split(f"{code}\n\n\n```\nbbb", 100) == [f"{code}\n```", "bbb"]
    assert split(f"{code}\n\n\n``", 100) == [f"{code}\n```"]


def test_a_closer_with_text_behind_it_closes_nothing() -> None:
    """ "```x" inside a fence is content."""
    assert open_fence("```\na\n```x\n") == Fence("", "```", "")


def test_a_fence_that_ends_exactly_at_the_limit_is_not_cut() -> None:
    """The closing line that is there, or half there, is not counted twice."""
    text = "```\n" + "a" * 92 + "\n```"
    assert len(text) == 100
    assert split(text, 100) == split(text[:-1], 100) == split(text[:-4], 100) == [text]


@pytest.mark.parametrize(
    ("text", "posts"),
    [
        ("aaaa bbbb\n\ncccc\ndddd eeee", ["aaaa bbbb", "cccc\ndddd eeee"]),
        ("aaaa bbbb ccc\ndddd eeee", ["aaaa bbbb ccc", "dddd eeee"]),
        ("aaaa bbbb. cccc dddd eeee", ["aaaa bbbb. ", "cccc dddd eeee"]),
        ("가나다라마바사아자차카。타파하가나다라", ["가나다라마바사아자차카。", "타파하가나다라"]),
        ("aaaa bbbb cccc dddd", ["aaaa bbbb cccc ", "dddd"]),
        ("aaaaaaaaaaaaaaaaaaaa", ["aaaaaaaaaaaaaaaa", "aaaa"]),
    ],
)
def test_the_best_gap_is_taken(text: str, posts: list[str]) -> None:
    """Blank line, newline, sentence, blank, anywhere: in this order."""
    assert split(text, 16) == posts


def test_a_table_is_cut_between_rows() -> None:
    """Every post holds whole rows."""
    rows = [f"| row {number} | some text. More text |" for number in range(40)]
    assert "\n".join(split("\n".join(rows), 200)).split("\n") == rows


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "👍🏽",
        "🇰🇷",
        "1\ufe0f\u20e3",
        "\u1112\u1161\u11ab",
        "가\u11a8",
        "क्ष",
        "นำ",
        "🏴\U000e0067\U000e0062\U000e007f",
        "\ud83d\ude00",
        "\r\n",
    ],
)
@pytest.mark.parametrize("limit", [8, 9, 10, 11])
def test_a_cluster_is_never_cut(cluster: str, limit: int) -> None:
    """What people see as one character stays in one post."""
    text = "x" + cluster * 30
    posts = split(text, limit)
    assert "".join(posts) == text or "\n" in cluster
    assert all(post.removeprefix("x").replace(cluster, "") in ("", "\r") for post in posts)


def test_a_cluster_longer_than_a_post_is_cut() -> None:
    """There is no other way to show it."""
    text = "a" + "\u0301" * 50
    assert "".join(split(text, 20)) == text


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "word " * 200_000,
        "```py\nx = 1\n```\n" * 5_000,
        "```\n" + "x" * 1_000_000,
        "`" * 1_000_000,
        "```" + "i" * 1_000_000 + "\n" + "x\n" * 1_000,
        "a" + "\u0301" * 1_000_000,
        "🇰" * 1_000_000,
        ("`" * 400 + "x`\n") * 2_500,
        " " * 1_000_000 + "x",
    ],
    ids=["line", "words", "fences", "code line", "ticks", "info", "marks", "flags", "markers", "blanks"],
)
def test_a_million_characters_take_linear_time(text: str) -> None:
    """Four times the text takes about four times as long, not sixteen times."""
    started = time.process_time()
    split(text[: len(text) // 4], 2000)
    quarter = time.process_time() - started
    started = time.process_time()
    posts = split(text, 2000)
    assert time.process_time() - started < 9 * quarter + 0.5
    assert all(1 <= len(post) <= 2000 for post in posts)


@pytest.mark.parametrize(
    ("text", "close", "reopen"),
    [
        ("", "", ""),
        ("plain `code`", "", ""),
        ("```py\nx = 1\n```\n", "", ""),
        ("```py\nx = 1", "\n```", "```py\n"),
        ("```py\nx = 1\n", "```", "```py\n"),
        ("````\n```\nx", "\n````", "````\n"),
        ("a\n  ~~~ sh\nx", "\n  ~~~", "  ~~~sh\n"),
        ("```a`b\nx", "", ""),
        ("    ```\nx", "", ""),
        ("```" + "i" * 41 + "\nx", "\n```", "```\n"),
    ],
)
def test_a_stream_closes_and_reopens_a_fence(text: str, close: str, reopen: str) -> None:
    """What one post appends and the next one starts with."""
    assert (closing(text), reopening(text)) == (close, reopen)


@given(wild)
def test_a_closed_post_is_closed(text: str) -> None:
    """After `closing` nothing is open, and `reopening` opens exactly the fence that was."""
    assert closing(text + closing(text)) == ""
    assert open_fence(reopening(text)) == open_fence(text)
