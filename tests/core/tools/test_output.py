"""core.tools.output: what a tool returned or raised, as the model reads it and the people see it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from core.tools import FileResult, Result, execute
from core.tools.output import LONGEST
from tests.core.tools.calls import call, error, made

LIMIT = 20_000


@dataclass
class Point:
    """A value that a tool gives."""

    x: int
    tags: list[str] = field(default_factory=list)


class Line(BaseModel):
    """Such values inside of another."""

    ends: list[Any]


def giving(value: Any) -> Callable[[], Any]:
    """A tool that returns this."""

    def give() -> Any:
        return value

    return give


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("안녕", "안녕"),
        (None, "null"),
        (1.5, "1.5"),
        ([1, "a"], '[1,"a"]'),
        ({"day": date(2026, 11, 22)}, '{"day":"2026-11-22"}'),
        ("", ""),
        ([Line(ends=[Point(1)]), Point(2, ["b"])], '[{"ends":[{"x":1,"tags":[]}]},{"x":2,"tags":["b"]}]'),
        ("a\ud800b", "a?b"),
    ],
)
async def test_values_are_json(value, text):
    """Text excepted, which is itself, but for halves of characters: no database and no server takes them."""
    assert await call(giving(value)) == Result(text, ok=True)


@pytest.mark.parametrize("value", [b"raw", object(), iter([1]), lambda: 1])
async def test_what_is_no_json_is_said(value):
    """That the tool has run too, lest it be called again for its effect."""
    text = await error(giving(value))
    assert "has run, but its result cannot be shown" in text
    assert "0x" not in text


async def test_long_results_are_cut_and_say_so():
    """Never more than the limit, the last line included."""
    over = (await call(giving("x" * (LIMIT + 1)))).output
    assert (await call(giving("x" * LIMIT))).output == "x" * LIMIT
    assert len(over) == LIMIT
    assert over.endswith("x\n[cut: this is the beginning of 20,001 characters]")


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        (KeyError("no such city"), "KeyError: 'no such city'."),
        (NotImplementedError(), "NotImplementedError."),
    ],
)
async def test_an_exception_is_its_type_and_message(raised, text):
    """The model can do something about it; the traceback is the operator's."""

    def look() -> None:
        raise raised

    async def look_up() -> None:
        raise raised

    assert [f"error: {text}"] * 2 == [await error(look), await error(look_up)]


async def test_an_exception_tells_nothing_of_the_machine(tmp_path):
    """Folders and tokens are left out, URLs stay, and it is short."""

    def read() -> None:
        (tmp_path / "deep" / "list.csv").read_text()

    def connect() -> None:
        raise OSError(
            "sk-abcdefgh12345 refused at https://example.org/v1/items by task-manager-one\n" + "y" * 900
        )

    text = await error(read)
    assert str(tmp_path) not in text
    assert "list.csv" in text

    text = await error(connect)
    assert text.startswith(
        "error: OSError: *** refused at https://example.org/v1/items by task-manager-one y"
    )
    assert len(text) < 600


async def test_secrets_are_no_ones_result():
    """By value, in results as in errors, where an output is cut, and where JSON writes it in another way."""
    secrets = ("hunter2-hunter2", "is", '"hunter2\\hunter2')

    async def told(given: Any) -> str:
        def peek() -> Any:
            if isinstance(given, Exception):
                raise given
            return given

        return (await execute(made(peek), "peek", "{}", seconds=5, secrets=secrets)).output

    assert "it is ***" == await told("it is hunter2-hunter2")
    assert "error: ValueError: wrong: ***." == await told(ValueError("wrong: hunter2-hunter2"))
    for given in ("x" * (LONGEST - 60) + "hunter2-hunter2" * 9, {"a": 'say "hunter2\\hunter2'}):
        assert "hunter2" not in await told(given)


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-16-be"])
async def test_secrets_are_in_no_file(coding):
    """Neither in its bytes nor in its name, also where that is cut."""

    def export() -> FileResult:
        return FileResult("x-hunter2-hunter2" + "y" * 190, "it is hunter2-hunter2, 안녕".encode(coding))

    result = await execute(made(export), "export", "{}", seconds=5, secrets=("hunter2-hunter2",))
    (file,) = result.files
    assert "it is ***, 안녕" == file.data.decode(coding)
    assert file.name == "x-***" + "y" * 190
    assert "unter2" not in result.output


async def test_failures_are_logged(caplog):
    """With the tool's name, what was raised and where; its message may repeat what a person wrote."""

    def break_down() -> None:
        raise ValueError("gears")

    with caplog.at_level(logging.WARNING):
        await error(break_down)
    (record,) = caplog.records
    assert record.__dict__["tool"] == "break_down"
    assert "ValueError" == record.__dict__["error"]
    assert record.__dict__["at"].startswith("test_output.py:")
    assert "gears" not in record.getMessage()


async def test_a_file_is_given_to_the_people():
    """The model reads its name and size; in a tuple or list, what is no file is the result."""
    result = await call(giving(FileResult("chart.png", b"\x89PNG")))
    assert result.files == (FileResult("chart.png", b"\x89PNG", "image/png"),)
    assert result.output == "[file chart.png, 4 bytes: posted to the chat]"

    result = await call(
        giving(({"rows": 2}, FileResult("a.csv", "x,y\n"), FileResult("b", "é", "text/plain")))
    )
    assert [(file.name, file.type, file.data) for file in result.files] == [
        ("a.csv", "text/csv", b"x,y\n"),
        ("b", "text/plain", "é".encode()),
    ]
    told = ['{"rows":2}', *(f"[file {one} bytes: posted to the chat]" for one in ("a.csv, 4", "b, 2"))]
    assert result.output.split("\n") == told


async def test_what_cannot_be_posted_is_said():
    """None of too many files is; bytes or text is what a file has; a generator may never end."""

    def draw() -> FileResult:
        return FileResult("a.png", Path("a.png"))  # type: ignore[arg-type]

    flood = await call(giving([FileResult(f"{number}.txt", "x") for number in range(11)]))
    assert "at most 10 files" in flood.output
    assert not flood.files
    assert "path.read_bytes()" in await error(draw)
    assert "Return a str, a list" in await error(giving(number for number in itertools.count()))


@pytest.mark.promise("O8")
@pytest.mark.parametrize(
    ("name", "settled"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\report.pdf", "report.pdf"),
        ("a\u202egnp.exe\n", "agnp.exe"),
        ("", "file"),
        ("..", "file"),
        ("날" * 100 + ".png", "날" * 65 + ".png"),
    ],
)
def test_file_names_are_only_names(name, settled):
    """No folders, no signs that turn the reading direction, no more bytes than a platform takes."""
    assert FileResult(name, b"").settled().name == settled
