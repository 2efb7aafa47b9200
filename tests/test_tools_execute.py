"""core.tools.execute: whatever a tool does, the model gets a text and the bot lives on."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator

from core.tools import FileResult, Result, Tool, Toolbox, execute, objection, tool
from core.tools.function import AT_ONCE

LIMIT = 20_000


def made(function: Callable[..., Any]) -> Tool:
    """The tool that a function is."""
    (found,) = Toolbox.of(function)
    return found


async def call(function: Callable[..., Any], arguments: str = "{}", seconds: float = 5) -> Result:
    """The result of one call."""
    one = made(function)
    return await execute(one, one.name, arguments, seconds=seconds)


async def error(function: Callable[..., Any], arguments: str = "{}", seconds: float = 5) -> str:
    """What the model reads of a call that went wrong."""
    result = await call(function, arguments, seconds)
    assert not result.ok
    assert result.output.startswith("error: ")
    return result.output


def greet(name: str, times: int = 1) -> str:
    """Greet somebody."""
    return f"Hello {name}!" * times


async def test_a_call_gives_what_the_function_returned() -> None:
    """Text as it is."""
    assert await call(greet, '{"name": "Ann", "times": 2}') == Result("Hello Ann!Hello Ann!", ok=True)


async def test_asynchronous_functions_are_awaited() -> None:
    """In the event loop."""

    async def where() -> bool:
        await asyncio.sleep(0)
        return threading.current_thread() is threading.main_thread()

    assert (await call(where)).output == "true"


async def test_a_function_that_gives_an_awaitable_is_awaited() -> None:
    """As a decorator around an asynchronous function may do."""

    async def inner() -> str:
        return "awaited"

    def outer() -> Any:
        return inner()

    assert (await call(outer)).output == "awaited"


async def test_null_is_the_default() -> None:
    """So strict mode says "not given"; servers without it leave the key out."""
    assert (await call(greet, '{"name": "Ann", "times": null}')).output == "Hello Ann!"
    assert (await call(greet, '{"name": "Ann"}')).output == "Hello Ann!"


async def test_null_is_the_default_inside_of_types() -> None:
    """In models, dataclasses, lists and unions; a null without a default stays a null."""

    @dataclass
    class Leaf:
        size: int | None
        color: str = "green"

    class Branch(BaseModel):
        leaves: list[Leaf]
        count: int = 7
        other: Leaf | None = None

    def grow(branch: Branch) -> str:
        return repr(branch.model_dump())

    grow.__annotations__["branch"] = Branch
    given = {"leaves": [{"size": None, "color": None}], "count": None, "other": {"size": 1, "color": None}}

    assert (await call(grow, json.dumps({"branch": given}))).output == (
        "{'leaves': [{'size': None, 'color': 'green'}], 'count': 7, 'other': {'size': 1, 'color': 'green'}}"
    )


async def test_a_function_without_parameters_takes_no_text_at_all() -> None:
    """Some servers send an empty string for no arguments."""
    assert (await call(lambda_free, "")).ok


def lambda_free() -> str:
    """Nothing to be given."""
    return "fine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("{name: Ann}", "not valid JSON"),
        ('{"name": "Ann"', "not valid JSON"),
        ('["Ann"]', "one JSON object"),
        ("null", "one JSON object"),
        ("{}", "name: Field required"),
        ('{"name": 5}', "name: Input should be a valid string"),
        ('{"name": "Ann", "times": "often"}', "times: Input should be a valid integer"),
        ('{"name": "Ann", "colour": 1}', "colour: Extra inputs are not permitted"),
        ('{"name": "Ann", "times": NaN}', "NaN"),
        ('{"name": "Ann", "times": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"name": ' + "[" * 90_000 + "}", "not valid JSON"),
        ('{"name": "' + "a" * 100_000 + '"}', "at most 100,000"),
        ('{"name": "\\ud800"}', "Invalid JSON"),
    ],
)
async def test_arguments_that_do_not_fit_are_said(arguments: str, words: str) -> None:
    """Which and why; the function is not called."""

    def touched(name: str, times: int = 1) -> None:
        raise AssertionError

    text = await error(touched, arguments)

    assert words in text
    assert "Assertion" not in text


async def test_many_mistakes_are_counted() -> None:
    """The first five are told."""

    def wide(values: list[int]) -> None: ...

    text = await error(wide, json.dumps({"values": ["x"] * 9}))

    assert text.count("values.") == 5
    assert text.endswith("and 4 more.")


async def test_validators_of_the_operator_are_heard() -> None:
    """Their words reach the model; if they break, that is an error of the tool."""

    class Even(BaseModel):
        number: int = Field(gt=0)

        @field_validator("number")
        @classmethod
        def even(cls, number: int) -> int:
            if number == 13:
                raise RuntimeError("bad luck")
            if number % 2:
                raise ValueError("give an even number")
            return number

    def halve(wanted: Even) -> float:
        return wanted.number / 2

    halve.__annotations__["wanted"] = Even

    assert "give an even number" in await error(halve, '{"wanted": {"number": 3}}')
    assert await error(halve, '{"wanted": {"number": 13}}') == "error: RuntimeError: bad luck."


def test_an_objection_is_what_the_call_would_say() -> None:
    """Without a call; nobody is asked about arguments that do not fit."""
    one = made(greet)

    assert objection(one, '{"name": "Ann"}') is None
    refused = objection(one, "{}")
    assert refused is not None
    assert refused.output.startswith("error: the arguments do not fit: name")


async def test_an_unknown_tool_is_said() -> None:
    """By the name the model used."""
    assert await execute(None, "fly", "{}", seconds=1) == Result("error: there is no tool “fly”.", ok=False)


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
async def test_values_are_json(value: Any, text: str) -> None:
    """Text excepted, which is itself."""

    def give() -> Any:
        return value

    assert await call(give) == Result(text, ok=True)


async def test_models_and_dataclasses_are_json() -> None:
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
async def test_what_is_no_json_is_said(value: Any) -> None:
    """That the tool has run too, lest it be called again for its effect."""

    def give() -> Any:
        return value

    text = await error(give)

    assert "has run, but its result cannot be shown" in text
    assert "0x" not in text


async def test_long_results_are_cut_and_say_so() -> None:
    """Never more than the limit, the last line included."""

    def long(size: int) -> str:
        return "x" * size

    exact = await call(long, f'{{"size": {LIMIT}}}')
    over = await call(long, f'{{"size": {LIMIT + 1}}}')

    assert exact.output == "x" * LIMIT
    assert len(over.output) == LIMIT
    assert over.output.endswith("x\n[cut: this is the beginning of 20,001 characters]")


async def test_halves_of_characters_are_replaced() -> None:
    """No database and no server takes them."""

    def half() -> str:
        return "a\ud800b"

    assert (await call(half)).output == "a?b"


async def test_an_exception_is_its_type_and_message() -> None:
    """The model can do something about it; the traceback is the operator's."""

    def look() -> None:
        raise KeyError("no such city")

    assert await error(look) == "error: KeyError: 'no such city'."


async def test_an_exception_without_words() -> None:
    """Its type says something too."""

    async def look() -> None:
        raise NotImplementedError

    assert await error(look) == "error: NotImplementedError."


async def test_an_exception_tells_nothing_of_the_machine(tmp_path: Path) -> None:
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


async def test_secrets_are_no_ones_result() -> None:
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


async def test_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With the traceback and the tool's name."""

    def break_down() -> None:
        raise ValueError("gears")

    with caplog.at_level(logging.WARNING):
        await error(break_down)

    (record,) = caplog.records
    assert record.__dict__["tool"] == "break_down"
    assert record.exc_info is not None
    assert record.exc_info[0] is ValueError


def stop_all() -> None:
    """A tool that would end the program."""
    sys.exit(3)


async def stop_all_soon() -> None:
    """The same in the event loop."""
    raise KeyboardInterrupt


def stop_iteration() -> None:
    """An exception that asyncio refuses to carry."""
    raise StopIteration


@pytest.mark.parametrize("function", [stop_all, stop_all_soon, stop_iteration])
async def test_nothing_ends_the_bot(function: Callable[..., Any]) -> None:
    """Not even the exceptions that are meant to."""
    assert (await error(function)).startswith(
        ("error: SystemExit", "error: KeyboardInterrupt", "error: RuntimeError: coroutine raised StopIter")
    )


async def test_a_tool_that_cancels_itself_is_an_error() -> None:
    """Nobody else is cancelled by it."""

    async def give_up() -> None:
        raise asyncio.CancelledError

    async def cancel() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(60)

    assert await error(give_up) == "error: the tool was cancelled."
    assert await error(cancel) == "error: the tool was cancelled."


async def test_a_slow_tool_is_given_up() -> None:
    """Asynchronous ones are cancelled and can tidy up."""
    tidied = asyncio.Event()

    async def sleep() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            tidied.set()

    text = await error(sleep, seconds=0.01)

    assert "no result within 0.01 seconds" in text
    assert "may still take effect" in text
    assert tidied.is_set()


async def test_a_slow_thread_is_left_alone() -> None:
    """The answer does not wait for it."""
    release = threading.Event()

    def wait() -> None:
        release.wait(60)

    try:
        assert "no result within" in await error(wait, seconds=0.01)
    finally:
        release.set()


async def test_a_tool_that_does_not_let_itself_be_cancelled_is_left_alone() -> None:
    """It has a second, then the answer goes on."""
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    started = time.monotonic()
    assert "no result within" in await error(stubborn, seconds=0.01)
    assert time.monotonic() - started < 4
    release.set()
    await asyncio.sleep(0)


async def test_a_limit_of_its_own_goes_before_the_callers() -> None:
    """In both directions."""

    @tool(seconds=0.01)
    async def brief() -> None:
        await asyncio.sleep(60)

    @tool(seconds=60)
    async def patient() -> str:
        await asyncio.sleep(0.02)
        return "there"

    assert "within 0.01 seconds" in await error(brief)
    assert (await call(patient, seconds=0.001)).output == "there"


async def test_slow_tools_do_not_block_others() -> None:
    """Many of them at once leave threads for everybody."""
    release, running = threading.Event(), threading.Semaphore(0)

    def slow() -> str:
        running.release()
        release.wait(30)
        return "slow"

    one = made(slow)
    waiting = [asyncio.create_task(execute(one, "slow", "{}", seconds=30)) for _ in range(40)]
    for _ in waiting:
        await asyncio.to_thread(running.acquire)

    assert (await call(greet, '{"name": "Ann"}')).output == "Hello Ann!"
    release.set()
    assert {result.output for result in await asyncio.gather(*waiting)} == {"slow"}


async def test_a_tool_that_hangs_takes_no_more_threads_than_its_own() -> None:
    """After that it is refused; once they end it works again."""
    release = threading.Event()

    def hang() -> str:
        release.wait(30)
        return "free"

    one = made(hang)
    lost = [execute(one, "hang", "{}", seconds=0.01) for _ in range(AT_ONCE)]
    assert not any(result.ok for result in await asyncio.gather(*lost))
    assert "still running" in (await execute(one, "hang", "{}", seconds=1)).output

    release.set()
    for _ in range(AT_ONCE):
        await asyncio.to_thread(one.slots.acquire)
    for _ in range(AT_ONCE):
        one.slots.release()
    assert (await execute(one, "hang", "{}", seconds=5)).output == "free"


async def test_cancelling_a_call_cancels_the_tool() -> None:
    """And is seen by whoever called."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    task = asyncio.create_task(call(work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_cancelling_a_call_does_not_wait_for_its_thread() -> None:
    """Python cannot end a thread."""
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(30)

    task = asyncio.create_task(call(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()


async def test_threads_see_the_context_of_the_caller() -> None:
    """Context variables are as they were at the call."""
    place: contextvars.ContextVar[str] = contextvars.ContextVar("place")
    place.set("here")

    def look() -> str:
        return place.get()

    assert (await call(look)).output == "here"


async def test_a_file_is_given_to_the_people() -> None:
    """The model reads its name and size."""

    def draw() -> FileResult:
        return FileResult("chart.png", b"\x89PNG")

    result = await call(draw)

    assert result.files == (FileResult("chart.png", b"\x89PNG", "image/png"),)
    assert result.output == "[file chart.png, 4 bytes: posted to the chat]"


async def test_files_come_with_text() -> None:
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
def test_file_names_are_only_names(name: str, settled: str) -> None:
    """No folders, no signs that turn the reading direction, no more bytes than a platform takes."""
    assert FileResult(name, b"").settled().name == settled


async def test_too_many_files_are_said() -> None:
    """None of them is posted then."""

    def flood() -> Any:
        return [FileResult(f"{number}.txt", "x") for number in range(11)]

    result = await call(flood)

    assert "at most 10 files" in result.output
    assert not result.files


async def test_a_file_has_bytes_or_text() -> None:
    """The mistake is named where it is made."""

    def draw() -> FileResult:
        return FileResult("a.png", Path("a.png"))  # type: ignore[arg-type]

    assert "path.read_bytes()" in await error(draw)


async def test_a_generator_is_no_result() -> None:
    """It may never end."""

    def count() -> Iterator[int]:
        while True:
            yield 1

    assert "Return a str, a list" in await error(count)
