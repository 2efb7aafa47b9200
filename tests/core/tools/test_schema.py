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
    assert "description" not in schema
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


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object of these properties, all of which it needs."""
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


ROLL = (
    "sides: Annotated[int, Field(ge=2, le=100, description='of the die')], times: Annotated[int, 'how often']"
)
LOOK = (
    "plain: Annotated[str, Field(pattern='^[a-z]+$')], "
    "around: Annotated[str, 'x', Field(json_schema_extra={'pattern': '^(?=a)'})]"
)
SIGNATURES: dict[str, dict[str, Any]] = {
    "title: str, pages: int, price: float, used: bool": {
        "title": {"type": "string"},
        "pages": {"type": "integer"},
        "price": {"type": "number"},
        "used": {"type": "boolean"},
    },
    "": {},
    "limit: int = 10, exact: bool = False, place: str | None = None": {
        "limit": {"type": ["integer", "null"], "description": "Null means 10."},
        "exact": {"type": ["boolean", "null"], "description": "Null means false."},
        "place": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "size: Literal['s', 2], finish: Literal['m', 'g'] = 'm'": {
        "size": {"type": ["string", "integer"], "enum": ["s", 2]},
        "finish": {"type": ["string", "null"], "enum": ["m", "g", None], "description": 'Null means "m".'},
    },
    "color: Color, paint: Color = Color.BLUE": {
        "color": {"type": "string", "enum": ["red", "blue"], "description": Color.__doc__},
        "paint": {
            "type": ["string", "null"],
            "enum": ["red", "blue", None],
            "description": f'{Color.__doc__} Null means "blue".',
        },
    },
    "days: list[datetime], tags: set[str], owner: UUID": {
        "days": {"type": "array", "items": {"type": "string", "format": "date-time"}},
        "tags": {"type": "array", "items": {"type": "string"}, "description": "(uniqueItems: True)"},
        "owner": {"type": "string", "format": "uuid"},
    },
    ROLL: {
        "sides": {"type": "integer", "minimum": 2, "maximum": 100, "description": "of the die"},
        "times": {"type": "integer", "description": "how often"},
    },
    LOOK: {
        "plain": {"type": "string", "pattern": "^[a-z]+$"},
        "around": {"type": "string", "description": "x (pattern: ^(?=a))"},
    },
}
"""In strict mode no key is optional: null stands for a default, and the model is told what it means. What it
has no word for (as look-around, which the service does not know) is said in the description."""


NAMES = {**globals(), "datetime": datetime, "Decimal": Decimal, "UUID": UUID}
"""What the signatures are about."""


def with_parameters(signature: str) -> Any:
    """A function with them, whose docstring does not count where an annotation describes."""
    space: dict[str, Any] = {}
    doc = "Do it.\n\nArgs:\n    sides: not this text"
    exec(f"def f({signature}) -> None: {doc!r}", NAMES, space)
    return space["f"]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_signature_is_a_closed_object(signature):
    """In its order, each parameter with its type, limits and description."""
    assert parameters(with_parameters(signature)) == closed(SIGNATURES[signature])


def test_unions_objects_and_recursive_types():
    """Null is one more branch, the description stands beside; a type that contains itself is a reference."""
    schema = parameters(
        with_parameters(
            "key: int | str = 1, place: Annotated[Place | None, 'where'] = None, cost: Decimal = Decimal(1), "
            "at: Annotated[Place, 'where to'] = Place('Seoul'), tree: Tree = None"
        )
    )
    found = schema["properties"]
    types = {name: [branch.get("type") for branch in one["anyOf"]] for name, one in found.items()}

    assert types["key"] == ["integer", "string", "null"]
    assert types["place"] == types["at"] == ["object", "null"]
    assert types["cost"] == ["number", "string", "null"]
    assert ["Null means 1.", "where to"] == [found[name]["description"] for name in ("key", "at")]
    assert {"$ref": "#/$defs/Tree"} == parameters(with_parameters("tree: Tree"))["properties"]["tree"]
    assert schema["$defs"]["Tree"]["properties"]["children"]["anyOf"][0]["items"] == {"$ref": "#/$defs/Tree"}


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
    """Their text is the description, what is returned is left out; a colon alone begins no section."""
    above = "Send it.\n\nUse it for:\n    this: and that"
    assert described(f"{above}\n\n{docstring}") == (above, {"to": "who gets it, by name", "text": "what"})
    assert described(above) == (above, {})
