"""Strict JSON schemas of functions and of answers.

Rules: https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from standins.openai.refusal import refused

_UNSUPPORTED: Final = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "default"),
    *("patternProperties", "uniqueItems", "unevaluatedProperties", "propertyNames"),
)
_SHAPES: Final = ("type", "anyOf", "$ref", "enum", "const")

Where = tuple[str, ...]


def check_strict(schema: Any, *, name: str, param: str, code: str) -> None:
    """Raises Refusal with the place of the first mistake. `name`: as in "function 'look'"."""
    for where, mistake in _mistakes(schema, ()):
        raise refused("schema", name=name, param=param, code=code, where=where, mistake=mistake)


def _mistakes(schema: Any, where: Where) -> Iterator[tuple[Where, str]]:
    if not isinstance(schema, Mapping):
        yield where, "a schema must be an object"
        return
    if not where and schema.get("type") != "object":
        yield (
            where,
            f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'",
        )
    if not any(word in schema for word in _SHAPES):
        yield where, "schema must have a 'type' key"
    if "$ref" in schema and (others := set(schema) - {"$ref"}) and where:
        yield where, f"$ref cannot have keywords {others}"
    for word in _UNSUPPORTED:
        if word in schema:
            yield where, f"'{word}' is not permitted"
    if schema.get("type") == "object" or "properties" in schema:
        yield from _object_mistakes(schema, where)
    yield from _inner_mistakes(schema, where)


def _object_mistakes(schema: Mapping[str, Any], where: Where) -> Iterator[tuple[Where, str]]:
    if schema.get("additionalProperties") is not False:
        yield where, "'additionalProperties' is required to be supplied and to be false"
    properties, required = schema.get("properties") or {}, schema.get("required") or []
    for key in properties:
        if key not in required:
            yield (
                where,
                "'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{key}'",
            )
    for key in required:
        if key not in properties:
            yield where, f"'required' names '{key}', which is not in properties"


def _inner_mistakes(schema: Mapping[str, Any], where: Where) -> Iterator[tuple[Where, str]]:
    for group in ("properties", "$defs", "definitions"):
        for key, inner in (schema.get(group) or {}).items():
            yield from _mistakes(inner, (*where, group, key))
    if "items" in schema:
        yield from _mistakes(schema["items"], (*where, "items"))
    elif schema.get("type") == "array":
        yield where, "array schema missing items"
    for number, inner in enumerate(schema.get("anyOf") or ()):
        yield from _mistakes(inner, (*where, "anyOf", str(number)))
