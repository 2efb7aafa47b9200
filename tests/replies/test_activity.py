"""bots.replies.activity and bots.replies.safe_text: what others chose, made safe to stand in a post."""

from __future__ import annotations

import pytest

from bots.replies.activity import LONGEST_TITLE, doing, line, title, without_line
from bots.replies.safe_text import file_name
from core.types import Activity

SEARCHING = Activity("1", "Searching the web")
READING = Activity("2", "Reading")
DONE = Activity("1", "Searching the web", "complete")


def test_a_line_tells_what_is_under_way():
    assert "-# 🔎 Searching the web · Reading" == line([SEARCHING, READING], alone=False)


def test_what_is_done_is_told_only_where_there_is_nothing_else():
    assert ("-# ✓ Searching the web", "") == (line([DONE], alone=True), line([DONE], alone=False))


def test_no_tasks_no_line():
    assert ("", "") == (line([], alone=True), doing([DONE]))


@pytest.mark.parametrize("tasks", [[SEARCHING], [DONE]])
def test_a_line_is_taken_off_again(tasks):
    above = line(tasks, alone=True)
    assert ("", "one\ntwo") == (without_line(above), without_line(f"{above}\none\ntwo"))


def test_other_small_lines_stay():
    assert "-# a remark\ntext" == without_line("-# a remark\ntext")


def test_a_title_is_one_line_of_bearable_length():
    assert "Using a b" == title(Activity("1", "Using\na\u202e\n\tb"))
    assert LONGEST_TITLE == len(title(Activity("1", "x" * 1000)))


@pytest.mark.promise("O4")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        *(("report.pdf", "report.pdf"), ("../../etc/passwd", "passwd"), ("C:\\temp\\한글.txt", "한글.txt")),
        *(("<!channel>.png", "!channel_.png"), ("@everyone", "everyone"), ("two words.csv", "two_words.csv")),
        *(("", "file"), ("<>", "file"), ("https://evil.com", "evil.com"), ("[a](https://evil.com/b)", "b)")),
        *(("mailto:a@evil.com", "mailto_a_evil.com"), ("a https:b", "a_https_b")),
    ],
)
def test_a_file_name_is_only_a_name(given, expected):
    assert expected == file_name(given)
