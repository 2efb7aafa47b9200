"""The model's JSON → the keyword arguments of a call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from pydantic import TypeAdapter, ValidationError

from core.tools.function import BadArguments

LONGEST_ARGUMENTS: Final = 100_000
"""Characters of one call's arguments."""
_TOLD: Final = 5


class Arguments:
    """Reads the arguments of one function; `schema` is pydantic's own, before it is made strict."""

    def __init__(self, adapter: TypeAdapter[dict[str, Any]], schema: Mapping[str, Any]) -> None:
        self._adapter = adapter
        self._schema = schema

    def __call__(self, text: str) -> Mapping[str, Any]:
        """The keyword arguments. Null where something has a default is the default. Raises BadArguments."""
        given = self._without_defaults(_parsed(text), self._schema)
        try:
            return self._adapter.validate_json(json.dumps(given))
        except ValidationError as error:
            raise BadArguments(_told(error)) from None

    def _without_defaults(self, value: Any, schema: Mapping[str, Any]) -> Any:
        """The value without the nulls that strict mode makes the model write for "not given"."""
        if "$ref" in schema:
            return self._without_defaults(value, self._schema["$defs"][schema["$ref"].rsplit("/", 1)[1]])
        for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            value = self._without_defaults(value, branch)
        if isinstance(value, list) and isinstance(items := schema.get("items"), Mapping):
            return [self._without_defaults(item, items) for item in value]
        properties: Mapping[str, Any] = schema.get("properties", {})
        if not isinstance(value, dict) or not value.keys() <= properties.keys():
            return value
        needed = schema.get("required", ())
        return {
            name: self._without_defaults(part, properties[name])
            for name, part in value.items()
            if part is not None or name in needed
        }


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > LONGEST_ARGUMENTS:
        raise BadArguments(
            f"the arguments have {len(text):,} characters, at most {LONGEST_ARGUMENTS:,} are taken"
        )
    try:
        value = json.loads(text or "{}", parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise BadArguments(f"the arguments are not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadArguments("the arguments must be one JSON object")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _told(error: ValidationError) -> str:
    """The first mistakes, each with its place; never the values, which the model knows."""
    mistakes = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(map(str, mistake['loc'])) or 'arguments'}: {mistake['msg']}" for mistake in mistakes]
    more = [f"and {len(lines) - _TOLD} more"] if len(lines) > _TOLD else []
    return "the arguments do not fit: " + "; ".join(lines[:_TOLD] + more)
