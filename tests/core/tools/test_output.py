"""core.tools.output: what a tool returned or raised, as the model reads it and the people see it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("안녕", "안녕"),
        (None, "null"),
        (1.5, "1.5"),
        ([1, "a"], '[1,"a"]'),
        ({"day": date(2026, 11, 22)}, '{"day":"2026-11-22"}'),
        ("", ""),
    ],
)
async def test_values_are_json(value, text):
    """Text excepted, which is itself."""

    def give() -> Any:
        return value

    assert await call(give) == Result(text, ok=True)


async def test_models_and_dataclasses_are_json():
    """Also inside of lists."""

    @dataclass
    class Point:
        x: int
        tags: list[str] = field(default_factory=list)

    class Line(BaseModel):
        ends: list[Any]

    def draw() -> Any:
        return [Line(ends=[Point(1)]), Point(2, ["b"])]

    assert (await call(draw)).output == '[{"ends":[{"x":1,"tags":[]}]},{"x":2,"tags":["b"]}]'


@pytest.mark.parametrize("value", [b"raw", object(), iter([1]), lambda: 1])
async def test_what_is_no_json_is_said(value):
    """That the tool has run too, lest it be called again for its effect."""

    def give() -> Any:
        return value

    text = await error(give)
    assert "has run, but its result cannot be shown" in text
    assert "0x" not in text


async def test_long_results_are_cut_and_say_so():
    """Never more than the limit, the last line included."""

    def long(size: int) -> str:
        return "x" * size

    exact = await call(long, f'{{"size": {LIMIT}}}')
    over = await call(long, f'{{"size": {LIMIT + 1}}}')
    assert exact.output == "x" * LIMIT
    assert len(over.output) == LIMIT
    assert over.output.endswith("x\n[cut: this is the beginning of 20,001 characters]")


async def test_halves_of_characters_are_replaced():
    """No database and no server takes them."""

    def half() -> str:
        return "a\ud800b"

    assert (await call(half)).output == "a?b"


async def test_an_exception_is_its_type_and_message():
    """The model can do something about it; the traceback is the operator's."""

    def look() -> None:
        raise KeyError("no such city")

    assert await error(look) == "error: KeyError: 'no such city'."


async def test_an_exception_without_words():
    """Its type says something too."""

    async def look() -> None:
        raise NotImplementedError

    assert await error(look) == "error: NotImplementedError."


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
    """By value, in results as in errors."""

    def peek(fail: bool) -> str:
        if fail:
            raise ValueError("wrong: hunter2-hunter2")
        return "it is hunter2-hunter2"

    one = made(peek)
    outputs = [
        (await execute(one, "peek", arguments, seconds=5, secrets=("hunter2-hunter2", "is"))).output
        for arguments in ('{"fail": false}', '{"fail": true}')
    ]

    assert outputs == ["it is ***", "error: ValueError: wrong: ***."]


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


@pytest.mark.parametrize(
    "given", ["x" * (LONGEST - 60) + "hunter2-hunter2" * 9, {"a": 'say "hunter2\\hunter2'}]
)
async def test_no_part_of_a_secret_is_left(given):
    """Where an output is cut, and where JSON writes it in another way."""

    async def tell() -> Any:
        return given

    secrets = ("hunter2-hunter2", '"hunter2\\hunter2')
    result = await execute(made(tell), "tell", "{}", seconds=5, secrets=secrets)
    assert "hunter2" not in result.output


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
    """The model reads its name and size."""

    def draw() -> FileResult:
        return FileResult("chart.png", b"\x89PNG")

    result = await call(draw)
    assert result.files == (FileResult("chart.png", b"\x89PNG", "image/png"),)
    assert result.output == "[file chart.png, 4 bytes: posted to the chat]"


async def test_files_come_with_text():
    """In a tuple or list; what is no file is the result."""

    def report() -> Any:
        return {"rows": 2}, FileResult("a.csv", "x,y\n"), FileResult("b", "é", "text/plain")

    result = await call(report)

    assert [(file.name, file.type, file.data) for file in result.files] == [
        ("a.csv", "text/csv", b"x,y\n"),
        ("b", "text/plain", "é".encode()),
    ]
    assert result.output.split("\n") == [
        '{"rows":2}',
        "[file a.csv, 4 bytes: posted to the chat]",
        "[file b, 2 bytes: posted to the chat]",
    ]


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


async def test_too_many_files_are_said():
    """None of them is posted then."""

    def flood() -> Any:
        return [FileResult(f"{number}.txt", "x") for number in range(11)]

    result = await call(flood)
    assert "at most 10 files" in result.output
    assert not result.files


async def test_a_file_has_bytes_or_text():
    """The mistake is named where it is made."""

    def draw() -> FileResult:
        return FileResult("a.png", Path("a.png"))  # type: ignore[arg-type]

    assert "path.read_bytes()" in await error(draw)


async def test_a_generator_is_no_result():
    """It may never end."""

    def count() -> Iterator[int]:
        while True:
            yield 1

    assert "Return a str, a list" in await error(count)
