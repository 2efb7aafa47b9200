"""core.tools.arguments: the model's JSON is checked, and what does not fit is said to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel, Field, field_validator

from core.tools import objection
from core.tools.function import BadArguments
from tests.core.tools.calls import call, error, greet, made


async def test_null_is_the_default():
    """So strict mode says "not given"; servers without it leave the key out, some send an empty string."""

    def free() -> str:
        return "fine"

    for arguments in ('{"name": "Ann", "times": null}', '{"name": "Ann"}'):
        assert (await call(greet, arguments)).output == "Hello Ann!"
    assert (await call(free, "")).ok


async def test_null_is_the_default_inside_of_types():
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


@pytest.mark.promise("T2")
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
async def test_arguments_that_do_not_fit_are_said(arguments, words):
    """Which and why; the function is not called."""

    def touched(name: str, times: int = 1) -> None:
        raise AssertionError

    text = await error(touched, arguments)
    assert words in text
    assert "Assertion" not in text


async def test_many_mistakes_are_counted():
    """The first five are told."""

    def wide(values: list[int]) -> None: ...

    text = await error(wide, json.dumps({"values": ["x"] * 9}))
    assert text.count("values.") == 5
    assert text.endswith("and 4 more.")


async def test_validators_of_the_operator_are_heard():
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


def test_an_objection_is_what_the_call_would_say():
    """Without a call; nobody is asked about arguments that do not fit."""
    one = made(greet)
    assert objection(one, '{"name": "Ann"}') is None
    refused = objection(one, "{}")
    assert refused is not None
    assert refused.output.startswith("error: the arguments do not fit: name")


class Node(BaseModel):
    """A type with everything that null is written for."""

    name: str
    size: int | None
    color: str = "red"
    rest: list[Node] = []
    next: Node | None = None


def plant(root: Node, others: list[Node] | None = None, depth: float = 1.5) -> str:
    """Something with such a type."""
    return root.name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "size", "color", "rest", "next", "x"]), inner, max_size=5)
    ),
    max_leaves=12,
)
PLANT = made(plant)


@given(st.text() | st.dictionaries(st.sampled_from(["root", "others", "depth"]), JSON).map(json.dumps))
def test_any_text_is_read_or_refused(text):
    """Nothing else is ever raised, and what is read fits the function."""
    try:
        given = PLANT.read(text)
    except BadArguments:
        return
    assert isinstance(given["root"], Node)
    assert given.keys() <= {"root", "others", "depth"}


def nodes() -> st.SearchStrategy[dict[str, Any]]:
    """What strict mode makes a model write for a Node: all keys, null for those left out."""
    leaf = {"name": st.text(), "size": st.none() | st.integers(), "color": st.none() | st.text()}
    return st.recursive(
        st.fixed_dictionaries({**leaf, "rest": st.none(), "next": st.none()}),
        lambda inner: st.fixed_dictionaries(
            {**leaf, "rest": st.none() | st.lists(inner, max_size=2), "next": st.none() | inner}
        ),
        max_leaves=5,
    )


@given(nodes(), st.none() | st.lists(nodes(), max_size=2))
def test_what_strict_mode_allows_is_read(root, others):
    """Every answer that keeps to the schema is taken, with the defaults in place of the nulls."""
    arguments = {"root": root, "others": others, "depth": None}
    Draft202012Validator(PLANT.parameters).validate(arguments)
    given = PLANT.read(json.dumps(arguments))
    assert given["root"].color == (root["color"] if root["color"] is not None else "red")
    assert given["root"].size == root["size"]
    assert "depth" not in given
    assert ("others" in given) == (others is not None)
