"""The tools a request may offer, which of them it may ask for, and strict JSON schemas.

Rules: https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import standins.openai.rules as rule
from standins.openai.refusal import refuse, refused

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


Tool = Mapping[str, Any]

MEMORY: Final = rule.word("1g", "4g", "16g", "64g")


def _strict(param: str, tool: Tool) -> None:
    if tool.get("strict") and tool.get("parameters") is not None:
        where = {"name": f"function '{tool['name']}'", "param": f"{param}.parameters"}
        check_strict(tool["parameters"], **where, code="invalid_function_parameters")


def _retired(param: str, model: Any) -> None:
    refuse(model in ("gpt-image-1", "dall-e-2", "dall-e-3"), "retired model", param=param, model=model)


def _url(param: str, tool: Tool) -> None:
    if tool.get("server_url") and not re.match(r"https?://[^/\s]+", str(tool["server_url"])):
        raise refused("server_url", param=param)


_CONTAINER: Final = rule.record(
    "network_policy",
    "type",
    type=rule.word("auto"),
    file_ids=rule.array(rule.begins("file-")),
    memory_limit=MEMORY,
)
TOOLS: Final[Mapping[str, rule.Rule]] = {
    "function": rule.record(
        "type description strict async defer_loading output_schema allowed_callers",
        "name",
        _strict,
        name=rule.pattern("[a-zA-Z0-9_-]+", most=64),
        parameters=rule.OBJECT,
    ),
    "file_search": rule.record(
        "type filters ranking_options",
        "vector_store_ids",
        vector_store_ids=rule.array(rule.begins("vs_"), least=1),
        max_num_results=rule.number(1, 50),
    ),
    "code_interpreter": rule.record(
        "type allowed_callers", "container", container=rule.either(rule.begins("cntr_"), _CONTAINER)
    ),
    "web_search": rule.record(
        "type external_web_access user_location",
        filters=rule.record("allowed_domains"),
        search_context_size=rule.word("low", "medium", "high"),
    ),
    "image_generation": rule.record(
        "type complexity frame_count frame_duration_ms input_fidelity input_image_mask output_compression "
        "size svg",
        action=rule.word("generate", "edit", "auto"),
        background=rule.word("transparent", "opaque", "auto"),
        model=_retired,
        moderation=rule.word("auto", "low"),
        output_format=rule.word("png", "webp", "jpeg", "gif", "svg"),
        partial_images=rule.number(0, 3),
        quality=rule.word("low", "medium", "high", "xhigh", "max", "auto"),
    ),
    "mcp": rule.record(
        "type server_url server_description tunnel_id connector_id allowed_callers allowed_tools "
        "authorization defer_loading headers",
        "server_label",
        rule.one_way("server_url", "connector_id", "tunnel_id"),
        _url,
        server_label=rule.pattern("[a-zA-Z][a-zA-Z0-9_-]*"),
        require_approval=rule.either(rule.word("always", "never"), rule.record("always never")),
    ),
    **rule.each(
        rule.anything,
        "computer computer_use_preview web_search_2025_08_26 web_search_preview local_shell shell custom "
        "web_search_preview_2025_03_11 namespace tool_search apply_patch programmatic_tool_calling",
    ),
}
"""By type. Whether files, stores and containers exist is asked elsewhere."""
_UNIQUE: Final = {"function": ("name", "function name"), "mcp": ("server_label", "server label")}


def check_tools(tools: Any, allowed: Collection[str] = ()) -> None:
    """All of `tools`, of these types only where any are named. Raises Refusal."""
    rule.array(rule.chosen(TOOLS, allowed))("tools", tools)
    for kind, (key, noun) in _UNIQUE.items():
        names = [tool[key] for tool in tools if tool["type"] == kind]
        for name in names:
            refuse(names.count(name) > 1, "duplicate", noun=noun, name=name)


_CHOICES: Final = rule.chosen(
    {
        **rule.each(
            rule.anything,
            "function mcp custom file_search web_search web_search_preview web_search_preview_2025_03_11 "
            "web_search_2025_08_26 computer computer_use_preview computer_use image_generation "
            "code_interpreter apply_patch shell",
        ),
        "allowed_tools": rule.record("type tools", "mode tools", mode=rule.word("auto", "required")),
    }
)


def check_choice(choice: Any, tools: Sequence[Tool]) -> None:
    if choice is None:
        return
    if isinstance(choice, str):
        rule.word("none", "auto", "required")("tool_choice", choice)
        refuse(choice == "required" and not tools, "choice without tools")
        return
    _CHOICES("tool_choice", choice)
    for wanted in choice["tools"] if choice["type"] == "allowed_tools" else (choice,):
        _check_offered(wanted, tools)


def _check_offered(wanted: Tool, tools: Sequence[Tool]) -> None:
    key = {"function": "name", "custom": "name", "mcp": "server_label"}.get(wanted["type"])
    if key is not None and key not in wanted:
        raise refused("missing", param=f"tool_choice.{key}")
    for tool in tools:
        if tool["type"] == wanted["type"] and (key is None or tool.get(key) == wanted[key]):
            return
    raise refused("choice", name=wanted[key] if key else wanted["type"])
