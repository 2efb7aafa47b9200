"""A JSON schema as pydantic writes it → the part of JSON schema that strict function calling takes.

Every object is closed and has all its properties required; what may be left out may be null instead. What the
subset lacks and only narrows values is told in the description, for the arguments are validated by
pydantic anyway; what it cannot express at all is refused. Source: OpenAI's guide to structured outputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_KEPT: Final = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minItems", "maxItems"),
)
_TOLD: Final = ("minLength", "maxLength", "uniqueItems", "pattern", "format")
_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
_SCALARS: Final = ("string", "number", "integer", "boolean", "null")
_DEPTH: Final = 10
_NAMES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


class Unsupported(ValueError):
    """Strict mode has no such type. `where` is the way to it by parameter and field, `cure` a sentence."""

    def __init__(self, where: tuple[str, ...], what: str, cure: str) -> None:
        super().__init__(f"{what}. {cure}")
        self.where = where


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object in strict form. References are resolved, except in recursive types.

    Raises Unsupported.
    """
    return _Strict(schema.get("$defs", {})).root(schema)


class _Strict:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._recursive = {name for name in definitions if name in self._reached(name)}

    def root(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        made = self._node({key: value for key, value in schema.items() if key != "$defs"}, ())
        if self._recursive:
            made["$defs"] = {
                name: self._node(self._definitions[name], (name,)) for name in sorted(self._recursive)
            }
        return made

    def _reached(self, name: str) -> set[str]:
        """The definitions that one leads to, directly or not."""
        found: set[str] = set()
        waiting = [self._definitions[name]]
        while waiting:
            for reference in _references(waiting.pop()):
                if reference not in found:
                    found.add(reference)
                    waiting.append(self._definitions[reference])
        return found

    def _node(self, schema: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
        if len(where) > _DEPTH:
            raise Unsupported(where, f"It is nested deeper than {_DEPTH} levels", "Make the types flatter.")
        if "$ref" in schema:
            return self._referred(schema, where)
        made = self._shape(schema, where)
        if description := _description(schema):
            made["description"] = description
        return made

    def _referred(self, schema: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name in self._recursive:
            return {"$ref": schema["$ref"]}
        return self._node({**self._definitions[name], **_without(schema, "$ref")}, where)

    def _shape(self, schema: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
        if branches := schema.get("anyOf") or schema.get("oneOf"):
            return {"anyOf": [self._node(branch, where) for branch in branches]}
        if "const" in schema or "enum" in schema:
            return _choice(schema["enum"] if "enum" in schema else [schema["const"]], where)
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, where)
        if kind == "array":
            return self._array(schema, where)
        if kind in _SCALARS:
            return {"type": kind, **_limits(schema)}
        raise Unsupported(where, "Any value at all is allowed there", "Name a type: str, int, list[str] …")

    def _object(self, schema: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
        if "properties" not in schema and schema.get("additionalProperties") is not False:
            raise Unsupported(
                where,
                "A dict with any keys cannot be described to the model",
                "Use a dataclass with named fields, or a list of dataclasses with a key and a value.",
            )
        properties: Mapping[str, Any] = schema.get("properties", {})
        needed = schema.get("required", ())
        made = {name: self._node(value, (*where, name)) for name, value in properties.items()}
        return {
            "type": "object",
            "properties": {
                name: value if name in needed else nullable(value) for name, value in made.items()
            },
            "required": list(made),
            "additionalProperties": False,
        }

    def _array(self, schema: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
        if "prefixItems" in schema:
            raise Unsupported(
                where,
                "A tuple of different types cannot be described to the model",
                "Use a dataclass with named fields, or list[…].",
            )
        if not schema.get("items"):
            raise Unsupported(where, "A list without a type for its items", "Write list[str] or the like.")
        return {"type": "array", "items": self._node(schema["items"], where), **_limits(schema)}


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    made = dict(schema)
    kind = made.get("type")
    if "anyOf" in made:
        if {"type": "null"} not in made["anyOf"]:
            made["anyOf"] = [*made["anyOf"], {"type": "null"}]
    elif "enum" in made or kind in _SCALARS:
        kinds = kind if isinstance(kind, list) else [kind]
        made["type"] = kind if kinds == ["null"] else [*kinds, *({"null"} - set(kinds))]
        if "enum" in made and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    else:
        description = made.pop("description", "")
        made = {"anyOf": [made, {"type": "null"}]}
        if description:
            made["description"] = description
    return made


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.rsplit("/", 1)[1]
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from _references(part)


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _choice(values: list[Any], where: tuple[str, ...]) -> dict[str, Any]:
    kinds = list(dict.fromkeys(_NAMES.get(type(value), "") for value in values))
    if "" in kinds:
        raise Unsupported(where, "A choice between values that are not JSON", "Use strings or numbers.")
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values}


def _limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: schema[key] for key in _KEPT if key in schema}
    if schema.get("format") in _FORMATS:
        kept["format"] = schema["format"]
    if "pattern" in schema and "(?" not in schema["pattern"]:  # look-around is not taken
        kept["pattern"] = schema["pattern"]
    return kept


def _description(schema: Mapping[str, Any]) -> str:
    """The description, with what only words can say: limits the subset lacks, and the default."""
    told = _limits(schema)
    lost = [f"{key}: {schema[key]}" for key in _TOLD if key in schema and key not in told]
    default = schema.get("default")
    parts = [schema.get("description", "").strip(), f"({', '.join(lost)})" if lost else ""]
    text = " ".join(filter(None, parts))
    if isinstance(default, str | int | float) and default != "":
        text += "." if text and text[-1] not in ".!?)" else ""
        text += f" Null means {json.dumps(default, ensure_ascii=False)}."
    return text.strip()
