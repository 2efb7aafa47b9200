"""Shapes of what clients send: each is checked by its model; what is said of a value that does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bots.web.bodies.shared import Body, ListQuery, Query
from core.api.page import Page
from core.api.refusal import Refusal


def page_of(query: Mapping[str, Any]) -> Page:
    """The page that a `ListQuery`, or one with more fields, asks for."""
    return Page(**{name: query[name] for name in ListQuery.model_fields})


def checked(model: type[Body] | type[Query], value: Mapping[str, Any]) -> dict[str, Any]:
    """The value, when it fits. Raises Refusal with the first thing that does not."""
    try:
        return model.model_validate(value).given()
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False), value) from None
    except RecursionError:
        raise Refusal("The request is nested too deeply. Nest it less.", code="invalid_json") from None


LONGEST_NAME: Final = 100
"""Characters of a name that are repeated."""
_KINDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    str: "a string",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}
_EXPECTED: Final = {
    "string": "a string",
    "int": "an integer",
    "float": "a decimal",
    "bool": "a boolean",
    "list": "an array",
    "dict": "an object",
    "model": "an object",
}
_ENDS: Final = {
    "less_than_equal": ("above maximum value", "<=", "le", "above_max_value"),
    "less_than": ("above maximum value", "<", "lt", "above_max_value"),
    "greater_than_equal": ("below minimum value", ">=", "ge", "below_min_value"),
    "greater_than": ("below minimum value", ">", "gt", "below_min_value"),
}


def _refusal(errors: Sequence[ErrorDetails], value: Mapping[str, Any]) -> Refusal:
    """Of several mistakes the first one; an unknown name before what may follow from it."""
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    kind, context = first["type"], first.get("ctx", {})
    param = _path(first["loc"], value, absent=kind in ("missing", "extra_forbidden"))
    if kind.startswith("union_tag"):
        param = f"{param}.type".removeprefix(".")
    message, code = _said(kind, param, first["input"], context) or (
        first["msg"].removeprefix("Value error, "),
        "invalid_value",
    )
    return Refusal(message, param=param or None, code=code)


def _said(kind: str, param: str, given: Any, context: Mapping[str, Any]) -> tuple[str, str] | None:
    """The sentence and the code of a mistake; None of a rule of ours, which says it itself."""
    if kind == "extra_forbidden":
        return f"Unknown parameter: '{param}'.", "unknown_parameter"
    if kind == "missing":
        return f"Missing required parameter: '{param}'.", "missing_required_parameter"
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        shown = given if kind != "union_tag_invalid" else context["tag"]
        supported = context.get("expected") or context.get("expected_tags")
        supported = str(supported).replace(" or ", ", ")
        return f"Invalid value: {_shown(shown)}. Supported values are: {supported}.", "invalid_value"
    if kind == "union_tag_not_found":
        return f"Missing required parameter: '{param}'.", "missing_required_parameter"
    if kind in _ENDS:
        end, sign, name, code = _ENDS[kind]
        what = "integer" if isinstance(given, int) or isinstance(context[name], int) else "decimal"
        told = f"Expected a value {sign} {context[name]}, but got {_shown(given)} instead."
        return f"Invalid '{param}': {what} {end}. {told}", f"{what}_{code}"
    return _said_of_length(kind, param, given, context) or _said_of_type(kind, param, given)


def _said_of_length(kind: str, param: str, given: Any, context: Mapping[str, Any]) -> tuple[str, str] | None:
    if kind == "string_too_long":
        limit, has = context["max_length"], len(given)
        told = f"Expected a string with maximum length {limit}, but got a string with length {has} instead."
        return f"Invalid '{param}': string too long. {told}", "string_above_max_length"
    if kind == "string_too_short":
        told = f"Expected a string with minimum length {context['min_length']}, but got a shorter one."
        return f"Invalid '{param}': string too short. {told}", "string_below_min_length"
    if kind == "too_long" and isinstance(given, Mapping):
        limit, has = context["max_length"], len(given)
        told = (
            f"Expected an object with at most {limit} properties, but got an object with {has} properties "
            "instead."
        )
        return f"Invalid '{param}': object with too many properties. {told}", "object_above_max_properties"
    if kind == "too_long":
        limit, has = context["max_length"], len(given)
        told = f"Expected an array with maximum length {limit}, but got an array with length {has} instead."
        return f"Invalid '{param}': array too long. {told}", "array_above_max_length"
    if kind == "too_short":
        told = f"Expected an array with minimum length {context['min_length']}, but got a shorter one."
        return f"Invalid '{param}': array too short. {told}", "array_below_min_length"
    if kind == "string_pattern_mismatch":
        told = f"Expected a string that matches the pattern '{context['pattern']}'."
        return f"Invalid '{param}': string does not match pattern. {told}", "invalid_value"
    return None


def _said_of_type(kind: str, param: str, given: Any) -> tuple[str, str] | None:
    if not kind.endswith(("_type", "_parsing", "_from_float")):
        return None
    expected = next((told for begin, told in _EXPECTED.items() if kind.startswith(begin)), "another type")
    got = _KINDS.get(type(given), "something else")
    if kind.endswith("_parsing"):  # of a query, where everything is a text
        got = _shown(given)
    told = f"expected {expected}, but got {got} instead."
    return f"Invalid type for '{param}': {told}", "invalid_type"


def _shown(given: Any) -> str:
    """A value of the client, as much of it as helps."""
    return f"'{given:.100}'" if isinstance(given, str) else f"{given!r:.100}"


def _path(location: Sequence[int | str], value: Any, *, absent: bool) -> str:
    """Where that is in what the client sent: `messages[0].content`. Names of union branches are no places.

    `absent`: the last part is not there, or should not be.
    """
    path = ""
    for number, part in enumerate(location):
        last = absent and number == len(location) - 1
        if isinstance(part, int):
            path += f"[{part}]"
            value = value[part] if isinstance(value, list) and part < len(value) else None
        elif part == "[key]":
            continue
        elif isinstance(value, Mapping) and part in value:
            path += f".{part:.{LONGEST_NAME}}"
            value = value[part]
        elif last and isinstance(value, Mapping):
            path += f".{part:.{LONGEST_NAME}}"
    return path.removeprefix(".")
