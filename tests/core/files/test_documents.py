"""core.files.documents: which files can be searched, under which name and digest."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest

from core.files.documents import SEARCHABLE, plain, problem, read, sent, source
from core.ports import LARGEST_UPLOAD


def test_the_same_bytes_have_the_same_digest(tmp_path):
    """On disk (where they stay) or in memory, whatever their name; it is the SHA-256."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"bytes")
    assert hashlib.sha256(b"bytes").hexdigest() == read(path).digest == source("b.txt", b"bytes").digest
    assert ("a.txt", path, 5) == (read(path).name, read(path).content, read(path).size)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(("../../etc/passwd.txt", "passwd.txt"), ("", "document"), ("a/b", "b"), ("README.MD", "README.md")),
        (unicodedata.normalize("NFD", "보고서.txt"), "보고서.txt"),
    ],
)
def test_names_are_plain(name, shown):
    """No folders; letters that are stored in pieces are composed, endings as small as servers want."""
    assert shown == plain(name)


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("table.csv", "이름,수\n".encode(), "table.csv.txt"),
        ("Makefile", b"all:\n", "Makefile.txt"),
        ("notes.TXT", b"notes", "notes.txt"),
        ("table.xlsx", b"PK\x03\x04\xff", "table.xlsx"),
        ("zeros.dat", b"\0\0", "zeros.dat"),
        ("paper.pdf", b"%PDF-", "paper.pdf"),
    ],
)
def test_a_text_that_a_person_sent_can_be_searched(name, content, shown):
    """Whatever its ending; what is no text is what it says it is."""
    assert shown == sent(name, content).name


@pytest.mark.parametrize("ending", sorted(SEARCHABLE))
def test_what_file_search_reads_is_no_problem(tmp_path, ending):
    """In capitals, too."""
    path = tmp_path / f"a{ending.upper()}"
    path.write_bytes(b"a")
    assert "" == problem(path)


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("a.xlsx", 1, "cannot read .xlsx files; it reads .c, "),
        ("Makefile", 1, "cannot read files without an ending"),
        ("a.txt", 0, "is empty"),
        ("a.pdf", LARGEST_UPLOAD + 2**20, "513 MB; the most is 512 MB"),
    ],
)
def test_a_problem_is_said_in_words(tmp_path, name, size, words):
    """With what would be possible."""
    with (tmp_path / name).open("wb") as sparse:
        sparse.truncate(size)
    assert words in problem(tmp_path / name)


def test_a_file_as_large_as_allowed_is_no_problem(tmp_path):
    """Not one byte less."""
    with (tmp_path / "a.pdf").open("wb") as sparse:
        sparse.truncate(LARGEST_UPLOAD)
    assert "" == problem(tmp_path / "a.pdf")


def test_a_folder_is_no_file(tmp_path):
    """Nor is what does not exist."""
    assert "there is no such file" == problem(tmp_path) == problem(tmp_path / "a.txt")
