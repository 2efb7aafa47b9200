"""The bar and the paths of `spool files`."""

from __future__ import annotations

import io
import os

import pytest

from bots.cli.files.paths import found
from bots.cli.files.progress import WIDTH, Progress

MEGABYTE = 2**20


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True

    @property
    def line(self) -> str:
        """What stands in the last line now."""
        return self.getvalue().rpartition("\n")[2].rpartition("\x1b[K")[2]


def bar_on(stream: io.StringIO, total: int, size: int) -> Progress:
    return Progress(stream, total, size, every=0.0)


def test_a_bar_grows_with_the_bytes():
    screen = Terminal()
    bar_on(screen, 2, 4 * MEGABYTE).moved("docs/a.pdf", 2 * MEGABYTE)

    assert "████████████············  0/2  2.0 of 4.0 MB  docs/a.pdf" == screen.line


def test_a_line_that_stays_is_written_above_the_bar():
    screen = Terminal()
    bar = bar_on(screen, 2, 2 * MEGABYTE)
    bar.moved("a", MEGABYTE)
    bar.done("a", MEGABYTE, "added a")

    assert "\r\x1b[Kadded a\n" in screen.getvalue()
    assert "1/2  1.0 of 2.0 MB" in screen.line
    bar.close()
    assert "" == screen.line


@pytest.mark.parametrize(("size", "moved"), [(0, 0), (10, 20)], ids=["nothing to send", "a file that grew"])
def test_a_bar_is_full_at_most(size, moved):
    screen = Terminal()
    bar_on(screen, 1, size).moved("a", moved)

    assert screen.line.startswith("█" * WIDTH + "  ")


def test_the_bar_fits_into_the_window(monkeypatch):
    """A line that wraps could not be drawn over; Korean letters take two columns."""
    monkeypatch.setenv("COLUMNS", "60")
    screen = Terminal()
    bar_on(screen, 1, MEGABYTE).moved("보고서" * 20, 0)

    assert 59 >= sum(2 if "가" <= letter <= "힣" else 1 for letter in screen.line) > 57


def test_a_log_gets_lines_only():
    log = io.StringIO()
    bar = bar_on(log, 1, MEGABYTE)
    bar.moved("a", 10)
    bar.done("a", MEGABYTE, "added a")
    bar.close()

    assert "added a\n" == log.getvalue()


def test_a_file_is_meant_once(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a")

    assert [path] == [file.path for file in found([path, tmp_path, path])]


def test_folders_are_walked_in_order(tmp_path):
    for name in ("b/2.txt", "b/1.txt", "a.txt", ".git/x.txt", "b/.y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    os.symlink(tmp_path, tmp_path / "b" / "again")

    names = [file.path.relative_to(tmp_path).as_posix() for file in found([tmp_path])]

    assert ["a.txt", "b/1.txt", "b/2.txt"] == names


def test_what_the_system_does_not_show_is_named_with_its_reason(tmp_path):
    (file,) = found([tmp_path / ("x" * 300 + ".txt")])

    assert ("File name too long", True) == (file.problem, file.named)


def test_a_hidden_file_that_is_named_is_meant(tmp_path):
    path = tmp_path / ".notes.txt"
    path.write_text("a")

    (file,) = found([path])
    assert ("", True) == (file.problem, file.named)
