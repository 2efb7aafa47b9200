"""core.tools.schema: a Python function as strict JSON schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel, Field

from core.tools import Toolbox
from core.tools.docstring import described
from standins.openai.tools import check_tools


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


def test_plain_types_are_plain():
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


def test_a_function_without_parameters_is_a_tool():
    """Its schema is the empty, closed object."""

    def ping() -> str:
        return "pong"

    assert parameters(ping) == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_a_default_is_null_and_said():
    """Strict mode knows no optional key: null stands for it, and the model is told what null means."""

    def find(text: str, limit: int = 10, exact: bool = False, place: str | None = None) -> None: ...

    properties = parameters(find)["properties"]
    assert properties["limit"] == {"type": ["integer", "null"], "description": "Null means 10."}
    assert properties["exact"] == {"type": ["boolean", "null"], "description": "Null means false."}
    assert properties["place"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_choices_are_enums():
    """Literal and Enum, with their types; null where there is a default."""

    def paint(color: Color, size: Literal["s", 2], finish: Literal["matt", "gloss"] = "matt") -> None: ...

    properties = parameters(paint)["properties"]
    assert properties["color"]["enum"] == ["red", "blue"]
    assert properties["color"]["type"] == "string"
    assert properties["size"] == {"type": ["string", "integer"], "enum": ["s", 2]}
    assert properties["finish"]["type"] == ["string", "null"]
    assert properties["finish"]["enum"] == ["matt", "gloss", None]


def test_an_enum_default_is_said_by_its_value():
    """As the model would write it."""

    def paint(color: Color = Color.BLUE) -> None: ...

    assert parameters(paint)["properties"]["color"]["description"].endswith('Null means "blue".')


def test_nested_types_are_written_out():
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


def test_recursive_types_are_references():
    """The only case in which definitions are left."""

    def plant(tree: Tree) -> None: ...

    schema = parameters(plant)
    assert schema["properties"]["tree"] == {"$ref": "#/$defs/Tree"}
    assert schema["$defs"]["Tree"]["properties"]["children"]["anyOf"][0]["items"] == {"$ref": "#/$defs/Tree"}


def test_lists_sets_and_dates_are_described():
    """What strict mode has no word for is said in the description."""

    def plan(days: list[datetime], tags: set[str], owner: UUID, cost: Decimal) -> None: ...

    properties = parameters(plan)["properties"]
    assert properties["days"] == {"type": "array", "items": {"type": "string", "format": "date-time"}}
    assert properties["tags"]["description"] == "(uniqueItems: True)"
    assert properties["owner"] == {"type": "string", "format": "uuid"}
    assert [branch["type"] for branch in properties["cost"]["anyOf"]] == ["number", "string"]


def test_annotated_describes_and_limits():
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


def test_unions_and_objects_can_be_left_out():
    """Null is one more branch, and the description stands beside them."""

    def look(key: int | str = 1, place: Annotated[Place | None, "where"] = None) -> None: ...

    def go(place: Annotated[Place, "where to"] = Place("Seoul")) -> None: ...  # noqa: B008

    look_at = parameters(look)["properties"]
    assert [branch["type"] for branch in look_at["key"]["anyOf"]] == ["integer", "string", "null"]
    assert look_at["key"]["description"] == "Null means 1."
    assert [branch["type"] for branch in look_at["place"]["anyOf"]] == ["object", "null"]
    place = parameters(go)["properties"]["place"]
    assert [branch["type"] for branch in place["anyOf"]] == ["object", "null"]
    assert place["description"] == "where to"


def test_patterns_without_look_around_are_kept():
    """The service knows no look-around; the model is told of it in words."""

    def look(
        plain: Annotated[str, Field(pattern="^[a-z]+$")],
        around: Annotated[str, "x", Field(json_schema_extra={"pattern": "^(?=a)"})],
    ) -> None: ...

    assert parameters(look)["properties"] == {
        "plain": {"type": "string", "pattern": "^[a-z]+$"},
        "around": {"type": "string", "description": "x (pattern: ^(?=a))"},
    }


def test_discriminated_unions_are_any_of():
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
def test_any_parameter_name_is_fine(name):
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
def test_docstrings_describe_parameters(docstring):
    """The text above them is the description; what the function returns is left out."""
    assert described(f"Send it.\n\nAt once.\n\n{docstring}") == (
        "Send it.\n\nAt once.",
        {"to": "who gets it, by name", "text": "what"},
    )


def test_a_colon_in_the_text_begins_no_section():
    """Only the known headings do."""
    text = "Find things.\n\nUse it for:\n    this: and that"
    assert described(text) == (text, {})
