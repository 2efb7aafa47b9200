"""Is this a request the Responses API would take? Limits are those of the reference and of SDK 3.54."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from standins.openai.checks import fields, missing, one_of, short, typed, within, wrong_type
from standins.openai.choice import check_choice
from standins.openai.items import check_items
from standins.openai.refusal import Refusal
from standins.openai.schemas import check_strict
from standins.openai.tools import check_tools

EFFORTS: Final = ("none", "low", "medium", "high", "xhigh", "max")
"""Of gpt-6-luna; the API knows `minimal` too, for older models."""

INCLUDABLE: Final = (
    *("file_search_call.results", "web_search_call.results", "web_search_call.action.sources"),
    *("message.input_image.image_url", "computer_call_output.output.image_url"),
    *("code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs"),
)

Check = Callable[[str, Any], None]


def _is(wanted: str) -> Check:
    return lambda param, value: typed(param, value, wanted)


def _word(*allowed: str) -> Check:
    return partial(_one_of, allowed)


def _one_of(allowed: tuple[str, ...], param: str, value: Any) -> None:
    one_of(param, value, allowed)


def _number(kind: str, low: float, high: float | None = None) -> Check:
    return lambda param, value: within(param, value, low, high, kind)


def _upto(limit: int) -> Check:
    return lambda param, value: short(param, value, limit)


def _metadata(param: str, value: Any) -> None:
    typed(param, value, "an object")
    if len(value) > 16:
        raise Refusal(
            f"Invalid '{param}': too many properties. Expected an object with at most 16 properties, "
            f"but got an object with {len(value)} properties instead.",
            param=param,
            code="object_above_max_properties",
        )
    for key, text in value.items():
        short(param, key, 64)
        short(f"{param}.{key}", text, 512)


def _reasoning(param: str, value: Any) -> None:
    fields(param, value, ("effort", "summary", "generate_summary", "context", "mode"))
    if value.get("effort") is not None:
        one_of(f"{param}.effort", value["effort"], EFFORTS)
    for key in ("summary", "generate_summary"):
        if value.get(key) is not None:
            one_of(f"{param}.{key}", value[key], ("auto", "concise", "detailed"))


def _text(param: str, value: Any) -> None:
    fields(param, value, ("format", "verbosity"))
    if value.get("format") is not None:
        _format(f"{param}.format", value["format"])
    if value.get("verbosity") is not None:
        one_of(f"{param}.verbosity", value["verbosity"], ("low", "medium", "high"))


def _format(param: str, value: Any) -> None:
    fields(param, value, ("type", "name", "schema", "description", "strict"), ("type",))
    one_of(f"{param}.type", value["type"], ("text", "json_object", "json_schema"))
    if value["type"] == "json_schema":
        fields(param, value, value.keys(), ("name", "schema"))
        if value.get("strict"):
            name = f"response_format '{value['name']}'"
            check_strict(value["schema"], name=name, param=f"{param}.schema", code="invalid_json_schema")


def _include(param: str, value: Any) -> None:
    typed(param, value, "an array")
    for number, word in enumerate(value):
        one_of(f"{param}[{number}]", word, INCLUDABLE)


def _stream_options(param: str, value: Any) -> None:
    fields(param, value, ("include_obfuscation",))
    typed(f"{param}.include_obfuscation", value.get("include_obfuscation", True), "a boolean")


_CHECKS: Final[Mapping[str, Check]] = {
    "access_programs": _is("an object"),
    "background": _is("a boolean"),
    "background_options": _is("an object"),
    "context_management": _is("an array"),
    "conversation": lambda param, value: None,
    "image": _is("an object"),
    "include": _include,
    "input": lambda param, value: None,
    "instructions": _is("a string"),
    "max_output_tokens": _number("an integer", 16),
    "max_tool_calls": _number("an integer", 1),
    "metadata": _metadata,
    "model": _is("a string"),
    "moderation": _is("an object"),
    "parallel_tool_calls": _is("a boolean"),
    "previous_response_id": _is("a string"),
    "prompt": _is("an object"),
    "prompt_cache_key": _upto(64),
    "prompt_cache_options": _is("an object"),
    "prompt_cache_retention": _word("in_memory", "24h"),
    "reasoning": _reasoning,
    "safety_identifier": _upto(128),
    "service_tier": _word("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
    "store": _is("a boolean"),
    "stream": _is("a boolean"),
    "stream_options": _stream_options,
    "temperature": _number("a decimal", 0, 2),
    "text": _text,
    "tool_choice": lambda param, value: None,
    "tools": lambda param, value: check_tools(value),
    "top_logprobs": _number("an integer", 0, 20),
    "top_p": _number("a decimal", 0, 1),
    "truncation": _word("auto", "disabled"),
    "user": _is("a string"),
}
PARAMETERS: Final = frozenset(_CHECKS)
PORTABLE: Final = frozenset(
    {
        *("model", "input", "instructions", "tools", "stream", "store", "max_output_tokens", "temperature"),
        *("top_p", "metadata", "tool_choice", "parallel_tool_calls", "text"),
    }
)
"""What every compatible server understands."""


def check(body: Any, *, portable: bool = False, hosted: bool = True) -> None:
    """Raises the Refusal the API would answer with. Whether the model exists is asked elsewhere."""
    fields("", body, PORTABLE if portable else PARAMETERS)
    for name, value in body.items():
        if value is not None:
            _CHECKS[name](name, value)
    if not body.get("model"):
        raise missing("model")
    check_choice(body.get("tool_choice"), body.get("tools") or [])
    if not hosted or portable:
        check_tools(body.get("tools") or [], ("function",))
    if portable:
        _check_portable(body)
    else:
        _check_together(body)
    _check_input(body)


def _check_portable(body: Mapping[str, Any]) -> None:
    if body.get("store"):
        raise Refusal("This server keeps nothing: 'store' must be false.", param="store")


def _check_together(body: Mapping[str, Any]) -> None:
    """Parameters that need or exclude one another, and what lives only on the real server."""
    if body.get("stream_options") is not None and not body.get("stream"):
        raise Refusal(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    if body.get("background") and body.get("store") is False:
        raise Refusal("Background responses must be stored: 'store' cannot be false.", param="store")
    if body.get("conversation") is not None and body.get("previous_response_id") is not None:
        raise Refusal(
            "Mutually exclusive parameters: 'conversation' and 'previous_response_id'.",
            code="mutually_exclusive_parameters",
        )
    if body.get("conversation") is not None:
        raise Refusal(f"Conversation '{body['conversation']}' not found.", status=404, param="conversation")
    if body.get("previous_response_id") is not None:
        raise Refusal(
            f"Previous response with id '{body['previous_response_id']}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )


def _check_input(body: Mapping[str, Any]) -> None:
    given = body.get("input")
    if given is None or given == []:
        raise missing("input")
    if isinstance(given, list):
        check_items(given, stored=body.get("store") is not False)
    elif not isinstance(given, str):
        raise wrong_type("input", "one of a string or array", given)
    form = ((body.get("text") or {}).get("format") or {}).get("type")
    if form == "json_object" and "json" not in f"{given}{body.get('instructions')}".lower():
        raise Refusal(
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'.",
            param="input",
        )
