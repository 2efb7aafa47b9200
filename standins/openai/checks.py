"""Checks of single values, with the messages and codes of the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from standins.openai.refusal import Refusal


def named(value: object) -> str:
    """The JSON name of a value's type, with its article."""
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    return names.get(type(value), "an object")


def unknown(param: str) -> Refusal:
    """A parameter nobody knows."""
    return Refusal(f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def missing(param: str) -> Refusal:
    """A parameter that must be there."""
    return Refusal(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def wrong_type(param: str, wanted: str, value: object) -> Refusal:
    """A value of another type."""
    return Refusal(
        f"Invalid type for '{param}': expected {wanted}, but got {named(value)} instead.",
        param=param,
        code="invalid_type",
    )


def typed(param: str, value: object, wanted: str) -> None:
    """`wanted` is a name as `named` gives it; an integer is a decimal too."""
    if named(value) != wanted and not (wanted == "a decimal" and named(value) == "an integer"):
        raise wrong_type(param, wanted, value)


def one_of(param: str, value: object, allowed: Collection[str]) -> None:
    """A string out of a list."""
    typed(param, value, "a string")
    if value not in allowed:
        raise Refusal(
            f"Invalid value: '{value}'. Supported values are: {_listed(allowed)}.",
            param=param,
            code="invalid_value",
        )


def _listed(words: Collection[str]) -> str:
    *most, last = (f"'{word}'" for word in words)
    comma = "," if len(most) > 1 else ""
    return f"{', '.join(most)}{comma} and {last}" if most else last


def short(param: str, value: object, limit: int) -> None:
    """A string of at most `limit` characters."""
    typed(param, value, "a string")
    if isinstance(value, str) and len(value) > limit:
        raise Refusal(
            f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
            f"but got a string with length {len(value)} instead.",
            param=param,
            code="string_above_max_length",
        )


def within(param: str, value: Any, low: float, high: float | None, kind: str) -> None:
    """A number in a range; `kind` is "an integer" or "a decimal"."""
    typed(param, value, kind)
    noun = kind.split()[1]
    if value < low:
        side, bound, sign = "below minimum", low, ">="
    elif high is not None and value > high:
        side, bound, sign = "above maximum", high, "<="
    else:
        return
    raise Refusal(
        f"Invalid '{param}': {noun} {side} value. Expected a value {sign} {bound}, but got {value} instead.",
        param=param,
        code=f"{noun}_{'below_min' if sign == '>=' else 'above_max'}_value",
    )


def fields(param: str, value: Any, allowed: Collection[str], required: Collection[str] = ()) -> None:
    """An object with no other keys than `allowed` and all of `required`. `param` is "" at the top."""
    if not isinstance(value, Mapping):
        raise wrong_type(param, "an object", value)
    prefix = f"{param}." if param else ""
    for key in value:
        if key not in allowed:
            raise unknown(prefix + key)
    for key in required:
        if value.get(key) is None:
            raise missing(prefix + key)
