"""core.tools.schema: a Python function as strict JSON schema, and what cannot be described."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel, Field

from bots.standins.openai.tools import check_tools
from core.tools import Toolbox, tool
from core.tools.docstring import described


class Color(Enum):
    """What a car may be painted in."""

    RED = "red"
    BLUE = "blue"


@dataclass
class Place:
    """Where."""

    city: str
    zone: str = "UTC"


class Tree(BaseModel):
    """A type that contains itself."""

    name: str
    children: list[Tree] = []


class Order(BaseModel):
    """Something with everything in it."""

    title: str = Field(description="what it is called", max_length=40)
    place: Place
    paint: Color = Color.RED


def parameters(function: Any) -> dict[str, Any]:
    """The schema of a function's parameters, which the service accepts and which is JSON schema."""
    (spec,) = Toolbox.of(function).specs()
    check_tools([spec])
    Draft202012Validator.check_schema(spec["parameters"])
    schema: dict[str, Any] = spec["parameters"]
    assert_strict(schema)
    return schema


def assert_strict(schema: Any) -> None:
    """Every object is closed and needs all it has; nothing stands in it that strict mode refuses."""
    if isinstance(schema, list):
        for part in schema:
            assert_strict(part)
    if not isinstance(schema, dict):
        return
    assert not schema.keys() & {"allOf", "oneOf", "not", "if", "prefixItems", "default", "title", "const"}
    if schema.get("type") == "object":
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
    for key, part in schema.items():
        for inner in part.values() if key in ("properties", "$defs") else [part]:
            assert_strict(inner)


def problem(function: Any) -> str:
    """Why a function is no tool."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        Toolbox.of(function)
    return str(caught.value)


def test_plain_types_are_plain() -> None:
    """str, int, float, bool, in the order of the signature."""

    def book(title: str, pages: int, price: float, used: bool) -> None: ...

    assert parameters(book) == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "pages": {"type": "integer"},
            "price": {"type": "number"},
            "used": {"type": "boolean"},
        },
        "required": ["title", "pages", "price", "used"],
        "additionalProperties": False,
    }


def test_a_function_without_parameters_is_a_tool() -> None:
    """Its schema is the empty, closed object."""

    def ping() -> str:
        return "pong"

    assert parameters(ping) == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_a_default_is_null_and_said() -> None:
    """Strict mode knows no optional key: null stands for it, and the model is told what null means."""

    def find(text: str, limit: int = 10, exact: bool = False, place: str | None = None) -> None: ...

    properties = parameters(find)["properties"]

    assert properties["limit"] == {"type": ["integer", "null"], "description": "Null means 10."}
    assert properties["exact"] == {"type": ["boolean", "null"], "description": "Null means false."}
    assert properties["place"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_choices_are_enums() -> None:
    """Literal and Enum, with their types; null where there is a default."""

    def paint(color: Color, size: Literal["s", 2], finish: Literal["matt", "gloss"] = "matt") -> None: ...

    properties = parameters(paint)["properties"]

    assert properties["color"]["enum"] == ["red", "blue"]
    assert properties["color"]["type"] == "string"
    assert properties["size"] == {"type": ["string", "integer"], "enum": ["s", 2]}
    assert properties["finish"]["type"] == ["string", "null"]
    assert properties["finish"]["enum"] == ["matt", "gloss", None]


def test_an_enum_default_is_said_by_its_value() -> None:
    """As the model would write it."""

    def paint(color: Color = Color.BLUE) -> None: ...

    assert parameters(paint)["properties"]["color"]["description"].endswith('Null means "blue".')


def test_nested_types_are_written_out() -> None:
    """Models and dataclasses are closed objects in place, their own defaults null too."""

    def place_order(order: Order) -> None: ...

    order = parameters(place_order)["properties"]["order"]

    assert order["required"] == ["title", "place", "paint"]
    assert order["properties"]["title"] == {
        "type": "string",
        "description": "what it is called (maxLength: 40)",
    }
    assert order["properties"]["place"]["properties"]["zone"]["type"] == ["string", "null"]
    assert order["properties"]["paint"]["enum"] == ["red", "blue", None]


def test_recursive_types_are_references() -> None:
    """The only case in which definitions are left."""

    def plant(tree: Tree) -> None: ...

    schema = parameters(plant)

    assert schema["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    assert schema["$defs"]["Tree"]["properties"]["children"]["anyOf"][0]["items"] == {"$ref": "#/$defs/Tree"}


def test_lists_sets_and_dates_are_described() -> None:
    """What strict mode has no word for is said in the description."""

    def plan(days: list[datetime], tags: set[str], owner: UUID, cost: Decimal) -> None: ...

    properties = parameters(plan)["properties"]

    assert properties["days"] == {"type": "array", "items": {"type": "string", "format": "date-time"}}
    assert properties["tags"]["description"] == "(uniqueItems: True)"
    assert properties["owner"] == {"type": "string", "format": "uuid"}
    assert [branch["type"] for branch in properties["cost"]["anyOf"]] == ["number", "string"]


def test_annotated_describes_and_limits() -> None:
    """Field(description=…) or a plain text; limits that strict mode knows stay limits."""

    def roll(
        sides: Annotated[int, Field(ge=2, le=100, description="of the die")],
        times: Annotated[int, "how often"],
    ) -> None:
        """Roll a die.

        Args:
            sides: not this text
        """

    assert parameters(roll)["properties"] == {
        "sides": {"type": "integer", "minimum": 2, "maximum": 100, "description": "of the die"},
        "times": {"type": "integer", "description": "how often"},
    }


def test_discriminated_unions_are_any_of() -> None:
    """The keyword oneOf does not exist in strict mode."""

    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]

    def keep(pet: Annotated[Cat | Dog, Field(discriminator="kind")]) -> None: ...

    keep.__annotations__["pet"] = Annotated[Cat | Dog, Field(discriminator="kind")]
    branches = parameters(keep)["properties"]["pet"]["anyOf"]

    assert [branch["properties"]["kind"]["enum"] for branch in branches] == [["cat"], ["dog"]]


@pytest.mark.parametrize("name", ["copy", "schema", "model_config", "_hidden", "self_", "json"])
def test_any_parameter_name_is_fine(name: str) -> None:
    """Also those that a pydantic model could not have as fields."""
    space: dict[str, Any] = {}
    exec(f"def look({name}: str) -> str: return {name}", space)

    found = Toolbox.of(space["look"]).get("look")

    assert found is not None
    assert found.read(f'{{"{name}": "x"}}') == {name: "x"}


@pytest.mark.parametrize(
    "docstring",
    [
        "Args:\n    to (str): who gets it,\n        by name\n    text: what\n\nReturns:\n    nothing",
        ":param str to: who gets it,\n    by name\n:param text: what\n:returns: nothing\n:rtype: None",
        "Parameters:\n  to: who gets it,\n    by name\n  text:\n    what\nRaises:\n  OSError: x",
    ],
    ids=["google", "rest", "narrow"],
)
def test_docstrings_describe_parameters(docstring: str) -> None:
    """The text above them is the description; what the function returns is left out."""
    assert described(f"Send it.\n\nAt once.\n\n{docstring}") == (
        "Send it.\n\nAt once.",
        {"to": "who gets it, by name", "text": "what"},
    )


def test_a_colon_in_the_text_begins_no_section() -> None:
    """Only the known headings do."""
    text = "Find things.\n\nUse it for:\n    this: and that"

    assert described(text) == (text, {})


def test_the_decorator_leaves_the_function_alone() -> None:
    """It is called and tested like any other; its options are the tool's."""

    @tool(name="send-mail", confirm=True, seconds=5)
    def send(to: str) -> str:
        """Send a mail."""
        return f"to {to}"

    (found,) = Toolbox.of(send)

    assert send("you") == "to you"
    assert (found.name, found.confirm, found.seconds, found.description) == (
        "send-mail",
        True,
        5,
        "Send a mail.",
    )


def test_without_options_nothing_is_asked() -> None:
    """And the limit is whatever the bot's is."""

    @tool
    def look() -> None: ...

    (found,) = Toolbox.of(look)

    assert (found.name, found.confirm, found.seconds) == ("look", False, None)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_time_limit_is_above_zero(seconds: float) -> None:
    """Said where it is written."""
    with pytest.raises(ValueError, match="above 0"):
        tool(seconds=seconds)


def test_the_decorator_wants_a_function() -> None:
    """@tool("name") is a slip of the pen."""
    with pytest.raises(TypeError, match="@tool\\(name="):
        tool("name")  # type: ignore[call-overload]


def test_what_cannot_be_described_is_refused_with_a_cure() -> None:
    """Each names the function, the place, and what to write instead."""

    def untyped(x): ...  # type: ignore[no-untyped-def]

    def several(*words: str) -> None: ...

    def keys(table: dict[str, int]) -> None: ...

    def anything(value: Any) -> None: ...

    def items(values: list) -> None: ...  # type: ignore[type-arg]

    def pair(both: tuple[int, str]) -> None: ...

    def path_of(file: subprocess.Popen[bytes]) -> None: ...

    def lost(x: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    def field_default(x: int = Field(3)) -> None: ...

    cures = {
        untyped: ("untyped: parameter “x”", "`x: str`"),
        several: ("several: parameter “words”", "list["),
        keys: ("keys: “table”", "dataclass"),
        anything: ("anything: “value”", "Name a type"),
        items: ("items: “values”", "list[str]"),
        pair: ("pair: “both”", "dataclass"),
        path_of: ("path_of: ", "Use str"),
        lost: ("lost: ", "top of the file"),
        field_default: ("field_default: ", "Annotated["),
    }

    for function, (place, cure) in cures.items():
        text = problem(function)
        assert text.startswith(place), text
        assert cure in text


def test_a_place_inside_a_type_is_named() -> None:
    """By the way to it."""

    class Box(BaseModel):
        inside: dict[str, str]

    def open_it(box: Box) -> None: ...

    open_it.__annotations__["box"] = Box

    assert "“box.inside”" in problem(open_it)


def test_types_nested_too_deep_are_refused() -> None:
    """Strict mode ends at ten levels."""
    inner: Any = str
    for level in range(11):
        inner = type(f"Level{level}", (BaseModel,), {"__annotations__": {"x": inner}})

    def deep(x: int) -> None: ...

    deep.__annotations__["x"] = inner

    assert "flatter" in problem(deep)


@pytest.mark.parametrize("name", ["wetter für morgen", "a" * 65, "sum.up", "날씨"])
def test_names_the_service_refuses_are_refused(name: str) -> None:
    """With the cure: another name."""

    def look() -> None: ...

    assert '@tool(name="…")' in problem(tool(name=name)(look))


def test_a_docstring_the_service_refuses_is_refused() -> None:
    """It would refuse the whole request, of every conversation."""

    def look() -> None: ...

    look.__doc__ = "x" * 1025
    assert "1,024" in problem(look)

    look.__doc__ = "x" * 1024
    assert Toolbox.of(look).names() == ("look",)


def test_the_decorator_is_imported_without_pydantic(tmp_path: Path) -> None:
    """Also an empty folder needs none: start-up pays only for tools that exist."""
    code = (
        "import sys; from pathlib import Path; from core.tools import load, tool; "
        "assert not len(load(Path(sys.argv[1]), seconds=1)); assert 'pydantic' not in sys.modules"
    )
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=root)


def test_specs_are_those_that_are_wanted() -> None:
    """By name, sorted; "*" is all; names nobody has are left out."""

    def b() -> None: ...

    def a() -> None: ...

    box = Toolbox.of(b, a)

    assert [spec["name"] for spec in box.specs()] == ["a", "b"]
    assert [spec["name"] for spec in box.specs({"b", "ghost"})] == ["b"]
    assert box.specs(()) == ()
