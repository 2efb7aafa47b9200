"""core.tools.tool: what the decorator is told, and what is no tool, each with its cure."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from core.tools import Toolbox, tool


def problem(function: Any) -> str:
    """Why a function is no tool."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        Toolbox.of(function)
    return str(caught.value)


def test_the_decorator_leaves_the_function_alone():
    """It is called and tested like any other; its options are the tool's, without them nothing is asked."""

    @tool(name="send-mail", confirm=True, seconds=5)
    def send(to: str) -> str:
        """Send a mail."""
        return f"to {to}"

    @tool
    def look() -> None: ...

    plain, found = Toolbox.of(send, look)
    assert send("you") == "to you"
    assert (found.name, found.confirm, found.seconds) == ("send-mail", True, 5)
    assert found.description == "Send a mail."
    assert (plain.name, plain.confirm, plain.seconds) == ("look", False, None)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_time_limit_is_above_zero(seconds):
    """Said where it is written, as is a slip of the pen: @tool("name")."""
    with pytest.raises(ValueError, match="above 0"):
        tool(seconds=seconds)
    with pytest.raises(TypeError, match="@tool\\(name="):
        tool("name")  # type: ignore[call-overload]


class Corner(Enum):
    """A choice between values that JSON does not have."""

    LEFT = (0, 0)
    RIGHT = (1, 0)


class Box(BaseModel):
    """A type with a place inside that cannot be described."""

    inside: dict[str, str]


@pytest.mark.parametrize(
    ("parameters", "place", "cure"),
    [
        ("x", "f: parameter “x”", "`x: str`"),
        ("*words: str", "f: parameter “words”", "list["),
        ("table: dict[str, int]", "f: “table”", "dataclass"),
        ("value: Any", "f: “value”", "Name a type"),
        ("values: list", "f: “values”", "list[str]"),
        ("both: tuple[int, str]", "f: “both”", "dataclass"),
        ("spot: Corner", "f: “spot”", "Use strings"),
        ("box: Box", "f: “box.inside”", "dataclass"),
        ('text: Annotated[str, Field(pattern="(")]', "f: ", "regex parse error"),
        ("file: subprocess.Popen[bytes]", "f: ", "Use str"),
        ("x: Missing", "f: ", "top of the file"),
        ("x: int = Field(3)", "f: ", "Annotated["),
    ],
)
def test_what_cannot_be_described_is_refused_with_a_cure(parameters, place, cure):
    """Each names the function, the place, by the way to it, and what to write instead."""
    space: dict[str, Any] = {}
    exec(f"def f({parameters}): ...", globals() | {"Annotated": Annotated, "Field": Field}, space)
    text = problem(space["f"])
    assert text.startswith(place), text
    assert cure in text


def test_types_nested_too_deep_are_refused():
    """Strict mode ends at ten levels."""
    inner: Any = str
    for level in range(11):
        inner = type(f"Level{level}", (BaseModel,), {"__annotations__": {"x": inner}})

    def deep(x: int) -> None: ...

    deep.__annotations__["x"] = inner
    assert "flatter" in problem(deep)


@pytest.mark.parametrize("name", ["wetter für morgen", "a" * 65, "sum.up", "날씨"])
def test_names_the_service_refuses_are_refused(name):
    """With the cure: another name."""

    def look() -> None: ...

    assert '@tool(name="…")' in problem(tool(name=name)(look))


def test_a_docstring_the_service_refuses_is_refused():
    """It would refuse the whole request, of every conversation."""

    def look() -> None: ...

    look.__doc__ = "x" * 1025
    assert "1,024" in problem(look)
    look.__doc__ = "x" * 1024
    assert Toolbox.of(look).names() == ("look",)


def test_the_decorator_is_imported_without_pydantic(tmp_path):
    """Also an empty folder needs none: start-up pays only for tools that exist."""
    code = (
        "import sys; from pathlib import Path; from core.tools import load, tool; "
        "assert not len(load(Path(sys.argv[1]), seconds=1)); assert 'pydantic' not in sys.modules"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=root)


def test_specs_are_those_that_are_wanted():
    """By name, sorted; "*" is all; names nobody has are left out."""

    def b() -> None: ...
    def a() -> None: ...

    box = Toolbox.of(b, a)
    assert [spec["name"] for spec in box.specs()] == ["a", "b"]
    assert [spec["name"] for spec in box.specs({"b", "ghost"})] == ["b"]
    assert box.specs(()) == ()
